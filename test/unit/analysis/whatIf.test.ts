import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { modelFamily } from '../../../src/analysis/modelFamily.ts';
import { repriceRun } from '../../../src/analysis/repriceRun.ts';
import { smallestTrial } from '../../../src/analysis/smallestTrial.ts';
import { type RepricedGroup, type RepricedUsage, type WhatIfInput, whatIf } from '../../../src/analysis/whatIf.ts';
import { makeRun, price } from './runFixture.ts';

interface Given extends Partial<Pick<WhatIfInput, 'price' | 'isSoFar'>> {
  readonly usage?: RepricedUsage;
  readonly tokenizerRatio?: number | null;
  readonly measured?: RepricedGroup['measured'];
}

const used: RepricedUsage = {
  inputTokens: 1_000_000,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 500_000,
  thinkingTokens: 300_000,
};

/** One model's usage. */
const input = ({ usage = used, tokenizerRatio = 1.5, measured = [], ...changes }: Given = {}): WhatIfInput => ({
  model: 'k',
  groups: [{ parts: [{ usage, tokenizerRatio }], measured }],
  price: price(2, 10),
  isSoFar: false,
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
    const usage = { ...used, thinkingTokens: null };
    expect(whatIf(input({ usage, measured: [{ input: 1, thinking: 1, visible: 1 }] }))).toMatchObject({
      sameTokensNanoUsd: 7e9,
      measuredNanoUsd: null,
    });
  });

  it('counts caching at its own price, or at that of input', () => {
    const usage = { ...used, inputTokens: 0, cacheReadTokens: 1_000_000 };
    expect(whatIf(input({ usage }))?.sameTokensNanoUsd).toBe(7e9);
    const cheap = { ...price(2, 10), cacheReadNanoUsdPerMtok: 0.2e9 };
    expect(whatIf(input({ usage, price: cheap })).sameTokensNanoUsd).toBe(5.2e9);
  });

  it('adds up what several models used, each in its own tokens', () => {
    const parts = [
      { usage: used, tokenizerRatio: 1.5 },
      { usage: { ...used, inputTokens: 0 }, tokenizerRatio: 1 },
    ];
    const measured = [
      { input: 1, thinking: 2, visible: 1 },
      { input: 2, thinking: 1, visible: 1 },
    ];
    const asOne = whatIf({ ...input(), groups: [{ parts, measured }] });
    expect(asOne).toMatchObject({ sameTokensNanoUsd: 12e9, tokenizerAdjustedNanoUsd: 15.5e9, measuredNanoUsd: 16e9 });
    expect(asOne).toMatchObject({ measuredRange: [14e9, 18e9], measuredTasks: 2, tokenizerRatio: 15.5 / 12 });
    const plain = [{ input: 1, thinking: 1, visible: 1 }];
    const groups = parts.map((part, index) => ({ parts: [part], measured: index === 0 ? measured : plain }));
    expect(whatIf({ ...input(), groups })).toMatchObject({
      ...{ measuredNanoUsd: 14.5e9, measuredRange: [14e9, 15e9], measuredTasks: 1 },
    });
  });

  it('takes a model’s own part of a month as it was, and needs every other part measured', () => {
    const own: RepricedGroup = { parts: [{ usage: used, tokenizerRatio: 1 }], measured: 'itself' };
    const other: RepricedGroup = { parts: own.parts, measured: [{ input: 2, thinking: 1, visible: 1 }] };
    expect(whatIf({ ...input(), groups: [own, other] })).toMatchObject({ measuredNanoUsd: 16e9, measuredTasks: 1 });
    expect(whatIf({ ...input(), groups: [own] }).measuredNanoUsd).toBeNull();
    const unknown = { ...other, measured: [] };
    expect(whatIf({ ...input(), groups: [own, other, unknown] }).measuredNanoUsd).toBeNull();
  });

  it('says of unfinished work that it is so far', () => {
    expect(whatIf(input({ isSoFar: true })).sentence).toMatch(
      /^k would have cost, so far, \$7\.00 for the same tokens/,
    );
    expect(whatIf(input()).sentence).not.toContain('so far');
  });

  it('is nothing for no usage, and grows with every token', () => {
    expect(whatIf({ ...input(), groups: [] })).toMatchObject({ sameTokensNanoUsd: 0, measuredNanoUsd: null });
    const tokens = fc.integer({ min: 0, max: 1e9 });
    fc.assert(
      fc.property(tokens, tokens, tokens, (inputTokens, thinkingTokens, visible) => {
        const usage = { ...used, inputTokens, thinkingTokens, outputTokens: thinkingTokens + visible };
        const more = { ...usage, inputTokens: inputTokens + 1 };
        const cost = (of: RepricedUsage) => whatIf(input({ usage: of })).sameTokensNanoUsd ?? Number.NaN;
        expect(cost(usage)).toBeCloseTo(inputTokens * 2000 + usage.outputTokens * 10_000, 0);
        expect(cost(more)).toBeGreaterThan(cost(usage));
      }),
    );
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
