import { describe, expect, test } from 'vitest';
import type { FoundModel } from '../../../src/pricing/findBookModel.ts';
import { modifiersOf } from '../../../src/pricing/modifiers.ts';

const nothing = { serviceTier: null, speed: null, inferenceGeo: null };
const found = (section: string, id: string, more: Partial<FoundModel> = {}): FoundModel => ({
  section,
  id,
  model: { ids: [id], rows: [] },
  fastSuffix: false,
  freeVariant: false,
  region: null,
  ...more,
});
const words = (query: Partial<typeof nothing> | Record<string, string>, model: FoundModel | null) =>
  modifiersOf({ ...nothing, ...query }, model).map((modifier) => modifier.words);

describe('a region', () => {
  test.each([
    ['claude-sonnet-4-5', 'us-east5', true],
    ['claude-opus-5', 'us-east5', true],
    ['claude-opus-10-1', 'europe-west1', true],
    ['claude-opus-4-12', 'europe-west1', true],
    ['global.claude-opus-5-5', 'europe-west1', true],
    ['claude-sonnet-4', 'us-east5', false],
    ['claude-opus-4-1', 'us-east5', false],
    ['claude-3-opus', 'us-east5', false],
    ['not-claude-opus-5', 'us-east5', false],
    ['gemini-3-pro', 'us-east5', false],
    ['claude-opus-5', 'global', false],
    ['claude-opus-5', 'not_available', false],
    ['claude-opus-5', '', false],
  ])('of %s in %s on Vertex costs more: %s', (id, inferenceGeo, costsMore) => {
    expect(words({ inferenceGeo }, found('google', id))).toEqual(costsMore ? ['regional x1.1'] : []);
  });

  test.each([
    ['anthropic', 'claude-opus-4-6', 'US', true],
    ['anthropic', 'claude-opus-4-12', 'us', true],
    ['anthropic', 'claude-opus-5', 'us', true],
    ['anthropic', 'claude-opus-4-5', 'us', false],
    ['anthropic', 'claude-opus-5', 'global', false],
    ['openrouter', 'claude-opus-5', 'us', false],
  ])('at %s of %s in %s costs more: %s', (section, id, inferenceGeo, costsMore) => {
    expect(words({ inferenceGeo }, found(section, id))).toEqual(costsMore ? ['US inference x1.1'] : []);
  });
});

describe('a service tier', () => {
  test.each([
    ['Batch', ['batch x0.5']],
    ['ON_DEMAND_FLEX', ['flex x0.5']],
    ['ultrafast', ['ultrafast tier (price unknown, list price used)']],
    ['priority', ['priority tier (price unknown, list price used)']],
    ['ON_DEMAND_PRIORITY', ['priority tier (price unknown, list price used)']],
    ['ON_DEMAND', []],
    ['PROVISIONED_THROUGHPUT', []],
    ['flexible', []],
    ['standard', []],
  ])('%s of a model that nobody knows is %j', (serviceTier, expected) => {
    expect(words({ serviceTier }, null)).toEqual(expected);
  });

  test('priority has its price in the book', () => {
    const model = { ids: ['gpt-x'], rows: [], priority: 2.5 };
    expect(modifiersOf({ ...nothing, serviceTier: 'priority' }, found('openai', 'gpt-x', { model }))).toEqual([
      { factor: 2.5, words: 'priority x2.5' },
    ]);
  });
});

describe('fast mode', () => {
  const priceUnknown = ['fast (price unknown, list price used)'];

  test('of a model that nobody knows, or whose factor is unknown, is said to be unknown', () => {
    expect(words({ speed: 'Fast' }, null)).toEqual(priceUnknown);
    expect(words({ speed: 'fast' }, found('anthropic', 'claude-x-5'))).toEqual(priceUnknown);
    expect(words({ speed: 'fast' }, found('x', '-fast-x'))).toEqual(priceUnknown);
  });

  test('of a model that is sold as fast is in its own price', () => {
    expect(words({ speed: 'fast' }, found('x-ai', 'grok-4-fast'))).toEqual([]);
  });

  test('of a model that is sold as fast and has a factor too costs the factor', () => {
    const model = { ids: ['y-fast'], rows: [], fast: 3 };
    expect(words({ speed: 'fast' }, found('x', 'y-fast', { model }))).toEqual(['fast x3']);
  });
});
