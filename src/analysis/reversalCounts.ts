import { bootstrapTasks, percentileInterval } from './bootstrapTasks.ts';
import type { Interval, Magnitude, ReversalCounts } from './contract.ts';
import { compareFigures, kendallTauB, type SignPair, tauOfSigns } from './kendallTau.ts';
import { costsOfOne, type PairCosts, pairCosts } from './pairCosts.ts';
import { isCounted, isReversal, pairState } from './pairState.ts';

export interface ReversalInput {
  readonly models: readonly {
    readonly key: string;
    /** Null where the list price is unknown. */
    readonly rank: number | null;
    /** Cost by task; NaN where there is none. */
    readonly costs: Float64Array;
  }[];
  readonly tasks: readonly string[];
  readonly byTask: boolean;
  readonly resamples: number;
  readonly seed: number;
}

interface Ranked {
  readonly key: string;
  readonly rank: number;
  readonly costs: Float64Array;
}

interface Pair {
  readonly a: Ranked;
  readonly b: Ranked;
  readonly common: PairCosts;
}

/** Additions that an interval may take: with 40 models and hundreds of tasks that not all attempted, or with hundreds of models, fewer resamples have to do. */
const MAX_ADDITIONS = 4e8;
/** What comparing two sums takes, in additions. */
const ADDITIONS_PER_PAIR = 4;
const MIN_RESAMPLES = 200;

/**
 * Reversals counted as the study counts them: over pairs on their common tasks, or over pairs x tasks with `byTask`, by point estimates.
 * List ties are in neither count; cost ties are no reversals; models without a list price have no pairs.
 *
 * `tauB` orders each pair on its own common tasks; `tauBMeanOverTasks` is the unweighted mean of tau-b within a task, over tasks where it is
 * defined. Empty input: counts of 0, everything else null. O(models^2 * tasks), the interval times resamples.
 */
export function reversalCounts(input: ReversalInput): ReversalCounts {
  const ranked = input.models.flatMap(({ key, rank, costs }) => (rank === null ? [] : [{ key, rank, costs }]));
  const pairs = ranked.flatMap((b, index) =>
    ranked.slice(0, index).map((a): Pair => ({ a, b, common: pairCosts(a.costs, b.costs) })),
  );
  const units = input.byTask ? pairs.flatMap(splitByTask) : pairs;
  const states = units.map(stateOf);
  const count = states.filter(isReversal).length;
  const counted = states.filter(isCounted).length;
  return {
    count,
    pairs: counted,
    rate: counted === 0 ? null : count / counted,
    rateInterval: counted === 0 ? null : rateInterval(pairs, input),
    tauB: tauOfSigns(pairs.flatMap(signsOf)),
    tauBMeanOverTasks: tauMean(ranked, input.tasks.length),
    maxMagnitude: maxMagnitude(units, input),
  };
}

function splitByTask({ a, b, common }: Pair): readonly Pair[] {
  return Array.from(common.tasks, (task) => ({
    a,
    b,
    common: costsOfOne(task, a.costs[task] ?? Number.NaN, b.costs[task] ?? Number.NaN),
  }));
}

function stateOf({ a, b, common }: Pair) {
  return pairState({
    listA: a.rank,
    listB: b.rank,
    commonTasks: common.tasks.length,
    costA: common.sumA,
    costB: common.sumB,
    isEstablished: false,
  });
}

function signsOf({ a, b, common }: Pair): readonly SignPair[] {
  if (common.tasks.length === 0) return [];
  return [[compareFigures(a.rank, b.rank), compareFigures(common.sumA, common.sumB)]];
}

function tauMean(models: readonly Ranked[], tasks: number): number | null {
  const taus: number[] = [];
  for (let task = 0; task < tasks; task++) {
    const present = models.filter(({ costs }) => !Number.isNaN(costs[task] ?? Number.NaN));
    const tau = kendallTauB(
      present.map(({ rank }) => rank),
      present.map(({ costs }) => costs[task] ?? 0),
    );
    if (tau !== null) taus.push(tau);
  }
  return taus.length === 0 ? null : taus.reduce((sum, tau) => sum + tau, 0) / taus.length;
}

/** The largest cost ratio of a reversal; where the dearer-listed one was free there is no ratio. Ties go to the first pair and task. */
function maxMagnitude(units: readonly Pair[], { byTask, tasks }: ReversalInput): Magnitude | null {
  let best: Magnitude | null = null;
  for (const unit of units) {
    if (!isReversal(stateOf(unit))) continue;
    const { a, b, common } = unit;
    const isACheaper = a.rank < b.rank;
    const [cheaper, dearer] = isACheaper ? [common.sumA, common.sumB] : [common.sumB, common.sumA];
    const ratio = cheaper / dearer;
    if (!Number.isFinite(ratio) || (best !== null && ratio <= best.ratio)) continue;
    best = {
      ratio,
      cheaperListed: isACheaper ? a.key : b.key,
      dearerListed: isACheaper ? b.key : a.key,
      task: byTask ? (tasks[common.tasks[0] ?? -1] ?? null) : null,
    };
  }
  return best;
}

