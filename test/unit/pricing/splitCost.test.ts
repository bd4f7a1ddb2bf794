import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Usage } from '../../../src/domain/usage.ts';
import { unknownUsage, zeroUsage } from '../../../src/domain/usage.ts';
import { divideLike, isCountable, splitCost } from '../../../src/pricing/splitCost.ts';

const count = fc.integer({ min: 0, max: 5_000_000 });
const rate = fc.integer({ min: 0, max: 200_000_000_000 });
const usages: fc.Arbitrary<Usage> = fc.record({
  inputTokens: fc.option(count),
  cacheReadTokens: count,
  cacheWrite5mTokens: count,
  cacheWrite1hTokens: count,
  outputTokens: fc.option(count),
  thinkingTokens: fc.option(count),
  webSearches: fc.integer({ min: 0, max: 100 }),
  toolCalls: fc.constant(0),
});
const rates = fc.record({
  input: rate,
  output: rate,
  cacheRead: rate,
  cacheWrite5m: rate,
  cacheWrite1h: rate,
  webSearch: fc.option(rate),
});

const flat = {
  input: 4_000_000_000,
  output: 20_000_000_000,
  cacheRead: 200_000_000,
  cacheWrite5m: 5_000_000_000,
  cacheWrite1h: 8_000_000_000,
  webSearch: 10_000_000_000,
};
const usage: Usage = {
  inputTokens: 1000,
  cacheReadTokens: 2000,
  cacheWrite5mTokens: 100,
  cacheWrite1hTokens: 10,
  outputTokens: 500,
  thinkingTokens: 100,
  webSearches: 1,
  toolCalls: 3,
};

describe('splitCost', () => {
  test('splits a call worked out by hand', () => {
    // 1000 x 4000, 2000 x 200 + 100 x 5000 + 10 x 8000, 100 x 20000, 400 x 20000 + one search.
    expect(splitCost(usage, flat)).toEqual({
      costNanoUsd: 4_000_000 + 980_000 + 2_000_000 + 8_000_000 + 10_000_000,
      split: { inputNanoUsd: 4_000_000, cacheNanoUsd: 980_000, thinkingNanoUsd: 2_000_000, outputNanoUsd: 18_000_000 },
    });
  });

  test('rounds half up, once for all the cache', () => {
    const half = { ...flat, cacheRead: 500_000, cacheWrite5m: 500_000 };
    const cached = { ...unknownUsage, inputTokens: 0, outputTokens: 0 };
    expect(splitCost({ ...cached, cacheReadTokens: 1 }, half)?.costNanoUsd).toBe(1);
    expect(splitCost({ ...cached, cacheReadTokens: 1, cacheWrite5mTokens: 1 }, half)?.costNanoUsd).toBe(1);
  });

  test('unknown thinking leaves all the output in the output', () => {
    expect(splitCost({ ...usage, thinkingTokens: null }, flat)?.split).toMatchObject({
      thinkingNanoUsd: 0,
      outputNanoUsd: 20_000_000,
    });
  });

  test('a cost does not depend on whether the thinking is known', () => {
    fc.assert(
      fc.property(usages, rates, (any, price) => {
        const unknown = splitCost({ ...any, thinkingTokens: null }, price);
        expect(splitCost(any, price)?.costNanoUsd).toBe(unknown?.costNanoUsd);
      }),
    );
  });

  test('the parts are whole, never negative, and add up to the cost', () => {
    fc.assert(
      fc.property(usages, rates, (any, price) => {
        const cost = splitCost(any, price);
        const parts = Object.values(cost?.split ?? {});
        expect(parts.every((part) => Number.isSafeInteger(part) && part >= 0)).toBe(true);
        expect(parts.reduce((sum, part) => sum + part, 0)).toBe(cost?.costNanoUsd);
      }),
    );
  });

  test('more of anything never costs less', () => {
    const field = fc.constantFrom(
      ...([
        'inputTokens',
        'outputTokens',
        'cacheReadTokens',
        'cacheWrite5mTokens',
        'cacheWrite1hTokens',
        'webSearches',
      ] as const),
    );
    fc.assert(
      fc.property(usages, rates, field, count, (any, price, key, more) => {
        const grown = splitCost({ ...any, [key]: (any[key] ?? 0) + more }, price)?.costNanoUsd ?? Number.NaN;
        expect(grown).toBeGreaterThanOrEqual(splitCost(any, price)?.costNanoUsd ?? Number.NaN);
      }),
    );
  });

  test('two calls cost what they cost together, where a token costs whole nano-USD', () => {
    const whole = fc.record({ ...Object.fromEntries(Object.keys(flat).map((key) => [key, fc.nat(200_000)])) });
    fc.assert(
      fc.property(usages, usages, whole, (a, b, perToken) => {
        const price = { ...flat };
        for (const key of Object.keys(flat) as (keyof typeof flat)[]) price[key] = (perToken[key] ?? 0) * 1_000_000;
        const both = { ...a };
        for (const key of Object.keys(a) as (keyof Usage)[]) both[key] = (a[key] ?? 0) + (b[key] ?? 0);
        const sum = (splitCost(a, price)?.costNanoUsd ?? 0) + (splitCost(b, price)?.costNanoUsd ?? 0);
        expect(splitCost(both, price)?.costNanoUsd).toBe(sum);
      }),
    );
  });

  test('an amount beyond exact integers is no amount', () => {
    const huge = { ...usage, inputTokens: Number.MAX_SAFE_INTEGER };
    expect(splitCost(huge, flat)).toBeNull();
  });

  test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])('a count of %s is not countable', (bad) => {
    expect(isCountable(usage)).toBe(true);
    expect(isCountable({ ...usage, inputTokens: bad })).toBe(false);
    expect(isCountable({ ...usage, webSearches: bad })).toBe(false);
  });
});

describe('divideLike', () => {
  test('keeps the proportions', () => {
    const like = splitCost({ ...usage, webSearches: 0 }, flat);
    expect(divideLike((like?.costNanoUsd ?? 0) * 2, like)).toEqual({
      inputNanoUsd: 8_000_000,
      cacheNanoUsd: 1_960_000,
      thinkingNanoUsd: 4_000_000,
      outputNanoUsd: 16_000_000,
    });
  });

  test('without proportions everything is output', () => {
    expect(divideLike(7, null)).toEqual({ inputNanoUsd: 0, cacheNanoUsd: 0, thinkingNanoUsd: 0, outputNanoUsd: 7 });
    expect(divideLike(7, splitCost(zeroUsage, flat))).toMatchObject({ inputNanoUsd: 0, outputNanoUsd: 7 });
  });

  test('adds up to the amount, and no part is negative', () => {
    fc.assert(
      fc.property(fc.nat(), usages, rates, (amount, any, price) => {
        const parts = Object.values(divideLike(amount, splitCost(any, price)));
        expect(parts.every((part) => Number.isSafeInteger(part) && part >= 0)).toBe(true);
        expect(parts.reduce((sum, part) => sum + part, 0)).toBe(amount);
      }),
    );
  });
});
