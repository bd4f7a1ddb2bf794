import { printUsd } from '../domain/format.ts';
import type { Run } from '../domain/run.ts';
import { budgetCurve } from './budgetCurve.ts';
import { buildFrontier } from './buildFrontier.ts';
import { comparePairs } from './comparePairs.ts';
import { compareReversals } from './compareReversals.ts';
import { conformalForecast, MIN_RUNS_FOR_BOUND } from './conformalForecast.ts';
import type {
  CompareOptions,
  Comparison,
  Forecast,
  Frontier,
  FrontierAxis,
  LeftOut,
  Needed,
  PairResult,
  SmallestTrial,
} from './contract.ts';
import { costOfPass } from './costOfPass.ts';
import { frontierCostOfPass } from './frontierCostOfPass.ts';
import { leftOutSentences } from './leftOutSentences.ts';
import { modelSummary } from './modelSummary.ts';
import { MIN_TASKS_FOR_VERDICT } from './pairedInterval.ts';
import { rankSlope } from './rankSlope.ts';
import { compareText, type RunTable, runTable, type TableModel } from './runTable.ts';
import { counted } from './sentences.ts';
import { smallestTrial } from './smallestTrial.ts';
import { twoSided95 } from './studentT.ts';
import { tasksNeeded } from './tasksNeeded.ts';
import { thinkingOutliers } from './thinkingOutliers.ts';
import { thinkingRow } from './thinkingRow.ts';

/** What is known of runs does not tell requests apart: tasks differ, and few are run eight times. */
const allRuns = [{ key: '', text: 'any run of this model' }];

/** What the caller knows beside the runs. */
export interface CompareContext {
  /** Axes of frontiers to compute; each costs a bootstrap. The cost axis alone where left out. */
  readonly axes?: readonly FrontierAxis[];
  /** Reversed tasks that are named of each pair, the dearest first; all where left out. */
  readonly mostReversedTasks?: number;
  /** What was left out before the runs were handed in. */
  readonly leftOut?: Pick<LeftOut, 'sharedTasks' | 'otherOrigins'>;
  readonly onProgress?: (doneShare: number) => void;
}

/**
 * The whole of one comparison: models, pairs, reversals, frontiers, cost of a pass and the rest, from runs that the caller has chosen to put together.
 * Pure and deterministic: the order of the runs is irrelevant. No runs: an empty comparison that says so. Dominated by the bootstrap.
 */
export function compareRuns(runs: readonly Run[], options: CompareOptions, context: CompareContext = {}): Comparison {
  const { axes = ['cost'], mostReversedTasks, onProgress } = context;
  const table = runTable(runs, options);
  const pairs = comparePairs(table, options.byTask, mostReversedTasks);
  const wholePairs = options.byTask ? comparePairs(table, false) : pairs;
  const reversals = compareReversals(table, pairs, options);
  const frontiers = axes
    .map((axis, index) => {
      const report = onProgress && ((share: number) => onProgress((index + share) / axes.length));
      return buildFrontier(table, axis, { ...options, ...(report && { onProgress: report }) });
    })
    .filter((frontier) => frontier !== null);
  const labels = new Map(table.models.map(({ id }) => [id.key, id.label]));
  const neededBy = new Map(wholePairs.map((pair) => [pair, neededFor(pair, labels)]));
  const leftOut = { ...table.leftOut, sharedTasks: 0, otherOrigins: 0, ...context.leftOut };
  return {
    options,
    origins: [...new Set(runs.map(({ origin }) => origin))].toSorted(compareText),
    runs: table.models.reduce((sum, model) => sum + model.runs.length, 0),
    tasks: table.tasks.length,
    models: table.models.map((model) => modelSummary(model, { pairs: wholePairs, frontier: costFrontier(frontiers) })),
    pairs,
    reversals,
    slope: rankSlope(table),
    frontiers,
    costOfPass: table.models.map(costOfPass),
    frontierCostOfPass: frontierCostOfPass(table),
    budgetCurves: table.models.map(budgetCurve),
    thinking: table.models.map(thinkingRow),
    thinkingOutliers: thinkingOutliers(
      table.models.flatMap(({ id, runs: own }) =>
        own.map(({ run }) => ({ id: run.id, model: id.key, kinds: allRuns, thinkingTokens: run.thinkingTokens })),
      ),
      'run',
    ).found,
    needed: [...neededBy.values()].filter((needed) => needed !== null),
    smallestTrial: nextTrial(table, neededBy),
    forecasts: table.models.map(forecastOf),
    leftOut,
    sentences: [
      reversals.sentence,
      ...frontiers.slice(0, 1).map(({ sentence }) => sentence),
      ...leftOutSentences(leftOut),
    ],
  };
}

