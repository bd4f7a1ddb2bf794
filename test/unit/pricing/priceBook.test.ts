import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { waitForUpdate } from '@pydantic/genai-prices';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildPriceBook, PI_SOURCE } from '../../../scripts/prices/buildPriceBook.ts';
import { bookDateMs, findDisagreements } from '../../../scripts/prices/findDisagreements.ts';
import { linesOfBook, linesOfList } from '../../../scripts/prices/formatJson.ts';
import { readPiCatalogue } from '../../../scripts/prices/piCatalogue.ts';
import { type ReviewedPrices, unreviewed } from '../../../scripts/prices/reviewedPrices.ts';
import { PI_FILES } from '../../../scripts/prices/sections.ts';
import { createPricer } from '../../../src/pricing/createPricer.ts';
import { createModelFinder } from '../../../src/pricing/findBookModel.ts';
import { loadPriceBook, type PriceBook } from '../../../src/pricing/priceBook.ts';
import disagreements from '../../../src/pricing/priceDisagreements.generated.json' with { type: 'json' };
import { MILLION, queryOf, usageOf } from './pricingFixtures.ts';

const ROOT = new URL('../../../', import.meta.url);
const textOf = (file: string): Promise<string> => readFile(new URL(`src/pricing/${file}`, ROOT), 'utf8');

const book = await loadPriceBook();
const reviewed: ReviewedPrices = JSON.parse(await textOf('reviewedPrices.json'));
const installed: { version: string } = JSON.parse(
  await readFile(new URL('node_modules/@pydantic/genai-prices/package.json', ROOT), 'utf8'),
);
/** There after `node scripts/updatePrices.ts` ran on this machine; without it the second source's share goes unchecked. */
const pi = await readPiCatalogue(fileURLToPath(new URL('.cache', ROOT)), PI_FILES);

function withoutSecondSource({ version, sources, sections }: PriceBook): PriceBook {
  const own = Object.entries(sections).map(([name, section]) => {
    const models = section.models.filter(({ source }) => source !== PI_SOURCE);
    return [name, { ...section, models }] as const;
  });
  const { [PI_SOURCE]: _, ...others } = sources;
  return { version, sources: others, sections: Object.fromEntries(own) };
}

async function rebuilt(): Promise<PriceBook> {
  const providers = (await waitForUpdate()) ?? [];
  return buildPriceBook({ providers, version: book.version, pi, reviewed }).book;
}

describe('the committed price book', () => {
  test('is of the installed genai-prices', () => {
    expect(book.version).toMatch(new RegExp(`^genai-prices ${installed.version} \\(\\d{4}-\\d{2}-\\d{2}\\)$`));
  });

  test(`is what the script makes of ${pi === null ? 'genai-prices' : 'both sources'}`, async () => {
    const made = await rebuilt();
    const committed = pi === null ? withoutSecondSource(book) : book;
    expect(linesOfBook(made).split('\n')).toEqual(linesOfBook(committed).split('\n'));
  });

  test('is small enough to be bundled', async () => {
    expect((await textOf('priceBook.generated.json')).length).toBeLessThan(350_000);
  });

  test('holds sane rates only: none negative, none above $1,000, and nothing free that was not meant to be', () => {
    const free = new Set(reviewed.free.flatMap(({ section, models }) => models.map((id) => `${section} ${id}`)));
    const odd: string[] = [];
    for (const [name, { models }] of Object.entries(book.sections)) {
      for (const { ids, rows } of models) {
        const rates = rows
          .flatMap((row) => [row, ...(row.tiers ?? [])])
          .flatMap((row) => [row.input ?? 0, row.output ?? 0, row.cacheRead ?? 0]);
        const isFree = ids.every((id) => id.endsWith(':free')) || ids.some((id) => free.has(`${name} ${id}`));
        if (rates.some((rate) => !(rate >= 0 && rate <= 1000))) odd.push(`${name} ${ids[0]}`);
        if (rows.some(({ input, output }) => (input ?? 0) === 0 && (output ?? 0) === 0) && !isFree)
          odd.push(`${name} ${ids[0]}`);
      }
    }
    expect(odd).toEqual([]);
  });

  test('gives each id of a section to one model', () => {
    const twice = Object.entries(book.sections).flatMap(([name, { models }]) => {
      const ids = models.flatMap((model) => model.ids);
      return ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `${name} ${id}`);
    });
    expect(twice).toEqual([]);
  });

  test('finds every one of its own ids again', () => {
    const find = createModelFinder(book);
    const lost = Object.entries(book.sections).flatMap(([name, { models }]) =>
      models.flatMap((model) => model.ids.filter((id) => !id.startsWith('global.') && find(name, id)?.model !== model)),
    );
    expect(lost).toEqual([]);
  });
});

