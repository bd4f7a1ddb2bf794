import { calcPrice, type Provider, waitForUpdate } from '@pydantic/genai-prices';
import { describe, expect, test } from 'vitest';
import { expandMatch } from '../../../scripts/prices/expandMatch.ts';
import { SECTION_PLANS } from '../../../scripts/prices/sections.ts';
import type { Usage } from '../../../src/domain/usage.ts';
import { totalInputTokens } from '../../../src/domain/usage.ts';
import { createPricer } from '../../../src/pricing/createPricer.ts';
import { loadPriceBook } from '../../../src/pricing/priceBook.ts';
import reviewed from '../../../src/pricing/reviewedPrices.json' with { type: 'json' };
import { queryOf, usageOf } from './pricingFixtures.ts';

const book = await loadPriceBook();
const providers: readonly Provider[] = (await waitForUpdate()) ?? [];
const pricer = createPricer({ book });

const DATES = ['2026-01-15T12:00:00Z', '2026-08-20T02:30:00Z', '2026-11-22T12:00:00Z', '2027-02-01T07:00:00Z'];
const USAGES: readonly Usage[] = [
  usageOf({ inputTokens: 12_000, outputTokens: 3_000 }),
  usageOf({
    inputTokens: 40_000,
    cacheReadTokens: 90_000,
    cacheWrite5mTokens: 20_000,
    cacheWrite1hTokens: 5_000,
    outputTokens: 9_000,
  }),
  usageOf({ inputTokens: 90_000, cacheReadTokens: 480_000, outputTokens: 70_000, webSearches: 3 }),
];

interface Case {
  readonly section: string;
  readonly id: string;
  readonly model: string;
}

/** Every text that the catalogue matches a model by, as far as its own engine finds that very model with it. */
function casesOf(section: string): readonly Case[] {
  const provider = providers.find(({ id }) => id === SECTION_PLANS[section]?.genai);
  return (provider?.models ?? []).flatMap((model) =>
    [...new Set([...(model.id.startsWith('regional.') ? [] : [model.id]), ...expandMatch(model.match).ids])]
      .filter((id) => calcPrice({}, id, { providerId: provider?.id ?? '' })?.model.id === model.id)
      .map((id) => ({ section, id, model: model.id })),
  );
}

/** Models whose price was looked at and set otherwise than genai-prices has it. */
const SET_OTHERWISE = new Set([
  ...reviewed.additions.flatMap(({ section, ids }) => ids.map((id) => `${section} ${id}`)),
  ...reviewed.corrections.map(({ section, model }) => `${section} ${model}`),
]);
function isException({ section, model }: Case, date: string): boolean {
  return reviewed.parityExceptions.some(
    (entry) =>
      entry.section === section && entry.models.includes(model) && (entry.before === undefined || date < entry.before),
  );
}

function theirs({ section, id }: Case, usage: Usage, date: string) {
  return calcPrice(
    {
      input_tokens: totalInputTokens(usage) ?? 0,
      output_tokens: usage.outputTokens ?? 0,
      cache_read_tokens: usage.cacheReadTokens,
      cache_write_tokens: usage.cacheWrite5mTokens + usage.cacheWrite1hTokens,
      cache_write_5m_tokens: usage.cacheWrite5mTokens,
      cache_write_1h_tokens: usage.cacheWrite1hTokens,
      web_searches: usage.webSearches,
    },
    id,
    { providerId: SECTION_PLANS[section]?.genai ?? '', timestamp: new Date(date) },
  );
}

/** Our rules go further where the catalogue has no rate for writes and searches; there the two are not meant to agree. */
function withRates(usage: Usage, price: Readonly<Record<string, unknown>>): Usage {
  return {
    ...usage,
    cacheWrite5mTokens: price['cache_write_mtok'] === undefined ? 0 : usage.cacheWrite5mTokens,
    cacheWrite1hTokens: price['cache_write_1h_mtok'] === undefined ? 0 : usage.cacheWrite1hTokens,
    webSearches: price['web_searches_kcount'] === undefined ? 0 : usage.webSearches,
  };
}

function differences(section: string): { readonly compared: number; readonly found: readonly string[] } {
  const found: string[] = [];
  let compared = 0;
  for (const one of casesOf(section)) {
    if (SET_OTHERWISE.has(`${section} ${one.model}`) || SET_OTHERWISE.has(`${section} ${one.id.toLowerCase()}`))
      continue;
    for (const date of DATES) {
      if (isException(one, date)) continue;
      for (const full of USAGES) {
        const usage = withRates(full, theirs(one, usageOf({}), date)?.model_price ?? {});
        const expected = theirs(one, usage, date);
        const ours = pricer.price(queryOf({ provider: section, model: one.id, usage, atMs: Date.parse(date) }));
        // Nothing but a free model may cost nothing: the catalogue has no text price for some, and those are unpriced here.
        if (ours.provenance === 'unpriced' && expected?.model_price['input_mtok'] === undefined) continue;
        compared += 1;
        const expectedNanoUsd = Math.round((expected?.total_price ?? Number.NaN) * 1e9);
        if (ours.costNanoUsd !== expectedNanoUsd)
          found.push(`${one.id} ${date}: ${ours.costNanoUsd}, not ${expectedNanoUsd}`);
      }
    }
  }
  return { compared, found };
}

describe('the same call costs the same as by genai-prices itself', () => {
  test.each([
    ['anthropic', 200],
    ['openai', 900],
    ['google', 500],
    ['x-ai', 200],
    ['deepseek', 50],
    ['mistral', 400],
    ['moonshotai', 100],
    ['minimax', 100],
    ['zai', 20],
    ['zhipuai', 150],
    ['cursor', 50],
    ['github-copilot', 250],
    ['aws', 500],
    ['azure', 200],
    ['groq', 250],
    ['cerebras', 50],
    ['fireworks', 200],
    ['together', 500],
    ['openrouter', 4000],
  ])('%s (at least %d calls)', (section, atLeast) => {
    const { compared, found } = differences(section);
    expect(found).toEqual([]);
    expect(compared).toBeGreaterThanOrEqual(atLeast);
  });

  test.each([
    ['anthropic', 'claude-sonnet-4-5', 200_000],
    ['anthropic', 'claude-opus-4-6', 200_000],
    ['google', 'gemini-2.5-pro', 200_000],
    ['x-ai', 'grok-4.5', 200_000],
    ['openai', 'gpt-5.4', 272_000],
    ['openai', 'gpt-5.6-sol', 272_000],
    ['openai', 'gpt-6-sol', 272_000],
    ['minimax', 'minimax-m3', 512_000],
  ])('%s %s on both sides of %d tokens', (section, id, edge) => {
    const costs = [edge - 1, edge, edge + 1].flatMap((inputTokens) =>
      DATES.map((date) => {
        const usage = usageOf({ inputTokens, outputTokens: 1_000 });
        const expected = theirs({ section, id, model: id }, usage, date)?.total_price ?? Number.NaN;
        const query = queryOf({ provider: section, model: id, usage, atMs: Date.parse(date) });
        return [pricer.price(query).costNanoUsd, Math.round(expected * 1e9)];
      }),
    );
    expect(costs.map(([ours]) => ours)).toEqual(costs.map(([, expected]) => expected));
  });
});
