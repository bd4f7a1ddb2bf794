import { describe, expect, it } from 'vitest';
import { defaultCompareOptions } from '../../../src/analysis/contract.ts';
import { effectivePricePage } from '../../../src/analysis/effectivePrice.ts';
import { frontierMoments } from '../../../src/analysis/frontierMoments.ts';
import { historyCells, periodOf } from '../../../src/analysis/historyCells.ts';
import { measuredRatios } from '../../../src/analysis/measuredRatios.ts';
import { studyPoints } from '../../../src/analysis/studyPoints.ts';
import type { HistoryRow, ModelUsageRow } from '../../../src/domain/usageRows.ts';
import { makeRun, price } from './runFixture.ts';

const sums = {
  ...{
    calls: 10,
    inputTokens: 1000,
    cacheReadTokens: 3000,
    cacheWriteTokens: 0,
    outputTokens: 1500,
    thinkingTokens: 500,
  },
  ...{ unknownThinkingCalls: 0, costNanoUsd: 2e9, thinkingNanoUsd: 0.5e9, unpricedCalls: 0 },
};
const usage = (changes: Partial<ModelUsageRow> = {}): ModelUsageRow => ({
  ...{ model: 'm', effort: null, agent: 'codex', auth: 'key', sessions: 4, listPrice: price(1, 10), ...sums },
  ...changes,
});
const history = (changes: Partial<HistoryRow> = {}): HistoryRow => ({
  day: '2026-11-23',
  key: 'm',
  auth: 'key',
  ...sums,
  ...{ estimatedCalls: 0, partialCalls: 0 },
  ...changes,
});

describe('effective prices', () => {
  it('say what was paid for what can be seen, a call and a session, all included', () => {
    const { rows, study, sentences } = effectivePricePage([usage()], null);
    expect(rows).toMatchObject([
      {
        ...{
          model: 'm',
          isSubscription: false,
          costNanoUsd: 2e9,
          perThousandVisibleNanoUsd: 2e9,
          perCallNanoUsd: 0.2e9,
        },
        ...{
          perSessionNanoUsd: 0.5e9,
          thinkingShareOfOutput: 1 / 3,
          thinkingShareOfCost: 0.25,
          cacheShareOfInput: 0.75,
        },
        sentence:
          'm lists $0.01 for 1,000 output tokens; 1,000 that you can see cost $2.00, prompts and thinking included.',
      },
    ]);
    expect(study).toBe(studyPoints);
    expect(sentences).toEqual([
      'Different work, no verdict: these are all calls of each model, whatever they were for.',
      'One model was used so far, so there is nothing to compare it with yet.',
    ]);
  });

  it('leave unknown what some calls do not tell', () => {
    const [row] = effectivePricePage([usage({ unpricedCalls: 1, unknownThinkingCalls: 2 })], null).rows;
    expect(row).toMatchObject({
      ...{ costNanoUsd: 2e9, perThousandVisibleNanoUsd: null, perCallNanoUsd: null, perSessionNanoUsd: null },
      ...{ thinkingShareOfOutput: null, thinkingShareOfCost: null, unpricedCalls: 1, unknownThinkingCalls: 2 },
    });
    expect(effectivePricePage([usage({ unpricedCalls: 10, costNanoUsd: 0 })], null).rows[0]?.costNanoUsd).toBeNull();
  });

  it('say what trial would make a verdict, from what sessions cost', () => {
    const page = effectivePricePage([usage(), usage({ model: 'n', costNanoUsd: 1e9 })], null);
    expect(page.smallestTrial).toMatchObject({ models: ['m', 'n'], tasks: 5, costRangeNanoUsd: [1.875e9, 7.5e9] });
    const known = { ...page.smallestTrial, sentence: 'That one.' } as typeof page.smallestTrial;
    expect(effectivePricePage([usage()], known).sentences).toContain('That one.');
  });

  it('tell the efforts of a model apart, one that is not known too', () => {
    const { rows, smallestTrial, sentences } = effectivePricePage(
      [
        usage({ effort: 'high', costNanoUsd: 3e9 }),
        usage({ effort: null, costNanoUsd: 2e9 }),
        usage({ effort: 'low', costNanoUsd: 1e9 }),
        usage({ model: 'n', costNanoUsd: 0.5e9 }),
      ],
      null,
    );
    expect(rows.map(({ model, effort, sentence }) => [model, effort, sentence.split(' lists')[0]])).toEqual([
      ['m', 'high', 'm (high)'],
      ['m', null, 'm (effort unknown)'],
      ['m', 'low', 'm (low)'],
      ['n', null, 'n'],
    ]);
    // What is of an unknown effort may be of that very effort, which makes no pair with it.
    expect(smallestTrial?.models).toEqual(['m (high)', 'm (low)']);
    expect(sentences).toHaveLength(2);
  });

  it('are empty without calls, and keep subscription use apart', () => {
    expect(effectivePricePage([], null)).toMatchObject({ rows: [], smallestTrial: null, sentences: ['No calls yet.'] });
    const { rows } = effectivePricePage([usage(), usage({ auth: 'subscription' })], null);
    expect(rows.map(({ isSubscription }) => isSubscription)).toEqual([false, true]);
  });

  it('stand beside the models of the study', () => {
    expect(studyPoints).toHaveLength(8);
    const points = studyPoints.map((point) => [point.model, Math.round(point.perThousandVisibleNanoUsd / 1e5) / 1e4]);
    expect(points).toContainEqual(['GPT-5.2', 0.2546]);
    expect(points).toContainEqual(['Claude Haiku 4.5', 0.0053]);
  });
});

