import { medianOf, quantileOfSorted } from './bootstrapTasks.ts';
import type { Interval, SmallestTrial } from './contract.ts';
import { MIN_TASKS_FOR_VERDICT } from './pairedInterval.ts';
import { counted, printUsdRange } from './sentences.ts';

/** A model that a trial may run: what a task of it cost so far, in nano-USD. Empty where nobody knows. */
export interface TrialCandidate {
  readonly key: string;
  readonly label: string;
  readonly taskCostsNanoUsd: readonly number[];
}

/**
 * The smallest trial that decides between two models: as many common tasks as their verdict still needs, five at least where nothing is known, each
 * run once by each model. Its cost range is that many tasks at the lower and at the upper quartile of what a task of either cost; a model
 * without a figure of its own is taken to cost what the other does, between half and twice.
 *
 * Costs of nobody: no range. Nano-USD. O(n log n).
 */
export function smallestTrial(
  a: TrialCandidate,
  b: TrialCandidate,
  more: { readonly tasksNeeded: number | null; readonly commonTasks: number },
): SmallestTrial {
  const tasks = Math.max(1, (more.tasksNeeded ?? MIN_TASKS_FOR_VERDICT) - more.commonTasks);
  const range = costRange(a, b, tasks);
  const cost = range === null ? 'its cost is not known yet' : `about ${printUsdRange(range)}`;
  return {
    models: [a.key, b.key],
    tasks,
    runsPerTask: 1,
    costRangeNanoUsd: range,
    sentence: `A trial of ${counted(tasks, 'task')} with ${a.label} and ${b.label} would be the smallest that can decide: ${cost}.`,
  };
}

function costRange(a: TrialCandidate, b: TrialCandidate, tasks: number): Interval | null {
  const [quartilesA, quartilesB] = [quartiles(a.taskCostsNanoUsd), quartiles(b.taskCostsNanoUsd)];
  const [lowA, highA] = quartilesA ?? unknownLike(quartilesB) ?? [Number.NaN, Number.NaN];
  const [lowB, highB] = quartilesB ?? unknownLike(quartilesA) ?? [Number.NaN, Number.NaN];
  const range: Interval = [tasks * (lowA + lowB), tasks * (highA + highB)];
  return range.every(Number.isFinite) ? range : null;
}

function quartiles(values: readonly number[]): Interval | null {
  const known = values.filter((value) => Number.isFinite(value) && value >= 0).toSorted((a, b) => a - b);
  const middle = medianOf(known);
  if (middle === null) return null;
  // One or two figures have no quartiles to speak of.
  if (known.length < 3) return [middle / 2, middle * 2];
  return [quantileOfSorted(known, 0.25), quantileOfSorted(known, 0.75)];
}

function unknownLike(other: Interval | null): Interval | null {
  return other === null ? null : [other[0] / 2, other[1] * 2];
}
