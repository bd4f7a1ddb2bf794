import { chromium, type Page } from 'playwright-core';

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface Harness {
  newPage(url: string, size?: { readonly width: number; readonly height: number }): Promise<Page>;
  close(): Promise<void>;
}

/** A Chromium; `CHROMIUM` names another than the system's. */
export async function openHarness(): Promise<Harness> {
  const browser = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: flags,
  });
  return {
    newPage: async (url, size = { width: 300, height: 800 }) => {
      const page = await browser.newPage({ viewport: size });
      await page.goto(url);
      await page.waitForSelector('main');
      return page;
    },
    close: () => browser.close(),
  };
}

/** Posts a state of the webview that is open, as the extension does, and waits until it is drawn. */
export async function show<State extends object>(page: Page, state: State): Promise<void> {
  const message = JSON.stringify({ type: 'state', body: state });
  await page.evaluate(
    `new Promise((drawn) => {
      window.addEventListener('message', () => requestAnimationFrame(() => requestAnimationFrame(drawn)), { once: true });
      window.postMessage(${message}, '*');
    })`,
  );
}
