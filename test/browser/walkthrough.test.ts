import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { walkthrough } from '../../src/manifest/manifest.ts';
import { runCommand, screenshot, setTheme, webviewFrame } from '../support/workbench.ts';
import { type OutlayWindow, openOutlayWindow, untilText } from './rig/outlayWindow.ts';
import { pictureOnFailure } from './rig/pictureOnFailure.ts';
import { environmentOf, focusTerminal, typeLine, untilPrompt } from './rig/terminal.ts';

// The four steps as somebody takes them who has just installed Outlay. The pictures are for people to look at.

let window: OutlayWindow;

beforeAll(async () => {
  window = await openOutlayWindow({ agents: ['claude'], viewport: { width: 1680, height: 900 } });
  await openFirst();
});
afterAll(async () => {
  await window?.stop();
});
beforeEach(() => pictureOnFailure(window.page));

const idOf = (id: string): string => `outlay.outlay#start#${id}`;
const step = (id: string): Locator => window.page.locator(`.getting-started-step[data-step-id="${idOf(id)}"]`);
const mark = (id: string): Locator => window.page.locator(`[data-done-step-id="${idOf(id)}"]`).first();

/** Opens a step and waits for its picture. */
async function open(id: string): Promise<void> {
  if (!(await step(id).getAttribute('class'))?.includes('expanded')) await step(id).locator('.step-title').click();
  await window.page.locator(`.getting-started-step.expanded[data-step-id="${idOf(id)}"]`).waitFor();
  const picture = window.page.locator('iframe.webview.ready').first().contentFrame().frameLocator('#active-frame');
  await picture.locator('svg').first().waitFor();
}

async function press(id: string, text: string): Promise<void> {
  await open(id);
  await step(id).getByRole('button', { name: text }).click();
}

/** Through the editor's own list, where the walkthroughs of extensions stand some seconds after it has opened. */
async function openFirst(): Promise<void> {
  const row = window.page.locator('.quick-input-list .monaco-list-row', { hasText: 'Get Started with Outlay' });
  for (let isListed = false; !isListed; ) {
    await runCommand(window.page, 'Welcome: Open Walkthrough...');
    isListed = await row.waitFor({ timeout: 3_000 }).then(
      () => true,
      () => false,
    );
    if (!isListed) await window.page.keyboard.press('Escape');
  }
  await row.click();
  await step('look').waitFor();
}

async function back(): Promise<void> {
  await runCommand(window.page, 'Outlay: Get Started');
  await step('look').waitFor();
}

async function untilDone(id: string): Promise<void> {
  await window.page
    .locator(`[data-done-step-id="${idOf(id)}"][aria-checked="true"]`)
    .first()
    .waitFor({ state: 'attached' });
}

describe('the walkthrough', () => {
  it.each(['light', 'dark'] as const)('shows each step with its picture in %s', async (theme) => {
    await setTheme(window.vsCode, theme);
    for (const { id } of walkthrough) {
      await open(id);
      await screenshot(window.page, `walkthrough-${theme}-${id}`);
    }
  });

  it('has nothing done before anything was done', async () => {
    for (const { id } of walkthrough.slice(1)) expect(await mark(id).getAttribute('aria-checked')).toBe('false');
  });

  it('1. shows where the spend is', async () => {
    await press('look', 'Open the Outlay view');
    await window.sidebar().locator('main').waitFor();
    await untilDone('look');
  });

  it('2. opens a terminal that is connected', async () => {
    await press('run', 'Open a Metered Terminal');
    await untilPrompt(window.page);
    await focusTerminal(window.page);
    const environment = await environmentOf(window);
    expect(environment.get('ANTHROPIC_BASE_URL')).toMatch(/^http:\/\/127\.0\.0\.1:\d+\//);
    await untilDone('run');
    expect(await mark('watch').getAttribute('aria-checked')).toBe('false');
  });

  it('3. is done when the first call of an agent was seen', async () => {
    const held = window.upstream.hold('say hi');
    await focusTerminal(window.page);
    await typeLine(window.page, "claude -p 'say hi'");
    const stream = await held;
    stream.say('The metered answer.');
    stream.finish();
    await untilDone('watch');
    await untilText(window.figure('today.billed'), /\$\d/);
  });

  it('4. shows what Outlay touches and how to remove it', async () => {
    await back();
    await press('check', 'Show What Outlay Touches');
    const preview = webviewFrame(window.page, 'vscode.markdown-language-features');
    await preview.getByRole('heading', { name: 'Removing everything' }).waitFor();
    await back();
    await untilDone('check');
  });
});

describe('the list of agents', () => {
  it('names what is connected and what cannot be', async () => {
    await runCommand(window.page, 'Outlay: Show Which Agents Are Connected');
    const list = window.page.locator('.quick-input-list');
    await list.getByText('connected in new terminals').first().waitFor();
    await screenshot(window.page, 'agents-connected');
    await window.page.locator('.quick-input-widget input').fill('Cursor');
    await list.getByText('cannot be reached').first().waitFor();
    await window.page.keyboard.press('Escape');
  });
});

describe('the gateway’s port', () => {
  it('is not among those that the editor offers to forward', async () => {
    await runCommand(window.page, 'Ports: Focus on Ports View');
    await screenshot(window.page, 'ports');
    const { port } = await window.lock();
    expect(
      await window.page
        .locator('.pane-body .monaco-list-row')
        .filter({ hasText: String(port) })
        .count(),
    ).toBe(0);
  });
});
