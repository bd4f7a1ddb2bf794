import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { FrameLocator, Page } from 'playwright-core';
import type { VsCode } from './realVsCode.ts';
import { projectDir } from './toolchain.ts';

/** The themes that every screen is looked at in, by their id, which webviews get too, and by a part of the class that the workbench gets. */
export const themes = {
  dark: { label: 'Dark Modern', id: 'Dark Modern', workbenchClass: 'dark_modern' },
  light: { label: 'Light Modern', id: 'Light Modern', workbenchClass: 'light_modern' },
  hcDark: { label: 'Dark High Contrast', id: 'Default High Contrast', workbenchClass: 'hc-black' },
  hcLight: { label: 'Light High Contrast', id: 'Default High Contrast Light', workbenchClass: 'hc-light' },
} as const;

export type ThemeName = keyof typeof themes;

const VIEW_TRIES = 10;
const VIEW_PATIENCE_MS = 8_000;

/**
 * Shows a view container by a click on its icon in the activity bar, unless it is shown already. A window that has only just been
 * reloaded may show it again by itself, and takes the click for the wish to hide it: then it is clicked again.
 */
export async function openView(page: Page, title: string): Promise<void> {
  const tab = page.locator('.activitybar').getByRole('tab', { name: new RegExp(`^${title}`) });
  const heading = page.locator('.part.sidebar').getByRole('heading', { name: title }).first();
  await tab.waitFor();
  for (let attempt = 1; ; attempt++) {
    if ((await tab.getAttribute('aria-expanded')) !== 'true') await tab.click();
    try {
      await heading.waitFor({ timeout: VIEW_PATIENCE_MS });
      return;
    } catch (error) {
      if (attempt === VIEW_TRIES) throw error;
    }
  }
}

/** The document inside an extension's webview; of several, the `index`th. */
export function webviewFrame(page: Page, extensionId: string, index = 0): FrameLocator {
  const outer = page.locator(`iframe.webview.ready[src*="extensionId=${extensionId}"]`).nth(index);
  return outer.contentFrame().frameLocator('#active-frame');
}

const PALETTE_TRIES = 12;
const PALETTE_PATIENCE_MS = 2500;

/**
 * Runs a command by its full title, for example "Outlay: Open Unmetered Terminal". An open palette does not learn of commands that become
 * possible later, as those of terminals do some moments after a window has opened: it is closed and opened again until they are there.
 */
export async function runCommand(page: Page, title: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    await page.keyboard.press('F1');
    const input = page.locator('.quick-input-widget input');
    // The first row is the best match of an editor that guesses, not always the one that was asked for.
    const rows = page.locator('.quick-input-list .monaco-list-row');
    const row = rows.filter({ has: page.getByText(title, { exact: true }) }).first();
    try {
      // Something else of the editor may close the palette just after it has opened.
      await input.fill(`>${title}`, { timeout: PALETTE_PATIENCE_MS });
      await row.waitFor({ timeout: PALETTE_PATIENCE_MS });
      await row.click();
      return;
    } catch (error) {
      if (attempt === PALETTE_TRIES) throw error;
      await closePalette(page);
    }
  }
}

/** Only where it is open: what lies under it may take the key for itself, as walkthroughs do, which go back. */
async function closePalette(page: Page): Promise<void> {
  if (await page.locator('.quick-input-widget').isVisible()) await page.keyboard.press('Escape');
}

/**
 * Picks an entry of the menu that is open. A menu that has only just opened takes a click for the end of the one that opened it, and stays
 * open: then it is clicked again.
 */
export async function pickMenuItem(page: Page, name: string): Promise<void> {
  const item = page.getByRole('menuitem', { name });
  await item.waitFor();
  for (let attempt = 1; (await item.count()) > 0; attempt++) {
    if (attempt > PALETTE_TRIES) throw new Error(`The menu stays open on "${name}".`);
    await item.click({ timeout: PALETTE_PATIENCE_MS }).catch(() => undefined);
    await item.waitFor({ state: 'detached', timeout: PALETTE_PATIENCE_MS }).catch(() => undefined);
  }
}

/**
 * Picks a theme as a user does: a window that is open does not take changes of its settings file over. A page that loads beside it can take
 * the focus, which closes the list of themes: then it is opened again.
 */
export async function setTheme({ page }: VsCode, name: ThemeName): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    await runCommand(page, 'Preferences: Color Theme');
    try {
      await pickTheme(page, themes[name]);
      return;
    } catch (error) {
      if (attempt === PALETTE_TRIES) throw error;
      await closePalette(page);
    }
  }
}

async function pickTheme(page: Page, { label, workbenchClass }: (typeof themes)[ThemeName]): Promise<void> {
  const rows = page.locator('.quick-input-list .monaco-list-row');
  const timeout = PALETTE_PATIENCE_MS;
  await rows.filter({ hasText: 'Dark Modern' }).first().waitFor({ timeout });
  await page.locator('.quick-input-widget input[type="text"]').fill(label, { timeout });
  await page.locator('.quick-input-list .monaco-list-row.focused').filter({ hasText: label }).waitFor({ timeout });
  await page.keyboard.press('Enter');
  await page.locator(`.monaco-workbench[class*="${workbenchClass}"]`).waitFor({ timeout });
}

/** Drags the border of the side bar until it has that width. */
export async function setSidebarWidth(page: Page, widthPx: number): Promise<void> {
  const box = await page.locator('.part.sidebar').boundingBox();
  if (box === null) throw new Error('The side bar is hidden.');
  const border = box.x + box.width;
  await page.mouse.move(border, 400);
  await page.mouse.down();
  await page.mouse.move(box.x + widthPx, 400, { steps: 5 });
  await page.mouse.up();
}

/** Writes `test-results/screenshots/<name>.png` and gives its path. */
export async function screenshot(page: Page, name: string, size?: { width: number; height: number }): Promise<string> {
  const folder = join(projectDir, 'test-results/screenshots');
  mkdirSync(folder, { recursive: true });
  if (size !== undefined) await page.setViewportSize(size);
  const path = join(folder, `${name}.png`);
  await page.screenshot({ path });
  return path;
}
