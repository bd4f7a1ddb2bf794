import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ReportJsonRow } from '../../src/cli/reportCommand.ts';
import { nodePath, projectDir } from '../support/toolchain.ts';
import { runCommand } from '../support/workbench.ts';
import { callAsAgent, pricedModel } from './rig/agentCalls.ts';
import { type OutlayWindow, openOutlayWindow, showSidebar } from './rig/outlayWindow.ts';
import { pictureOnFailure } from './rig/pictureOnFailure.ts';

// A long import of agents' logs, as a user sees it: its progress, its end at their word, and the rest of it afterwards.

const files = 1500;
const wireSession = '5b1d2c3e-0000-4000-8000-00000000abcd';
const dayMs = 86_400_000;

let root: string;
let home: string;
let window: OutlayWindow;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'outlay-long-import-'));
  home = join(root, 'home');
  writeLogs();
  window = await openOutlayWindow({ popUps: true, settings: { 'outlay.readLogs': false }, env: { HOME: home } });
});
afterAll(async () => {
  await window?.stop();
  rmSync(root, { recursive: true, force: true });
});
beforeEach(() => pictureOnFailure(window.page));

const sessionOf = (index: number): string => `5d0c7f12-0000-4000-8000-${index.toString().padStart(12, '0')}`;

/** Sessions of the last hundred days, two calls each; the first of them is the newest. */
function writeLogs(): void {
  const folder = join(home, '.claude/projects/-made-up');
  mkdirSync(folder, { recursive: true });
  const nowMs = Date.now();
  for (let index = 0; index < files; index++) {
    const writtenMs = nowMs - dayMs - (index / files) * 100 * dayMs;
    const lines = [0, 1].map((call) => lineOf(index, call, writtenMs - 60_000 * call));
    const path = join(folder, `${sessionOf(index)}.jsonl`);
    writeFileSync(path, lines.join(''));
    utimesSync(path, writtenMs / 1000, writtenMs / 1000);
  }
}

function lineOf(index: number, call: number, atMs: number): string {
  const usage = { input_tokens: 1000 + index, output_tokens: 500, cache_read_input_tokens: call * 9000 };
  const message = { id: `msg_${index}_${call}`, role: 'assistant', model: pricedModel, stop_reason: 'end_turn', usage };
  const about = { type: 'assistant', sessionId: sessionOf(index), cwd: '/made/up', requestId: `req_${index}_${call}` };
  return `${JSON.stringify({ ...about, timestamp: new Date(atMs).toISOString(), message })}\n`;
}

async function toldSessions(): Promise<readonly ReportJsonRow[]> {
  const rows = await window.cli<ReportJsonRow>('report', '--by', 'session');
  return rows.filter(({ key }) => key !== wireSession);
}

/** What the same home comes to where nobody interrupts. */
async function uninterrupted(): Promise<readonly ReportJsonRow[]> {
  const dataDir = join(root, 'uninterrupted');
  const outlay = async (...words: readonly string[]): Promise<string> =>
    (
      await promisify(execFile)(
        nodePath(),
        [join(projectDir, 'dist/cli.js'), ...words, '--json', '--data-dir', dataDir],
        { maxBuffer: 64 * 1024 * 1024 },
      )
    ).stdout;
  await outlay('import', '--home', home);
  return JSON.parse(await outlay('report', '--by', 'session')) as readonly ReportJsonRow[];
}

const byKey = (rows: readonly ReportJsonRow[]): readonly ReportJsonRow[] =>
  rows.toSorted((a, b) => (a.key < b.key ? -1 : 1));

describe('a long import', () => {
  it('is cancelled in the middle, leaves the newest in the books, goes on the next time, and comes to the same', async () => {
    const { page } = window;
    await showSidebar(window);
    const toast = (text: string | RegExp) => page.locator('.notification-toast', { hasText: text });
    // Reading takes a pause after each log while a call is in flight: there is time for a click.
    const held = window.upstream.hold('stay in flight');
    const answer = callAsAgent(window, { prompt: 'stay in flight', session: wireSession });
    const stream = await held;

    await runCommand(page, "Outlay: Read Agents' Logs Now");
    const progress = toast('reading what agents have cost so far');
    await progress.filter({ hasText: /[1-9]\d* of 1500 files/ }).waitFor();
    await progress.hover();
    await progress.getByRole('button', { name: 'Cancel' }).click();
    await toast(/^.*calls, \$.* It was cancelled; the next time goes on from there\./s).waitFor();
    const part = await toldSessions();
    expect(part.length).toBeGreaterThan(0);
    expect(part.length).toBeLessThan(files);
    const keys = new Set(part.map(({ key }) => key));
    expect([keys.has(sessionOf(0)), keys.has(sessionOf(files - 1))]).toEqual([true, false]);

    stream.finish();
    await (await answer).text();
    await runCommand(page, "Outlay: Read Agents' Logs Now");
    const summary =
      /Outlay read 1,500 files of 1 agent, 3 months: [\d,]+ calls, \$[\d,.]+ at API prices, which is no bill\./;
    await toast(summary).filter({ hasNotText: 'It was cancelled' }).waitFor();
    const told = byKey(await toldSessions());
    expect(told).toHaveLength(files);
    expect(told).toEqual(byKey(await uninterrupted()));
  });
});
