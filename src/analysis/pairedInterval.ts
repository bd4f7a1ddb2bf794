import type { Interval } from './contract.ts';
import { twoSided95, twoSidedP } from './studentT.ts';

/** Common tasks below which no verdict is given. */
export const MIN_TASKS_FOR_VERDICT = 5;

export interface PairedInterval {
  /** Geometric mean of the ratios. */
  readonly typicalRatio: number;
  /** Null below two ratios. */
  readonly interval: Interval | null;
  readonly pValue: number | null;
  /** Standard deviation (n - 1) of the logs; null below two. */
  readonly logSd: number | null;
}

/**
 * The paired t-interval on log ratios: exp(mean +- t(0.975, n - 1) * sd / sqrt(n)), with the two-sided p of "the mean is 0".
 *
 * A ratio is one task's cost of one model over that of the other; ratios that are not above 0 or not finite have no logarithm and are
 * left out by the caller. Equal ratios have no spread: the interval is the one value, p is 0, or 1 where they are all 1. Empty input: null.
 * `logs` is room for as many logarithms. No unit. O(n). A percentile bootstrap of few tasks would be far too sure: with equal true costs it excludes 1 in half of all cases at n = 2.
 * Source: Student (1908), on the log scale as for any ratio.
 */
export function pairedInterval(
  ratios: ArrayLike<number>,
  logs: Float64Array = new Float64Array(ratios.length),
): PairedInterval | null {
  const n = ratios.length;
  if (n === 0) return null;
  let sum = 0;
  for (let index = 0; index < n; index++) {
    const value = Math.log(ratios[index] ?? Number.NaN);
    logs[index] = value;
    sum += value;
  }
  const mean = sum / n;
  const typicalRatio = Math.exp(mean);
  if (n < 2) return { typicalRatio, interval: null, pValue: null, logSd: null };
  let squares = 0;
  for (let index = 0; index < n; index++) squares += ((logs[index] ?? 0) - mean) ** 2;
  const sd = Math.sqrt(squares / (n - 1));
  // What is left of a subtraction of equal numbers is no spread.
  const logSd = sd <= 1e-12 * Math.max(1, Math.abs(mean)) ? 0 : sd;
  const error = logSd / Math.sqrt(n);
  const reach = twoSided95(n - 1) * error;
  const isZero = Math.abs(mean) <= 1e-12;
  const pValue = error > 0 ? twoSidedP(mean / error, n - 1) : isZero ? 1 : 0;
  return { typicalRatio, interval: [Math.exp(mean - reach), Math.exp(mean + reach)], pValue, logSd };
}