function costFrontier(frontiers: readonly Frontier[]): Frontier | null {
  return frontiers.find(({ axis }) => axis === 'cost') ?? null;
}

/** How many tasks a pair on which nothing is established would take at the spread seen so far; null where there is nothing to say. */
function neededFor(pair: PairResult, labels: ReadonlyMap<string, string>): Needed | null {
  const { a, b, commonTasks, interval, typicalRatio, verdict } = pair;
  if (verdict === 'established' || interval === null || typicalRatio === null || typicalRatio <= 0) return null;
  const reach = (Math.log(interval[1]) - Math.log(interval[0])) / 2;
  const logSd = (reach * Math.sqrt(commonTasks)) / twoSided95(Math.max(1, commonTasks - 1));
  const tasks = tasksNeeded(Math.log(typicalRatio), logSd);
  const names = `${labels.get(a) ?? a} and ${labels.get(b) ?? b}`;
  const sentence =
    tasks === null
      ? `${names} cost so nearly the same on ${counted(commonTasks, 'common task')} that no number of tasks worth running would tell them apart.`
      : `${names} have ${counted(commonTasks, 'common task')}; at this spread a verdict needs about ${tasks}.`;
  return { a, b, commonTasks, tasksNeeded: tasks, sentence };
}

/** The trial for the pair whose verdict is nearest, of those that have none; without any pair the first two models. */
function nextTrial(table: RunTable, neededBy: ReadonlyMap<PairResult, Needed | null>): SmallestTrial | null {
  const open = [...neededBy]
    .filter(([{ verdict }]) => verdict !== 'established')
    .map(([pair, own]) => {
      const isHopeless = own !== null && own.tasksNeeded === null;
      const tasks = own?.tasksNeeded ?? MIN_TASKS_FOR_VERDICT;
      return { pair, tasks, missing: isHopeless ? Number.POSITIVE_INFINITY : tasks - pair.commonTasks };
    })
    .filter(({ missing }) => Number.isFinite(missing))
    .toSorted((x, y) => x.missing - y.missing);
  const [next] = open;
  const a = table.models.find(({ id }) => id.key === next?.pair.a);
  const b = table.models.find(({ id }) => id.key === next?.pair.b);
  if (next === undefined || a === undefined || b === undefined) return null;
  return smallestTrial(trialCandidate(a), trialCandidate(b), {
    tasksNeeded: next.tasks,
    commonTasks: next.pair.commonTasks,
  });
}

function trialCandidate({ id, costs }: TableModel) {
  return { key: id.key, label: id.label, taskCostsNanoUsd: [...costs].filter((cost) => !Number.isNaN(cost)) };
}

function forecastOf({ id, costs }: TableModel): Forecast {
  const known = [...costs].filter((cost) => !Number.isNaN(cost));
  const { median, upperBound } = conformalForecast(known);
  const base = { model: id.key, runs: known.length, medianNanoUsd: median, upperBoundNanoUsd: upperBound };
  if (median === null) return { ...base, sentence: `${id.label}: not enough runs, there is none with a known cost.` };
  const sentence =
    upperBound === null
      ? `The next task with ${id.label} costs about ${printUsd(median)}; not enough runs for a bound (${known.length} of ${MIN_RUNS_FOR_BOUND}).`
      : `The next task with ${id.label} costs about ${printUsd(median)}, and stays below ${printUsd(upperBound)} nine times out of ten.`;
  return { ...base, sentence };
}
