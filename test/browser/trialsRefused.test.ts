import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { agentPath, nodePath } from '../support/toolchain.ts';
import { runCommand, screenshot } from '../support/workbench.ts';
import { gitIn, newRepository } from '../unit/trials/repositoryFixture.ts';
import { type OutlayWindow, openOutlayWindow } from './rig/outlayWindow.ts';
import { pictureOnFailure } from './rig/pictureOnFailure.ts';

// What keeps a trial from telling anything is said in the editor before a call is made.

const COMMAND = 'Outlay: Compare Models on This Task...';
let window: OutlayWindow;

beforeAll(async () => {
  window = await openOutlayWindow({
    agents: ['claude'],
    popUps: true,
    env: {
      ANTHROPIC_API_KEY: '',
      PATH: [dirname(nodePath()), dirname(agentPath('claude')), process.env['PATH']].join(delimiter),
    },
    prepare: (folder) => writeFileSync(join(folder, '..', 'home', '.profile'), '. ~/.bashrc\n'),
  });
});
afterAll(() => window?.stop());
beforeEach(() => pictureOnFailure(window.page));

const TOAST_TRIES = 5;
const TOAST_PATIENCE_MS = 15_000;

const box = (): Locator => window.page.locator('.quick-input-widget');
const toast = (text: string): Locator => window.page.locator('.notification-toast', { hasText: text });

async function answer(title: string, text: string): Promise<void> {
  await box().locator('.quick-input-title', { hasText: title }).waitFor();
  await box().locator('input[type="text"]').first().fill(text);
  await window.page.keyboard.press('Enter');
}

/**
 * Asks for a trial with nothing else on screen, until the editor shows why there is none: it drops a toast now and then that comes while
 * the palette closes.
 */
async function refusedWith(text: string): Promise<void> {
  const { page } = window;
  for (let attempt = 1; ; attempt++) {
    await runCommand(page, 'Notifications: Clear All Notifications');
    await runCommand(page, COMMAND);
    try {
      await toast(text).waitFor({ timeout: TOAST_PATIENCE_MS });
      return;
    } catch (error) {
      if (attempt === TOAST_TRIES) throw error;
    }
  }
}

it('says in words that there is no repository, no commit, no login, no such agent, no price and no use in the check', async () => {
  const { page, folder } = window;
  // Each time that it is asked for.
  for (let time = 1; time <= 2; time++) await refusedWith('is no git repository: a trial needs one');
  gitIn(folder, 'init', '-q');
  await refusedWith('The repository has no commits yet');
  newRepository(folder, { 'a.txt': 'a\n' });
  await refusedWith('No agent can be used for a trial here. Claude Code is not logged in');
  await screenshot(page, 'trial-refused');
  const settings = join(folder, '..', 'home', '.claude');
  mkdirSync(settings);
  writeFileSync(join(settings, '.credentials.json'), '{}');
  await runCommand(page, COMMAND);
  await answer('Compare models: the task', 'Do it.');
  await box().locator('.quick-input-title', { hasText: 'Compare models: agents and models' }).waitFor();
  await page.keyboard.press('Enter');
  await box().getByPlaceholder('claude-code:claude-sonnet-4-5, codex:gpt-5@high').waitFor();
  await answer('Compare models: agents and models', 'codex:gpt-5');
  await box().getByText('Codex is not installed: it was not found on the PATH.').waitFor();
  await answer('Compare models: agents and models', 'claude-code:clod-sonnet-99');
  await answer('Compare models: runs per model', '1');
  await answer('Compare models: the check', 'test -e a.txt');
  await answer('Compare models: set-up', '');
  await answer('Compare models: the budget', '4');
  await box().locator('.quick-input-title', { hasText: 'Compare models: when VS Code is closed' }).waitFor();
  await page.keyboard.press('Enter');
  const dialog = page.locator('.monaco-dialog-box', { hasText: 'Start 1 run?' });
  await dialog.waitFor();
  expect(await dialog.textContent()).toContain('clod-sonnet-99: no price is known for a model of this name');
  await screenshot(page, 'trial-refused-price');
  await dialog.getByRole('button', { name: 'Start' }).click();
  await toast('passes before any work, so that it cannot tell').waitFor();
  await screenshot(page, 'trial-refused-check');
  expect(window.upstream.messages).toEqual([]);
}, 240_000);
