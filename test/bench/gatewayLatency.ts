import type { BenchRow } from './benchSection.ts';
import type { LatencyPlan, LatencyResult } from './gatewayLoad.ts';
import { cpuUsOf, type GatewayPaths, type Path, type PathName } from './gatewayPaths.ts';

const kinds = [
  ['firstUs', 'to first byte'],
  ['eventUs', 'between chunks'],
] as const;

/** On a quiet machine even the last percent of direct events is there within this. */
const quietUs = 3_000;

/** Latency that each path adds to a direct connection, all in one run, each in turn several times. */
export async function latencyRows(
  all: GatewayPaths,
  paths: readonly Path[],
  load: { readonly streams: number; readonly everyMs: number; readonly seconds: number },
): Promise<BenchRow[]> {
  const rounds = load.streams === 1 ? 10 : 3;
  const events = Math.max(5, Math.round((load.seconds * 1_000) / (paths.length * (rounds + 1) * load.everyMs)));
  const plan: LatencyPlan = {
    kind: 'latency',
    targets: paths,
    streams: load.streams,
    events,
    everyMs: load.everyMs,
    padding: 80,
    rounds,
  };
  const before = paths.map(cpuUsOf);
  const results = await all.load<LatencyResult[]>(plan);
  return [...addedRows(paths, plan, results), ...cpuRows(paths, plan, before)];
}

function addedRows(paths: readonly Path[], plan: LatencyPlan, results: readonly LatencyResult[]): BenchRow[] {
  const of = (name: PathName) => results[paths.findIndex((path) => path.name === name)];
  const direct = of('direct');
  if (direct === undefined) return [];
  const busy = percentile(direct.eventUs, 99) > quietUs;
  return paths.flatMap(({ name }) => {
    const result = of(name);
    if (result === undefined) return [];
    const rows = kinds.flatMap(([kind, what]) =>
      [50, 99].map((percent): BenchRow => {
        const added = (other: LatencyResult | undefined) =>
          other === undefined ? null : percentile(other[kind], percent) - percentile(direct[kind], percent);
        const base = { metric: `${what} p${percent}, ${loadOf(plan)}`, unit: 'us' };
        if (name === 'direct')
          return { ...base, metric: `direct: ${base.metric}`, value: Math.round(percentile(result[kind], percent)) };
        const row = { ...base, metric: `${name}: added ${base.metric}`, value: Math.round(added(result) ?? 0) };
        const [nginx, portkey] = [added(of('nginx')), added(of('portkey'))];
        const isOurs = name === 'gateway' || name === 'meter';
        return isOurs ? { ...row, ...verdict({ added: row.value, nginx, portkey, kind, percent, busy, plan }) } : row;
      }),
    );
    const lost = { metric: `${name}: events lost, ${loadOf(plan)}`, value: result.lost, unit: 'events' };
    return result.lost === 0 ? rows : [...rows, lost];
  });
}

interface Measured {
  readonly added: number;
  readonly nginx: number | null;
  readonly portkey: number | null;
  readonly kind: 'firstUs' | 'eventUs';
  readonly percent: number;
  readonly busy: boolean;
  readonly plan: LatencyPlan;
}

/** A machine on which even a direct event comes late at times says nothing about a proxy's last percent: no verdict then. */
function verdict({ added, nginx, portkey, kind, percent, busy, plan }: Measured): Partial<BenchRow> {
  const times = nginx !== null && nginx > 0 ? `${(added / nginx).toFixed(1)}x nginx's` : "nginx's could not be told";
  if (percent === 99) {
    if (kind === 'firstUs' || plan.streams !== 50) return { note: times };
    const target = '<= 1000 us';
    return busy
      ? { target, note: 'No verdict: the machine was busy, direct events came late too.' }
      : { target, reached: added <= 1_000, note: times };
  }
  if (portkey === null || plan.streams === 50) return { note: times };
  const target = "<= 1/3 of Portkey's";
  if (busy || portkey <= 0)
    return { target, note: `No verdict: the machine was busy, direct events came late too; ${times}` };
  return { target, reached: added <= portkey / 3, note: `${(added / portkey).toFixed(2)} of Portkey's, ${times}` };
}

/** Processor time an event, the least noisy of the figures: what a path takes from the agents it serves. */
function cpuRows(paths: readonly Path[], plan: LatencyPlan, before: readonly (number | null)[]): BenchRow[] {
  const events = plan.streams * plan.events * (plan.rounds + 1);
  return paths.flatMap((path, i) => {
    const [from, to] = [before[i] ?? null, cpuUsOf(path)];
    if (from === null || to === null) return [];
    return [
      { metric: `${path.name}: CPU an event, ${loadOf(plan)}`, value: Math.round((to - from) / events), unit: 'us' },
    ];
  });
}

function loadOf({ streams, everyMs }: LatencyPlan): string {
  return `${streams} x ${Math.round(1_000 / everyMs)}/s`;
}

export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? Number.NaN;
}
