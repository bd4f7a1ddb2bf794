import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unknownUsage, zeroUsage } from '../../../src/domain/usage.ts';
import type { PriceOverride, PriceQuery } from '../../../src/pricing/contract.ts';
import { createPricer } from '../../../src/pricing/createPricer.ts';
import { BOOK, MILLION, queryOf, usageOf } from './pricingFixtures.ts';

const USD = 1_000_000_000;
const opus = { provider: 'anthropic', model: 'claude-opus-5-5' };
const pricer = createPricer({ book: BOOK });
const usd = (
  query: Partial<PriceQuery> & Pick<PriceQuery, 'provider' | 'model'>,
  overrides?: PriceOverride[],
): number | null => {
  const engine = overrides === undefined ? pricer : createPricer({ book: BOOK, overrides });
  const { costNanoUsd } = engine.price(queryOf(query));
  return costNanoUsd === null ? null : costNanoUsd / USD;
};
const words = (query: Partial<PriceQuery> & Pick<PriceQuery, 'provider' | 'model'>): string | undefined =>
  pricer.price(queryOf(query)).rates[0]?.modifiers.join('; ');

describe('book prices', () => {
  test('a call says what it cost, what for, at which rates and by which book', () => {
    const usage = usageOf({
      inputTokens: 10,
      cacheReadTokens: 100,
      outputTokens: 20,
      thinkingTokens: 5,
      webSearches: 1,
    });
    expect(pricer.price(queryOf({ ...opus, usage }))).toEqual({
      costNanoUsd: 40_000 + 20_000 + 100_000 + 300_000 + 10_000_000,
      provenance: 'priced',
      split: { inputNanoUsd: 40_000, cacheNanoUsd: 20_000, thinkingNanoUsd: 100_000, outputNanoUsd: 10_300_000 },
      rates: [
        {
          model: 'claude-opus-5-5',
          inputNanoUsdPerMtok: 4 * USD,
          cacheReadNanoUsdPerMtok: 0.2 * USD,
          cacheWrite5mNanoUsdPerMtok: 5 * USD,
          cacheWrite1hNanoUsdPerMtok: 8 * USD,
          outputNanoUsdPerMtok: 20 * USD,
          webSearchNanoUsdPerThousand: 10 * USD,
          modifiers: [],
        },
      ],
      priceVersion: 'test-book 1 (2026-11-01)',
    });
  });

  test('a model of the second source names that source', () => {
    expect(pricer.price(queryOf({ provider: 'anthropic', model: 'claude-haiku-4-5' })).priceVersion).toBe(
      'second-source 2 (2026-11-10)',
    );
  });

  test('an unknown model is unpriced and has no amount', () => {
    expect(pricer.price(queryOf({ provider: 'anthropic', model: 'claude-next' }))).toEqual({
      costNanoUsd: null,
      provenance: 'unpriced',
      split: null,
      rates: [],
      priceVersion: null,
    });
  });

  test('the tier that a prompt reaches prices the whole request, cached tokens counted', () => {
    const gpt = (inputTokens: number, cacheReadTokens: number): number | null =>
      usd({
        provider: 'openai',
        model: 'gpt-5.5',
        usage: usageOf({ inputTokens, cacheReadTokens, outputTokens: 1000 }),
      });
    expect(gpt(271_999, 0)).toBe((271_999 * 5 + 1000 * 30) / 1e6);
    expect(gpt(272_000, 0)).toBe((272_000 * 10 + 1000 * 45) / 1e6);
    expect(gpt(1_999, 270_000)).toBe((1_999 * 5 + 270_000 * 0.5 + 1000 * 30) / 1e6);
    expect(gpt(2_000, 270_000)).toBe((2_000 * 10 + 270_000 * 1 + 1000 * 45) / 1e6);
  });

  test('a sum of calls has no tier, since its prompts may all have been short, and says so', () => {
    const query = {
      ...{ provider: 'openai', model: 'gpt-5.5', isSum: true },
      usage: usageOf({ inputTokens: 900_000, outputTokens: 1000 }),
    };
    expect(usd(query)).toBe((900_000 * 5 + 1000 * 30) / 1e6);
    expect(words(query)).toBe('a sum of several calls, without long-prompt rates');
  });

  test('prices are dated and change at midnight UTC', () => {
    const at = (iso: string): number | null =>
      usd({ provider: 'deepseek', model: 'deepseek-v4-pro', atMs: Date.parse(iso) });
    expect(at('2026-08-16T23:59:59.999Z')).toBe(1.305);
    expect(at('2026-08-17T00:30:00Z')).toBe(2.64);
    expect(at('2026-07-01T02:00:00Z')).toBe(1.305);
  });

  test.each([
    ['00:29:59.999', 18],
    ['00:30:00', 2.64],
    ['00:59:59.999', 2.64],
    ['01:00:00', 5.28],
    ['03:59:59.999', 5.28],
    ['04:00:00', 2.64],
    ['21:59:59.999', 2.64],
    ['22:00:00', 18],
  ])('at %s UTC the time of day asks %d', (time, expected) => {
    expect(usd({ provider: 'deepseek', model: 'deepseek-v4-pro', atMs: Date.parse(`2026-11-22T${time}Z`) })).toBe(
      expected,
    );
  });

  test('a Claude model without cache prices writes at 1.25x and 2x input, and says so', () => {
    const usage = usageOf({ cacheWrite5mTokens: 1_000_000, cacheWrite1hTokens: 1_000_000 });
    const bare = { provider: 'anthropic', model: 'claude-bare-5', usage };
    expect(usd(bare)).toBe(2 * 1.25 + 2 * 2);
    expect(words(bare)).toContain('1h cache write at 2x the input rate (not in the book)');
    expect(words({ ...bare, usage: MILLION })).toBe('');
  });

  test('a GPT model from 5.6 on writes its cache at 1.25x, an older one at 1x', () => {
    const usage = usageOf({ cacheWrite5mTokens: 100_000 });
    expect(usd({ provider: 'openai', model: 'gpt-6-sol', usage })).toBe(0.25);
    expect(usd({ provider: 'openai', model: 'gpt-5.5', usage })).toBe(0.5);
  });

  test('says by which hours and for how long a prompt it was priced', () => {
    const night = Date.parse('2026-11-22T23:00:00Z');
    expect(words({ provider: 'deepseek', model: 'deepseek-v4-pro', atMs: night })).toBe('22:00-00:30 UTC rates');
    expect(words({ provider: 'openai', model: 'gpt-5.5' })).toBe('prompt over 271,999 tokens');
  });

  test('searches cost $10 a thousand where the book is silent, and are left out with a word where nobody knows', () => {
    const usage = usageOf({ webSearches: 1000 });
    expect(usd({ provider: 'anthropic', model: 'claude-bare-5', usage })).toBe(10);
    expect(usd({ provider: 'openai', model: 'gpt-6-sol', usage })).toBe(10);
    expect(usd({ provider: 'deepseek', model: 'deepseek-v4-pro', usage })).toBe(0);
    expect(words({ provider: 'deepseek', model: 'deepseek-v4-pro', usage })).toContain('searches not counted');
  });

  test('a model that only reads has no price for output', () => {
    expect(usd({ provider: 'openai', model: 'text-embedding-3-large' })).toBe(0.13);
  });
});