describe('history', () => {
  it.each([
    ['2026-11-23', 'day', '2026-11-23'],
    ['2026-11-23', 'month', '2026-11'],
    ['2026-11-23', 'week', '2026-W48'],
    ['2026-11-22', 'week', '2026-W47'],
    ['2027-01-01', 'week', '2026-W53'],
    ['2024-12-30', 'week', '2025-W01'],
    ['2026-01-01', 'week', '2026-W01'],
  ] as const)('puts %s by %s into %s', (day, period, name) => expect(periodOf(day, period)).toBe(name));

  it('adds up periods, newest first and dearest first, subscription apart', () => {
    const rows = [
      history({ day: '2026-10-31' }),
      history({ day: '2026-11-02', key: 'n', costNanoUsd: 5e9 }),
      history({ day: '2026-11-03' }),
      history({ day: '2026-11-04' }),
      history({ day: '2026-11-04', auth: 'subscription' }),
      history({ day: '2026-11-04', auth: 'unknown', costNanoUsd: 0, unpricedCalls: 10 }),
    ];
    const cells = historyCells(rows, 'month').map(({ period, key, isSubscription, calls, costNanoUsd }) => [
      ...[period, key, isSubscription, calls, costNanoUsd],
    ]);
    expect(cells).toEqual([
      ['2026-11', 'n', false, 10, 5e9],
      ['2026-11', 'm', false, 30, 4e9],
      ['2026-11', 'm', true, 10, 2e9],
      ['2026-10', 'm', false, 10, 2e9],
    ]);
    expect(historyCells([history({ key: null, unpricedCalls: 10, unknownThinkingCalls: 10 })], 'day')).toMatchObject([
      { key: null, costNanoUsd: null, thinkingTokens: null },
    ]);
    expect(historyCells([], 'day')).toEqual([]);
    const unsure = [history({ estimatedCalls: 1 }), history({ estimatedCalls: 2, partialCalls: 4, auth: 'unknown' })];
    expect(historyCells(unsure, 'day')).toMatchObject([{ estimatedCalls: 3, partialCalls: 4 }]);
  });
});

describe('the frontier over time', () => {
  it('is that of the runs that had begun', () => {
    const runs = [
      makeRun({ model: 'old', usd: 4, passed: true, startedAtMs: 100 }),
      makeRun({ model: 'new', usd: 1, passed: true, startedAtMs: 300 }),
      makeRun({ model: 'undated', usd: 0.1, passed: true }),
    ];
    const moments = frontierMoments(runs, defaultCompareOptions, { axis: 'cost', moments: 3 });
    expect(moments.map(({ untilMs, frontier }) => [untilMs, frontier.points.length, frontier.points[0]?.x])).toEqual([
      [100, 1, 4e9],
      [200, 1, 4e9],
      [300, 2, 1e9],
    ]);
    expect(moments[0]?.frontier.points[0]?.probabilityOnFrontier).toBeNull();
    expect(
      frontierMoments([makeRun({ usd: 1, passed: true })], defaultCompareOptions, { axis: 'cost', moments: 3 }),
    ).toEqual([]);
    expect(frontierMoments(runs, defaultCompareOptions, { axis: 'cost', moments: 1 })).toHaveLength(1);
  });
});

describe('measured ratios', () => {
  it('are of the tasks that both attempted, in means of runs', () => {
    const of = [
      makeRun({ task: 'a', inputTokens: 100, cacheReadTokens: 100, outputTokens: 60, thinkingTokens: 40 }),
      makeRun({ task: 'a', inputTokens: 400, outputTokens: 100, thinkingTokens: 40 }),
      makeRun({ task: 'b', inputTokens: 1, outputTokens: 1, thinkingTokens: 1 }),
      makeRun({ task: 'c', inputTokens: 1, outputTokens: 1 }),
    ];
    const against = [
      makeRun({ task: 'a', inputTokens: 100, outputTokens: 30, thinkingTokens: 10 }),
      makeRun({ task: 'c', inputTokens: 1, outputTokens: 1, thinkingTokens: 1 }),
    ];
    expect(measuredRatios(of, against)).toEqual([{ input: 3, thinking: 4, visible: 2 }]);
    const still = [makeRun({ task: 'a', inputTokens: 5, outputTokens: 1, thinkingTokens: 0 })];
    expect(measuredRatios(still, still)).toEqual([{ input: 1, thinking: 1, visible: 1 }]);
    expect(measuredRatios(of, still)).toEqual([]);
  });
});
