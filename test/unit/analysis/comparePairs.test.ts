import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { comparePairs } from '../../../src/analysis/comparePairs.ts';
import { defaultCompareOptions } from '../../../src/analysis/contract.ts';
import { runTable } from '../../../src/analysis/runTable.ts';
import { makeRun, price } from './runFixture.ts';

const models = ['a', 'b', 'c'];
const costs = fc.array(
  fc.record({ model: fc.constantFrom(...models), task: fc.nat({ max: 12 }), usd: fc.nat({ max: 4 }) }),
  {
    maxLength: 60,
  },
);

describe('the reversed tasks of pairs', () => {
  it('are the dearest of all, in the same order, where only so many are named', () => {
    fc.assert(
      fc.property(costs, fc.integer({ min: 1, max: 15 }), (all, most) => {
        const runs = all.map(({ model, task, usd }) =>
          makeRun({ model, task: `t${task}`, usd, listPrice: price(1 + models.indexOf(model), 10) }),
        );
        const table = runTable(runs, defaultCompareOptions);
        const whole = comparePairs(table, false);
        const expected = whole.map((pair) => ({ ...pair, reversedTasks: pair.reversedTasks.slice(0, most) }));
        expect(comparePairs(table, false, most)).toEqual(expected);
        for (const { reversedTasks } of whole) {
          const ratios = reversedTasks.map(({ ratio }) => ratio);
          expect(ratios).toEqual(ratios.toSorted((x, y) => y - x));
          expect(ratios.every((ratio) => ratio > 1)).toBe(true);
        }
      }),
    );
  });

  it('are of one task each where every task is a comparison of its own', () => {
    const runs = ['t1', 't2'].flatMap((task) => [
      makeRun({ model: 'a', task, usd: 3, listPrice: price(1, 10) }),
      makeRun({ model: 'b', task, usd: task === 't1' ? 2 : 4, listPrice: price(2, 10) }),
    ]);
    const pairs = comparePairs(runTable(runs, defaultCompareOptions), true);
    expect(pairs.map(({ task, costRatio, reversedTasks }) => [task, costRatio, reversedTasks.length])).toEqual([
      ['t1', 1.5, 1],
      ['t2', 0.75, 0],
    ]);
  });
});

describe('the verdict of a pair', () => {
  const runsOf = (model: string, usd: readonly number[]) =>
    usd.map((cost, task) =>
      makeRun({
        model,
        task: `t${task}`,
        usd: cost,
        inputTokens: 0,
        outputTokens: 0,
        listPrice: price(model === 'a' ? 1 : 2, 10),
      }),
    );

  it('rests on tasks with a cost ratio: runs that came to nothing establish nothing', () => {
    const runs = [...runsOf('a', [3, 3, 0, 0, 0, 0]), ...runsOf('b', [1, 1, 1, 1, 1, 1])];
    const few = comparePairs(runTable(runs, defaultCompareOptions), false)[0];
    expect(few).toMatchObject({ commonTasks: 6, state: 'tie in cost', verdict: 'too few to say' });
    const dearer = [...runsOf('a', [6, 6, 0, 0, 0, 0]), ...runsOf('b', [1, 1, 1, 1, 1, 1])];
    expect(comparePairs(runTable(dearer, defaultCompareOptions), false)[0]).toMatchObject({
      commonTasks: 6,
      state: 'possibly',
      verdict: 'too few to say',
    });
    const five = [...runsOf('a', [6, 6, 6, 6, 6, 0]), ...runsOf('b', [1, 1, 1, 1, 1, 1])];
    expect(comparePairs(runTable(five, defaultCompareOptions), false)[0]).toMatchObject({
      commonTasks: 6,
      state: 'reversed',
      verdict: 'established',
    });
  });
});
