import { benjaminiHochberg } from './benjaminiHochberg.ts';
import type { Interval, PairResult, TaskRatio } from './contract.ts';
import { decompose } from './decomposition.ts';
import { compareFigures } from './kendallTau.ts';
import { costsOfOne, type PairCosts, type PairRoom, pairCosts, pairRoom } from './pairCosts.ts';
import { MIN_TASKS_FOR_VERDICT, type PairedInterval, pairedInterval } from './pairedInterval.ts';
import { pairState } from './pairState.ts';
import { partsByTask, sumParts, type TaskParts } from './partsByTask.ts';
import { compareText, type RunTable, type TableModel } from './runTable.ts';
import { pairSentence } from './sentences.ts';

/** Two models with what follows from their common tasks alone. */
interface PairFacts extends Pick<PairResult, 'commonTasks' | 'range' | 'reversedTasks' | 'why' | 'whyMissing'> {
  readonly a: TableModel;
  readonly b: TableModel;
  readonly listRatio: number | null;
  readonly sumA: number;
  readonly sumB: number;
  readonly paired: PairedInterval | null;
  /** Common tasks whose cost ratio has a logarithm: what a verdict rests on. Fewer than the common ones where something was free. */
  readonly ratios: number;
}

interface PairContext {
  readonly table: RunTable;
  readonly parts: ReadonlyMap<TableModel, TaskParts>;
  readonly mostReversedTasks: number;
}

/**
 * Every pair of models on the tasks that both attempted, or with `byTask` every pair on every task that both have a known cost of. Verdicts need five
 * common tasks with a cost ratio and hold the false discovery rate over all pairs that have as many at 5 %. Of each pair's reversed tasks at most `mostReversedTasks` are named.
 * O(models^2 * tasks).
 */
export function comparePairs(
  table: RunTable,
  byTask: boolean,
  mostReversedTasks = Number.POSITIVE_INFINITY,
): readonly PairResult[] {
  const { models, tasks } = table;
  const parts = new Map(models.map((model) => [model, partsByTask(model, tasks.length)]));
  const context = { table, parts, mostReversedTasks };
  const pairs = models.flatMap((one, index) => models.slice(index + 1).map((other) => inOrder(one, other)));
  if (byTask) return pairs.flatMap(([a, b]) => resultsByTask(a, b, context));
  // One room for all pairs: with many models there are megabytes of costs that are looked at once.
  const room = pairRoom(tasks.length);
  const facts = pairs.map(([a, b]) => factsOf({ a, b, common: pairCosts(a.costs, b.costs, room), room }, context));
  const established = benjaminiHochberg(
    facts.map(({ paired, ratios }) => (ratios < MIN_TASKS_FOR_VERDICT ? null : (paired?.pValue ?? null))),
  );
  return facts.map((pair, index) => resultOf(pair, established[index] ?? false, null));
}

/** The cheaper-listed first; by label where that does not tell. */
function inOrder(one: TableModel, other: TableModel): readonly [TableModel, TableModel] {
  const order = one.rank === null || other.rank === null ? 0 : compareFigures(one.rank, other.rank);
  return (order || compareText(one.id.label, other.id.label)) <= 0 ? [one, other] : [other, one];
}

function resultsByTask(a: TableModel, b: TableModel, context: PairContext): readonly PairResult[] {
  const { tasks, titles } = context.table;
  return Array.from(pairCosts(a.costs, b.costs).tasks, (task) => {
    const common = costsOfOne(task, a.costs[task] ?? 0, b.costs[task] ?? 0);
    return resultOf(factsOf({ a, b, common }, context), false, {
      name: tasks[task] ?? null,
      title: titles[task] ?? null,
    });
  });
}

interface CommonPair {
  readonly a: TableModel;
  readonly b: TableModel;
  readonly common: PairCosts;
  readonly room?: PairRoom;
}

function factsOf({ a, b, common, room }: CommonPair, context: PairContext): PairFacts {
  const { tasks, sumA, sumB, ratios } = common;
  const listRatio = a.rank !== null && b.rank !== null && b.rank > 0 ? a.rank / b.rank : null;
  const comparable = ratios.every(hasLog) ? ratios : ratios.filter(hasLog);
  const [partsA, partsB] = [context.parts.get(a), context.parts.get(b)];
  return {
    ...{ a, b, commonTasks: tasks.length, listRatio, sumA, sumB },
    paired: pairedInterval(comparable, room?.logs),
    ratios: comparable.length,
    range: rangeOf(ratios),
    reversedTasks: listRatio === null || listRatio === 1 ? [] : reversedTasks(common, context),
    ...whyOf(tasks, partsA ?? nothing, partsB ?? nothing),
  };
}

