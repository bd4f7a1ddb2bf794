import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { MeterLock } from '../../src/protocol/control.ts';
import { callControl, watchSnapshots } from '../../src/protocol/controlClient.ts';
import type { NowSnapshot } from '../../src/protocol/snapshot.ts';
import { openOutlayWindow, showSidebar } from '../browser/rig/outlayWindow.ts';
import { eventually, newDataDir, startMeterProcess } from '../support/meterProcess.ts';
import { runCommand } from '../support/workbench.ts';
import type { BenchRow } from './benchSection.ts';
import { type HostDelay, packHostProbe } from './hostProbe.ts';

const figureTargetMs = 1000;
const delayTargetMs = 20;
const longestMs = 300_000;
/** How long an idle host is measured, for comparison. */
const idleMs = 5000;
const settings = { metering: true, priceOverrides: [], retentionDays: 0 } as const;

/** What a first start with a large home of `calls` calls is like: when today's figure stands, and what the editor feels of the import. */
export async function firstStart(home: string, calls: number): Promise<readonly BenchRow[]> {
  const today = writeToday(home);
  try {
    return [...(await todaysFigure(home, today.id)), ...(await hostDelay(home, calls + 1))];
  } finally {
    rmSync(today.folder, { recursive: true, force: true });
  }
}

/** One more session in the home, of now: the newest log of all. */
function writeToday(home: string): { readonly folder: string; readonly id: string } {
  const folder = join(home, '.claude/projects/-today');
  const id = 'msg_today';
  mkdirSync(folder, { recursive: true });
  const usage = { input_tokens: 1000, output_tokens: 2000 };
  const message = { id, role: 'assistant', model: 'claude-opus-4-6', stop_reason: 'end_turn', usage };
  const about = { type: 'assistant', sessionId: 'today', requestId: 'req_today', cwd: '/today' };
  const line = { ...about, timestamp: new Date().toISOString(), message };
  writeFileSync(join(folder, 'today.jsonl'), `${JSON.stringify(line)}\n`);
  return { folder, id };
}

/** From the word to read logs, on empty books, until a snapshot shows today's call; the import of everything older goes on. */
export async function todaysFigure(home: string, id: string): Promise<readonly BenchRow[]> {
  const folder = newDataDir();
  const noOverrides = { CLAUDE_CONFIG_DIR: '', CODEX_HOME: '', XDG_DATA_HOME: '', XDG_CONFIG_HOME: '' };
  const env = { HOME: home, USERPROFILE: home, ...noOverrides };
  const running = await startMeterProcess({ dataDir: folder.path, env });
  const lock = await running.lock();
  try {
    let begin = Number.NaN;
    const shown = new Promise<number>((resolve, reject) => {
      const onSnapshot = ({ recent, today }: NowSnapshot): void => {
        if (recent.some(({ responseId }) => responseId === id) && today.subscription !== null)
          resolve(performance.now() - begin);
      };
      watchSnapshots(lock, onSnapshot, () => reject(new Error('The meter ended.')));
    });
    begin = performance.now();
    await callControl(lock, 'configure', { ...settings, readLogs: true });
    const value = await shown;
    const { files, filesDone } = await callControl(lock, 'importState', {});
    return [
      {
        ...{ metric: 'first start until today’s figure shows', value, unit: 'ms' },
        ...{ target: `< ${figureTargetMs}`, reached: value < figureTargetMs },
        note: `${filesDone} of ${files} files were read by then`,
      },
    ];
  } finally {
    await running.kill();
    folder.dispose();
  }
}

/** The event loop of a real extension host while the meter imports the home, the sidebar open, and while it does nothing. */
async function hostDelay(home: string, calls: number): Promise<readonly BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'outlay-bench-host-'));
  const portFile = join(folder, 'port');
  const probe = await packHostProbe(folder);
  const env = { OUTLAY_BENCH_PROBE: portFile, HOME: home };
  const window = await openOutlayWindow({ others: [probe], env, settings: { 'outlay.readLogs': false } });
  try {
    await showSidebar(window);
    await eventually(async () => existsSync(portFile), Boolean, 30_000);
    const ask = async <Answer>(path: string): Promise<Answer> => {
      const response = await fetch(`http://127.0.0.1:${readFileSync(portFile, 'utf8')}${path}`);
      return (await response.json()) as Answer;
    };
    const during = async (work: () => Promise<unknown>): Promise<HostDelay> => {
      await ask('/start');
      await work();
      return ask('/stop');
    };
    const idle = await during(() => delay(idleMs));
    const lock = await window.lock();
    const begin = performance.now();
    const busy = await during(async () => {
      await runCommand(window.page, "Outlay: Read Agents' Logs Now");
      await untilImported(lock, calls);
    });
    const seconds = ((performance.now() - begin) / 1000).toFixed(1);
    const words = ({ p50Ms, maxMs }: HostDelay): string => `p50 ${p50Ms.toFixed(1)} ms, max ${maxMs.toFixed(0)} ms`;
    return [
      { metric: 'extension host delay p99, nothing imported', value: idle.p99Ms, unit: 'ms', note: words(idle) },
      {
        ...{ metric: 'extension host delay p99, while the home is imported', value: busy.p99Ms, unit: 'ms' },
        ...{ target: `< ${delayTargetMs}`, reached: busy.p99Ms < delayTargetMs },
        note: `${words(busy)}, over ${seconds} s, sidebar shown`,
      },
    ];
  } finally {
    await window.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Books that have every call of the home: whoever asks for an import that runs gets what it came to. */
async function untilImported(lock: MeterLock, calls: number): Promise<void> {
  const isRunning = async (): Promise<boolean> => (await callControl(lock, 'importState', {})).isRunning;
  await eventually(isRunning, Boolean, 30_000);
  const params = { homeDir: null, agent: null };
  const report = await callControl(lock, 'importLogs', params, { timeoutMs: longestMs });
  if (report.new !== calls) throw new Error(`${report.new} calls were imported of ${calls}.`);
}
