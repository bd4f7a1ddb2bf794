import type { Interval } from './contract.ts';
import { seededRandom } from './seededRandom.ts';

export interface BootstrapInput {
  /** Tasks, the unit that is drawn: all runs of a task stay together. */
  readonly tasks: number;
  /** Figures of each task. */
  readonly width: number;
  /** tasks x width figures, one task after the other. */
  readonly figures: Float64Array;
  readonly resamples: number;
  readonly seed: number;
  readonly onProgress?: (doneShare: number) => void;
}

/**
 * The bootstrap over tasks: `resamples` times, draws as many tasks as there are, with replacement, and hands the sums of their figures to
 * `visit`. The same array every time, so `visit` must not keep it.
 *
 * Deterministic: the same input and seed give the same sums in the same order. No tasks: never visits. Figures keep their units.
 * O(resamples * tasks * width): counts how often each task is drawn, then adds each task once. A task drawn twice counts twice.
 * Source: Efron, Annals of Statistics 7 (1979), with tasks as clusters.
 */
export function bootstrapTasks(input: BootstrapInput, visit: (sums: Float64Array) => void): void {
  const { tasks, width, figures, resamples, seed, onProgress } = input;
  if (tasks === 0) return;
  const random = seededRandom(seed);
  const drawn = new Int32Array(tasks);
  const sums = new Float64Array(width);
  const share = tasks / 2 ** 32;
  const reportEvery = Math.max(1, Math.floor(resamples / 20));
  for (let resample = 0; resample < resamples; resample++) {
    drawn.fill(0);
    for (let draw = 0; draw < tasks; draw++) {
      const task = (random() * share) | 0;
      drawn[task] = (drawn[task] as number) + 1;
    }
    sums.fill(0);
    addDrawn(sums, figures, drawn);
    visit(sums);
    if (onProgress && resample % reportEvery === 0) onProgress(resample / resamples);
  }
}

function addDrawn(sums: Float64Array, figures: Float64Array, drawn: Int32Array): void {
  const width = sums.length;
  for (let task = 0, base = 0; task < drawn.length; task++, base += width) {
    const times = drawn[task] as number;
    if (times === 0) continue;
    for (let index = 0; index < width; index++) {
      sums[index] = (sums[index] as number) + times * (figures[base + index] as number);
    }
  }
}

/** The 2.5 % and 97.5 % percentiles of resampled values, by linear interpolation; null where there are none. Sorts the array. */
export function percentileInterval(values: Float64Array): Interval | null {
  if (values.length === 0) return null;
  values.sort();
  return [quantileOfSorted(values, 0.025), quantileOfSorted(values, 0.975)];
}

/** The quantile of ascending values by linear interpolation between order statistics (type 7 of Hyndman and Fan). Needs one value at least. */
export function quantileOfSorted(values: ArrayLike<number>, share: number): number {
  const position = share * (values.length - 1);
  const below = Math.floor(position);
  const low = values[below] ?? Number.NaN;
  const high = values[Math.min(below + 1, values.length - 1)] ?? low;
  return low + (high - low) * (position - below);
}

/** The median; null of nothing. */
export function medianOf(values: readonly number[]): number | null {
  return values.length === 0
    ? null
    : quantileOfSorted(
        values.toSorted((a, b) => a - b),
        0.5,
      );
}
