import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ScriptedUpstream, type SeenRequest, startScriptedUpstream } from '../support/scriptedUpstream.ts';
import { agentPath, nodePath } from '../support/toolchain.ts';
import { pickMenuItem, runCommand, screenshot, setTheme, webviewFrame } from '../support/workbench.ts';
import { fingerprint, gitIn, newRepository, writeFiles } from '../unit/trials/repositoryFixture.ts';
import { type OutlayWindow, openOutlayWindow, PATIENCE_MS, showSidebar } from './rig/outlayWindow.ts';
import { pictureOnFailure } from './rig/pictureOnFailure.ts';

// A trial from the command to the verdict, the changes and a branch, with a real agent, and nothing but what is on screen.

let window: OutlayWindow;
let upstream: ScriptedUpstream;
let worktrees = '';
const TRIAL_MS = 120_000;

beforeAll(async () => {
  upstream = await startScriptedUpstream({ script: answerOf });
  window = await openOutlayWindow({
    agents: ['claude'],
    viewport: { width: 1280, height: 900 },
    popUps: true,
    env: {
      OUTLAY_UPSTREAMS: `anthropic=${upstream.origin}`,
      PATH: [dirname(nodePath()), dirname(agentPath('claude')), process.env['PATH']].join(delimiter),
    },
    prepare: (folder) => {
      worktrees = join(folder, '..', 'home', '.cache', 'outlay', 'trials');
      // The editor takes its PATH from a login shell.
      writeFileSync(join(folder, '..', 'home', '.profile'), '. ~/.bashrc\n');
      newRepository(folder, { 'greeting.txt': 'hello\n', Makefile: 'check:\n\tgrep -q done result.txt\n' });
    },
  });
});
afterAll(async () => {
  await window?.stop();
  await upstream?.stop();
});
beforeEach(() => pictureOnFailure(window.page));

