import type { CallCost, RatesUsed } from '../domain/call.ts';
import type { Usage } from '../domain/usage.ts';
import type { PriceOverride, PriceQuery, Pricer } from './contract.ts';
import { createModelFinder, type FoundModel, type ModelFinder } from './findBookModel.ts';
import { bookRatesAt, completeRates, type NanoRates, timesFactor } from './listRates.ts';
import { isLocalModel, isLocalProvider, localCost } from './localModels.ts';
import { type Modifier, modifiersOf } from './modifiers.ts';
import { normaliseModelId } from './normaliseModelId.ts';
import { overrideFor, ratesOfOverride } from './overrides.ts';
import type { BookRates, PriceBook } from './priceBook.ts';
import { divideLike, isCountable, type SplitCost, splitCost } from './splitCost.ts';

export interface PricerOptions {
  readonly book: PriceBook;
  /** Of several that match and hold, the last one in the list counts. */
  readonly overrides?: readonly PriceOverride[];
}

interface Priced {
  readonly cost: SplitCost;
  readonly rates: RatesUsed;
  readonly priceVersion: string;
}

const UNPRICED: CallCost = { costNanoUsd: null, provenance: 'unpriced', split: null, rates: [], priceVersion: null };

/** A request that was refused before a token was read costs nothing, whatever its model. */
const NOTHING: CallCost = {
  costNanoUsd: 0,
  provenance: 'priced',
  split: { inputNanoUsd: 0, cacheNanoUsd: 0, thinkingNanoUsd: 0, outputNanoUsd: 0 },
  rates: [],
  priceVersion: null,
};

function isAllZero(usage: Usage): boolean {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWrite5mTokens, cacheWrite1hTokens, webSearches } = usage;
  return [inputTokens, outputTokens, cacheReadTokens, cacheWrite5mTokens, cacheWrite1hTokens, webSearches].every(
    (count) => count === 0,
  );
}

/** Unlike the usage's own total, counts a prompt as long as what is known of it: the tier of an unknown rest cannot be told. */
function knownInputTokens(usage: Usage): number {
  return (usage.inputTokens ?? 0) + usage.cacheReadTokens + usage.cacheWrite5mTokens + usage.cacheWrite1hTokens;
}

/** A sum's prompts may all have been short. */
function promptTokens({ usage, isSum }: PriceQuery): number {
  return isSum === true ? 0 : knownInputTokens(usage);
}

function modified(rates: NanoRates, modifiers: readonly Modifier[]): NanoRates {
  const apply = (rate: number): number => modifiers.reduce((value, { factor }) => timesFactor(value, factor), rate);
  return {
    input: apply(rates.input),
    output: apply(rates.output),
    cacheRead: apply(rates.cacheRead),
    cacheWrite5m: apply(rates.cacheWrite5m),
    cacheWrite1h: apply(rates.cacheWrite1h),
    webSearch: rates.webSearch,
  };
}

function ratesUsed(model: string, rates: NanoRates, modifiers: readonly string[]): RatesUsed {
  return {
    model,
    inputNanoUsdPerMtok: rates.input,
    cacheReadNanoUsdPerMtok: rates.cacheRead,
    cacheWrite5mNanoUsdPerMtok: rates.cacheWrite5m,
    cacheWrite1hNanoUsdPerMtok: rates.cacheWrite1h,
    outputNanoUsdPerMtok: rates.output,
    webSearchNanoUsdPerThousand: rates.webSearch ?? 0,
    modifiers,
  };
}

