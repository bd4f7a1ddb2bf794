import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BudgetLife, steps } from './budgetModel.ts';

const lives = Number(process.env['OUTLAY_BUDGET_LIVES'] ?? 30);
const stepsEach = 100;

describe('any life of the books, with a disk that refuses now and then', () => {
  it('keeps spent and held within every limit, equals its model after each step, and leaves nothing held', {
    timeout: 20_000 + lives * 2000,
  }, () => {
    const life = fc.array(steps, { maxLength: 2 * stepsEach, size: 'max' });
    fc.assert(
      fc.property(life, (all) => {
        const books = new BudgetLife(':memory:');
        for (const step of all) books.run(step);
        expect(books.end()).toBe(0);
      }),
      // A life that fails is made shorter again and again, which would take for ever.
      { numRuns: lives, endOnFailure: true },
    );
  });
});
