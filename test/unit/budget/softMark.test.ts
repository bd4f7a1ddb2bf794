import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { softMark, usedPercent } from '../../../src/budget/softMark.ts';

describe('the mark of a limit', () => {
  it.each([
    [0, 100, 'below'],
    [74, 100, 'below'],
    [75, 100, 'soft75'],
    [89, 100, 'soft75'],
    [90, 100, 'soft90'],
    [99, 100, 'soft90'],
    [100, 100, 'at-line'],
    [140, 100, 'at-line'],
    [0, 0, 'at-line'],
    [2, 3, 'below'],
    [3, 4, 'soft75'],
  ] as const)('of %i of %i is %s', (spent, limit, mark) => {
    expect(softMark(spent, limit)).toBe(mark);
  });
});

describe('the percent of a limit', () => {
  it.each([
    [0, 100, 0],
    [629, 1000, 62],
    [999_999_999_999, 1_000_000_000_000, 99],
    [9_007_199_254_740_990, 9_007_199_254_740_991, 99],
    [5, 5, 100],
    [9, 5, 100],
    [0, 0, 100],
    [-1, 5, 0],
  ])('of %i of %i is %i', (used, limit, percent) => {
    expect(usedPercent(used, limit)).toBe(percent);
  });

  it('is 100 at the line and nowhere else', () => {
    const amount = fc.nat({ max: Number.MAX_SAFE_INTEGER });
    fc.assert(
      fc.property(amount, amount, (used, limit) => {
        expect(usedPercent(used, limit) === 100).toBe(used >= limit);
      }),
    );
  });
});
