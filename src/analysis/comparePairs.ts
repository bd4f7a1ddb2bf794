import { benjaminiHochberg } from './benjaminiHochberg.ts';
import type { Interval, PairResult, TaskRatio } from './contract.ts';
import { type CostParts, decompose } from './decomposition.ts';
import { compareFigures } from './kendallTau.ts';
import { type PairCosts, pairCosts } from './pairCosts.ts';
import { MIN_TASKS_FOR_VERDICT, type PairedInterval, pairedInterval } from './pairedInterval.ts';
import { pairState } from './pairState.ts';
import { partsByTask } from './partsByTask.ts';
import { compareText, type RunTable, type TableModel } from './runTable.ts';
import { pairSentence } from './sentences.ts';

type PartsOf = (model: TableModel) => readonly (CostParts | null)[];

interface Candidate {
  readonly a: TableModel;
  readonly b: TableModel;
  readonly common: PairCosts;
  readonly paired: PairedInterval | null;
}

/**
 * Every pair of models on the tasks that both attempted, or with `byTask` every pair on every task. Verdicts need five common tasks and
 * hold the false discovery rate over all pairs that have as many at 5 %. O(models^2 * tasks).
 */
export function comparePairs(table: RunTable, byTask: boolean): readonly PairResult[] {
  const candidates = table.models.flatMap((one, index) =>
    table.models.slice(index + 1).map((other): Candidate => candidateOf(one, other)),
  );
  const parts = new Map(table.models.map((model) => [model, partsByTask(model, table.tasks.length)]));
  const partsOf: PartsOf = (model) => parts.get(model) ?? [];
  if (byTask) return candidates.flatMap((candidate) => resultsByTask(candidate, table, partsOf));
  const established = benjaminiHochberg(
    candidates.map(({ paired, common }) =>
      common.tasks.length < MIN_TASKS_FOR_VERDICT ? null : (paired?.pValue ?? null),
    ),
  );
  return candidates.map((candidate, index) =>
    resultOf(candidate, { table, partsOf, isEstablished: established[index] ?? false }),
  );
}

function candidateOf(one: TableModel, other: TableModel): Candidate {
  const [a, b] = inOrder(one, other);
  const common = pairCosts(a.costs, b.costs);
  const ratios = common.ratios.filter((ratio) => ratio > 0 && Number.isFinite(ratio));
  return { a, b, common, paired: pairedInterval(ratios) };
}

/** The cheaper-listed first; by label where that does not tell. */
function inOrder(one: TableModel, other: TableModel): readonly [TableModel, TableModel] {
  const order = one.rank === null || other.rank === null ? 0 : compareFigures(one.rank, other.rank);
  return (order || compareText(one.id.label, other.id.label)) <= 0 ? [one, other] : [other, one];
}

function resultsByTask({ a, b, common }: Candidate, table: RunTable, partsOf: PartsOf): readonly PairResult[] {
  return common.tasks.map((task, index) => {
    const ratio = common.ratios[index] ?? Number.NaN;
    const single = { tasks: [task], sumA: a.costs[task] ?? 0, sumB: b.costs[task] ?? 0, ratios: [ratio] };
    const paired = ratio > 0 && Number.isFinite(ratio) ? pairedInterval([ratio]) : null;
    const result = resultOf({ a, b, common: single, paired }, { table, partsOf, isEstablished: false, byTask: true });
    return result;
  });
}

interface ResultContext {
  readonly table: RunTable;
  readonly partsOf: PartsOf;
  readonly isEstablished: boolean;
  readonly byTask?: boolean;
}

