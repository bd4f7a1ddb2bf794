import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { benjaminiHochberg } from '../../../src/analysis/benjaminiHochberg.ts';
import { conformalForecast } from '../../../src/analysis/conformalForecast.ts';
import { jeffreysInterval } from '../../../src/analysis/jeffreysInterval.ts';
import { pairedInterval } from '../../../src/analysis/pairedInterval.ts';
import { twoSided95, twoSidedP } from '../../../src/analysis/studentT.ts';
import { tasksNeeded } from '../../../src/analysis/tasksNeeded.ts';

describe("Student's t", () => {
  it('agrees with printed tables', () => {
    expect(twoSided95(1)).toBeCloseTo(12.7062, 4);
    expect(twoSided95(4)).toBeCloseTo(2.7764, 4);
    expect(twoSidedP(2.776445, 4)).toBeCloseTo(0.05, 6);
    expect(twoSidedP(2.570582, 5)).toBeCloseTo(0.05, 6);
    expect(twoSidedP(1, 1)).toBeCloseTo(0.5, 12);
    expect(twoSidedP(0, 7)).toBe(1);
    expect(twoSidedP(Number.POSITIVE_INFINITY, 3)).toBe(0);
  });

  it('undoes the quantile for any number of degrees', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), (degrees) => {
        expect(twoSidedP(twoSided95(degrees), degrees)).toBeCloseTo(0.05, 8);
      }),
    );
  });
});

describe('the paired t-interval', () => {
  it('is worked on the logs', () => {
    // Logs 1, 2, 3: mean 2, sd 1, t(0.975, 2) = 4.302653.
    const result = pairedInterval([Math.E, Math.E ** 2, Math.E ** 3]);
    expect(result?.typicalRatio).toBeCloseTo(Math.E ** 2, 10);
    expect(Math.log(result?.interval?.[0] ?? 0)).toBeCloseTo(2 - 4.302653 / Math.sqrt(3), 5);
    expect(Math.log(result?.interval?.[1] ?? 0)).toBeCloseTo(2 + 4.302653 / Math.sqrt(3), 5);
    expect(result?.logSd).toBeCloseTo(1, 12);
    expect(result?.pValue).toBeCloseTo(twoSidedP(2 * Math.sqrt(3), 2), 10);
  });

  it('has no interval from one ratio, and nothing from none', () => {
    expect(pairedInterval([2])).toEqual({ typicalRatio: 2, interval: null, pValue: null, logSd: null });
    expect(pairedInterval([])).toBeNull();
  });

  it('is one value where all ratios are the same', () => {
    const result = pairedInterval([2, 2, 2, 2, 2]);
    expect(result?.pValue).toBe(0);
    expect(result?.interval?.[0]).toBeCloseTo(2, 12);
    expect(result?.interval?.[1]).toBeCloseTo(2, 12);
    expect(pairedInterval([1, 1, 1])?.pValue).toBe(1);
  });
});

describe('Benjamini-Hochberg', () => {
  it('takes all up to the last that passes its own line', () => {
    // Lines of 5 % over 4: 0.0125, 0.025, 0.0375, 0.05; the third passes and takes the second with it.
    expect(benjaminiHochberg([0.037, 0.01, 0.9, 0.03])).toEqual([true, true, false, true]);
    expect(benjaminiHochberg([0.04, 0.6])).toEqual([false, false]);
  });

  it('does not count what was not tested', () => {
    expect(benjaminiHochberg([0.04, null, null])).toEqual([true, false, false]);
    expect(benjaminiHochberg([])).toEqual([]);
  });
});

describe('the Jeffreys interval', () => {
  it('does not take one pass of one for certainty', () => {
    expect(jeffreysInterval(1, 1)?.[0]).toBeCloseTo(0.14675, 4);
    expect(jeffreysInterval(1, 1)?.[1]).toBe(1);
  });

  it('agrees with published values', () => {
    // Beta(0.5, 10.5) and Beta(5.5, 5.5).
    expect(jeffreysInterval(0, 10)).toEqual([0, expect.closeTo(0.2172, 4)]);
    expect(jeffreysInterval(5, 10)).toEqual([expect.closeTo(0.2235, 3), expect.closeTo(0.7765, 3)]);
    expect(jeffreysInterval(0, 0)).toBeNull();
  });
});

describe('the split-conformal forecast', () => {
  it('has no bound below nine values', () => {
    expect(conformalForecast([])).toEqual({ median: null, upperBound: null });
    expect(conformalForecast([3, 1, 2, 4, 5, 6, 7, 8])).toEqual({ median: 4.5, upperBound: null });
    expect(conformalForecast([3, 1, 2, 4, 5, 6, 7, 8, 9])).toEqual({ median: 5, upperBound: 9 });
  });

  it('takes the k-th smallest with k = ceil(0.9 (n + 1))', () => {
    const values = (n: number) => Array.from({ length: n }, (_, index) => index + 1);
    expect(conformalForecast(values(10)).upperBound).toBe(10);
    expect(conformalForecast(values(19)).upperBound).toBe(18);
    expect(conformalForecast(values(20)).upperBound).toBe(19);
  });
});

describe('tasks needed', () => {
  it('is the smallest number whose interval would exclude 1', () => {
    const [mean, sd] = [0.5, 1];
    const needed = tasksNeeded(mean, sd) ?? 0;
    expect((twoSided95(needed - 1) * sd) / Math.sqrt(needed)).toBeLessThan(mean);
    expect((twoSided95(needed - 2) * sd) / Math.sqrt(needed - 1)).toBeGreaterThanOrEqual(mean);
  });

  it('is five at least and nothing where the two cost the same', () => {
    expect(tasksNeeded(1, 0)).toBe(5);
    expect(tasksNeeded(0, 1)).toBeNull();
    expect(tasksNeeded(0.001, 1)).toBeNull();
  });
});