describe('modifiers', () => {
  test.each([
    [{ ...opus, serviceTier: 'batch' }, 12, 'batch x0.5'],
    [{ ...opus, serviceTier: 'standard' }, 24, ''],
    [{ ...opus, serviceTier: 'priority' }, 24, ''],
    [{ ...opus, speed: 'fast' }, 48, 'fast x2'],
    [{ ...opus, model: 'claude-opus-5-5-fast' }, 48, 'fast x2'],
    [{ ...opus, speed: 'standard' }, 24, ''],
    [{ ...opus, inferenceGeo: 'us' }, 26.4, 'US inference x1.1'],
    [{ ...opus, inferenceGeo: 'global' }, 24, ''],
    [{ ...opus, speed: 'fast', inferenceGeo: 'us' }, 52.8, 'fast x2; US inference x1.1'],
    [{ ...opus, model: 'claude-haiku-4-5', inferenceGeo: 'us' }, 6, ''],
    [{ ...opus, model: 'claude-bare-5', speed: 'fast' }, 12, 'fast (price unknown, list price used)'],
    [{ provider: 'openai', model: 'gpt-6-sol', serviceTier: 'flex' }, 6, 'flex x0.5'],
    [{ provider: 'openai', model: 'gpt-6-sol', serviceTier: 'default' }, 12, ''],
    [
      { provider: 'openai', model: 'gpt-6-sol', serviceTier: 'priority' },
      12,
      'priority tier (price unknown, list price used)',
    ],
    [{ provider: 'google', model: 'claude-opus-4-6' }, 30, ''],
    [{ provider: 'google', model: 'claude-opus-4-6', inferenceGeo: 'europe-west1' }, 33, 'regional x1.1'],
    [{ provider: 'bedrock', model: 'us.anthropic.claude-opus-5-5' }, 26.4, ''],
    [{ provider: 'bedrock', model: 'global.anthropic.claude-opus-5-5' }, 24, ''],
    [{ provider: 'bedrock', model: 'us.anthropic.claude-fable-5' }, 66, 'regional x1.1'],
    [{ provider: 'openrouter', model: 'deepseek/deepseek-v4-pro:free' }, 0, 'free variant x0'],
  ])('%j costs $%d (%s)', (query, expected, modifiers) => {
    expect(usd(query)).toBeCloseTo(expected, 9);
    expect(words(query)).toBe(modifiers);
  });

  test.each(['priority', 'fast'])('tier %s of gpt-5.5 costs 2.5 times as much', (serviceTier) => {
    const usage = usageOf({ inputTokens: 100_000, cacheReadTokens: 100_000, outputTokens: 100_000 });
    const query = { provider: 'chatgpt', model: 'gpt-5.5', usage };
    expect(usd({ ...query, serviceTier })).toBeCloseTo((usd(query) ?? 0) * 2.5, 9);
  });

  test('modifiers leave searches alone', () => {
    const usage = usageOf({ webSearches: 1000 });
    expect(usd({ ...opus, usage, serviceTier: 'batch', speed: 'fast' })).toBe(10);
  });
});