describe('disagreements of the two sources', () => {
  test('every one was looked at, and none was settled in vain', () => {
    expect(unreviewed(disagreements, reviewed)).toEqual([]);
  });

  test('the committed ones are those of the committed book', () => {
    const made = pi === null ? disagreements : findDisagreements(book, { pi, reviewed, atMs: bookDateMs(pi.version) });
    expect(linesOfList(made)).toBe(linesOfList(disagreements));
  });

  test('every reviewed entry names its reason and its source', () => {
    const entries = Object.values(reviewed).flat() as readonly { reason: string; source: string }[];
    expect(entries.length).toBeGreaterThan(20);
    expect(entries.filter(({ reason, source }) => reason.length < 20 || source.length < 10)).toEqual([]);
  });

  test('every reviewed multiplier is found in the book', () => {
    const find = createModelFinder(book);
    const lost = [...reviewed.fast, ...reviewed.priority].flatMap(({ section, models, multiplier }) =>
      models.filter((id) => {
        const model = find(section, id)?.model;
        return model?.fast !== multiplier && model?.priority !== multiplier;
      }),
    );
    expect(lost).toEqual([]);
  });
});

describe('prices that agents meet', () => {
  const pricer = createPricer({ book });

  test.each([
    ['anthropic', 'claude-opus-5-5[1m]', 24],
    ['anthropic', 'claude-opus-5-5-20260901', 24],
    ['anthropic', 'claude-sonnet-5-5', 12],
    ['anthropic', 'claude-haiku-5-5', 3],
    ['anthropic', 'claude-fable-5-2', 48],
    ['anthropic', 'claude-mythos-5-1', 60],
    ['anthropic', 'claude-opus-4-6-fast', 180],
    ['anthropic', 'claude-haiku-4-5-20251001', 6],
    ['openai', 'gpt-6.1-sol', 19],
    ['chatgpt', 'gpt-5.3-codex', 15.75],
    ['openai', 'gpt-5.1-codex-mini', 2.25],
    ['google', 'models/gemini-3.5-flash', 10.5],
    ['google', 'gemini-3.1-pro-preview-customtools', 22],
    ['bedrock', 'us.anthropic.claude-opus-5-5-v1:0', 26.4],
    ['bedrock', 'global.anthropic.claude-opus-5-5', 24],
    ['openrouter', 'anthropic/claude-opus-5.5', 24],
    ['zai', 'glm-5.2', 5.8],
    ['zai', 'GLM-5.3-Flash', 0.65],
    ['minimax', 'MiniMax-M3', 3],
    ['cursor', 'composer-2.5', 3],
    ['some-router', 'anthropic/claude-opus-5.5', 24],
    ['some-router', 'gemini-3.5-flash', 10.5],
  ])('%s %s: $%d for a million tokens in and out', (provider, model, usd) => {
    expect((pricer.price(queryOf({ provider, model, usage: MILLION })).costNanoUsd ?? Number.NaN) / 1e9).toBeCloseTo(
      usd,
      9,
    );
  });

  test.each([
    ['2026-08-16T02:00:00Z', 1.305],
    ['2026-08-17T00:00:00Z', 2.64],
    ['2026-11-22T00:59:59.999Z', 2.64],
    ['2026-11-22T01:00:00Z', 5.28],
    ['2026-11-22T03:59:59.999Z', 5.28],
    ['2026-11-22T04:00:00Z', 2.64],
    ['2026-11-22T05:59:59.999Z', 2.64],
    ['2026-11-22T06:00:00Z', 5.28],
    ['2026-11-22T09:59:59.999Z', 5.28],
    ['2026-11-22T10:00:00Z', 2.64],
  ])('deepseek-v4-pro at %s: $%d', (time, usd) => {
    const query = queryOf({ provider: 'deepseek', model: 'deepseek-v4-pro', atMs: Date.parse(time) });
    expect((pricer.price(query).costNanoUsd ?? Number.NaN) / 1e9).toBeCloseTo(usd, 9);
  });

  test('more of anything never costs less, at any price in the book and across its tiers', () => {
    const models = Object.entries(book.sections).flatMap(([provider, section]) =>
      section.models.map(({ ids }) => ({ provider, model: ids[0] ?? '' })),
    );
    const keys = [
      'inputTokens',
      'outputTokens',
      'cacheReadTokens',
      'cacheWrite5mTokens',
      'cacheWrite1hTokens',
    ] as const;
    const count = fc.integer({ min: 0, max: 400_000 });
    const counts = fc.record({
      inputTokens: count,
      outputTokens: count,
      cacheReadTokens: count,
      cacheWrite5mTokens: count,
    });
    fc.assert(
      fc.property(fc.constantFrom(...models), counts, fc.constantFrom(...keys), count, (model, some, key, more) => {
        const usage = usageOf(some);
        const cost = (any: typeof usage) => pricer.price(queryOf({ ...model, usage: any })).costNanoUsd ?? Number.NaN;
        expect(cost({ ...usage, [key]: (usage[key] ?? 0) + more })).toBeGreaterThanOrEqual(cost(usage));
      }),
      { numRuns: 3000 },
    );
  });

  test.each([
    ['anthropic', 'claude-opus-6'],
    ['anthropic', 'claude-sonnet-5-6'],
    ['openai', 'gpt-6.2-sol'],
    ['minimax', 'minimax-m4'],
    ['google', 'gemini-5-pro'],
    ['anthropic', 'sonnet'],
    ['openai', 'ft:gpt-4o-2024-08-06:org::id'],
  ])('%s %s is unpriced until somebody says what it costs', (provider, model) => {
    expect(pricer.price(queryOf({ provider, model })).provenance).toBe('unpriced');
  });
});
