import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { killHolders } from '../unit/ledger/budgetCrash.ts';
import { BudgetLife, steps } from '../unit/ledger/budgetModel.ts';

describe('a hundred thousand steps', () => {
  it('keep spent and held within every limit, and leave nothing held', () => {
    const life = fc.array(steps, { minLength: 200, maxLength: 200, size: 'max' });
    let taken = 0;
    fc.assert(
      fc.property(life, (all) => {
        const books = new BudgetLife(':memory:');
        for (const step of all) books.run(step);
        taken += all.length;
        expect(books.end()).toBe(0);
      }),
      { numRuns: 500, endOnFailure: true },
    );
    expect(taken).toBe(100_000);
  });
});

describe('a thousand kills between a hold and its call’s end', () => {
  it('leave no hold that is not resolved, and none that is resolved twice', async () => {
    await killHolders(1000);
  });
});