/** Prices with the book, an override or both. Returns null where the rates for input and output are not both known. */
function priceWith(
  query: PriceQuery,
  found: FoundModel | null,
  override: PriceOverride | null,
): Omit<Priced, 'priceVersion'> | null {
  const { usage } = query;
  const listed =
    found === null ? null : bookRatesAt(found, { atMs: query.atMs, totalInputTokens: promptTokens(query) });
  const own: BookRates = override === null ? {} : ratesOfOverride(override);
  const id = found?.id ?? normaliseModelId(query.model).id;
  const complete = completeRates({ ...listed?.rates, ...own }, { ...usage, section: found?.section ?? null, id });
  if (complete === null) return null;
  const modifiers = modifiersOf(query, found);
  const rates = multiplied(modified(complete.rates, modifiers), override?.multiplier ?? 1);
  const cost = splitCost(usage, rates);
  if (cost === null) return null;
  const words = [...(listed?.notes ?? []), ...complete.notes, ...modifiers.map((modifier) => modifier.words)];
  if (query.isSum === true) words.push('a sum of several calls, without long-prompt rates');
  if (override?.multiplier !== undefined) words.push(`own multiplier x${override.multiplier}`);
  return { cost, rates: ratesUsed(id, rates, words) };
}

/** A user's multiplier is on everything, searches included. */
function multiplied(rates: NanoRates, factor: number): NanoRates {
  if (factor === 1) return rates;
  const all = modified(rates, [{ factor, words: '' }]);
  return { ...all, webSearch: rates.webSearch === null ? null : timesFactor(rates.webSearch, factor) };
}

function priceByBook(query: PriceQuery, book: PriceBook, found: FoundModel | null): Priced | null {
  if (found === null) return null;
  const priced = priceWith(query, found, null);
  if (priced === null) return null;
  const source = found.model.source === undefined ? undefined : book.sources[found.model.source];
  return { ...priced, priceVersion: source ?? book.version };
}

function billedCost(billedNanoUsd: number, like: Priced | null): CallCost {
  return {
    costNanoUsd: billedNanoUsd,
    provenance: 'billed',
    split: divideLike(billedNanoUsd, like?.cost ?? null),
    rates: [],
    priceVersion: null,
  };
}

/** A charge that can be booked, without the sign that a zero may have; null for anything else. */
function chargeOf(billedNanoUsd: number | null): number | null {
  if (billedNanoUsd === null || !Number.isSafeInteger(billedNanoUsd) || billedNanoUsd < 0) return null;
  return billedNanoUsd + 0;
}

function pricedCost({ cost, rates, priceVersion }: Priced): CallCost {
  return { ...cost, provenance: 'priced', rates: [rates], priceVersion };
}

function priceCall(query: PriceQuery, options: PricerOptions, find: ModelFinder): CallCost {
  const { usage } = query;
  const billed = chargeOf(query.billedNanoUsd);
  const countable = isCountable(usage) && !(usage.inputTokens === null && usage.outputTokens === null);
  const free = billed === null && isLocalModel(query) ? localCost(query.model) : null;
  if (!countable) return billed === null ? (free ?? UNPRICED) : billedCost(billed, null);
  if (isAllZero(usage) && billed === null) return NOTHING;
  const found = isLocalProvider(query.provider) ? null : find(query.provider, query.model);
  const override = overrideFor(options.overrides ?? [], query);
  const overridden = override === null ? null : priceWith(query, found, override);
  if (overridden !== null) return pricedCost({ ...overridden, priceVersion: `own price (${override?.match ?? ''})` });
  if (free !== null) return free;
  const byBook = priceByBook(query, options.book, found);
  if (billed !== null) return billedCost(billed, byBook);
  return byBook === null ? UNPRICED : pricedCost(byBook);
}

/**
 * Prices calls: a user's override first, then what the provider says it charged, then $0 for a local model, then the book; what
 * none of them knows is unpriced. An override that leaves the rate of input or output open for a model that the book lacks decides nothing.
 * Modifiers such as batch and fast mode apply to a user's rates as they do to the book's. A charged amount is divided in the
 * proportions of the book's split, and is all output where the book does not know the model.
 */
export function createPricer(options: PricerOptions): Pricer {
  const find = createModelFinder(options.book);
  return { price: (query) => priceCall(query, options, find), bookVersion: options.book.version };
}