/** Draws tasks: with them all their pairs. By task it is a ratio of sums; over whole pairs the common costs are summed anew. */
function rateInterval(pairs: readonly Pair[], input: ReversalInput): Interval | null {
  const { tasks, byTask, seed } = input;
  const usable = pairs.filter((pair) => compareFigures(pair.a.rank, pair.b.rank) !== 0 && pair.common.tasks.length > 0);
  if (tasks.length < 2 || input.resamples === 0) return null;
  const whole = byTask ? null : wholeTable(usable, tasks.length);
  const width = byTask ? 2 : (whole?.models.length ?? usable.length * 2);
  const figures = byTask ? countsByTask(usable, tasks.length) : (whole?.figures ?? costsByTask(usable, tasks.length));
  const additions = tasks.length * width + (byTask ? 0 : usable.length * ADDITIONS_PER_PAIR);
  const affordable = Math.floor(MAX_ADDITIONS / Math.max(1, additions));
  const resamples = Math.min(input.resamples, Math.max(MIN_RESAMPLES, affordable));
  const rates: number[] = [];
  bootstrapTasks({ tasks: tasks.length, width, figures, resamples, seed }, (sums) => {
    const rate = byTask ? (sums[0] ?? 0) / (sums[1] ?? 0) : whole === null ? rateOf(usable, sums) : whole.rateOf(sums);
    if (Number.isFinite(rate)) rates.push(rate);
  });
  return percentileInterval(Float64Array.from(rates));
}

function countsByTask(pairs: readonly Pair[], tasks: number): Float64Array {
  const figures = new Float64Array(tasks * 2);
  for (const unit of pairs.flatMap(splitByTask)) {
    const at = (unit.common.tasks[0] ?? 0) * 2;
    const state = stateOf(unit);
    figures[at] = (figures[at] ?? 0) + (isReversal(state) ? 1 : 0);
    figures[at + 1] = (figures[at + 1] ?? 0) + (isCounted(state) ? 1 : 0);
  }
  return figures;
}

function costsByTask(pairs: readonly Pair[], tasks: number): Float64Array {
  const width = pairs.length * 2;
  const figures = new Float64Array(tasks * width);
  pairs.forEach(({ a, b, common }, index) => {
    for (const task of common.tasks) {
      figures[task * width + index * 2] = a.costs[task] ?? 0;
      figures[task * width + index * 2 + 1] = b.costs[task] ?? 0;
    }
  });
  return figures;
}

/** The costs of models, where each of them attempted every task: then the sums of pairs are those of models. Null where one did not. */
function wholeTable(
  pairs: readonly Pair[],
  tasks: number,
): { readonly models: readonly Ranked[]; readonly figures: Float64Array; rateOf(sums: Float64Array): number } | null {
  if (pairs.some(({ common }) => common.tasks.length < tasks)) return null;
  const models = [...new Set(pairs.flatMap(({ a, b }) => [a, b]))];
  const at = new Map(models.map((model, index) => [model, index]));
  const figures = new Float64Array(tasks * models.length);
  models.forEach(({ costs }, index) => {
    for (let task = 0; task < tasks; task++) figures[task * models.length + index] = costs[task] ?? 0;
  });
  const places = Int32Array.from(pairs.flatMap(({ a, b }) => [at.get(a) ?? 0, at.get(b) ?? 0]));
  const orders = Int8Array.from(pairs, ({ a, b }) => compareFigures(a.rank, b.rank));
  // Hundreds of models make tens of thousands of pairs, gone through some thousand times: numbers alone, and nothing made on the way.
  const rateOf = (sums: Float64Array): number => {
    let counted = 0;
    let reversed = 0;
    for (let pair = 0; pair < orders.length; pair++) {
      const costA = sums[places[pair * 2] as number] as number;
      const costB = sums[places[pair * 2 + 1] as number] as number;
      if (costA === 0 && costB === 0) continue;
      counted += 1;
      const cost = compareFigures(costA, costB);
      if (cost !== 0 && cost !== orders[pair]) reversed += 1;
    }
    return reversed / counted;
  };
  return { models, figures, rateOf };
}

function rateOf(pairs: readonly Pair[], sums: Float64Array): number {
  let counted = 0;
  let reversed = 0;
  pairs.forEach(({ a, b }, index) => {
    const [costA, costB] = [sums[index * 2] ?? 0, sums[index * 2 + 1] ?? 0];
    if (costA === 0 && costB === 0) return;
    counted += 1;
    const cost = compareFigures(costA, costB);
    if (cost !== 0 && cost !== compareFigures(a.rank, b.rank)) reversed += 1;
  });
  return reversed / counted;
}
