import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareRuns } from '../../../src/analysis/compareRuns.ts';
import {
  type CompareOptions,
  type Comparison,
  defaultCompareOptions,
  frontierAxes,
} from '../../../src/analysis/contract.ts';
import type { Run } from '../../../src/domain/run.ts';
import { makeRun, price } from './runFixture.ts';

const options = (changes: Partial<CompareOptions> = {}): CompareOptions => ({
  ...defaultCompareOptions,
  resamples: 200,
  ...changes,
});
const compare = (runs: readonly Run[], changes: Partial<CompareOptions> = {}) => compareRuns(runs, options(changes));
const keyOf = (comparison: Comparison, label: string) => comparison.models.find((model) => model.label === label)?.key;
const labelOf = (comparison: Comparison, key: string) => comparison.models.find((model) => model.key === key)?.label;

/** Two models on tasks t1, t2, ...: costs in dollars, "cheap" lists 1 and 2, "dear" 3 and 6. */
function twoModels(cheapUsd: readonly number[], dearUsd: readonly number[]): readonly Run[] {
  return [
    ...cheapUsd.map((usd, n) => makeRun({ task: `t${n + 1}`, model: 'cheap', usd, listPrice: price(1, 2) })),
    ...dearUsd.map((usd, n) => makeRun({ task: `t${n + 1}`, model: 'dear', usd, listPrice: price(3, 6) })),
  ];
}

