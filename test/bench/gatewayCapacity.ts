import { setTimeout as delay } from 'node:timers/promises';
import type { BenchRow } from './benchSection.ts';
import { percentile } from './gatewayLatency.ts';
import type { LargePlan, LargeResult, ManyPlan, ManyResult, RatePlan, RateResult } from './gatewayLoad.ts';
import { type GatewayPaths, type Path, type PathName, peakRssMb, rssMbOf } from './gatewayPaths.ts';

const STREAMS = 1_000;
const PER_SECOND = 500;
const LARGE_BYTES = 32 * 1024 * 1024;
/** The client spends as much on each call as the gateway does, so that a busy machine may not reach the rate. */
const RATE_REACHED = 0.95;

/** Many streams at once through each path in turn, each on fresh connections: how many came whole. */
export async function manyRows(all: GatewayPaths, paths: readonly Path[]): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const path of paths) {
    const plan: ManyPlan = { kind: 'many', target: path, streams: STREAMS, events: 10, everyMs: 500 };
    const { whole, ms, problems } = await all.load<ManyResult>(plan);
    const note = `${(ms / 1_000).toFixed(1)} s, all bytes compared${wordsOf(problems)}`;
    const row = { metric: `${path.name}: whole streams of ${STREAMS} at once`, value: whole, unit: 'streams', note };
    rows.push(isOurs(path) ? { ...row, target: `= ${STREAMS}`, reached: whole === STREAMS } : row);
  }
  return rows;
}

/** Memory under a steady rate of short calls, each path in a fresh process and alone. */
export async function memoryRows(all: GatewayPaths, names: readonly PathName[], seconds: number): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const path of await all.start(names, [])) {
    const idle = rssMbOf(path);
    const plan: RatePlan = { kind: 'rate', target: path, perSecond: PER_SECOND, seconds };
    const work = all.load<RateResult>(plan);
    const peak = await peakRssMb(path, work);
    const { sent, whole, seconds: took, problems } = await work;
    await delay(1_000);
    const rate = sent / took;
    if (peak === null) continue;
    const note = `${idle?.toFixed(0)} MB when idle, ${rssMbOf(path)?.toFixed(0)} MB after; ${whole} of ${sent} calls whole at ${rate.toFixed(0)}/s for ${took.toFixed(0)} s${wordsOf(problems)}`;
    const row = {
      metric: `${path.name}: RSS at ${PER_SECOND} calls/s, highest`,
      value: Math.round(peak),
      unit: 'MB',
      note,
    };
    if (path.name !== 'meter') rows.push(row);
    else if (rate < PER_SECOND * RATE_REACHED)
      rows.push({ ...row, target: '<= 150 MB', note: `No verdict: the machine was too busy for the rate. ${note}` });
    else rows.push({ ...row, target: '<= 150 MB', reached: peak <= 150 });
    await all.stopPath(path);
  }
  return rows;
}

/** Time of a large request against a direct one, all paths in turn in one run. */
export async function largeRows(all: GatewayPaths, paths: readonly Path[], rounds: number): Promise<BenchRow[]> {
  const plan: LargePlan = { kind: 'large', targets: paths, bytes: LARGE_BYTES, rounds };
  const results = await all.load<LargeResult>(plan);
  const medians = results.map((times) => percentile(times, 50));
  const direct = medians[paths.findIndex(({ name }) => name === 'direct')] ?? Number.NaN;
  return paths.map((path, i): BenchRow => {
    const median = medians[i] ?? Number.NaN;
    if (path.name === 'direct')
      return { metric: 'direct: 32 MB request, median', value: Math.round(median), unit: 'ms' };
    const ratio = Math.round((median / direct) * 100) / 100;
    const row = {
      metric: `${path.name}: 32 MB request, median`,
      value: ratio,
      unit: 'x direct',
      note: `${median.toFixed(0)} ms, ${rounds} times`,
    };
    return isOurs(path) ? { ...row, target: '<= 1.3', reached: ratio <= 1.3 } : row;
  });
}

function isOurs({ name }: Path): boolean {
  return name === 'gateway' || name === 'meter';
}

function wordsOf(problems: Readonly<Record<string, number>>): string {
  return Object.entries(problems)
    .map(([what, count]) => `; ${count} x ${what}`)
    .join('');
}
