import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { screenshot } from '../support/workbench.ts';
import { pricedModel } from './rig/agentCalls.ts';
import { type OutlayWindow, openOutlayWindow, PATIENCE_MS, showSidebar, untilText } from './rig/outlayWindow.ts';
import { pictureOnFailure } from './rig/pictureOnFailure.ts';
import { focusTerminal, typeLine, untilPrompt } from './rig/terminal.ts';

// A task with a budget, from its making to its line and on: with the mouse and the keys, a real agent, and nothing but what is on screen.

let window: OutlayWindow;

beforeAll(async () => {
  window = await openOutlayWindow({ agents: ['claude'], viewport: { width: 1280, height: 1000 } });
});
afterAll(() => window?.stop());
beforeEach(() => pictureOnFailure(window.page));

/** About half of the budget below: a second call of this kind does not fit beside the first. */
const largeAnswer = { inputTokens: 12_000, cacheReadTokens: 45_000, outputTokens: 31_000, thinkingTokens: 20_000 };

const claude = (prompt: string): string => `claude -p '${prompt}' --model ${pricedModel} < /dev/null`;

/** The row of a task, as assistive technology reads it out. */
const taskRow = (title: string): Locator => window.page.getByRole('treeitem', { name: new RegExp(`^Task ${title}: `) });

const terminal = (): Locator => window.page.locator('.terminal-wrapper.active .xterm-rows');

/** Answers an input box. */
async function answer(title: string | RegExp, text: string): Promise<void> {
  const { page } = window;
  const box = page.locator('.quick-input-widget');
  await box.locator('.quick-input-title', { hasText: title }).waitFor();
  await box.locator('input').first().fill(text);
  await page.keyboard.press('Enter');
}

async function choose(label: string): Promise<void> {
  await window.page.locator('.quick-input-list .monaco-list-row', { hasText: label }).first().click();
}

describe('a task with a budget', () => {
  it('holds a real agent at its line, says so, and lets it go on once it is extended', async () => {
    const { page, upstream } = window;
    const sidebar = await showSidebar(window);
    await untilText(window.figure('task.none'), /^No active task\./);
    await sidebar.getByRole('button', { name: 'New task' }).click();
    await answer('New Task', 'Fix login');
    await choose('Custom...');
    await answer(/Dollars \(1 of 5\)/, '1');
    for (const name of ['Thinking tokens', 'Output tokens', 'Tool calls', 'Calls']) await answer(name, '');
    await taskRow('Fix login').waitFor();
    await untilText(window.figure('task.costNanoUsd.words'), '0% of $1.00');

    await taskRow('Fix login').hover();
    await taskRow('Fix login').getByRole('button', { name: 'Open Terminal for Task' }).click();
    await untilPrompt(page);
    await focusTerminal(page);
    const held = upstream.hold('What is the answer?');
    await typeLine(page, claude('What is the answer?'));
    const stream = await held;
    stream.think('The question is an old one. '.repeat(20));
    stream.say('The answer is forty-two.');
    await taskRow('Fix login').filter({ hasText: 'at work: claude-code' }).waitFor();
    await untilText(window.figure('task.costNanoUsd.detail'), /spent, \$0\.\d+ reserved/);
    stream.finish(largeAnswer);
    await terminal().filter({ hasText: 'forty-two' }).waitFor();
    await untilText(window.figure('task.costNanoUsd.detail'), /^\$0\.5\d spent, nothing reserved/);
    const answered = upstream.messages.length;

    await untilPrompt(page);
    await typeLine(page, claude('And what is the question?'));
    await terminal().filter({ hasText: 'Outlay: ' }).waitFor();
    await untilPrompt(page);
    expect(await terminal().textContent()).toContain('Fix');
    expect(upstream.messages.length).toBe(answered);
    const toast = page.locator('.notifications-toasts .notification-toast', { hasText: 'Fix login' });
    await toast.waitFor();
    await screenshot(page, 'task-refused');

    await toast.getByRole('button', { name: 'Extend by $0.25' }).click();
    await untilText(window.figure('task.costNanoUsd.words'), /of \$1\.25$/);
    await focusTerminal(page);
    const again = upstream.hold('And now?');
    await typeLine(page, claude('And now?'));
    const second = await again;
    second.say('Now it goes on as before.');
    second.finish();
    await terminal().filter({ hasText: 'as before' }).waitFor();
    expect(await toast.count()).toBe(0);
    await untilPrompt(page);
    await screenshot(page, 'task-extended');

    await taskRow('Fix login').click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Mark as Passed' }).click();
    await untilText(window.figure('task.none'), /^No active task\./);
    await page.getByRole('treeitem', { name: /^Done, 1/ }).waitFor({ timeout: PATIENCE_MS });
  });

  it('is deleted by a key and a yes, and its calls stay', async () => {
    const { page } = window;
    const before = await window.figure('today.billed').textContent();
    await page.getByRole('treeitem', { name: /^Done, 1/ }).click();
    await taskRow('Fix login').click();
    await page.keyboard.press('Delete');
    await page.locator('.monaco-dialog-box', { hasText: 'Delete the task "Fix login"?' }).waitFor();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await taskRow('Fix login').waitFor({ state: 'detached' });
    await page.getByRole('treeitem', { name: /^Sessions of no task/ }).waitFor();
    await untilText(window.figure('today.billed'), before ?? '');
  });
});