describe('resolution order', () => {
  test('what the provider charged wins over the book and is split like it', () => {
    const cost = pricer.price(queryOf({ ...opus, billedNanoUsd: 12_000 }));
    expect(cost).toEqual({
      costNanoUsd: 12_000,
      provenance: 'billed',
      split: { inputNanoUsd: 2_000, cacheNanoUsd: 0, thinkingNanoUsd: 0, outputNanoUsd: 10_000 },
      rates: [],
      priceVersion: null,
    });
  });

  test('what the provider charged for an unknown model, or without counts, is all output', () => {
    const split = { inputNanoUsd: 0, cacheNanoUsd: 0, thinkingNanoUsd: 0, outputNanoUsd: 5 };
    expect(pricer.price(queryOf({ provider: 'x', model: 'y', billedNanoUsd: 5 }))).toMatchObject({
      costNanoUsd: 5,
      split,
    });
    expect(pricer.price(queryOf({ ...opus, usage: unknownUsage, billedNanoUsd: 5 }))).toMatchObject({ split });
  });

  test.each([-1, 0.5, Number.NaN])('a charge of %s is no charge', (billedNanoUsd) => {
    expect(pricer.price(queryOf({ ...opus, billedNanoUsd })).provenance).toBe('priced');
  });

  test('a charge for a call without tokens is a charge', () => {
    expect(pricer.price(queryOf({ ...opus, usage: zeroUsage, billedNanoUsd: 5 }))).toMatchObject({
      costNanoUsd: 5,
      provenance: 'billed',
    });
  });

  test('a charge of -0 is 0', () => {
    expect(pricer.price(queryOf({ ...opus, billedNanoUsd: -0 })).costNanoUsd).toBe(0);
  });

  test('a charge of nothing is a charge', () => {
    expect(pricer.price(queryOf({ ...opus, billedNanoUsd: 0 }))).toMatchObject({
      costNanoUsd: 0,
      provenance: 'billed',
    });
  });

  test("a user's price wins over what the provider charged", () => {
    const engine = createPricer({
      book: BOOK,
      overrides: [{ match: 'claude-*', inputUsdPerMtok: 1, outputUsdPerMtok: 2 }],
    });
    const cost = engine.price(queryOf({ ...opus, billedNanoUsd: 5 }));
    expect(cost).toMatchObject({ costNanoUsd: 3 * USD, provenance: 'priced', priceVersion: 'own price (claude-*)' });
  });

  test("a user's price keeps the book's other rates", () => {
    expect(usd(opus, [{ match: '*', outputUsdPerMtok: 1 }])).toBe(5);
  });

  test("a user's multiplier is on every rate, searches included", () => {
    const usage = usageOf({ inputTokens: 1_000_000, webSearches: 1000 });
    expect(usd({ ...opus, usage }, [{ match: '*', multiplier: 0.5 }])).toBe(7);
  });

  test("a user's multiplier says so, and a search of unknown price stays unknown", () => {
    const usage = usageOf({ inputTokens: 1_000_000, webSearches: 1000 });
    const engine = createPricer({ book: BOOK, overrides: [{ match: '*', multiplier: 2 }] });
    const cost = engine.price(queryOf({ provider: 'deepseek', model: 'deepseek-v4-pro', usage }));
    expect(cost.costNanoUsd).toBe(1.32 * USD);
    expect(cost.rates.map(({ modifiers }) => modifiers)).toEqual([
      ['searches not counted (price unknown)', 'own multiplier x2'],
    ]);
  });

  test("a user's price of an unknown model has nothing to remark", () => {
    const engine = createPricer({ book: BOOK, overrides: [{ match: '*', inputUsdPerMtok: 1, outputUsdPerMtok: 2 }] });
    expect(engine.price(queryOf({ provider: 'corp', model: 'My-Model' })).rates).toMatchObject([
      { model: 'my-model', modifiers: [] },
    ]);
  });

  test("a user's price for output alone decides nothing for an unknown model", () => {
    expect(usd({ provider: 'corp', model: 'my-model' }, [{ match: '*', outputUsdPerMtok: 2 }])).toBeNull();
  });

  test("a user's price can make an unknown model priced, if it has both rates", () => {
    const own = { provider: 'corp', model: 'my-model' };
    expect(usd(own, [{ match: 'corp/*', inputUsdPerMtok: 1, outputUsdPerMtok: 2 }])).toBe(3);
    expect(usd(own, [{ match: 'corp/*', inputUsdPerMtok: 1 }])).toBeNull();
    expect(usd(own, [{ match: 'corp/*', multiplier: 2 }])).toBeNull();
  });

  test("modifiers apply to a user's rates too", () => {
    expect(usd({ ...opus, serviceTier: 'batch' }, [{ match: '*', inputUsdPerMtok: 2, outputUsdPerMtok: 2 }])).toBe(2);
  });

  test("a user's price holds from its date on", () => {
    const overrides = [{ match: '*', inputUsdPerMtok: 1, outputUsdPerMtok: 1, from: '2026-11-23' }];
    expect(usd(opus, overrides)).toBe(24);
    expect(usd({ ...opus, atMs: Date.UTC(2026, 10, 23) }, overrides)).toBe(2);
  });
});