describe('a comparison', () => {
  it('of nothing is empty and says so', () => {
    const comparison = compare([]);
    expect(comparison).toMatchObject({ models: [], pairs: [], frontiers: [], costOfPass: [], smallestTrial: null });
    expect(comparison.reversals).toMatchObject({ count: 0, pairs: 0, rate: null, tauB: null, maxMagnitude: null });
    expect(comparison.sentences[0]).toContain('No pair of models can be compared yet');
  });

  it('of one model has a frontier of one, and no pair', () => {
    const comparison = compare([makeRun({ usd: 2, passed: true })]);
    expect(comparison.pairs).toEqual([]);
    expect(comparison.frontiers[0]).toMatchObject({ staircase: [comparison.models[0]?.key], basis: 'common tasks' });
    expect(comparison.frontiers[0]?.points[0]).toMatchObject({
      isOnFrontier: true,
      probabilityOnFrontier: 1,
      distance: 0,
    });
    expect(comparison.frontiers[0]?.sentence).toBe('m is the only model here, so it is the frontier.');
  });

  it('establishes a reversal from five common tasks on, and not below', () => {
    const costs = [5, 6, 7, 5, 6];
    const [four] = compare(twoModels(costs.slice(0, 4), [1, 1.1, 1.2, 1, 1.3])).pairs;
    expect(four).toMatchObject({ state: 'possibly', verdict: 'too few to say', commonTasks: 4 });
    const comparison = compare(twoModels(costs, [1, 1.1, 1.2, 1, 1.3]));
    expect(comparison.pairs[0]).toMatchObject({ state: 'reversed', verdict: 'established', commonTasks: 5 });
    expect(comparison.models[0]?.reversedAgainst).toEqual([keyOf(comparison, 'dear')]);
    expect(comparison.pairs[0]?.sentence).toBe(
      'cheap lists 67% below dear and cost 5.18 times as much on these 5 tasks.',
    );
  });

  it('calls a reversal possible where the interval includes the same cost', () => {
    const [pair] = compare(twoModels([9, 1, 2, 1, 1], [1, 2, 1, 2, 2])).pairs;
    expect(pair).toMatchObject({ state: 'possibly', verdict: 'not established' });
    expect(pair?.interval?.[0]).toBeLessThan(1);
  });

  it('does not establish a reversal by one task that costs more than all others together', () => {
    const [pair] = compare(twoModels([100, 0.5, 0.51, 0.52, 0.5, 0.5, 0.5, 0.5], [60, 1, 1, 1, 1, 1, 1, 1])).pairs;
    expect(pair?.costRatio).toBeGreaterThan(1);
    expect(pair?.typicalRatio).toBeLessThan(1);
    expect(pair?.state).toBe('possibly');
  });

  it('matches pairs on the tasks that both attempted', () => {
    const [pair] = compare(twoModels([1, 2, 50], [2, 1])).pairs;
    expect(pair).toMatchObject({ commonTasks: 2, costRatio: 1, state: 'tie in cost', range: [0.5, 2] });
  });

  it('compares nothing where no two models shared a task', () => {
    const runs = [
      makeRun({ task: 'a', model: 'x', usd: 1, passed: true, listPrice: price(1, 1) }),
      makeRun({ task: 'b', model: 'y', usd: 5, passed: false, listPrice: price(2, 2) }),
    ];
    const comparison = compare(runs);
    expect(comparison.pairs[0]).toMatchObject({ state: 'not comparable', commonTasks: 0, costRatio: null });
    expect(comparison.reversals.pairs).toBe(0);
    expect(comparison.frontiers[0]).toMatchObject({ basis: 'own tasks' });
    expect(comparison.models.map(({ isOnFrontier }) => isOnFrontier)).toEqual([null, null]);
    expect(comparison.frontiers[0]?.points.map(({ probabilityOnFrontier }) => probabilityOnFrontier)).toEqual([
      null,
      null,
    ]);
    expect(comparison.frontiers[0]?.sentence).toBe('These 2 models share no task: different work, no verdict.');
  });

  it('is not comparable without a list price', () => {
    expect(compare([makeRun({ model: 'x', usd: 1 }), makeRun({ model: 'y', usd: 2 })]).pairs[0]?.state).toBe(
      'not comparable',
    );
  });

  it('takes list ties out of the count whatever the costs, and counts cost ties as no reversal', () => {
    const tied = [
      makeRun({ model: 'x', usd: 1, listPrice: price(0.1, 0.2) }),
      makeRun({ model: 'y', usd: 9, listPrice: price(0.2, 0.1) }),
    ];
    expect(compare(tied).reversals).toMatchObject({ count: 0, pairs: 0 });
    expect(compare(twoModels([3], [3])).reversals).toMatchObject({ count: 0, pairs: 1, tauB: null });
  });

  it('never trusts a cost of 0 that nothing explains', () => {
    const runs = [
      makeRun({ model: 'free', task: 't1', usd: 0, listPrice: price(0, 0), outputTokens: 100 }),
      makeRun({ model: 'odd', task: 't1', usd: 0, listPrice: price(1, 1), outputTokens: 100 }),
      makeRun({ model: 'dear', task: 't1', usd: 2, listPrice: price(1, 2) }),
    ];
    const comparison = compare(runs);
    expect(comparison.leftOut.zeroCostWithTokens).toBe(1);
    expect(comparison.models.find(({ model }) => model === 'odd')?.costPerTaskNanoUsd).toBeNull();
    expect(comparison.pairs.filter(({ commonTasks }) => commonTasks > 0)).toMatchObject([
      { costRatio: 0, state: 'not reversed' },
    ]);
  });

  it.each([Number.NaN, -1e9, Number.POSITIVE_INFINITY])('takes a cost of %s for unknown', (costNanoUsd) => {
    const comparison = compare([makeRun({ costNanoUsd, passed: true })]);
    expect(comparison.leftOut.unknownCost).toBe(1);
    expect(comparison.costOfPass[0]).toMatchObject({ nanoUsd: null, atLeastNanoUsd: null, interval: null, runs: 0 });
    expect(comparison.frontiers).toEqual([]);
  });

  it('takes thinking out only where it is known', () => {
    const runs = [
      makeRun({ model: 'x', usd: 3, thinkingTokens: 1_000_000, listPrice: price(1, 2) }),
      makeRun({ model: 'y', usd: 2, thinkingTokens: 0, listPrice: price(3, 6) }),
      makeRun({ model: 'z', usd: 1, listPrice: price(4, 8) }),
    ];
    const { count, withoutThinking } = compare(runs).reversals;
    expect(count).toBe(3);
    expect(withoutThinking).toMatchObject({ count: 0, pairs: 1, countWithThinking: 1, unknownRuns: 1 });
  });

  it('tells efforts of one model apart and leaves models out by name or label', () => {
    const runs = ['low', 'high'].map((effort) => makeRun({ model: 'm', effort, usd: 1, passed: true }));
    const comparison = compare([...runs, makeRun({ model: 'other', usd: 1 })]);
    expect(comparison.models.map(({ label }) => label)).toEqual(['m (high)', 'm (low)', 'other']);
    expect(compare(runs, { without: ['m (low)'] }).models.map(({ label }) => label)).toEqual(['m (high)']);
    expect(compare(runs, { without: ['m'] }).models).toEqual([]);
    expect(compare(runs, { without: ['m'] }).leftOut.otherModels).toBe(2);
  });

  it('brings dated runs to the prices of the newest, and leaves that to the caller', () => {
    const tokens = { inputTokens: 1_000_000, outputTokens: 0 };
    const runs = [
      makeRun({ task: 'a', usd: 1, startedAtMs: 1, listPrice: price(1, 5), ...tokens }),
      makeRun({ task: 'b', usd: 2, startedAtMs: 2, listPrice: price(2, 5), ...tokens }),
      makeRun({ task: 'c', usd: 1, startedAtMs: 1, listPrice: price(1, 5) }),
    ];
    expect(compare(runs).models[0]?.costNanoUsd).toBe(5e9);
    expect(compare(runs).leftOut.notRepriced).toBe(1);
    expect(compare(runs, { reprice: false }).models[0]?.costNanoUsd).toBe(4e9);
  });

  it('gives the same for runs in any order', () => {
    const usd = fc.integer({ min: 1, max: 9 });
    const runs = fc
      .array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 }), usd, fc.boolean()), {
        maxLength: 25,
      })
      .map((rows) =>
        rows.map(([task, model, cost, passed]) =>
          makeRun({
            task: `t${task}`,
            model: `m${model}`,
            usd: cost / 7,
            passed,
            thinkingTokens: cost,
            listPrice: price(model + 1, model),
          }),
        ),
      );
    fc.assert(
      fc.property(runs, (list) => {
        const small = options({ resamples: 20 });
        const forward = compareRuns(list, small, { axes: frontierAxes });
        expect(compareRuns(list.toReversed(), small, { axes: frontierAxes })).toEqual(forward);
        for (const { staircase, points } of forward.frontiers) {
          const on = points.filter(({ model }) => staircase.includes(model));
          expect(on.every(({ isOnFrontier }) => isOnFrontier)).toBe(true);
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe('the frontier', () => {
  it('is over the tasks that all attempted, and drops a model that attempted few', () => {
    const tasks = ['a', 'b', 'c', 'd'];
    const runs = [
      ...tasks.map((task) => makeRun({ task, model: 'x', usd: 1, passed: task === 'a' })),
      ...tasks.map((task) => makeRun({ task, model: 'y', usd: 2, passed: true })),
      makeRun({ task: 'a', model: 'z', usd: 0.1, passed: true }),
    ];
    const comparison = compare(runs);
    const [frontier] = comparison.frontiers;
    expect(frontier).toMatchObject({ basis: 'common tasks', tasks: 4 });
    expect(frontier?.points.map(({ model, passRate }) => [labelOf(comparison, model), passRate])).toEqual([
      ['x', 0.25],
      ['y', 1],
    ]);
    expect(frontier?.leftOut).toEqual([{ model: keyOf(comparison, 'z'), because: expect.stringContaining('too few') }]);
  });

  it('has an axis for whatever is known', () => {
    const runs = [makeRun({ usd: 1, passed: true, seconds: 5 })];
    const axes = compareRuns(runs, options(), { axes: frontierAxes }).frontiers.map(({ axis }) => axis);
    expect(axes).toEqual(['cost', 'costOfPass', 'seconds']);
  });
});

describe('the cost of a pass', () => {
  it('is what was spent over what passed, failures included', () => {
    const runs = [
      makeRun({ task: 'a', usd: 1, passed: true }),
      makeRun({ task: 'b', usd: 2, passed: false }),
      makeRun({ task: 'c', usd: 4, passed: true }),
      makeRun({ task: 'd', usd: 9, passed: null }),
    ];
    const [pass] = compare(runs).costOfPass;
    expect(pass).toMatchObject({ nanoUsd: 3.5e9, atLeastNanoUsd: null, passes: 2, runs: 3, spentNanoUsd: 7e9 });
    expect(pass?.interval?.[0]).toBeLessThan(3.5e9);
    expect(pass?.interval?.[1]).toBeGreaterThan(3.5e9);
  });

  it('is at least what was spent where nothing passed, with an interval that is open above', () => {
    const [pass] = compare([
      makeRun({ task: 'a', usd: 1, passed: false }),
      makeRun({ task: 'b', usd: 2, passed: false }),
    ]).costOfPass;
    expect(pass).toMatchObject({
      nanoUsd: null,
      atLeastNanoUsd: 3e9,
      passes: 0,
      runs: 2,
      interval: [expect.any(Number), null],
    });
    expect(pass?.sentence).toBe('m: no pass yet in 2 runs, at least $3.00.');
  });

  it('counts a run that a budget stopped as spend', () => {
    const [pass] = compare([
      makeRun({ task: 'a', usd: 1, passed: true }),
      makeRun({ task: 'b', usd: 2, isCensored: true }),
    ]).costOfPass;
    expect(pass).toMatchObject({ nanoUsd: 3e9, passes: 1, runs: 2 });
  });

  it('has a frontier over tasks, and says what each family adds', () => {
    const runs = [
      makeRun({ task: 'a', model: 'claude-x', usd: 1, passed: true }),
      makeRun({ task: 'a', model: 'gpt-x', usd: 4, passed: true }),
      makeRun({ task: 'b', model: 'claude-x', usd: 1, passed: false }),
      makeRun({ task: 'b', model: 'gpt-x', usd: 2, passed: true }),
      makeRun({ task: 'c', model: 'gpt-x', usd: 2, passed: false }),
    ];
    expect(compare(runs).frontierCostOfPass).toEqual({
      sentence:
        'With the cheapest model for each task, a solved one costs $1.50 on average over 2 solved tasks; 1 that nobody solved is left out.',
      ...{ nanoUsd: 1.5e9, solvedTasks: 2, unsolvedTasks: 1, monthAgoNanoUsd: null },
      families: [
        {
          family: 'Claude',
          models: [expect.stringContaining('claude-x')],
          withoutNanoUsd: 3e9,
          more: 1,
          onlySolvedByIt: 0,
        },
        { family: 'GPT', models: [expect.stringContaining('gpt-x')], withoutNanoUsd: 1e9, more: 0, onlySolvedByIt: 1 },
      ],
    });
  });

  it('compares with the frontier of a month ago', () => {
    const day = 24 * 60 * 60 * 1000;
    const runs = [
      makeRun({ task: 'a', model: 'old', usd: 4, passed: true, startedAtMs: day }),
      makeRun({ task: 'a', model: 'new', usd: 1, passed: true, startedAtMs: 40 * day }),
    ];
    expect(compare(runs).frontierCostOfPass).toMatchObject({ nanoUsd: 1e9, monthAgoNanoUsd: 4e9 });
  });
});

describe('the budget curve', () => {
  it('is the share of tasks passed at each budget, a repeated task in parts', () => {
    const runs = [
      makeRun({ task: 'a', usd: 1, passed: true }),
      makeRun({ task: 'b', usd: 3, passed: true, run: '1' }),
      makeRun({ task: 'b', usd: 2, passed: false, run: '2' }),
      makeRun({ task: 'c', usd: 2, isCensored: true }),
      makeRun({ task: 'd', usd: null, passed: true }),
    ];
    expect(compare(runs).budgetCurves[0]).toMatchObject({
      tasks: 3,
      points: [
        { budgetNanoUsd: 0, passRate: 0, passRateAtMost: 0 },
        { budgetNanoUsd: 1e9, passRate: expect.closeTo(1 / 3, 10), passRateAtMost: expect.closeTo(1 / 3, 10) },
        { budgetNanoUsd: 2e9, passRate: expect.closeTo(1 / 3, 10), passRateAtMost: expect.closeTo(2 / 3, 10) },
        { budgetNanoUsd: 3e9, passRate: 0.5, passRateAtMost: expect.closeTo(5 / 6, 10) },
      ],
    });
  });

  it('has no point without a judged run', () => {
    expect(compare([makeRun({ usd: 1 })]).budgetCurves[0]).toMatchObject({ tasks: 0, points: [] });
  });
});

describe('thinking', () => {
  it('is a share of output and cost, and never 0 where it is unknown', () => {
    const runs = [
      makeRun({
        task: 'a',
        usd: 3,
        passed: true,
        outputTokens: 1_000_000,
        thinkingTokens: 750_000,
        listPrice: price(1, 2),
      }),
      makeRun({ task: 'b', usd: 3, passed: false, outputTokens: 1_000_000, listPrice: price(1, 2) }),
    ];
    expect(compare(runs).thinking[0]).toMatchObject({
      ...{ shareOfOutput: 0.75, shareOfCost: 0.5, tokensPerPassedTask: 750_000, tokensPerFailedTask: null },
      ...{ knownRuns: 1, unknownRuns: 1, spread: null },
    });
  });

  it('measures the noise floor from repeated runs', () => {
    const runs = [1, 2, 3].map((usd) => makeRun({ run: String(usd), usd, thinkingTokens: usd * 10 }));
    const spread = compare(runs).thinking[0]?.spread;
    expect(spread).toMatchObject({
      tasks: 1,
      runs: 3,
      medianMaxOverMin: 3,
      largestMaxOverMin: 3,
      shareAbove30Percent: 1,
    });
    expect(spread?.meanCoefficientOfVariation).toBeCloseTo(Math.sqrt(2 / 3) / 2, 12);
    expect(spread?.thinkingMedianMaxOverMin).toBe(3);
    expect(spread?.logSd).toBeCloseTo(0.55555, 4);
  });

  it('finds the run that thought far more than the others', () => {
    const usual = Array.from({ length: 9 }, (_, n) =>
      makeRun({ task: `t${n}`, usd: 1, thinkingTokens: 1000 + 10 * n }),
    );
    const odd = makeRun({ task: 'odd', usd: 1, thinkingTokens: 50_000 });
    expect(compare([...usual, odd]).thinkingOutliers).toMatchObject([{ id: odd.id, thinkingTokens: 50_000 }]);
    expect(compare(usual).thinkingOutliers).toEqual([]);
    expect(compare([...usual.slice(0, 3), odd]).thinkingOutliers).toEqual([]);
  });
});

describe('what comes next', () => {
  it('forecasts a bound from nine tasks on', () => {
    const runs = (count: number) => Array.from({ length: count }, (_, n) => makeRun({ task: `t${n}`, usd: n + 1 }));
    expect(compare(runs(8)).forecasts[0]).toMatchObject({ medianNanoUsd: 4.5e9, upperBoundNanoUsd: null });
    expect(compare(runs(8)).forecasts[0]?.sentence).toContain('not enough runs');
    expect(compare(runs(9)).forecasts[0]).toMatchObject({ medianNanoUsd: 5e9, upperBoundNanoUsd: 9e9 });
  });

  it('names the smallest trial that decides, with what it may cost', () => {
    const { smallestTrial, needed } = compare(twoModels([2, 2.2, 2.1], [1, 1, 1.2]));
    expect(needed[0]).toMatchObject({ commonTasks: 3, tasksNeeded: 5 });
    expect(smallestTrial).toMatchObject({ tasks: 2, runsPerTask: 1 });
    const [low, high] = smallestTrial?.costRangeNanoUsd ?? [0, 0];
    expect(low).toBeGreaterThan(5e9);
    expect(high).toBeLessThan(7e9);
  });
});