const nothing: TaskParts = { price: null, figures: new Float64Array(0) };

function hasLog(ratio: number): boolean {
  return ratio > 0 && ratio < Number.POSITIVE_INFINITY;
}

function resultOf(
  { a, b, sumA, sumB, paired, ...facts }: PairFacts,
  isEstablished: boolean,
  task: { readonly name: string | null; readonly title: string | null } | null,
): PairResult {
  const { commonTasks, listRatio } = facts;
  const costRatio = commonTasks > 0 && sumB > 0 ? sumA / sumB : null;
  const points =
    costRatio !== null &&
    paired !== null &&
    Math.sign(Math.log(costRatio)) === Math.sign(Math.log(paired.typicalRatio));
  const state = pairState({
    listA: a.rank,
    listB: b.rank,
    commonTasks,
    costA: sumA,
    costB: sumB,
    // A total that points the other way than the typical task establishes nothing.
    isEstablished: isEstablished && points,
  });
  const isTooFew = facts.ratios < MIN_TASKS_FOR_VERDICT;
  const verdict = isTooFew ? 'too few to say' : isEstablished ? 'established' : 'not established';
  const interval = paired?.interval ?? null;
  return {
    a: a.id.key,
    b: b.id.key,
    state,
    verdict,
    commonTasks,
    task: task?.name ?? null,
    listRatio,
    costRatio,
    typicalRatio: paired?.typicalRatio ?? null,
    interval,
    pValue: paired?.pValue ?? null,
    range: facts.range,
    reversedTasks: facts.reversedTasks,
    costANanoUsd: commonTasks === 0 ? null : sumA,
    costBNanoUsd: commonTasks === 0 ? null : sumB,
    why: facts.why,
    whyMissing: facts.whyMissing,
    sentence: pairSentence({
      ...{ a: a.id.label, b: b.id.label, state, verdict, listRatio, costRatio, interval, commonTasks, why: facts.why },
      ...{ ratios: facts.ratios, task: task?.title ?? null },
    }),
  };
}

function rangeOf(ratios: Float64Array): Interval | null {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const ratio of ratios) {
    if (!Number.isFinite(ratio)) continue;
    low = Math.min(low, ratio);
    high = Math.max(high, ratio);
  }
  return low <= high ? [low, high] : null;
}

/** `a` is the cheaper-listed one, so that a ratio above 1 is a reversal. Dearest first, of equals the first task. */
function reversedTasks({ tasks, ratios }: PairCosts, { table, mostReversedTasks }: PairContext): readonly TaskRatio[] {
  const least = leastNamed(ratios, mostReversedTasks);
  const named: TaskRatio[] = [];
  for (let place = 0; place < ratios.length; place++) {
    const ratio = ratios[place] ?? Number.NaN;
    if (!(ratio >= least) || !isReversedRatio(ratio)) continue;
    const task = tasks[place] ?? -1;
    named.push({ task: table.tasks[task] ?? '', taskTitle: table.titles[task] ?? '', ratio });
  }
  return named.sort((x, y) => y.ratio - x.ratio).slice(0, mostReversedTasks);
}

/** The ratio from which on a task is named. Numbers alone are sorted many times faster than what would be named of them. */
function leastNamed(ratios: Float64Array, most: number): number {
  if (ratios.length <= most) return 1;
  return Math.max(1, ratios.filter(isReversedRatio).sort().at(-most) ?? 1);
}

function isReversedRatio(ratio: number): boolean {
  return ratio > 1 && ratio < Number.POSITIVE_INFINITY && compareFigures(ratio, 1) !== 0;
}

function whyOf(tasks: Int32Array, a: TaskParts, b: TaskParts): Pick<PairResult, 'why' | 'whyMissing'> {
  if (tasks.length === 0) return { why: null, whyMissing: 'There is no common task.' };
  const sums = sumParts(a, b, tasks);
  if (sums === null) {
    return { why: null, whyMissing: 'No common task has token counts, thinking included, and list prices for both.' };
  }
  const why = decompose(sums.a, sums.b, sums.tasks);
  return { why, whyMissing: why === null ? 'A cost of 0 cannot be split.' : null };
}
