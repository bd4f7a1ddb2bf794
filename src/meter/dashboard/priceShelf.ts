import { createPricer } from '../../pricing/createPricer.ts';
import { parseOverrides } from '../../pricing/overrides.ts';
import { loadPriceBook } from '../../pricing/priceBook.ts';
import { type ListedModel, listedModels } from './bookPrices.ts';

/** List prices may change with the date and, at some sellers, with the time of day. */
const FRESH_MS = 5 * 60_000;

/** Every model of the book at the user's own prices, as he wrote them in the settings. */
export type PriceShelf = (priceOverrides: unknown, nowMs: number) => Promise<readonly ListedModel[]>;

/** Pricing a thousand models takes longer than a page may: they are kept for some minutes, and as long as the settings are the same. */
export function createPriceShelf(): PriceShelf {
  let kept: { readonly settings: string; readonly atMs: number; readonly listed: readonly ListedModel[] } | null = null;
  return async (priceOverrides, nowMs) => {
    const settings = JSON.stringify(priceOverrides) ?? '';
    if (kept !== null && kept.settings === settings && Math.abs(nowMs - kept.atMs) < FRESH_MS) return kept.listed;
    const book = await loadPriceBook();
    const { overrides } = parseOverrides(priceOverrides);
    const listed = listedModels(book, createPricer({ book, overrides }), nowMs);
    kept = { settings, atMs: nowMs, listed };
    return listed;
  };
}
