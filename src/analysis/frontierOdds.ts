import { bootstrapTasks } from './bootstrapTasks.ts';

export interface FrontierOddsInput {
  readonly models: number;
  readonly tasks: number;
  /** tasks x models, means of a task's runs: what is on the horizontal axis, its numerator. */
  readonly x: Float64Array;
  /** tasks x models, pass rates. */
  readonly passRates: Float64Array;
  /** The horizontal axis is x over passes (cost of a pass) instead of x a task. */
  readonly isPerPass: boolean;
  readonly resamples: number;
  readonly seed: number;
  readonly onProgress?: (doneShare: number) => void;
}

/**
 * How often each model is on the staircase when tasks are drawn anew, with replacement: the share of resamples in which no other dominates
 * it. Models that tie in a resample stand both. With one model it is 1. Without tasks or resamples: null for each.
 * O(resamples * models * (tasks + models)).
 */
export function frontierOdds(input: FrontierOddsInput): readonly (number | null)[] {
  const { models, tasks, isPerPass, resamples, seed, onProgress } = input;
  if (tasks === 0 || resamples === 0) return Array.from({ length: models }, () => null);
  const width = models * 2;
  const figures = new Float64Array(tasks * width);
  for (let task = 0; task < tasks; task++) {
    figures.set(input.x.subarray(task * models, (task + 1) * models), task * width);
    figures.set(input.passRates.subarray(task * models, (task + 1) * models), task * width + models);
  }
  const wins = new Float64Array(models);
  const x = new Float64Array(models);
  const visit = (sums: Float64Array): void => {
    for (let model = 0; model < models; model++) {
      const passes = sums[models + model] as number;
      // Without a pass a pass has no price: beyond every other.
      x[model] = isPerPass
        ? passes > 0
          ? (sums[model] as number) / passes
          : Number.POSITIVE_INFINITY
        : (sums[model] as number);
    }
    countUndominated(wins, x, sums.subarray(models));
  };
  bootstrapTasks({ tasks, width, figures, resamples, seed, ...(onProgress && { onProgress }) }, visit);
  return [...wins].map((count) => count / resamples);
}

/** What sums of the same figures in another order may differ by, as in `compareFigures`; written out, since this is done millions of times. */
const ROUNDING = 1e-12;

function countUndominated(wins: Float64Array, x: Float64Array, passes: Float64Array): void {
  for (let model = 0; model < x.length; model++) {
    const [ownX, ownPasses] = [x[model] as number, passes[model] as number];
    const [nearX, nearPasses] = [ROUNDING * ownX, ROUNDING * ownPasses];
    let isDominated = ownX === Number.POSITIVE_INFINITY;
    for (let other = 0; other < x.length && !isDominated; other++) {
      const moreX = (x[other] as number) - ownX;
      const morePasses = (passes[other] as number) - ownPasses;
      isDominated = moreX <= nearX && morePasses >= -nearPasses && (moreX < -nearX || morePasses > nearPasses);
    }
    if (!isDominated) wins[model] = (wins[model] as number) + 1;
  }
}
