import { describe, expect, it, vi } from 'vitest';
import { defaultCompareOptions } from '../../../../src/analysis/contract.ts';
import { type ComparisonInput, createComparisonShelf } from '../../../../src/meter/dashboard/comparisonShelf.ts';
import { makeRun } from '../../analysis/runFixture.ts';

const runs = ['a', 'b'].map((model) => makeRun({ model, task: 't1', usd: 1, passed: true }));
const input: ComparisonInput = {
  runs,
  options: { ...defaultCompareOptions, resamples: 10 },
  axis: 'cost',
  context: {},
};

describe('the shelf of comparisons', () => {
  it('gives what it has worked out when the same is asked again, without work', () => {
    const shelf = createComparisonShelf();
    const onProgress = vi.fn();
    const first = shelf(input, onProgress);
    expect(onProgress).toHaveBeenCalled();
    onProgress.mockClear();
    expect(shelf(structuredClone(input), onProgress)).toBe(first);
    expect(onProgress).not.toHaveBeenCalled();
  });

  it.each<[string, Partial<ComparisonInput>]>([
    ['a run more', { runs: [...runs, makeRun({ model: 'b', task: 't2', usd: 3, passed: false })] }],
    ['another choice', { options: { ...input.options, without: ['b'] } }],
    ['another axis', { axis: 'seconds' }],
    ['other runs left out', { context: { leftOut: { sharedTasks: 1, otherOrigins: 2 } } }],
  ])('works out %s anew', (_what, other) => {
    const shelf = createComparisonShelf();
    const first = shelf(input, () => {});
    const second = shelf({ ...input, ...other }, () => {});
    expect(second.comparison).not.toBe(first.comparison);
    expect(shelf(input, () => {})).toBe(first);
  });

  it('forgets what was asked longest ago', () => {
    const shelf = createComparisonShelf();
    const first = shelf(input, () => {});
    for (let seed = 1; seed <= 4; seed += 1)
      shelf({ ...input, options: { ...input.options, seed: 100 + seed } }, () => {});
    const again = shelf(input, () => {});
    expect(again).not.toBe(first);
    expect(again).toEqual(first);
  });
});
