import type { ModelInfo, ModelPrice } from '@pydantic/genai-prices';
import type { BookRates, BookRow, BookTier } from '../../src/pricing/priceBook.ts';

type RateKey = keyof BookRates;

const RATE_KEYS: readonly (readonly [string, RateKey])[] = [
  ['input_mtok', 'input'],
  ['output_mtok', 'output'],
  ['cache_read_mtok', 'cacheRead'],
  ['cache_write_mtok', 'cacheWrite5m'],
  ['cache_write_1h_mtok', 'cacheWrite1h'],
  ['web_searches_kcount', 'webSearch'],
];

/** Rates and tiers of one catalogue price. Audio, image and page rates stay behind: the usage that Outlay reads does not tell them apart. */
export function rowOfPrice(price: ModelPrice): BookRow {
  const base: Partial<Record<RateKey, number>> = {};
  const tiers = new Map<number, Partial<Record<RateKey, number>>>();
  for (const [from, to] of RATE_KEYS) {
    const rate = price[from];
    if (rate === undefined) continue;
    if (typeof rate === 'number') {
      base[to] = rate;
      continue;
    }
    base[to] = rate.base;
    for (const { start, price: tierRate } of rate.tiers) tiers.set(start, { ...tiers.get(start), [to]: tierRate });
  }
  if (tiers.size === 0) return base;
  const sorted: BookTier[] = [...tiers].sort(([a], [b]) => a - b).map(([above, rates]) => ({ above, ...rates }));
  return { ...base, tiers: sorted };
}

/**
 * The rows of a model in the catalogue's order (the last one that holds counts). A time-of-day row takes over the start date of
 * the row before it: the catalogue gives it none, which would price the past at today's peak rates.
 */
export function rowsOfModel(model: ModelInfo): readonly BookRow[] {
  if (!Array.isArray(model.prices)) return [rowOfPrice(model.prices)];
  let from: string | undefined;
  return model.prices.map(({ constraint, prices }) => {
    const row = rowOfPrice(prices);
    if (constraint === undefined) return row;
    if (constraint.type === 'start_date') {
      from = constraint.start_date;
      return { from, ...row };
    }
    const between = [hourMinute(constraint.start_time), hourMinute(constraint.end_time)] as const;
    return { ...(from === undefined ? {} : { from }), between, ...row };
  });
}

function hourMinute(time: string): string {
  const match = /^(\d{2}:\d{2}):00Z$/.exec(time);
  if (match?.[1] === undefined) throw new Error(`A time of day that is no whole UTC minute: ${time}`);
  return match[1];
}

/** A row without an input rate prices something else than text: audio by the hour, pages, or nothing that is known. */
export function hasTokenRate(row: BookRow): boolean {
  return row.input !== undefined;
}
