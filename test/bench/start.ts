import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { callAsAgent } from '../browser/rig/agentCalls.ts';
import { type OutlayWindow, openOutlayWindow, showSidebar } from '../browser/rig/outlayWindow.ts';
import type { HeldStream } from '../browser/rig/scriptedAnthropic.ts';
import { eventually, newDataDir, projectDir, startMeterProcess } from '../support/meterProcess.ts';
import type { BenchRow, BenchSection } from './benchSection.ts';
import { type HostDelay, packHostProbe } from './hostProbe.ts';

const METER_STARTS = 10;
const STREAMS = 50;
const EVENT_EVERY_MS = 50;
const STREAM_MS = 10_000;

/** What Outlay costs the editor: at its start, in size, and while many agents stream. */
export async function benchStart(): Promise<BenchSection> {
  await promisify(execFile)(process.execPath, [join(projectDir, 'scripts/package.mjs')]);
  return { name: 'start', rows: [...sizeRows(), await meterRow(), ...(await hostRows())] };
}

function sizeRows(): readonly BenchRow[] {
  const row = (metric: string, file: string, most: number): BenchRow => {
    const { size } = statSync(join(projectDir, 'dist', file));
    return atMost({ metric, value: size / 1000, unit: 'kB' }, most);
  };
  return [row('extension bundle', 'extension.js', 1000), row('VSIX', 'outlay.vsix', 5000)];
}

/** From the spawn of a process to its ready line, each time with new books. */
async function meterRow(): Promise<BenchRow> {
  const times: number[] = [];
  for (let round = 0; round < METER_STARTS; round += 1) {
    const dataDir = newDataDir();
    const begin = performance.now();
    const meter = await startMeterProcess({ dataDir: dataDir.path });
    times.push(performance.now() - begin);
    await meter.stop();
    dataDir.dispose();
  }
  const [best = 0, worst = 0] = [Math.min(...times), Math.max(...times)];
  const note = `${METER_STARTS} starts, ${best.toFixed(0)} to ${worst.toFixed(0)} ms`;
  return { ...atMost({ metric: 'meter ready, median', value: median(times), unit: 'ms' }, 500), note };
}

async function hostRows(): Promise<readonly BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'outlay-bench-start-'));
  const portFile = join(folder, 'port');
  const probe = await packHostProbe(folder);
  const window = await openOutlayWindow({ others: [probe], env: { OUTLAY_BENCH_PROBE: portFile } });
  try {
    await showSidebar(window);
    await eventually(
      async () => existsSync(portFile),
      (exists) => exists,
      30_000,
    );
    const ask = async <Answer>(path: string): Promise<Answer> => {
      const response = await fetch(`http://127.0.0.1:${readFileSync(portFile, 'utf8')}${path}`);
      return (await response.json()) as Answer;
    };
    const [activateMs = Number.NaN] = await ask<readonly number[]>('/activate');
    const during = async (work: Promise<unknown>): Promise<HostDelay> => {
      await ask('/start');
      await work;
      return ask('/stop');
    };
    const idle = await during(delay(STREAM_MS));
    const busy = await during(streamMany(window));
    const words = ({ p50Ms, maxMs }: HostDelay) => `p50 ${p50Ms.toFixed(1)} ms, max ${maxMs.toFixed(0)} ms`;
    return [
      atMost({ metric: 'activate(), synchronous', value: activateMs, unit: 'ms' }, 50),
      { metric: 'extension host delay p99, idle', value: idle.p99Ms, unit: 'ms', note: words(idle) },
      {
        ...atMost({ metric: `extension host delay p99, ${STREAMS} streams`, value: busy.p99Ms, unit: 'ms' }, 20),
        note: `${words(busy)}, sidebar shown, 20 events/s a stream`,
      },
    ];
  } finally {
    await window.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Many agents at once, each with a stream of small deltas, the sidebar open. */
async function streamMany(window: OutlayWindow): Promise<void> {
  const prompts = Array.from({ length: STREAMS }, (_, index) => `stream number ${index}.`);
  await Promise.all(prompts.map((prompt, index) => streamOne(window, { prompt, afterMs: index })));
}

async function streamOne(
  window: OutlayWindow,
  { prompt, afterMs }: { readonly prompt: string; readonly afterMs: number },
): Promise<void> {
  await delay(afterMs);
  const held = window.upstream.hold(prompt);
  const text = callAsAgent(window, { prompt, session: `session-${afterMs}` }).then((response) => response.text());
  await feed(await held);
  if (!(await text).includes('message_stop')) throw new Error('A stream did not come to its end.');
}

async function feed(stream: HeldStream): Promise<void> {
  const end = performance.now() + STREAM_MS;
  for (let event = 0; performance.now() < end; event += 1) {
    if (event < 40) stream.think('and then there is another thought ');
    else stream.say('which leads to some more words ');
    await delay(EVENT_EVERY_MS);
  }
  stream.finish();
}

function atMost(row: BenchRow, most: number): BenchRow {
  return { ...row, target: `<= ${most}`, reached: row.value <= most };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = Number.NaN, high = Number.NaN] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return (low + high) / 2;
}
