import type { Run, RunListPrice } from '../domain/run.ts';
import type { CompareOptions, LeftOut, ModelId, ModelName } from './contract.ts';
import { groupBy } from './groupBy.ts';
import { modelListPrice, weightedListPrice } from './modelListPrice.ts';
import { repriceRun } from './repriceRun.ts';
import { costWithoutThinking, type UsableCost, usableCost } from './usableCost.ts';

/** A run with what a comparison makes of its cost. */
export interface UsableRun {
  readonly run: Run;
  readonly cost: UsableCost;
  /** The known cost; null for every other kind. */
  readonly costNanoUsd: number | null;
  readonly withoutThinkingNanoUsd: number | null;
}

/** The runs of one model at one task. */
export interface Cell {
  /** Index into `RunTable.tasks`. */
  readonly task: number;
  readonly runs: readonly UsableRun[];
}

export interface TableModel {
  readonly id: ModelId;
  readonly listPrice: RunListPrice | null;
  /** The weighted figure that models are ranked by, nano-USD per million tokens. */
  readonly rank: number | null;
  readonly runs: readonly UsableRun[];
  /** Ascending by task. */
  readonly cells: readonly Cell[];
  /** Mean cost of a run by task; NaN where the model has no known cost there. */
  readonly costs: Float64Array;
}

/** Models x tasks, in an order that does not depend on the order of runs. */
export interface RunTable {
  /** Names of tasks, ascending by code unit. */
  readonly tasks: readonly string[];
  readonly titles: readonly string[];
  /** Cheapest list price first, unknown ones last, then by label. */
  readonly models: readonly TableModel[];
  readonly leftOut: Pick<LeftOut, 'unknownCost' | 'zeroCostWithTokens' | 'censored' | 'otherModels' | 'notRepriced'>;
}

type TableOptions = Pick<CompareOptions, 'without' | 'priceWeights' | 'reprice'>;

/** Groups runs by model and task. O(runs log runs). */
export function runTable(all: readonly Run[], options: TableOptions): RunTable {
  const ids = modelIds(all);
  const kept = all.filter((run) => !isLeftOut(ids.get(modelKey(run)) as ModelId, options.without)).toSorted(byIdentity);
  const tasks = [...new Set(kept.map(({ task }) => task))].toSorted(compareText);
  const taskIndex = new Map(tasks.map((task, index) => [task, index]));
  const titles: string[] = tasks.map((task) => task);
  for (const run of kept) titles[taskIndex.get(run.task) ?? 0] = run.taskTitle;
  let notRepriced = 0;
  const grouped = groupBy(kept, modelKey);
  const models = [...grouped].map(([key, runs]): TableModel => {
    const listPrice = modelListPrice(runs);
    const usable = runs.map((run) => {
      const repriced = options.reprice ? toPrice(run, listPrice) : run;
      if (repriced === null) notRepriced += 1;
      return usableRun(repriced ?? run);
    });
    const cells = cellsOf(usable, taskIndex);
    return {
      id: ids.get(key) as ModelId,
      listPrice,
      rank: weightedListPrice(listPrice, options.priceWeights),
      runs: usable,
      cells,
      costs: meansByTask(cells, tasks.length, ({ costNanoUsd }) => costNanoUsd),
    };
  });
  const ofKind = (kind: UsableCost['kind']) =>
    models.flatMap(({ runs }) => runs).filter((run) => run.cost.kind === kind);
  return {
    tasks,
    titles,
    models: models.toSorted((a, b) => byRank(a.rank, b.rank) || compareText(a.id.label, b.id.label)),
    leftOut: {
      unknownCost: ofKind('unknown').length,
      zeroCostWithTokens: ofKind('zero').length,
      censored: ofKind('censored').length,
      otherModels: all.length - kept.length,
      notRepriced,
    },
  };
}

function isLeftOut({ model, label }: ModelId, without: readonly string[]): boolean {
  return without.includes(model) || without.includes(label);
}

/** Every model of the runs, those that are left out as well, by label. O(runs). */
export function modelNames(all: readonly Run[], without: readonly string[]): readonly ModelName[] {
  const ids = modelIds(all);
  return [...groupBy(all, modelKey)]
    .map(([key, runs]) => {
      const id = ids.get(key) as ModelId;
      return { label: id.label, model: id.model, runs: runs.length, isLeftOut: isLeftOut(id, without) };
    })
    .toSorted((a, b) => compareText(a.label, b.label));
}

/** Mean over a cell's runs of a figure, by task; NaN where no run has it. Runs are in one order, so that sums round the same way always. */
export function meansByTask(
  cells: readonly Cell[],
  tasks: number,
  figure: (run: UsableRun) => number | null,
): Float64Array {
  const means = new Float64Array(tasks).fill(Number.NaN);
  for (const { task, runs } of cells) {
    const known = runs.map(figure).filter((value) => value !== null);
    if (known.length > 0) means[task] = known.reduce((sum, value) => sum + value, 0) / known.length;
  }
  return means;
}

export function modelKey({ model, effort, agent }: Run): string {
  return JSON.stringify([model, effort, agent]);
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A dated run under another price is brought to the model's; without a date there is no "one date" to bring it to. */
function toPrice(run: Run, price: RunListPrice | null): Run | null {
  if (price === null || run.listPrice === null || run.startedAtMs === null) return run;
  return repriceRun(run, price);
}

function usableRun(run: Run): UsableRun {
  const cost = usableCost(run);
  const costNanoUsd = cost.kind === 'known' ? cost.nanoUsd : null;
  const withoutThinkingNanoUsd = costNanoUsd === null ? null : costWithoutThinking(run, costNanoUsd);
  return { run, cost, costNanoUsd, withoutThinkingNanoUsd };
}

function cellsOf(runs: readonly UsableRun[], taskIndex: ReadonlyMap<string, number>): readonly Cell[] {
  const byTask = groupBy(runs, ({ run }) => taskIndex.get(run.task) ?? 0);
  return [...byTask].map(([task, own]) => ({ task, runs: own })).toSorted((a, b) => a.task - b.task);
}

/** Names the models, with effort and agent in the label only where the name alone would not tell them apart. */
function modelIds(runs: readonly Run[]): ReadonlyMap<string, ModelId> {
  const samples = new Map(runs.map((run) => [modelKey(run), run]));
  const byName = groupBy(samples.values(), ({ model }) => model);
  return new Map(
    [...samples].map(([key, { model, effort, agent }]) => {
      const same = byName.get(model) ?? [];
      const efforts = new Set(same.map((other) => other.effort));
      const agents = new Set(same.map((other) => other.agent));
      const effortPart = efforts.size > 1 ? ` (${effort ?? 'effort unknown'})` : '';
      const agentPart = agents.size > 1 ? ` in ${agent ?? 'no agent'}` : '';
      return [key, { key, model, effort, agent, label: `${model}${effortPart}${agentPart}` }];
    }),
  );
}

function byRank(a: number | null, b: number | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  return a - b;
}

function byIdentity(a: Run, b: Run): number {
  return compareText(a.id, b.id) || compareText(a.task, b.task) || (a.costNanoUsd ?? -1) - (b.costNanoUsd ?? -1);
}