/** One model does the work with the agent's own tool, the other one only says so. */
function answerOf({ json }: SeenRequest) {
  const text = JSON.stringify(json);
  if (text.includes('"tool_result"') || String(json?.['model']).includes('haiku'))
    return { text: 'It is written.', thinking: 'Well, now.' };
  const folder = /[^\s"\\]*\/outlay\/trials\/trial-[a-z0-9]+\/run-\d+/.exec(text)?.[0] ?? '';
  return {
    text: 'Let me.',
    toolCalls: [{ name: 'Write', arguments: { file_path: join(folder, 'result.txt'), content: 'done\n' } }],
  };
}

const box = (): Locator => window.page.locator('.quick-input-widget');

async function step(title: string): Promise<void> {
  await box().locator('.quick-input-title', { hasText: title }).waitFor();
}

async function answer(title: string, text: string): Promise<void> {
  await step(title);
  await box().locator('input[type="text"]').first().fill(text);
  await window.page.keyboard.press('Enter');
}

describe('a trial', () => {
  it('is made step by step, and back, and says what is wrong with an answer', async () => {
    const { page } = window;
    await showSidebar(window);
    await runCommand(page, 'Outlay: Compare Models on This Task...');
    await answer('Compare models: the task', '');
    await box().getByText('A trial needs a prompt.').waitFor();
    await answer('Compare models: the task', 'Write "done" into result.txt.');
    await step('Compare models: agents and models');
    await page.keyboard.press('Enter');
    // The list and the box that follows it have one title.
    await box().getByPlaceholder('claude-code:claude-sonnet-4-5, codex:gpt-5@high').waitFor();
    await answer('Compare models: agents and models', 'claude-code');
    await box().getByText('"claude-code" is not agent:model.').waitFor();
    await answer('Compare models: agents and models', 'claude-code:claude-sonnet-4-5, claude-code:claude-haiku-4-5');
    await answer('Compare models: runs per model', '0');
    await box().getByText('Write a whole number from 1 to 100.').waitFor();
    await box().getByRole('button', { name: 'Back' }).click();
    await step('Compare models: agents and models');
    await screenshot(page, 'trial-models');
    await page.keyboard.press('Enter');
    await answer('Compare models: runs per model', '1');
    await step('Compare models: the check');
    expect(await box().locator('input[type="text"]').first().inputValue()).toBe('make check');
    await page.keyboard.press('Enter');
    await answer('Compare models: set-up', '');
    await answer('Compare models: the budget', '4');
    await step('Compare models: when VS Code is closed');
    await page.keyboard.press('Enter');
    const dialog = page.locator('.monaco-dialog-box', { hasText: 'Start 2 runs?' });
    await dialog.waitFor();
    expect(await dialog.textContent()).toContain('make check');
    expect(await dialog.textContent()).toContain('Claude Code may edit files and run any command without asking');
    await screenshot(page, 'trial-confirm');
    await dialog.getByRole('button', { name: 'Start' }).click();
  });

  it('shows its runs while they run, and ends in a verdict, a table and the changes', async () => {
    const { page, folder } = window;
    const before = fingerprint(folder);
    await page
      .getByRole('treeitem', { name: /at work|making its copy|being checked/ })
      .first()
      .waitFor({ timeout: PATIENCE_MS });
    await screenshot(page, 'trial-running');
    const notification = page.locator('.notification-toast', { hasText: 'passed 1 of 1' });
    await notification.waitFor({ timeout: TRIAL_MS });
    await notification.getByRole('button', { name: 'Show Results' }).click();
    await page.getByRole('tab', { name: /Results\.md/ }).waitFor();
    await webviewFrame(page, 'vscode.markdown-language-features').getByText('Cost per pass').waitFor();
    await screenshot(page, 'trial-results');
    await setTheme(window.vsCode, 'dark');
    await screenshot(page, 'trial-results-dark');
    const passed = page.getByRole('treeitem', { name: /claude-sonnet-4-5: passed/ });
    if ((await passed.count()) === 0) await page.getByRole('treeitem', { name: /^Trial Write/ }).click();
    await passed.click({ button: 'right' });
    await pickMenuItem(page, 'Show Changes of Run');
    await page.getByRole('tab', { name: /^Run \d, claude-sonnet-4-5: Write/ }).waitFor();
    await page.locator('.view-lines', { hasText: 'done' }).first().waitFor();
    await screenshot(page, 'trial-changes-dark');
    await setTheme(window.vsCode, 'light');
    await screenshot(page, 'trial-changes');
    await passed.click();
    await page.getByRole('tab', { name: /output\.log/ }).waitFor();
    await page.locator('.view-lines', { hasText: 'It is written.' }).waitFor();
    await screenshot(page, 'trial-output');
    expect(fingerprint(folder)).toBe(before);
    expect(readdirSync(worktrees)).toEqual([]);
  }, 240_000);

  it('is applied as a branch, or into the working tree, which is asked about where it has changes', async () => {
    const { page, folder } = window;
    const passed = page.getByRole('treeitem', { name: /claude-sonnet-4-5: passed/ });
    await passed.click({ button: 'right' });
    await pickMenuItem(page, 'Apply Changes of Run...');
    await page.locator('.quick-input-list .monaco-list-row', { hasText: 'As a new branch' }).waitFor();
    await screenshot(page, 'trial-apply');
    await page.locator('.quick-input-list .monaco-list-row', { hasText: 'As a new branch' }).click();
    await page.locator('.notification-toast', { hasText: 'Made the branch' }).waitFor();
    await screenshot(page, 'trial-applied');
    const branches = execFileSync('git', ['branch', '--list', 'outlay/*'], { cwd: folder, encoding: 'utf8' });
    expect(branches).toMatch(/outlay\/trial-[a-z0-9]+-run-\d/);
    writeFileSync(join(folder, 'greeting.txt'), 'changed\n');
    await passed.click({ button: 'right' });
    await pickMenuItem(page, 'Apply Changes of Run...');
    await page.locator('.quick-input-list .monaco-list-row', { hasText: 'Into the working tree' }).click();
    const dialog = page.locator('.monaco-dialog-box', { hasText: 'The working tree has changes of its own.' });
    await dialog.waitFor();
    expect(await dialog.textContent()).toContain('Changed: greeting.txt.');
    expect(readdirSync(folder)).not.toContain('result.txt');
    await screenshot(page, 'trial-apply-dirty');
    await dialog.getByRole('button', { name: 'Apply' }).click();
    await page.locator('.notification-toast', { hasText: 'Applied to the working tree' }).waitFor();
    expect(readdirSync(folder)).toContain('result.txt');
  });
});

describe('a suite that the repository brings', () => {
  const choose = async (label: string): Promise<void> =>
    box().locator('.quick-input-list .monaco-list-row', { hasText: label }).click();
  const offer = async (): Promise<void> => {
    await runCommand(window.page, 'Outlay: Compare Models on This Task...');
    await step('Compare models: the work');
    await choose("The team's task");
    // What the suite leaves open is asked for.
    await answer('Compare models: the budget', '2');
    await step('Compare models: when VS Code is closed');
    await window.page.keyboard.press('Enter');
    await step('Compare models: the text of');
  };
  const lines = (text: string): Locator => window.page.locator('.view-lines', { hasText: text }).first();
  const write = (check: string): void => {
    mkdirSync(join(window.folder, '.outlay/trials'), { recursive: true });
    writeFileSync(
      join(window.folder, '.outlay/trials/team.yaml'),
      `name: The team's task\nagents: [claude-code:claude-sonnet-4-5]\nprompt: Write "done" into result.txt.\ncheck: ${check}\n`,
    );
  };

  it('runs only once its exact text was shown and accepted, again when it changes', async () => {
    const { page } = window;
    write('grep -q done result.txt');
    await offer();
    await lines('grep -q done result.txt').waitFor();
    await screenshot(page, 'trial-suite');
    await choose('Do not run it');
    await box().waitFor({ state: 'hidden' });
    await offer();
    await choose('Accept this text');
    const dialog = page.locator('.monaco-dialog-box', { hasText: 'Start 1 run?' });
    await dialog.waitFor();
    expect(await dialog.textContent()).toContain('all of them to $2.00');
    await dialog.getByRole('button', { name: 'Start' }).click();
    await page
      .locator('.notification-toast', { hasText: "The team's task" })
      .filter({ hasText: 'passed 1 of 1' })
      .waitFor({ timeout: TRIAL_MS });
    // Once accepted, the very text is not asked about again; a changed one is.
    write('grep -q done result.txt # changed');
    await offer();
    await lines('# changed').waitFor();
    await page.keyboard.press('Escape');
  }, 240_000);
});

describe("the repository's history", () => {
  const row = (label: string): Locator => box().locator('.quick-input-list .monaco-list-row', { hasText: label });

  it('offers its commits with tests as tasks, to try as they are or to edit as a suite', async () => {
    const { page, folder } = window;
    writeFiles(folder, { 'src/greet.js': '1', 'test/greet.test.js': '1' });
    gitIn(folder, 'add', 'src', 'test');
    gitIn(folder, 'commit', '-q', '-m', 'Greet people by their name');
    const offer = async (how: string): Promise<void> => {
      await runCommand(page, 'Outlay: Compare Models on This Task...');
      await step('Compare models: the work');
      await row("Tasks from the repository's history...").click();
      await step('Compare models: tasks from history');
      await row('Greet people by their name').click();
      await page.keyboard.press('Enter');
      await row(how).click();
    };
    await offer('Try as they are');
    // The prompt is the commit's message, and is not asked for.
    await step('Compare models: agents and models');
    await page.keyboard.press('Escape');
    await offer('Edit as a suite first');
    await page.locator('.view-lines', { hasText: 'prompt: Greet people by their name' }).first().waitFor();
    await screenshot(page, 'trial-history');
  });
});
