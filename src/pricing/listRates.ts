import { NANO_USD_PER_USD } from '../domain/money.ts';
import type { FoundModel } from './findBookModel.ts';
import type { BookModel, BookRates, BookRow } from './priceBook.ts';

/** Integer nano-USD per million tokens, and per thousand searches. */
export interface NanoRates {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite5m: number;
  readonly cacheWrite1h: number;
  /** Null where nobody says what a search costs. */
  readonly webSearch: number | null;
}

export interface ListRates {
  readonly rates: NanoRates;
  /** What decided them, in words: a context tier, peak hours, a rule for what the book lacks. */
  readonly notes: readonly string[];
}

const MS_PER_DAY = 86_400_000;
const MS_PER_MINUTE = 60_000;

function minutesOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
}

function holds(row: BookRow, atMs: number): boolean {
  if (row.from !== undefined && atMs < Date.parse(`${row.from}T00:00:00Z`)) return false;
  if (row.between === undefined) return true;
  const minute = (((atMs % MS_PER_DAY) + MS_PER_DAY) % MS_PER_DAY) / MS_PER_MINUTE;
  const [start, end] = [minutesOf(row.between[0]), minutesOf(row.between[1])];
  return start <= end ? minute >= start && minute < end : minute >= start || minute < end;
}

/** The row that holds at a time; before the first dated one the first row, as in the catalogue. */
export function rowAt(model: BookModel, atMs: number): BookRow {
  return model.rows.findLast((row) => holds(row, atMs)) ?? model.rows[0] ?? {};
}

function nano(usd: number): number {
  return Math.round(usd * NANO_USD_PER_USD);
}

/** A rate times a factor, rounded half up; factors count to six decimals. */
export function timesFactor(rateNanoUsd: number, factor: number): number {
  const millionths = BigInt(Math.round(factor * 1_000_000));
  return Number((BigInt(rateNanoUsd) * millionths + 500_000n) / 1_000_000n);
}

/** Models from GPT-5.6 on charge for cache writes; older ones write for the price of plain input. */
const CHARGES_CACHE_WRITES = /^gpt-(?:5\.[6-9]|[6-9]|[1-9]\d)(?:[.-]|$)/;
const DEFAULT_SEARCH_USD_PER_THOUSAND = 10;

/** What the book's own rules say about rates that it lacks, by who made the model. */
interface Rules {
  readonly cacheWrite5m: number;
  readonly cacheWrite1h: number | null;
  readonly webSearchUsd: number | null;
}

function rulesFor(section: string | null, id: string): Rules {
  const name = id.startsWith('global.') ? id.slice('global.'.length) : id;
  if (name.startsWith('claude-'))
    return {
      cacheWrite5m: 1.25,
      cacheWrite1h: 2,
      webSearchUsd: section === 'anthropic' ? DEFAULT_SEARCH_USD_PER_THOUSAND : null,
    };
  const openai = section === 'openai';
  return {
    cacheWrite5m: CHARGES_CACHE_WRITES.test(name) ? 1.25 : 1,
    cacheWrite1h: null,
    webSearchUsd: openai ? DEFAULT_SEARCH_USD_PER_THOUSAND : null,
  };
}

function inputTimes(factor: number): string {
  return `at ${factor === 1 ? '' : `${factor}x `}the input rate (not in the book)`;
}

/** What a call needs to be told about the rates: only of tokens that it used. */
export interface RatesFor {
  readonly section: string | null;
  readonly id: string;
  readonly cacheWrite5mTokens: number;
  readonly cacheWrite1hTokens: number;
  readonly webSearches: number;
}

/** Completes rates that may lack some. Returns null without a rate for input and one for output. */
export function completeRates(rates: BookRates, use: RatesFor): ListRates | null {
  if (rates.input === undefined || rates.output === undefined) return null;
  const rules = rulesFor(use.section, use.id);
  const notes: string[] = [];
  const input = nano(rates.input);
  let cacheWrite5m = nano(rates.cacheWrite5m ?? 0);
  if (rates.cacheWrite5m === undefined) {
    cacheWrite5m = timesFactor(input, rules.cacheWrite5m);
    if (use.cacheWrite5mTokens > 0) notes.push(`cache write ${inputTimes(rules.cacheWrite5m)}`);
  }
  let cacheWrite1h = rates.cacheWrite1h === undefined ? cacheWrite5m : nano(rates.cacheWrite1h);
  if (rates.cacheWrite1h === undefined && rules.cacheWrite1h !== null) {
    cacheWrite1h = timesFactor(input, rules.cacheWrite1h);
    if (use.cacheWrite1hTokens > 0) notes.push(`1h cache write ${inputTimes(rules.cacheWrite1h)}`);
  }
  const webSearchUsd = rates.webSearch ?? rules.webSearchUsd;
  if (webSearchUsd === null && use.webSearches > 0) notes.push('searches not counted (price unknown)');
  return {
    rates: {
      input,
      output: nano(rates.output),
      cacheRead: rates.cacheRead === undefined ? input : nano(rates.cacheRead),
      cacheWrite5m,
      cacheWrite1h,
      webSearch: webSearchUsd === null ? null : nano(webSearchUsd),
    },
    notes,
  };
}

/** The book's rates at a time and for a prompt length. The tier that a prompt reaches prices the whole request. */
export function bookRatesAt(
  found: FoundModel,
  at: { readonly atMs: number; readonly totalInputTokens: number },
): { readonly rates: BookRates; readonly notes: readonly string[] } {
  const row = rowAt(found.model, at.atMs);
  const tier = row.tiers?.findLast(({ above }) => at.totalInputTokens > above);
  const notes: string[] = [];
  if (row.between !== undefined) notes.push(`${row.between[0]}-${row.between[1]} UTC rates`);
  if (tier !== undefined) notes.push(`prompt over ${tier.above.toLocaleString('en-US')} tokens`);
  // A model that only reads (an embedding) has no output rate because it has no output.
  return { rates: { output: 0, ...row, ...tier }, notes };
}
