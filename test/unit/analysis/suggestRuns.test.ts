import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { suggestRuns } from '../../../src/analysis/suggestRuns.ts';
import type { Run } from '../../../src/domain/run.ts';
import { makeRun } from './runFixture.ts';

/** Runs of one task by one model at these costs. */
function repeats(costs: readonly number[], change: Partial<Run> = {}): readonly Run[] {
  return costs.map((usd, index) => makeRun({ task: 't', model: 'm', run: String(index), usd, ...change }));
}

describe('the number of runs that past work suggests', () => {
  it('is the smallest that tells half as much again from the spread of repeats', () => {
    // A standard deviation of ln cost of 0.2: t(0.975, 8) 0.2 sqrt(2 / 5) = 0.29 < ln 1.5 = 0.41; with 3 runs 0.45, with 4 0.35.
    const costs = [Math.exp(-0.2), 1, Math.exp(0.2)];
    const runs = [...repeats(costs), ...repeats(costs, { task: 'u' })];
    expect(suggestRuns(runs, 100)).toMatchObject({ runs: 4, repeatedRuns: 6 });
    expect(suggestRuns(runs, 100)?.typicalFactor).toBeCloseTo(Math.exp(0.2), 10);
    expect(suggestRuns(runs, 3)?.runs).toBeNull();
  });

  it('is unknown where too little was repeated, and never made of different work', () => {
    expect(suggestRuns([], 100)).toBeNull();
    expect(suggestRuns(repeats([1, 2, 3]), 100)).toBeNull();
    const single = ['a', 'b', 'c', 'd', 'e', 'f'].flatMap((task) => repeats([1], { task }));
    expect(suggestRuns(single, 100)).toBeNull();
  });

  it('leaves out costs that are unknown, 0, or cut off by a budget', () => {
    const cut = repeats([9, 9], { isCensored: true });
    const unknown = repeats([1], { costNanoUsd: null });
    const free = repeats([0]);
    const known = repeats([1, 1, 1, 1]);
    expect(suggestRuns([...cut, ...unknown, ...free, ...known], 100)).toMatchObject({ repeatedRuns: 4, runs: 2 });
  });

  it('never sinks where costs lie further apart', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        fc.double({ min: 1, max: 3, noNaN: true }),
        (sd, by) => {
          const at = (spread: number): number =>
            suggestRuns(repeats([-1, 0, 0, 1].map((step) => Math.exp(step * spread))), 10_000)?.runs ?? 10_001;
          expect(at(sd * by)).toBeGreaterThanOrEqual(at(sd));
        },
      ),
      { numRuns: 50 },
    );
  });
});
