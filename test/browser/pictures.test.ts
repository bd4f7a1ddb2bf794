import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { projectDir } from '../support/toolchain.ts';
import { setSidebarWidth, setTheme, themes } from '../support/workbench.ts';
import { type AgentCall, completeCall, subscriptionLogin } from './rig/agentCalls.ts';
import { type OutlayWindow, openOutlayWindow, showSidebar, untilText } from './rig/outlayWindow.ts';
import { pictureOnFailure } from './rig/pictureOnFailure.ts';
import type { HeldStream, ScriptedUsage } from './rig/scriptedAnthropic.ts';
import { openTerminal, typeLine } from './rig/terminal.ts';

// The README's pictures: a real agent in the terminal beside its spend. Kept in media/screenshots only when
// OUTLAY_UPDATE_SCREENSHOTS=1; any other run proves that they can be taken.

const MOST_BYTES = 150_000;
const isUpdating = process.env['OUTLAY_UPDATE_SCREENSHOTS'] === '1';
const pricedModelOfAgent = 'claude-opus-4-8';
const prompt = 'Why does the loop in queue.ts never end?';

let window: OutlayWindow;
let stream: HeldStream;
let folder: string;

beforeAll(async () => {
  folder = isUpdating ? join(projectDir, 'media/screenshots') : mkdtempSync(join(tmpdir(), 'outlay-pictures-'));
  mkdirSync(folder, { recursive: true });
  window = await openOutlayWindow({
    agents: ['claude'],
    env: { ANTHROPIC_MODEL: pricedModelOfAgent },
    viewport: { width: 1120, height: 760 },
    // Else the panel would count ports of whatever else runs on this machine; the gateway's is never among them.
    settings: { 'remote.autoForwardPorts': false },
    prepare: (project) => writeFileSync(join(project, 'queue.ts'), queueSource),
  });
});
afterAll(async () => {
  stream?.finish();
  await window?.stop();
  if (!isUpdating) rmSync(folder, { recursive: true });
});
beforeEach(() => pictureOnFailure(window.page));

const queueSource = `export async function drain(queue: Job[], run: (job: Job) => Promise<void>): Promise<void> {
  while (queue.length > 0) {
    const job = queue[0];
    try {
      await run(job);
      queue.shift();
    } catch {
      job.attempts += 1;
    }
  }
}

interface Job {
  readonly id: string;
  attempts: number;
}
`;

/** A finished call of a session of its own, with what it used. */
async function spend(name: string, call: AgentCall, usage: ScriptedUsage): Promise<void> {
  const text = `the work of session ${name}`;
  const held = window.upstream.hold(text);
  const answer = completeCall(window, { ...call, prompt: text, session: `${name}1b2c3d4-0000-4000-8000-00000000c0de` });
  (await held).finish(usage);
  await answer;
}

describe('the pictures of the README', () => {
  it('show a real agent and its spend, light and dark', async () => {
    const { page } = window;
    await page.getByRole('treeitem', { name: 'queue.ts' }).dblclick();
    await showSidebar(window);
    await setSidebarWidth(page, 330);
    await spend(
      'a',
      { model: 'claude-haiku-4-5-20251001' },
      { inputTokens: 9_400, cacheReadTokens: 118_000, outputTokens: 2_100, thinkingTokens: 300 },
    );
    await spend(
      'b',
      { login: subscriptionLogin },
      { inputTokens: 21_000, cacheReadTokens: 310_000, outputTokens: 18_400, thinkingTokens: 9_700 },
    );
    await spend(
      'c',
      { model: 'claude-opus-4-5-20251101' },
      { inputTokens: 34_000, cacheReadTokens: 260_000, outputTokens: 41_000, thinkingTokens: 29_500 },
    );
    await openTerminal(page);
    const first = window.upstream.hold('What does queue.ts do?');
    await typeLine(page, `claude -p 'What does queue.ts do?'`);
    const summary = await first;
    summary.say('It runs the jobs of a queue one after another and counts the attempts of each.');
    summary.finish();
    await page.locator('.terminal-wrapper.active .xterm-rows', { hasText: 'It runs the jobs' }).waitFor();
    const held = window.upstream.hold(prompt);
    await typeLine(page, `claude -p '${prompt}'`);
    stream = await held;
    stream.think('The loop takes the first job and only shifts it when it succeeds. '.repeat(30));
    stream.say(
      '`drain` removes a job only after it has succeeded, so that a job which always fails is tried for ever. '.repeat(
        4,
      ),
    );
    await untilText(window.sidebar().locator('.card [data-figure$=".visible"]'), /^[≈≥]\d/);
    for (const theme of ['light', 'dark'] as const) {
      await setTheme(window.vsCode, theme);
      await window.sidebar().locator(`body[data-vscode-theme-id="${themes[theme].id}"]`).waitFor();
      const path = join(folder, `now-${theme}.png`);
      await page.screenshot({ path });
      expect(statSync(path).size).toBeLessThanOrEqual(MOST_BYTES);
    }
  });
});
