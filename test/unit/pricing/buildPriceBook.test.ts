import type { ModelInfo, Provider } from '@pydantic/genai-prices';
import { describe, expect, test } from 'vitest';
import { buildPriceBook } from '../../../scripts/prices/buildPriceBook.ts';
import { bookDateMs, findDisagreements } from '../../../scripts/prices/findDisagreements.ts';
import type { PiCatalogue, PiModel } from '../../../scripts/prices/piCatalogue.ts';
import { type ReviewedPrices, unreviewed } from '../../../scripts/prices/reviewedPrices.ts';
import { SECTION_PLANS } from '../../../scripts/prices/sections.ts';
import { createModelFinder } from '../../../src/pricing/findBookModel.ts';
import type { PriceBook } from '../../../src/pricing/priceBook.ts';

const NOTHING_REVIEWED: ReviewedPrices = {
  additions: [],
  corrections: [],
  free: [],
  fast: [],
  priority: [],
  notAdded: [],
  notCompared: [],
  disagreements: [],
  parityExceptions: [],
};
const why = { section: 'openai', reason: 'because', source: 'a page' };

function providersWith(section: string, models: readonly ModelInfo[]): readonly Provider[] {
  return Object.entries(SECTION_PLANS).map(([name, { genai }]) => ({
    id: genai,
    name: genai,
    api_pattern: '',
    models: name === section ? [...models] : [],
  }));
}

function piOf(file: string, models: readonly PiModel[]): PiCatalogue {
  return { version: 'pi-ai 9 (2026-11-10)', providers: { [file]: models } };
}

function piModel(id: string, input: number, output: number): PiModel {
  return { id, type: 'chat', cost: { input, output, cacheRead: 0, cacheWrite: 0 } };
}

function bookOf(
  models: readonly ModelInfo[],
  more: { pi?: PiCatalogue; reviewed?: Partial<ReviewedPrices>; section?: string } = {},
): PriceBook {
  return buildPriceBook({
    providers: providersWith(more.section ?? 'openai', models),
    version: 'genai-prices 1 (2026-11-01)',
    pi: more.pi ?? null,
    reviewed: { ...NOTHING_REVIEWED, ...more.reviewed },
  }).book;
}

function rowOf(book: PriceBook, id: string, section = 'openai') {
  return createModelFinder(book)(section, id)?.model.rows[0];
}

const plain: ModelInfo = { id: 'm-1', match: { equals: 'm-1' }, prices: { input_mtok: 1, output_mtok: 2 } };