function resultOf({ a, b, common, paired }: Candidate, context: ResultContext): PairResult {
  const { table, partsOf, isEstablished, byTask = false } = context;
  const { tasks, sumA, sumB } = common;
  const commonTasks = tasks.length;
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
  const isTooFew = commonTasks < MIN_TASKS_FOR_VERDICT;
  const verdict = isTooFew ? 'too few to say' : isEstablished ? 'established' : 'not established';
  const listRatio = a.rank !== null && b.rank !== null && b.rank > 0 ? a.rank / b.rank : null;
  const interval = paired?.interval ?? null;
  const task = byTask ? (table.tasks[tasks[0] ?? -1] ?? null) : null;
  const { why, whyMissing } = whyOf(tasks, { a: partsOf(a), b: partsOf(b) });
  return {
    a: a.id.key,
    b: b.id.key,
    state,
    verdict,
    commonTasks,
    task,
    listRatio,
    costRatio,
    typicalRatio: paired?.typicalRatio ?? null,
    interval,
    pValue: paired?.pValue ?? null,
    range: rangeOf(common.ratios),
    reversedTasks: listRatio === null || listRatio === 1 ? [] : reversedTasks(common, table),
    costANanoUsd: commonTasks === 0 ? null : sumA,
    costBNanoUsd: commonTasks === 0 ? null : sumB,
    why,
    whyMissing,
    sentence: pairSentence({
      ...{ a: a.id.label, b: b.id.label, state, verdict, listRatio, costRatio, interval, commonTasks, why },
      task: byTask ? (table.titles[tasks[0] ?? -1] ?? null) : null,
    }),
  };
}

function rangeOf(ratios: readonly number[]): Interval | null {
  const finite = ratios.filter(Number.isFinite);
  if (finite.length === 0) return null;
  const [low, high] = finite.reduce(([min, max], ratio) => [Math.min(min, ratio), Math.max(max, ratio)], [
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ] as const);
  return [low, high];
}

/** `a` is the cheaper-listed one, so that a ratio above 1 is a reversal. */
function reversedTasks({ tasks, ratios }: PairCosts, table: RunTable): readonly TaskRatio[] {
  const reversed: TaskRatio[] = [];
  tasks.forEach((task, index) => {
    const ratio = ratios[index] ?? Number.NaN;
    if (!Number.isFinite(ratio) || ratio <= 1 || compareFigures(ratio, 1) === 0) return;
    reversed.push({ task: table.tasks[task] ?? '', taskTitle: table.titles[task] ?? '', ratio });
  });
  return reversed.sort((x, y) => y.ratio - x.ratio);
}

type Sides = Readonly<Record<'a' | 'b', readonly (CostParts | null)[]>>;

function whyOf(tasks: readonly number[], sides: Sides): Pick<PairResult, 'why' | 'whyMissing'> {
  if (tasks.length === 0) return { why: null, whyMissing: 'There is no common task.' };
  const [sumA, sumB] = [emptySum(), emptySum()];
  let split = 0;
  for (const task of tasks) {
    const [a, b] = [sides.a[task] ?? null, sides.b[task] ?? null];
    if (a === null || b === null) continue;
    split += 1;
    addParts(sumA, a);
    addParts(sumB, b);
  }
  if (split === 0) {
    return { why: null, whyMissing: 'No common task has token counts, thinking included, and list prices for both.' };
  }
  const why = decompose(sumA, sumB, split);
  return { why, whyMissing: why === null ? 'A cost of 0 cannot be split.' : null };
}

type Sum = { -readonly [Name in keyof CostParts]: CostParts[Name] };

function emptySum(): Sum {
  return {
    ...{ calls: 0, promptTokens: 0, promptNanoUsd: 0, thinkingTokens: 0, visibleTokens: 0, costNanoUsd: 0 },
    ...{ inputNanoUsdPerMtok: 0, outputNanoUsdPerMtok: 0 },
  };
}

/** Adds in place: with many models this is done some hundred thousand times. The prices are a model's, and the same in all its parts. */
function addParts(sum: Sum, parts: CostParts): void {
  sum.calls = sum.calls === null || parts.calls === null ? null : sum.calls + parts.calls;
  sum.promptTokens += parts.promptTokens;
  sum.promptNanoUsd += parts.promptNanoUsd;
  sum.thinkingTokens += parts.thinkingTokens;
  sum.visibleTokens += parts.visibleTokens;
  sum.costNanoUsd += parts.costNanoUsd;
  sum.inputNanoUsdPerMtok = parts.inputNanoUsdPerMtok;
  sum.outputNanoUsdPerMtok = parts.outputNanoUsdPerMtok;
}
