import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CallJsonRow } from '../../src/cli/callsCommand.ts';
import { eventually } from '../support/meterProcess.ts';
import { runCommand } from '../support/workbench.ts';
import { callAsAgent, completeCall, pricedModel } from './rig/agentCalls.ts';
import {
  meterPids,
  type OutlayWindow,
  openOutlayWindow,
  PATIENCE_MS,
  showSidebar,
  untilText,
} from './rig/outlayWindow.ts';
import { pictureOnFailure } from './rig/pictureOnFailure.ts';
import {
  closeTerminals,
  environmentOf,
  focusTerminal,
  openTerminal,
  outputFile,
  outputOf,
  typeLine,
} from './rig/terminal.ts';

// What happens to agents and terminals when Outlay is switched, the window reloads, or the meter dies.

let window: OutlayWindow;
let agent = '';

beforeAll(async () => {
  window = await openOutlayWindow();
  agent = join(window.scratch, 'agent.mjs');
  writeFileSync(agent, agentSource);
});
afterAll(() => window?.stop());
beforeEach(async () => {
  pictureOnFailure(window.page);
  await closeTerminals(window.page);
  await window.cli('delete', '--all');
  await showSidebar(window);
});

/** A small agent that knows nothing but its terminal's environment. */
const agentSource = `
const response = await fetch(process.env.ANTHROPIC_BASE_URL + '/v1/messages', {
  method: 'POST',
  headers: { 'content-type': 'application/json', 'x-api-key': 'sk-ant-api03-made-up', 'user-agent': 'claude-cli/2.1.330 (external, cli)' },
  body: JSON.stringify({ model: '${pricedModel}', stream: true, max_tokens: 100, messages: [{ role: 'user', content: process.argv[2] }] }),
});
console.log(response.status, (await response.text()).includes('message_stop') ? 'complete' : 'broken');
`;

const calls = () => window.cli<CallJsonRow>('calls');
const untilCalls = (count: number) => eventually(calls, (rows) => rows.length === count, PATIENCE_MS);
const ours = (environment: ReadonlyMap<string, string>) =>
  [...environment].filter(([name]) =>
    /^(ANTHROPIC_BASE_URL|GOOGLE_GEMINI_BASE_URL|OUTLAY_(TERMINAL|CODEX))/.test(name),
  );

async function turn(state: 'On' | 'Off'): Promise<void> {
  await runCommand(window.page, `Outlay: Turn ${state}`);
  await untilText(window.statusBar(), state === 'Off' ? 'Outlay off' : /^Today /);
}

