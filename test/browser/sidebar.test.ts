import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CallJsonRow } from '../../src/cli/callsCommand.ts';
import { eventually } from '../support/meterProcess.ts';
import { runCommand } from '../support/workbench.ts';
import { callAsAgent, completeCall, pricedModel, subscriptionLogin } from './rig/agentCalls.ts';
import { type OutlayWindow, openOutlayWindow, PATIENCE_MS, showSidebar, untilText } from './rig/outlayWindow.ts';
import { pictureOnFailure } from './rig/pictureOnFailure.ts';

// The view Now as a user reads it, fed by calls that go through the gateway.

// 12,000 in at $3, 45,000 cached at $0.30, 3,200 out at $15 per million tokens.
const COST_OF_ONE = '$0.10';
const COST_OF_ONE_IN_FULL = '$0.0975';

let window: OutlayWindow;

beforeAll(async () => {
  window = await openOutlayWindow();
});
afterAll(() => window?.stop());
beforeEach(async () => {
  pictureOnFailure(window.page);
  await runCli('delete', '--all');
  await showSidebar(window);
  await window.sidebar().getByRole('heading', { name: 'No calls yet' }).waitFor();
});

const runCli = (...words: readonly string[]) => window.cli<CallJsonRow>(...words);

/** The newest finished call, once the books hold that many. */
async function newestOf(count: number): Promise<CallJsonRow> {
  const calls = await eventually(
    () => runCli('calls'),
    (rows) => rows.length === count,
    PATIENCE_MS,
  );
  const [newest] = calls;
  if (newest === undefined) throw new Error('There is no call.');
  return newest;
}

describe('the view Now', () => {
  it('says what to do while there is nothing, and shows the first call instead', async () => {
    const sidebar = window.sidebar();
    await sidebar.getByText('Open a metered terminal and run your agent in it.').waitFor();
    await sidebar.getByRole('button', { name: 'Open a metered terminal' }).waitFor();
    await untilText(window.statusBar(), 'Today $0.00');
    await completeCall(window);
    await sidebar.getByRole('heading', { name: 'No calls yet' }).waitFor({ state: 'detached' });
    await untilText(window.figure('today.billed'), COST_OF_ONE);
    await untilText(window.statusBar(), `Today ${COST_OF_ONE}`);
    expect(await sidebar.locator('.call-row').count()).toBe(1);
  });

  it('opens a call by keyboard alone and shows what it is made of', async () => {
    const { page } = window;
    await completeCall(window);
    const { id } = await newestOf(1);
    await window.figure(`call.${id}.cost`).waitFor();
    await runCommand(page, 'Outlay: Open Sidebar');
    const focused = window.sidebar().locator('.call-row .row-head:focus');
    for (let presses = 0; presses < 20 && (await focused.count()) === 0; presses += 1) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await untilText(window.figure(`call.${id}.table0.total`), COST_OF_ONE_IN_FULL);
    await untilText(window.figure(`call.${id}.table0.Input.tokens`), '12,000');
    await untilText(window.figure(`call.${id}.table0.Cache read.tokens`), '45,000');
    await untilText(window.figure(`call.${id}.table0.Thinking.tokens`), '1,900');
    const facts = window.sidebar().locator('.call-row .facts-list');
    expect(await facts.textContent()).toContain('Reported by the provider');
    await page.keyboard.press('Escape');
    await facts.waitFor({ state: 'detached' });
  });

  it('switches between today and this week', async () => {
    await completeCall(window);
    const sidebar = window.sidebar();
    await sidebar.locator('.spend-row').first().waitFor();
    await sidebar.getByRole('button', { name: 'This week' }).click();
    await sidebar.locator('[data-action="period-week"][aria-pressed="true"]').waitFor();
    await untilText(sidebar.locator('.spend-row [data-figure$=".cost"]').first(), COST_OF_ONE);
    await sidebar.getByRole('button', { name: 'Today' }).click();
    await sidebar.locator('[data-action="period-today"][aria-pressed="true"]').waitFor();
  });

  it('shows a model without a price as unpriced, never as free', async () => {
    await completeCall(window, { model: 'claude-from-the-future' });
    const { id } = await newestOf(1);
    await untilText(window.figure(`call.${id}.cost`), '-');
    await untilText(window.figure('today.billed'), '-');
    await window.sidebar().getByText('Today: 1 call unpriced').waitFor();
    await untilText(window.statusBar(), 'Today -');
  });

  it('keeps subscription calls on a line of their own and adds nothing up', async () => {
    await completeCall(window);
    await completeCall(window, { login: subscriptionLogin });
    await completeCall(window, { login: subscriptionLogin });
    await newestOf(3);
    await untilText(window.figure('today.subscription'), '$0.20');
    await untilText(window.figure('today.billed'), COST_OF_ONE);
    await untilText(window.statusBar(), `Today ${COST_OF_ONE}`);
  });

  it('marks what it counted of a stream that the provider cut', async () => {
    const held = window.upstream.hold('cut me');
    const response = await callAsAgent(window, { prompt: 'cut me' });
    const stream = await held;
    stream.say('These words were paid for although the answer never came to its end.');
    const card = window.sidebar().locator('.card', { hasText: pricedModel });
    await card.waitFor();
    await untilText(card.locator('[data-figure$=".visible"]'), /[1-9]/);
    stream.cut();
    await expect(response.text()).rejects.toThrow();
    const call = await newestOf(1);
    expect(call).toMatchObject({ status: 'truncated', provenance: 'partial' });
    await untilText(window.figure(`call.${call.id}.output`), /^[≈≥]\d/);
    await untilText(window.figure(`call.${call.id}.cost`), /^[≈≥]\$/);
    await window.sidebar().getByText('Cut off before its end').waitFor();
  });

  it('marks what it counted of a stream that the agent left', async () => {
    const leave = new AbortController();
    const held = window.upstream.hold('leave me');
    const response = await callAsAgent(window, { prompt: 'leave me', signal: leave.signal });
    const stream = await held;
    stream.think('A thought that will not be finished because somebody pressed Escape.');
    const card = window.sidebar().locator('.card', { hasText: pricedModel });
    await untilText(card.locator('[data-figure$=".thinking"]'), /[1-9]/);
    leave.abort();
    await expect(response.text()).rejects.toThrow();
    await stream.closed;
    const call = await newestOf(1);
    expect(call).toMatchObject({ status: 'aborted', provenance: 'partial' });
    await untilText(window.figure(`call.${call.id}.cost`), /^[≈≥]\$/);
    await window.sidebar().getByText('Stopped by the agent').waitFor();
  });
});
