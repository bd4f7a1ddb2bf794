import type { Usage } from '../../../src/domain/usage.ts';
import { zeroUsage } from '../../../src/domain/usage.ts';
import type { PriceQuery } from '../../../src/pricing/contract.ts';
import type { PriceBook } from '../../../src/pricing/priceBook.ts';

export function usageOf(counts: Partial<Usage>): Usage {
  return { ...zeroUsage, thinkingTokens: null, ...counts };
}

/** A million tokens in and out, so that a cost in dollars is the sum of the two rates. */
export const MILLION = usageOf({ inputTokens: 1_000_000, outputTokens: 1_000_000 });

export function queryOf(query: Partial<PriceQuery> & Pick<PriceQuery, 'provider' | 'model'>): PriceQuery {
  return {
    usage: MILLION,
    atMs: Date.UTC(2026, 10, 22, 12),
    serviceTier: null,
    speed: null,
    inferenceGeo: null,
    billedNanoUsd: null,
    ...query,
  };
}

/** A small book with one of everything that the engine distinguishes. */
export const BOOK: PriceBook = {
  version: 'test-book 1 (2026-11-01)',
  sources: { second: 'second-source 2 (2026-11-10)' },
  sections: {
    anthropic: {
      firstParty: true,
      fallback: [],
      models: [
        {
          ids: ['claude-opus-5-5'],
          rows: [{ input: 4, output: 20, cacheRead: 0.2, cacheWrite5m: 5, cacheWrite1h: 8, webSearch: 10 }],
          fast: 2,
        },
        { ids: ['claude-bare-5'], rows: [{ input: 2, output: 10 }] },
        { ids: ['claude-haiku-4-5'], rows: [{ input: 1, output: 5 }], source: 'second' },
      ],
    },
    openai: {
      firstParty: true,
      fallback: [],
      models: [
        {
          ids: ['gpt-5.5'],
          rows: [
            { input: 5, output: 30, cacheRead: 0.5, tiers: [{ above: 271_999, input: 10, output: 45, cacheRead: 1 }] },
          ],
          priority: 2.5,
        },
        { ids: ['gpt-6-sol'], rows: [{ input: 2, output: 10 }] },
        { ids: ['gpt-4o'], rows: [{ input: 2.5, output: 10 }] },
        { ids: ['gpt-4o-2024-05-13'], rows: [{ input: 5, output: 15 }] },
        { ids: ['o4-mini'], rows: [{ input: 1, output: 4 }] },
        { ids: ['o4-mini-high'], rows: [{ input: 3, output: 12 }] },
        { ids: ['shared-model'], rows: [{ input: 1, output: 1 }] },
        { ids: ['text-embedding-3-large'], rows: [{ input: 0.13 }] },
      ],
    },
    deepseek: {
      firstParty: true,
      fallback: [],
      models: [
        {
          ids: ['deepseek-v4-pro'],
          rows: [
            { input: 0.435, output: 0.87 },
            { from: '2026-08-17', input: 0.66, output: 1.98 },
            { from: '2026-08-17', between: ['01:00', '04:00'], input: 1.32, output: 3.96 },
            { from: '2026-08-17', between: ['22:00', '00:30'], input: 9, output: 9 },
          ],
        },
        { ids: ['shared-model'], rows: [{ input: 2, output: 2 }] },
      ],
    },
    google: {
      firstParty: true,
      fallback: ['anthropic'],
      models: [
        { ids: ['claude-opus-4-6'], rows: [{ input: 5, output: 25 }] },
        { ids: ['claude-bare-5'], rows: [{ input: 2.2, output: 11 }] },
      ],
    },
    aws: {
      firstParty: false,
      fallback: [],
      models: [
        { ids: ['claude-opus-5-5'], rows: [{ input: 4.4, output: 22 }] },
        { ids: ['global.claude-opus-5-5'], rows: [{ input: 4, output: 20 }] },
        { ids: ['global.claude-fable-5'], rows: [{ input: 10, output: 50 }] },
      ],
    },
    openrouter: {
      firstParty: false,
      fallback: [],
      models: [
        { ids: ['deepseek-v4-pro'], rows: [{ input: 0.4, output: 0.8 }] },
        { ids: ['only-here'], rows: [{ input: 1, output: 1 }] },
      ],
    },
  },
};
