import { describe, expect, it } from 'vitest';
import { bootstrapTasks, percentileInterval, quantileOfSorted } from '../../../src/analysis/bootstrapTasks.ts';
import { frontierOdds } from '../../../src/analysis/frontierOdds.ts';
import { seededRandom } from '../../../src/analysis/seededRandom.ts';

describe('the generator', () => {
  it('gives the same numbers for a seed and others for another', () => {
    const take = (seed: number) => Array.from({ length: 5 }, seededRandom(seed));
    expect(take(7)).toEqual(take(7));
    expect(take(7)).not.toEqual(take(8));
    expect(take(1).every((value) => Number.isInteger(value) && value >= 0 && value < 2 ** 32)).toBe(true);
  });

  it('spreads evenly', () => {
    const next = seededRandom(3);
    const counts = new Array<number>(10).fill(0);
    for (let n = 0; n < 100_000; n++) {
      const bin = Math.floor((next() / 2 ** 32) * 10);
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
    expect(Math.max(...counts.map((count) => Math.abs(count - 10_000)))).toBeLessThan(500);
  });
});

describe('the bootstrap over tasks', () => {
  const input = { tasks: 3, width: 2, figures: Float64Array.from([1, 10, 2, 20, 4, 40]), resamples: 500, seed: 5 };

  it('draws as many tasks as there are and keeps the figures of a task together', () => {
    let visits = 0;
    bootstrapTasks(input, (sums) => {
      visits += 1;
      expect(sums[1]).toBe((sums[0] ?? 0) * 10);
      expect(sums[0]).toBeGreaterThanOrEqual(3);
      expect(sums[0]).toBeLessThanOrEqual(12);
    });
    expect(visits).toBe(500);
  });

  it('is the same for the same seed, and visits nothing without tasks', () => {
    const run = (seed: number) => {
      const all: number[] = [];
      bootstrapTasks({ ...input, seed }, (sums) => all.push(sums[0] ?? 0));
      return all;
    };
    expect(run(1)).toEqual(run(1));
    expect(run(1)).not.toEqual(run(2));
    let visits = 0;
    bootstrapTasks({ ...input, tasks: 0, figures: new Float64Array() }, () => {
      visits += 1;
    });
    expect(visits).toBe(0);
  });

  it('interpolates percentiles', () => {
    expect(quantileOfSorted([0, 10], 0.25)).toBe(2.5);
    expect(percentileInterval(new Float64Array())).toBeNull();
    const hundred = Float64Array.from({ length: 101 }, (_, index) => 100 - index);
    expect(percentileInterval(hundred)).toEqual([2.5, 97.5]);
  });
});

describe('the odds of being on the frontier', () => {
  const odds = (x: readonly number[], passRates: readonly number[], models: number) =>
    frontierOdds({
      models,
      tasks: x.length / models,
      x: Float64Array.from(x),
      passRates: Float64Array.from(passRates),
      isPerPass: false,
      resamples: 200,
      seed: 1,
    });

  it('is certain for one model and for one that is always cheaper and as good', () => {
    expect(odds([1, 2], [0, 1], 1)).toEqual([1]);
    expect(odds([1, 2, 1, 2], [1, 1, 1, 1], 2)).toEqual([1, 0]);
  });

  it('lets twins stand both, and says nothing without tasks', () => {
    expect(odds([1, 1, 2, 2], [1, 1, 0, 0], 2)).toEqual([1, 1]);
    expect(odds([], [], 2)).toEqual([null, null]);
  });

  it('does not let rounding put a dearer model that passes no more on the frontier', () => {
    const [rate, same] = [0.3, 0.1 + 0.2];
    expect(same).toBeGreaterThan(rate);
    expect(odds([1, 2, 1, 2], [rate, same, rate, same], 2)).toEqual([1, 0]);
    expect(odds([rate, same, rate, same], [1, 0.5, 1, 0.5], 2)).toEqual([1, 0]);
    expect(odds([same, rate, same, rate], [1, 0.5, 1, 0.5], 2)).toEqual([1, 0]);
  });

  it('is between 0 and 1 where tasks disagree', () => {
    const [first, second] = odds([1, 2, 2, 1, 1, 2], [1, 1, 1, 1, 1, 1], 2);
    expect(first ?? 0).toBeGreaterThan(second ?? 0);
    expect(second).toBeGreaterThan(0);
    expect(first).toBeLessThan(1);
  });
});