describe('buildPriceBook', () => {
  test('a dated snapshot with a price of its own keeps it, any other date has the plain one', () => {
    const book = bookOf([
      {
        id: 'm-1',
        match: { or: [{ equals: 'm-1' }, { equals: 'm-1-2026-02-02' }] },
        prices: { input_mtok: 1, output_mtok: 2 },
      },
      { id: 'm-1-2026-01-01', match: { equals: 'm-1-2026-01-01' }, prices: { input_mtok: 3, output_mtok: 4 } },
    ]);
    expect(rowOf(book, 'm-1-2026-01-01')).toEqual({ input: 3, output: 4 });
    expect(rowOf(book, 'm-1-2026-02-02')).toEqual({ input: 1, output: 2 });
    expect(rowOf(book, 'm-1-2026-03-03')).toEqual({ input: 1, output: 2 });
    expect(book.sections['openai']?.models.map(({ ids }) => ids)).toEqual([['m-1'], ['m-1-2026-01-01']]);
  });

  test('a prefix rule prices no longer name', () => {
    const book = bookOf([{ ...plain, match: { starts_with: 'm-1' } }]);
    expect(rowOf(book, 'm-1-20260101')).toBeDefined();
    expect(rowOf(book, 'm-1-5')).toBeUndefined();
    expect(rowOf(book, 'm-1-fast')).toBeUndefined();
  });

  test('dates, times of day and tiers become rows in their order, and a time of day starts with the date before it', () => {
    const tiered = { base: 1, tiers: [{ start: 200_000, price: 2 }] };
    const book = bookOf([
      {
        ...plain,
        prices: [
          { prices: { input_mtok: tiered, output_mtok: 3, cache_write_1h_mtok: 4 } },
          { constraint: { type: 'start_date', start_date: '2026-05-01' }, prices: { input_mtok: 5, output_mtok: 6 } },
          {
            constraint: { type: 'time_of_date', start_time: '01:00:00Z', end_time: '04:00:00Z' },
            prices: { input_mtok: 7, output_mtok: 8 },
          },
        ],
      },
    ]);
    expect(book.sections['openai']?.models[0]?.rows).toEqual([
      { input: 1, output: 3, cacheWrite1h: 4, tiers: [{ above: 200_000, input: 2 }] },
      { from: '2026-05-01', input: 5, output: 6 },
      { from: '2026-05-01', between: ['01:00', '04:00'], input: 7, output: 8 },
    ]);
  });

  test('a model without a text price is left out, unless it was reviewed as free', () => {
    const audio: ModelInfo = { id: 'm-2', match: { equals: 'm-2' }, prices: { audio_hours: 1 } };
    const none: ModelInfo = { id: 'm-3', match: { equals: 'm-3' }, prices: {} };
    expect(bookOf([audio, none]).sections['openai']?.models).toEqual([]);
    const book = bookOf([audio, none], { reviewed: { free: [{ ...why, models: ['m-3'] }] } });
    expect(rowOf(book, 'm-3')).toEqual({ input: 0, output: 0 });
  });

  test('a free variant never makes the plain model free', () => {
    const free: ModelInfo = { id: 'm-4:free', match: { equals: 'm-4:free' }, prices: {} };
    expect(rowOf(bookOf([free]), 'm-4:free')).toEqual({ input: 0, output: 0 });
    expect(rowOf(bookOf([free]), 'm-4')).toBeUndefined();
    const both = bookOf([free, { ...plain, id: 'm-4', match: { equals: 'm-4' } }]);
    expect(rowOf(both, 'm-4')).toEqual({ input: 1, output: 2 });
  });

  test('the second source adds what the catalogue lacks, and is named', () => {
    const pi = piOf('openai', [
      piModel('m-1', 9, 9),
      piModel('m-2', 3, 4),
      piModel('m-free', 0, 0),
      piModel('m-no', 1, 1),
    ]);
    const book = bookOf([plain], { pi, reviewed: { notAdded: [{ ...why, models: ['m-no'] }] } });
    expect(rowOf(book, 'm-1')).toEqual({ input: 1, output: 2 });
    expect(createModelFinder(book)('openai', 'm-2')?.model).toEqual({
      ids: ['m-2'],
      rows: [{ input: 3, output: 4 }],
      source: 'pi-ai',
    });
    expect(rowOf(book, 'm-free')).toBeUndefined();
    expect(rowOf(book, 'm-no')).toBeUndefined();
    expect(book.sources['pi-ai']).toBe('pi-ai 9 (2026-11-10)');
  });

  test("of a cloud's model the regional price counts for the bare id", () => {
    const models = ['anthropic.m-2', 'us.anthropic.m-2', 'global.anthropic.m-2'];
    const pi = piOf(
      'amazon-bedrock',
      models.map((id, index) => piModel(id, index + 1, 1)),
    );
    const book = bookOf([], { pi, section: 'aws' });
    expect(rowOf(book, 'anthropic.m-2', 'aws')?.input).toBe(2);
    expect(rowOf(book, 'us.anthropic.m-2-v1:0', 'aws')?.input).toBe(2);
    expect(rowOf(book, 'global.anthropic.m-2', 'aws')?.input).toBe(3);
  });

  test('what was reviewed wins over the catalogue: additions by exact id, corrections by rate', () => {
    const other: ModelInfo = { ...plain, id: 'm-2', match: { equals: 'm-2' } };
    const book = bookOf([plain, other], {
      reviewed: {
        additions: [{ ...why, ids: ['m-1'], rows: [{ input: 7, output: 7 }] }],
        corrections: [{ ...why, model: 'm-2', set: { cacheRead: 0.1 } }],
        fast: [{ ...why, models: ['m-1'], multiplier: 6 }],
        priority: [{ ...why, models: ['m-2'], multiplier: 2 }],
      },
    });
    expect(createModelFinder(book)('openai', 'm-1')?.model).toMatchObject({
      rows: [{ input: 7 }],
      source: 'reviewed',
      fast: 6,
    });
    expect(createModelFinder(book)('openai', 'm-2')?.model).toMatchObject({
      rows: [{ input: 1, cacheRead: 0.1 }],
      priority: 2,
    });
  });
});

describe('findDisagreements', () => {
  const atMs = bookDateMs('x (2026-11-10)');
  const found = (models: readonly ModelInfo[], theirs: readonly PiModel[], reviewed: Partial<ReviewedPrices> = {}) => {
    const all = { ...NOTHING_REVIEWED, ...reviewed };
    const pi = piOf('openai', theirs);
    return findDisagreements(bookOf(models, { pi, reviewed: all }), { pi, reviewed: all, atMs });
  };

  test('names each rate that differs by more than half a percent', () => {
    expect(found([plain], [piModel('m-1', 1.004, 3)])).toEqual([
      { section: 'openai', model: 'm-1', field: 'output', ours: '2', theirs: '3' },
    ]);
  });

  test('a threshold that is off by one token is the same, a missing one is not', () => {
    const tiered: ModelInfo = {
      ...plain,
      prices: { input_mtok: { base: 1, tiers: [{ start: 271_999, price: 2 }] }, output_mtok: 2 },
    };
    const tier = { inputTokensAbove: 272_000, input: 2, output: 2, cacheRead: 0, cacheWrite: 0 };
    const same: PiModel = {
      id: 'm-1',
      type: 'chat',
      cost: { input: 1, output: 2, cacheRead: 0, cacheWrite: 0, tiers: [tier] },
    };
    expect(found([tiered], [same])).toEqual([]);
    expect(found([tiered], [piModel('m-1', 1, 2)])).toMatchObject([{ field: 'tiers', ours: '>272k', theirs: 'none' }]);
  });

  test('a section that is not compared has none', () => {
    expect(found([plain], [piModel('m-1', 5, 5)], { notCompared: [why] })).toEqual([]);
  });

  test('a disagreement is settled by its exact figures only, and a settled one that is gone is named', () => {
    const disagreements = found([plain], [piModel('m-1', 1, 3)]);
    const settled = (items: readonly string[]) =>
      unreviewed(disagreements, { ...NOTHING_REVIEWED, disagreements: [{ ...why, items }] });
    expect(settled(['m-1 output: ours 2, theirs 3'])).toEqual([]);
    expect(settled(['m-1 output: ours 2, theirs 4'])).toEqual([
      'Not reviewed: openai: m-1 output: ours 2, theirs 3',
      'Reviewed, but no longer there: openai: m-1 output: ours 2, theirs 4',
    ]);
  });
});
