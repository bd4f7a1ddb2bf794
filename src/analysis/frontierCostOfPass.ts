import { printUsd, printWhole } from '../domain/format.ts';
import type { FamilyContribution, FrontierCostOfPass } from './contract.ts';
import { attemptOf } from './costOfPass.ts';
import { groupBy } from './groupBy.ts';
import { modelFamily } from './modelFamily.ts';
import { compareText, type RunTable, type TableModel, type UsableRun } from './runTable.ts';
import { counted } from './sentences.ts';

/** Smallest cost of a pass by task; tasks without a pass are missing. */
type BestByTask = ReadonlyMap<number, number>;

interface Family {
  readonly family: string;
  readonly models: readonly TableModel[];
  readonly best: BestByTask;
}

interface Leader {
  readonly family: string;
  readonly nanoUsd: number;
}

/** Two families. */
type Leaders = readonly [first: Leader, second?: Leader];

const MONTH_MS = 30 * 24 * 60 * 60 * 1000;

/**
 * The frontier cost of a pass: per task the smallest spend / passes that a model reached there, and the mean of these over tasks. Tasks that
 * nobody passed have none and are counted. A family's contribution is how much dearer the mean is without it, over the tasks that others
 * passed too; what only it passed is counted beside.
 *
 * "A month ago" takes the runs until 30 days before the newest, over the tasks passed by then; runs without a date are in no past.
 * Empty input: nulls and zeros. Nano-USD. O(runs + families * tasks). Source: arXiv 2504.13359, V = E[min v] and its essentialness.
 */
export function frontierCostOfPass(table: RunTable): FrontierCostOfPass {
  const families = [...groupBy(table.models, ({ id }) => modelFamily(id.model))].map(
    ([family, models]): Family => ({ family, models, best: bestByTask(models, () => true) }),
  );
  const leaders = leadersByTask(families);
  const best = new Map([...leaders].map(([task, [first]]) => [task, first.nanoUsd]));
  const attempted = new Set(table.models.flatMap(({ cells }) => cells.flatMap(attemptedTask)));
  const facts = {
    nanoUsd: meanOver(best, best),
    solvedTasks: best.size,
    unsolvedTasks: attempted.size - best.size,
    monthAgoNanoUsd: monthAgo(table, best),
  };
  return {
    ...facts,
    sentence: sentenceOf(facts),
    families: families
      .map((family) => contributionOf(family, leaders, best))
      .toSorted((a, b) => compareText(a.family, b.family)),
  };
}

function sentenceOf(facts: Omit<FrontierCostOfPass, 'families' | 'sentence'>): string {
  const { nanoUsd, solvedTasks, unsolvedTasks, monthAgoNanoUsd } = facts;
  if (nanoUsd === null) return 'No task has been passed by any model yet.';
  const unsolved =
    unsolvedTasks === 0
      ? ''
      : `; ${printWhole(unsolvedTasks)} that nobody solved ${unsolvedTasks === 1 ? 'is' : 'are'} left out`;
  const before = monthAgoNanoUsd === null ? '' : ` A month ago it was ${printUsd(monthAgoNanoUsd)}.`;
  return `With the cheapest model for each task, a solved one costs ${printUsd(nanoUsd)} on average over ${counted(solvedTasks, 'solved task')}${unsolved}.${before}`;
}

function attemptedTask({
  task,
  runs,
}: {
  readonly task: number;
  readonly runs: readonly UsableRun[];
}): readonly number[] {
  return runs.some((run) => attemptOf(run) !== null) ? [task] : [];
}

function bestByTask(models: readonly TableModel[], isIn: (run: UsableRun) => boolean): BestByTask {
  const best = new Map<number, number>();
  for (const { task, runs } of models.flatMap(({ cells }) => cells)) {
    const attempts = runs
      .filter(isIn)
      .map(attemptOf)
      .filter((attempt) => attempt !== null);
    const passes = attempts.filter(({ passed }) => passed).length;
    if (passes === 0) continue;
    const cost = attempts.reduce((sum, { nanoUsd }) => sum + nanoUsd, 0) / passes;
    best.set(task, Math.min(best.get(task) ?? Number.POSITIVE_INFINITY, cost));
  }
  return best;
}

/** The mean of `values` over the tasks that `over` has as well; null where there are none. Summed by task, so that no order counts. */
function meanOver(values: BestByTask, over: BestByTask): number | null {
  const shared = [...values].filter(([task]) => over.has(task)).toSorted(([a], [b]) => a - b);
  return shared.length === 0 ? null : shared.reduce((sum, [, value]) => sum + value, 0) / shared.length;
}

function monthAgo({ models }: RunTable, best: BestByTask): number | null {
  const dates = models.flatMap(({ runs }) => runs.flatMap(({ run }) => run.startedAtMs ?? []));
  if (dates.length === 0) return null;
  const until = dates.reduce((newest, date) => Math.max(newest, date), Number.NEGATIVE_INFINITY) - MONTH_MS;
  return meanOver(
    bestByTask(models, ({ run }) => run.startedAtMs !== null && run.startedAtMs <= until),
    best,
  );
}

/** The cheapest family of each task, and the cheapest of the others where one passed it. One pass over all, since hundreds of models may be as many families. */
function leadersByTask(families: readonly Family[]): ReadonlyMap<number, Leaders> {
  const leaders = new Map<number, Leaders>();
  for (const { family, best } of families) {
    for (const [task, nanoUsd] of best) {
      const [first, second] = leaders.get(task) ?? [];
      const own = { family, nanoUsd };
      if (first === undefined) leaders.set(task, [own]);
      else if (nanoUsd < first.nanoUsd) leaders.set(task, [own, first]);
      else if (second === undefined || nanoUsd < second.nanoUsd) leaders.set(task, [first, own]);
    }
  }
  return leaders;
}

function contributionOf(
  { family, models }: Family,
  leaders: ReadonlyMap<number, Leaders>,
  best: BestByTask,
): FamilyContribution {
  const others = new Map<number, number>();
  for (const [task, [first, second]] of leaders) {
    const other = first.family === family ? second : first;
    if (other !== undefined) others.set(task, other.nanoUsd);
  }
  const without = meanOver(others, best);
  const withIt = meanOver(best, others);
  return {
    family,
    models: models.map(({ id }) => id.key),
    withoutNanoUsd: without,
    more: without === null || withIt === null || withIt === 0 ? null : without / withIt - 1,
    onlySolvedByIt: [...best.keys()].filter((task) => !others.has(task)).length,
  };
}
