import { describe, expect, it } from 'vitest';
import { modelFamily } from '../../../src/analysis/modelFamily.ts';
import { repriceRun } from '../../../src/analysis/repriceRun.ts';
import { smallestTrial } from '../../../src/analysis/smallestTrial.ts';
import { type WhatIfInput, whatIf } from '../../../src/analysis/whatIf.ts';
import { makeRun, price } from './runFixture.ts';

const input = (changes: Partial<WhatIfInput> = {}): WhatIfInput => ({
  model: 'k',
  label: 'Other',
  usage: {
    inputTokens: 1_000_000,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    outputTokens: 500_000,
    thinkingTokens: 300_000,
  },
  price: price(2, 10),
  tokenizerRatio: 1.5,
  measured: [],
  ...changes,
});

describe('what if', () => {
  it('reprices in three steps', () => {
    const measured = [
      { input: 1, thinking: 2, visible: 1 },
      { input: 2, thinking: 1, visible: 1 },
      { input: 1, thinking: 1, visible: 1 },
    ];
    expect(whatIf(input({ measured }))).toMatchObject({
      ...{ sameTokensNanoUsd: 7e9, tokenizerAdjustedNanoUsd: 10.5e9, measuredNanoUsd: 9e9 },
      ...{ measuredRange: [7e9, 10e9], measuredTasks: 3 },
    });
  });

  it('stops where nothing is known', () => {
    expect(whatIf(input({ price: null }))).toMatchObject({ sameTokensNanoUsd: null, measuredNanoUsd: null });
    expect(whatIf(input({ tokenizerRatio: null }))).toMatchObject({
      tokenizerAdjustedNanoUsd: null,
      measuredRange: null,
    });
    const usage = { ...input().usage, thinkingTokens: null };
    expect(whatIf(input({ usage, measured: [{ input: 1, thinking: 1, visible: 1 }] }))).toMatchObject({
      sameTokensNanoUsd: 7e9,
      measuredNanoUsd: null,
    });
  });

  it('counts caching at its own price, or at that of input', () => {
    const usage = { ...input().usage, inputTokens: 0, cacheReadTokens: 1_000_000 };
    expect(whatIf(input({ usage }))?.sameTokensNanoUsd).toBe(7e9);
    const cheap = { ...price(2, 10), cacheReadNanoUsdPerMtok: 0.2e9 };
    expect(whatIf(input({ usage, price: cheap })).sameTokensNanoUsd).toBe(5.2e9);
  });
});

describe('repricing a run', () => {
  it('keeps what is not tokens in proportion', () => {
    const run = makeRun({ usd: 4, inputTokens: 1_000_000, outputTokens: 0, listPrice: price(2, 8) });
    expect(repriceRun(run, price(1, 8))?.costNanoUsd).toBe(2e9);
    expect(repriceRun(run, price(2, 8))).toBe(run);
  });

  it('needs tokens unless both prices changed alike', () => {
    const run = makeRun({ usd: 4, listPrice: price(2, 8) });
    expect(repriceRun(run, price(1, 8))).toBeNull();
    expect(repriceRun(run, price(1, 4))?.costNanoUsd).toBe(2e9);
    expect(repriceRun(makeRun({ usd: 4 }), price(1, 4))).toBeNull();
  });
});

describe('the smallest trial', () => {
  const candidate = (key: string, taskCostsNanoUsd: readonly number[]) => ({ key, label: key, taskCostsNanoUsd });

  it('takes five tasks where nothing is known, between the quartiles of what tasks cost', () => {
    const trial = smallestTrial(candidate('a', [1e9, 2e9, 3e9, 4e9, 5e9]), candidate('b', [1e9, 1e9, 1e9]), {
      tasksNeeded: null,
      commonTasks: 0,
    });
    expect(trial).toMatchObject({ models: ['a', 'b'], tasks: 5, costRangeNanoUsd: [15e9, 25e9] });
  });

  it('has no cost where neither has one, and a wide one where one has', () => {
    const more = { tasksNeeded: 7, commonTasks: 4 };
    expect(smallestTrial(candidate('a', []), candidate('b', []), more)).toMatchObject({
      tasks: 3,
      costRangeNanoUsd: null,
    });
    expect(smallestTrial(candidate('a', [4e9]), candidate('b', []), more).costRangeNanoUsd).toEqual([9e9, 72e9]);
  });
});

describe('families', () => {
  it.each([
    ['claude-opus-4-6', 'Claude'],
    ['anthropic/claude-haiku-4.5', 'Claude'],
    ['GPT-5 Mini', 'GPT'],
    ['o3-pro', 'GPT'],
    ['Gemini 3 Flash', 'Gemini'],
    ['MiniMax-M2.5', 'MiniMax'],
    ['Frobnicate-9', 'Frobnicate'],
    ['', ''],
  ])('%s is of %s', (model, family) => expect(modelFamily(model)).toBe(family));
});