describe('counts that are missing or wrong', () => {
  test.each(['claude-opus-5-5', 'unheard-of'])('a refused request to %s costs nothing, and is priced', (model) => {
    expect(pricer.price(queryOf({ provider: 'anthropic', model, usage: zeroUsage }))).toEqual({
      costNanoUsd: 0,
      provenance: 'priced',
      split: { inputNanoUsd: 0, cacheNanoUsd: 0, thinkingNanoUsd: 0, outputNanoUsd: 0 },
      rates: [],
      priceVersion: null,
    });
  });

  test('an unknown side of a usage counts as nothing', () => {
    expect(usd({ ...opus, usage: usageOf({ inputTokens: null, outputTokens: 1_000_000 }) })).toBe(20);
    expect(usd({ ...opus, usage: usageOf({ inputTokens: 1_000_000, outputTokens: null }) })).toBe(4);
  });

  test('a usage with neither side is unpriced', () => {
    expect(usd({ ...opus, usage: unknownUsage })).toBeNull();
  });

  test.each([-5, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('a count of %s makes a call unpriced', (inputTokens) => {
    expect(usd({ ...opus, usage: usageOf({ inputTokens, outputTokens: 1 }) })).toBeNull();
  });

  test('whatever comes in, an amount is a whole number of at least zero or there is none', () => {
    const counts = fc.record({
      inputTokens: fc.option(fc.oneof(fc.nat(), fc.double(), fc.maxSafeInteger())),
      outputTokens: fc.option(fc.oneof(fc.nat(), fc.double(), fc.maxSafeInteger())),
      cacheReadTokens: fc.nat(),
    });
    const texts = fc.record({
      provider: fc.oneof(fc.constantFrom(...Object.keys(BOOK.sections)), fc.string()),
      model: fc.oneof(fc.constantFrom('claude-opus-5-5', 'gpt-5.5', 'deepseek-v4-pro'), fc.string()),
      serviceTier: fc.option(fc.oneof(fc.constantFrom('batch', 'flex', 'priority'), fc.string())),
      speed: fc.option(fc.string()),
      inferenceGeo: fc.option(fc.string()),
      billedNanoUsd: fc.option(fc.double()),
    });
    const at = fc.integer({ min: -8.64e15, max: 8.64e15 });
    fc.assert(
      fc.property(counts, texts, at, (usage, query, atMs) => {
        const { costNanoUsd, split } = pricer.price(queryOf({ ...query, atMs, usage: usageOf(usage) }));
        expect(costNanoUsd === null || (Number.isSafeInteger(costNanoUsd) && costNanoUsd >= 0)).toBe(true);
        const sum = Object.values(split ?? {}).reduce((total, part) => total + part, 0);
        expect(split === null ? null : sum).toBe(costNanoUsd);
      }),
    );
  });
});
