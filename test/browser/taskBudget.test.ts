import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pickMenuItem, runCommand, screenshot, setSidebarWidth, setTheme } from '../support/workbench.ts';
import { apiKey, pricedModel } from './rig/agentCalls.ts';
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

/** Spends what one call costs, through another agent that nobody watches. */
async function spendOnTask(taskId: string, prompt: string): Promise<void> {
  const { port, token } = await window.lock();
  const response = await fetch(`http://127.0.0.1:${port}/${token}/${taskId}/anthropic/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01', ...apiKey },
    body: JSON.stringify({ model: pricedModel, max_tokens: 1_000, messages: [{ role: 'user', content: prompt }] }),
  });
  await response.text();
}

describe('a task with a budget', () => {
  it('holds a real agent at its line, says so, and lets it go on once it is extended', async () => {
    const { page, upstream } = window;
    const sidebar = await showSidebar(window);
    await untilText(window.figure('task.none'), /^No active task\./);
    await sidebar.getByRole('button', { name: 'New task' }).click();
    await answer('New Task', 'Fix login');
    await choose('Custom...');
    await answer(/Dollars \(1 of 5\)/, '$5');
    // By their numbers: a box whose question is not there yet would take the answer to the one before.
    for (const number of [2, 3, 4, 5]) await answer(`(${number} of 5)`, '');
    await taskRow('Fix login').waitFor();
    await untilText(window.figure('task.costNanoUsd.words'), '0% of $5.00');

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
    stream.finish();
    await terminal().filter({ hasText: 'forty-two' }).waitFor();
    await untilText(window.figure('task.costNanoUsd.detail'), /^\$0\.10 spent, nothing reserved, \$4\.90 free$/);
    const taskId = (await sidebar.locator('[data-task]').getAttribute('data-task')) ?? '';
    // At ten cents each, the last one is admitted with less than that left.
    for (let call = 1; call <= 51; call++) await spendOnTask(taskId, `step ${call}`);
    await untilText(window.figure('task.costNanoUsd.words'), '100% of $5.00');
    await untilText(window.figure('task.costNanoUsd.mark'), 'used up');
    await untilText(window.statusBar(), /, task 100% of \$5\.00, used up$/);
    const answered = upstream.messages.length;

    await untilPrompt(page);
    await typeLine(page, claude('And what is the question?'));
    await terminal().filter({ hasText: 'Outlay: ' }).waitFor();
    await untilPrompt(page);
    expect(await terminal().textContent()).toMatch(/used\s*up/);
    expect(upstream.messages.length).toBe(answered);
    await setSidebarWidth(page, 300);
    // An editor under test shows no toasts: its notifications are in their center at once.
    const center = page.locator('.notifications-center .notification-list-item');
    const notification = center.filter({ hasText: 'Extend by $1.25' });
    for (const theme of ['dark', 'hcDark', 'light'] as const) {
      await setTheme(window.vsCode, theme);
      await runCommand(page, 'Notifications: Show Notifications');
      await notification.waitFor();
      await screenshot(page, `task-refused-${theme}`);
    }
    expect(await notification.textContent()).toMatch(/Fix login.*used up/);
    expect(await notification.count()).toBe(1);
    await notification.getByRole('button', { name: 'Extend by $1.25' }).click();
    await notification.waitFor({ state: 'detached' });
    await untilText(window.figure('task.costNanoUsd.words'), /of \$6\.25$/);
    await focusTerminal(page);
    const again = upstream.hold('And now?');
    await typeLine(page, claude('And now?'));
    const second = await again;
    second.say('Now it goes on as before.');
    second.finish();
    await terminal().filter({ hasText: 'as before' }).waitFor();
    await untilPrompt(page);
    await screenshot(page, 'task-extended');

    await taskRow('Fix login').click({ button: 'right' });
    await pickMenuItem(page, 'Mark as Passed');
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
