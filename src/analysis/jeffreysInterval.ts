import quantile from '@stdlib/stats-base-dists-beta-quantile';
import type { Interval } from './contract.ts';

/**
 * The 95 % Jeffreys interval of a pass rate: the 2.5 % and 97.5 % quantiles of Beta(passes + 1/2, runs - passes + 1/2), with the lower
 * end 0 without a pass and the upper end 1 without a failure. One pass of one is [0.147, 1], and no certainty.
 *
 * No runs: null. Shares, 0 to 1. O(1).
 * Source: Brown, Cai and DasGupta, "Interval estimation for a binomial proportion", Statistical Science 16 (2001).
 */
export function jeffreysInterval(passes: number, runs: number): Interval | null {
  if (runs === 0) return null;
  const alpha = passes + 0.5;
  const beta = runs - passes + 0.5;
  return [passes === 0 ? 0 : quantile(0.025, alpha, beta), passes === runs ? 1 : quantile(0.975, alpha, beta)];
}
