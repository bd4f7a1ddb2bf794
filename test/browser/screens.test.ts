import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { projectDir } from '../support/toolchain.ts';
import { setSidebarWidth, setTheme, type ThemeName, themes } from '../support/workbench.ts';
import { callAsAgent, completeCall, subscriptionLogin } from './rig/agentCalls.ts';
import { type OutlayWindow, openOutlayWindow, showSidebar, untilText } from './rig/outlayWindow.ts';
import { pictureOnFailure } from './rig/pictureOnFailure.ts';
import type { HeldStream } from './rig/scriptedAnthropic.ts';

// Every theme and width with live figures.

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let window: OutlayWindow;
let stream: HeldStream;
let running: Promise<string>;

beforeAll(async () => {
  window = await openOutlayWindow({ viewport: { width: 1240, height: 1000 } });
  await showSidebar(window);
  await completeCall(window, { session: '77aa1122-0000-4000-8000-000000000002', model: 'claude-haiku-4-5-20251001' });
  await completeCall(window);
  await completeCall(window, { login: subscriptionLogin, session: '91cc3344-0000-4000-8000-000000000003' });
  await completeCall(window, { model: 'claude-from-the-future' });
  await cutCall();
  const held = window.upstream.hold('still running');
  const response = await callAsAgent(window, { prompt: 'still running', model: 'claude-opus-4-5-20251101' });
  running = response.text();
  stream = await held;
  stream.think('A long thought about the shape of the question. '.repeat(40));
  stream.say('The first words of the answer stand here. '.repeat(8));
  await untilText(liveFigure('visible'), /^[≈≥]\d/);
});
afterAll(async () => {
  stream?.finish();
  await running;
  await window?.stop();
});
beforeEach(() => pictureOnFailure(window.page));

async function cutCall(): Promise<void> {
  const held = window.upstream.hold('to be cut');
  const response = await callAsAgent(window, { prompt: 'to be cut' });
  const cut = await held;
  cut.say('Some words before the line broke.');
  const card = window.sidebar().locator('.card');
  await untilText(card.locator('[data-figure$=".visible"]'), /[1-9]/);
  cut.cut();
  await expect(response.text()).rejects.toThrow();
  await card.waitFor({ state: 'detached' });
}

const liveFigure = (part: string): Locator => window.sidebar().locator(`.card [data-figure$=".${part}"]`);

/** Texts that a reader cannot see in full and that no ellipsis marks; and what sticks out at the side. */
const findClipped = `(() => {
  const wide = document.documentElement.clientWidth;
  const isSpoken = (element) => element.closest('.spoken') !== null;
  return [...document.querySelectorAll('main *')].filter((element) => {
    if (isSpoken(element) || element.closest('svg, .bar') !== null) return false;
    const style = getComputedStyle(element);
    const { left, right, width } = element.getBoundingClientRect();
    const isCut = style.overflowX !== 'visible' && style.textOverflow !== 'ellipsis' && element.scrollWidth > element.clientWidth;
    return width > 0 && (isCut || right > wide + 0.5 || left < -0.5);
  }).map((element) => element.outerHTML.slice(0, 160));
})()`;

/** The view follows the workbench a moment later. */
async function showTheme(theme: ThemeName): Promise<void> {
  await setTheme(window.vsCode, theme);
  await window.sidebar().locator(`body[data-vscode-theme-id="${themes[theme].id}"]`).waitFor();
}

async function openEveryRow(): Promise<void> {
  const closed = window.sidebar().locator('.row-head[aria-expanded="false"]');
  while ((await closed.count()) > 0) await closed.first().click();
}

// A webview is transparent and stands on the side bar, which axe cannot see from inside: it would take white paper for granted.
const serious = `(document.documentElement.style.backgroundColor = 'var(--vscode-sideBar-background)', axe.run()).then(({ violations }) => violations
  .filter(({ impact }) => impact === 'serious' || impact === 'critical')
  .map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).slice(0, 3).join(' ')))`;

describe.each(Object.keys(themes) as ThemeName[])('the view Now in %s', (theme) => {
  it.each([300, 620])('fits %i px with nothing clipped and nothing out of reach', async (width) => {
    await showTheme(theme);
    await setSidebarWidth(window.page, width);
    await openEveryRow();
    const main = window.sidebar().locator('main');
    expect(await main.evaluate(findClipped)).toEqual([]);
    const [needed, room] = (await main.evaluate(
      '[document.scrollingElement.scrollWidth, document.scrollingElement.clientWidth]',
    )) as [number, number];
    expect(needed).toBeLessThanOrEqual(room);
    await keepPicture(`sidebar-${theme}-${width}`);
  });

  it('has no serious accessibility violation', async () => {
    await showTheme(theme);
    await openEveryRow();
    const main = window.sidebar().locator('main');
    await main.evaluate(axe);
    expect(await main.evaluate(serious)).toEqual([]);
  });
});

/** For people to look at; not compared. */
async function keepPicture(name: string): Promise<void> {
  const folder = join(projectDir, 'test-results/screenshots');
  mkdirSync(folder, { recursive: true });
  await window.page.locator('.part.sidebar').screenshot({ path: join(folder, `${name}.png`) });
}
