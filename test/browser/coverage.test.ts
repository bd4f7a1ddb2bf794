import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/meterProcess.ts';
import { packExtension } from '../support/realVsCode.ts';
import { runCommand, setSidebarWidth, setTheme, themes } from '../support/workbench.ts';
import { type OutlayWindow, openOutlayWindow, PATIENCE_MS, showSidebar, untilText } from './rig/outlayWindow.ts';
import { pictureOnFailure } from './rig/pictureOnFailure.ts';
import { keepSidebarPicture } from './rig/sidebarPicture.ts';

// The Coverage section as a user meets it, beside an extension that has Cline's id and calls a model when it is told to.

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const callTitle = 'Stand-in: Call a Model';
const standIn = {
  'package.json': JSON.stringify({
    ...{
      publisher: 'saoudrizwan',
      name: 'claude-dev',
      displayName: 'Stand-in',
      version: '1.0.0',
      main: './extension.js',
    },
    ...{ engines: { vscode: '^1.90.0' }, activationEvents: [], extensionKind: ['workspace'] },
    contributes: { commands: [{ command: 'standIn.call', title: callTitle }] },
  }),
  'extension.js': `exports.activate = (context) => {
    const call = async () => {
      const [, origin] = /anthropic=([^,]+)/.exec(process.env.OUTLAY_UPSTREAMS);
      const body = JSON.stringify({
        model: 'claude-sonnet-4-5-20250929', max_tokens: 100, stream: true, messages: [{ role: 'user', content: 'hi' }],
      });
      const headers = { 'content-type': 'application/json', 'x-api-key': 'sk-ant-api03-made-up' };
      await (await fetch(origin + '/v1/messages', { method: 'POST', headers, body })).text();
    };
    context.subscriptions.push(require('vscode').commands.registerCommand('standIn.call', call));
  };`,
};

const folder = mkdtempSync(join(tmpdir(), 'outlay-coverage-'));
let window: OutlayWindow;

beforeAll(async () => {
  for (const [name, text] of Object.entries(standIn)) writeFileSync(join(folder, name), text);
  const vsix = join(folder, 'stand-in.vsix');
  await packExtension(folder, vsix);
  window = await openOutlayWindow({ others: [vsix], viewport: { width: 1240, height: 1000 } });
  await showSidebar(window);
});
afterAll(async () => {
  await window?.stop();
  rmSync(folder, { recursive: true });
});
beforeEach(() => pictureOnFailure(window.page));

const section = (): Locator => window.sidebar().locator('section.coverage');
const row = (label: string): Locator => section().locator('.coverage-row', { hasText: label });
const facts = (label: string): Locator => row(label).locator('.facts');
const cline = 'Cline (extension)';

/** Presses a key until the element has the focus. */
async function walkTo(key: string, wanted: Locator): Promise<void> {
  const focused = wanted.and(window.sidebar().locator(':focus'));
  for (let presses = 0; (await focused.count()) === 0; presses += 1) {
    if (presses === 60) throw new Error(`${key} never comes to ${String(wanted)}.`);
    await window.page.keyboard.press(key);
  }
}

/** By keys alone: into the view, to the agent's line, open it, and to its one click. */
async function pressStep(label: string, step: string): Promise<void> {
  const { page } = window;
  await runCommand(page, 'Outlay: Open Sidebar');
  await walkTo('Tab', section().locator('.row-head').first());
  await walkTo('ArrowDown', row(label).locator('.row-head'));
  if ((await row(label).locator('.row-head').getAttribute('aria-expanded')) !== 'true') {
    await page.keyboard.press('ArrowRight');
  }
  await walkTo('Tab', row(label).getByRole('button', { name: `${step}: ${label}` }));
  await page.keyboard.press('Enter');
}

const serious = `(document.documentElement.style.backgroundColor = 'var(--vscode-sideBar-background)', axe.run()).then(({ violations }) => violations
  .filter(({ impact }) => impact === 'serious' || impact === 'critical')
  .map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).slice(0, 3).join(' ')))`;

async function lookAtIt(name: string): Promise<void> {
  for (const theme of ['light', 'dark'] as const) {
    await setTheme(window.vsCode, theme);
    await window.sidebar().locator(`body[data-vscode-theme-id="${themes[theme].id}"]`).waitFor();
    await section().evaluate('document.activeElement?.blur()');
    await section().scrollIntoViewIfNeeded();
    await keepSidebarPicture(window.page, `coverage-${name}-${theme}`);
    const main = window.sidebar().locator('main');
    await main.evaluate(axe);
    expect(await main.evaluate(serious)).toEqual([]);
  }
}

describe('the Coverage section', () => {
  it('shows an agent that is installed and not seen, and what one click would change and how that is undone', async () => {
    await setSidebarWidth(window.page, 340);
    await untilText(facts(cline), 'not seen');
    expect(await section().locator('.coverage-row').count()).toBe(await section().locator('.facts').count());
    await row(cline).locator('.row-head').click();
    const body = row(cline).locator('.row-body');
    await body.getByText('It calls from inside VS Code, where nothing is observed now.').waitFor();
    const changes = await body.locator('p.quiet').textContent();
    expect(changes).toMatch(
      /^Observe: reads the calls of extensions .* “Outlay: Stop Observing Calls of Extensions” undoes it/,
    );
    await section().getByText('Not seen in any case:').waitFor();
    await lookAtIt('unseen');
  });

  it('observes by keys alone, after the user has read what it does, and shows the call and its agent', async () => {
    const { page } = window;
    await pressStep(cline, 'Observe');
    const dialog = page.getByRole('dialog', { name: /Outlay can meter/ });
    await dialog.getByText('no prompt, no answer and no key is kept').waitFor();
    await dialog.locator('.monaco-button:focus', { hasText: 'Observe' }).waitFor();
    await page.keyboard.press('Enter');
    await untilText(facts(cline), /inside VS Code.*refused at a budget.*no call this week/);
    await untilText(facts('Any extension, over HTTP/2'), /cannot be stopped.*no call in this window yet/);
    await runCommand(page, callTitle);
    await untilText(facts(cline), /inside VS Code.*refused at a budget.*last call \d\d:\d\d/);
    await window.sidebar().locator('.call-row', { hasText: 'cline' }).waitFor();
    await lookAtIt('seen');
  });

  it('is undone by keys alone, by the click on the same line', async () => {
    await pressStep(cline, 'Stop observing');
    await untilText(facts(cline), 'not seen');
    await section().getByText('Not seen in any case:').waitFor();
    expect(await row('Any extension, over HTTP/2').count()).toBe(0);
    const { messages } = window.upstream;
    const before = messages.length;
    await runCommand(window.page, callTitle);
    await eventually(
      async () => messages.length,
      (count) => count === before + 1,
      PATIENCE_MS,
    );
    await pressStep(cline, 'Observe');
    const dialog = window.page.getByRole('dialog', { name: /Outlay can meter/ });
    await dialog.locator('.monaco-button:focus').waitFor();
    await window.page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    // What was called meanwhile is not in the books, and nothing is observed by a question that was declined.
    await untilText(facts(cline), 'not seen');
    expect(await window.sidebar().locator('.call-row').count()).toBe(1);
  });
});
