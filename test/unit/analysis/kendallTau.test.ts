import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareFigures, kendallTauB, tauOfSigns } from '../../../src/analysis/kendallTau.ts';

describe('tau-b', () => {
  it('is 1 for the same order and -1 for the opposite one', () => {
    expect(kendallTauB([1, 2, 3], [10, 20, 30])).toBe(1);
    expect(kendallTauB([1, 2, 3], [30, 20, 10])).toBe(-1);
  });

  it('takes ties out of the side that has them', () => {
    // 6 pairs, one tied in x: concordant 4, discordant 1, so 3 / sqrt(5 * 6).
    expect(kendallTauB([1, 2, 2, 3], [1, 2, 3, 1.5])).toBeCloseTo((3 - 2) / Math.sqrt(5 * 6), 12);
    // The example of SciPy's documentation.
    expect(kendallTauB([12, 2, 1, 12, 2], [1, 4, 7, 1, 0])).toBeCloseTo(-0.4714045207910316, 12);
  });

  it('is null without a ranking', () => {
    expect(kendallTauB([], [])).toBeNull();
    expect(kendallTauB([1], [1])).toBeNull();
    expect(kendallTauB([1, 1], [1, 2])).toBeNull();
    expect(kendallTauB([1, 2], [3, 3])).toBeNull();
    expect(tauOfSigns([])).toBeNull();
  });

  it('ties sums of decimal fractions that are equal on paper', () => {
    expect(compareFigures(0.1 + 0.2, 0.3)).toBe(0);
    expect(compareFigures(0.6 + 3, 0.5 + 3.1)).toBe(0);
    expect(compareFigures(3, 3.0001)).toBe(-1);
  });

  it('stays within [-1, 1] and does not depend on the order of the models', () => {
    const values = fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 5 })), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(values, (pairs) => {
        const tau = kendallTauB(
          pairs.map(([x]) => x),
          pairs.map(([, y]) => y),
        );
        const back = kendallTauB(pairs.map(([x]) => x).reverse(), pairs.map(([, y]) => y).reverse());
        expect(back).toBe(tau);
        if (tau !== null) expect(Math.abs(tau)).toBeLessThanOrEqual(1 + 1e-12);
      }),
    );
  });

  it('stays within [-1, 1] for orders that no table of totals can have', () => {
    const sign = fc.constantFrom(-1 as const, 0 as const, 1 as const);
    fc.assert(
      fc.property(fc.array(fc.tuple(sign, sign), { minLength: 1, maxLength: 30 }), (signs) => {
        const tau = tauOfSigns(signs);
        if (tau !== null) expect(Math.abs(tau)).toBeLessThanOrEqual(1 + 1e-12);
      }),
    );
  });
});