describe('turning Outlay off and on', () => {
  it('clears new terminals and connects them again at the same address', async () => {
    const { page } = window;
    await openTerminal(page);
    const before = await environmentOf(window);
    expect(before.get('ANTHROPIC_BASE_URL')).toMatch(/^http:\/\/127\.0\.0\.1:\d+\//);
    await turn('Off');
    await window.sidebar().getByText('Outlay is off').waitFor();
    await openTerminal(page);
    const off = await environmentOf(window);
    expect(ours(off)).toEqual([]);
    expect(off.get('PATH')).not.toContain(window.dataDir);
    await turn('On');
    await openTerminal(page);
    const after = await environmentOf(window);
    expect(ours(after)).toEqual(ours(before));
    expect(after.get('PATH')).toBe(before.get('PATH'));
  });

  it('lets a running stream and a terminal that holds the address go on, uncounted', async () => {
    const { page } = window;
    await openTerminal(page);
    const held = window.upstream.hold('a long story');
    const running = outputFile(window, `node ${agent} 'a long story'`);
    await typeLine(page, running.line);
    const stream = await held;
    stream.say('Once upon a time ');
    await window.sidebar().locator('.card').waitFor();
    await turn('Off');
    stream.say('there was an agent.');
    stream.finish();
    expect(await running.read()).toBe('200 complete\n');
    const counted = await untilCalls(1);
    await focusTerminal(page);
    expect(await outputOf(window, `node ${agent} 'while it is off'`)).toBe('200 complete\n');
    expect(window.upstream.messages.at(-1)?.body).toContain('while it is off');
    await turn('On');
    await focusTerminal(page);
    expect(await outputOf(window, `node ${agent} 'on again'`)).toBe('200 complete\n');
    const after = await untilCalls(2);
    expect(after.map(({ id }) => id)).toContain(counted[0]?.id);
  });

  it('names terminals that were opened while it was off, and relaunches them connected', async () => {
    const { page } = window;
    await turn('Off');
    await openTerminal(page);
    expect(ours(await environmentOf(window))).toEqual([]);
    await turn('On');
    const relaunch = window.sidebar().getByRole('button', { name: 'Relaunch bash' });
    await relaunch.click();
    // It was typed into, so that the user is asked first.
    await page.locator('.monaco-dialog-box').getByRole('button', { name: 'Relaunch' }).click();
    await relaunch.waitFor({ state: 'detached' });
    await focusTerminal(page);
    expect((await environmentOf(window)).get('ANTHROPIC_BASE_URL')).toMatch(/^http:\/\/127\.0\.0\.1:\d+\//);
  });
});

describe('an unmetered terminal', () => {
  it('holds nothing of ours and is not complained about', async () => {
    await openTerminal(window.page, 'Outlay: Open Unmetered Terminal');
    const environment = await environmentOf(window);
    expect(ours(environment)).toEqual([]);
    expect(environment.get('PATH')).not.toContain(window.dataDir);
    expect(await window.sidebar().getByText('Terminals not metered').count()).toBe(0);
  });
});

describe('the meter', () => {
  it('serves two windows at once, which show the same', async () => {
    const second = await window.vsCode.browser.newPage();
    try {
      await second.goto(window.page.url());
      await showSidebar(window, second);
      await completeCall(window);
      await untilText(window.figure('today.billed'), '$0.10');
      await untilText(window.figure('today.billed', second), '$0.10');
      await untilText(window.statusBar(second), 'Today $0.10');
      expect(meterPids(window.dataDir)).toHaveLength(1);
    } finally {
      await second.context().close();
    }
  });

  it('carries a stream over a reload of the window', async () => {
    const held = window.upstream.hold('over a reload');
    const response = await callAsAgent(window, { prompt: 'over a reload' });
    const stream = await held;
    stream.say('before');
    const { pid } = await window.lock();
    await window.page.reload();
    await showSidebar(window);
    const card = window.sidebar().locator('.card', { hasText: pricedModel });
    await card.waitFor();
    stream.say(' and after');
    stream.finish();
    expect(await response.text()).toContain('message_stop');
    await card.waitFor({ state: 'detached' });
    await untilText(window.figure('today.billed'), '$0.10');
    expect((await window.lock()).pid).toBe(pid);
    expect((await untilCalls(1))[0]).toMatchObject({ status: 'ok', outputTokens: 3_200 });
  });

  it('comes back at the same address when it is killed, and the sidebar with it', async () => {
    const { page } = window;
    await openTerminal(page);
    await completeCall(window);
    await untilText(window.figure('today.billed'), '$0.10');
    const before = await window.lock();
    process.kill(before.pid, 'SIGKILL');
    const after = await eventually(
      () => window.lock().catch(() => before),
      ({ pid }) => pid !== before.pid,
      PATIENCE_MS,
    );
    expect([after.port, after.token]).toEqual([before.port, before.token]);
    await focusTerminal(page);
    expect(await outputOf(window, `node ${agent} 'after the crash'`)).toBe('200 complete\n');
    await untilText(window.figure('today.billed'), /^\$0\.(19|20)$/);
    expect(await window.sidebar().locator('.meter').count()).toBe(0);
    expect(meterPids(window.dataDir)).toHaveLength(1);
  });
});
