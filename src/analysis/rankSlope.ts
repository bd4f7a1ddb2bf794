import { type BasisModel, frontierBasis } from './frontierBasis.ts';
import type { RankSlope, SlopeModel } from './rankContract.ts';
import type { RunTable, TableModel } from './runTable.ts';
import { counted } from './sentences.ts';

type Ranked = TableModel & { readonly rank: number };

/**
 * Models by list price and by cost on the same tasks: those that every model of the slope attempted at a known cost, which are chosen as the frontier's are
 * (models that attempted few of them are dropped and named). Ranks begin at 1, the cheapest; equal figures have equal ranks, and lines between them do not
 * cross. Without a task that two models share there is no slope: unlike work has no order. O(models^2 * tasks) at worst.
 */
export function rankSlope({ models }: Pick<RunTable, 'models'>): RankSlope {
  const priced = models.filter((model): model is Ranked => model.rank !== null && knownTasks(model).size > 0);
  const basis = frontierBasis(priced.map((model): BasisModel => ({ ...model.id, tasks: knownTasks(model) })));
  const tasks = priced.length < 2 ? null : basis.tasks;
  if (tasks === null) {
    const sentence =
      priced.length < 2
        ? 'No two models have both a list price and a known cost.'
        : 'No two models attempted the same task, so that their costs are of different work and have no order.';
    return { tasks: 0, models: [], leftOut: [], sentences: [sentence] };
  }
  const kept = priced.filter(({ id }) => basis.kept.has(id.key));
  const costs = kept.map(({ costs: byTask }) => {
    const sum = [...tasks].reduce((total, task) => total + (byTask[task] ?? Number.NaN), 0);
    return sum / tasks.size;
  });
  const ranks = kept.map(({ rank }) => rank);
  const slope = kept.map(
    ({ id, rank }, index): SlopeModel => ({
      model: id.key,
      listRank: placeOf(rank, ranks),
      costRank: placeOf(costs[index] ?? Number.NaN, costs),
      costPerTaskNanoUsd: costs[index] ?? Number.NaN,
    }),
  );
  const leftOut = [
    ...models
      .filter((model) => !priced.some(({ id }) => id === model.id))
      .map(({ id }) => ({ model: id.key, because: `${id.label} has no list price or no known cost.` })),
    ...basis.dropped,
  ];
  return {
    tasks: tasks.size,
    models: slope,
    leftOut,
    sentences: [
      `Cheapest at the top, both sides over the same ${counted(tasks.size, 'task')} that all ${kept.length} models attempted. Lines that cross are models whose order by cost is not their order by list price.`,
      ...(kept.some(({ costs: byTask }) => countKnown(byTask) > tasks.size)
        ? [
            'A pair below is compared on all tasks that the two share, which may be more; its state counts, not the lines.',
          ]
        : []),
      ...leftOut.map(({ because }) => `Not in the chart: ${because}`),
    ],
  };
}

function knownTasks({ costs }: TableModel): ReadonlySet<number> {
  return new Set([...costs].flatMap((cost, task) => (Number.isNaN(cost) ? [] : [task])));
}

function countKnown(costs: Float64Array): number {
  return costs.reduce((count, cost) => count + Number(!Number.isNaN(cost)), 0);
}

function placeOf(value: number, all: readonly number[]): number {
  return 1 + all.filter((other) => other < value).length;
}
