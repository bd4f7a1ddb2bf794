import type { PriceOverride, PriceQuery } from './contract.ts';
import { matchesGlob } from './matchesGlob.ts';
import { MAX_MODEL_ID_CHARS, normaliseModelId } from './normaliseModelId.ts';
import type { BookRates } from './priceBook.ts';

export interface ParsedOverrides {
  readonly overrides: readonly PriceOverride[];
  /** One sentence for each thing that was left out, naming the entry as the user counts: from 1. */
  readonly problems: readonly string[];
}

/** Sixteen times the dearest model so far; keeps every product within exact integers. */
const MAX_USD_PER_UNIT = 10_000;
const MAX_MULTIPLIER = 100;
const MAX_ENTRIES = 500;

const RATE_KEYS = [
  'inputUsdPerMtok',
  'outputUsdPerMtok',
  'cacheReadUsdPerMtok',
  'cacheWrite5mUsdPerMtok',
  'cacheWrite1hUsdPerMtok',
  'webSearchUsdPerThousand',
] as const satisfies readonly (keyof PriceOverride)[];
const NUMBER_KEYS = [...RATE_KEYS, 'multiplier'] as const;
const KEYS: readonly string[] = ['match', 'from', ...NUMBER_KEYS];

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  const text = typeof value === 'string' ? `"${value}"` : String(value);
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}

function problemOfMatch(value: unknown): string | null {
  if (typeof value !== 'string' || value.trim() === '')
    return 'it needs a "match": a model, or provider/model, in which * stands for anything';
  if (value.length > MAX_MODEL_ID_CHARS) return `its "match" is longer than ${MAX_MODEL_ID_CHARS} characters`;
  if (/[?{}!]/.test(value)) return `its "match" ${shown(value)} uses a wildcard other than *`;
  return null;
}

function problemOfNumber(key: string, value: unknown): string | null {
  if (typeof value !== 'number' || !Number.isFinite(value)) return `"${key}" is ${shown(value)}, which is no number`;
  if (value < 0) return `"${key}" is ${value}, and a price cannot be negative`;
  const limit = key === 'multiplier' ? MAX_MULTIPLIER : MAX_USD_PER_UNIT;
  return value > limit ? `"${key}" is ${value}, above the limit of ${limit}` : null;
}

function problemOfDate(value: unknown): string | null {
  const ok =
    typeof value === 'string' &&
    /^\d{4}-\d{2}-\d{2}$/.test(value) &&
    !Number.isNaN(Date.parse(`${value}T00:00:00Z`)) &&
    new Date(`${value}T00:00:00Z`).toISOString().startsWith(value);
  return ok ? null : `"from" is ${shown(value)}, which is no date like 2026-12-31`;
}

function problemOfEntry(entry: unknown): string | null {
  if (!isObject(entry)) return 'it is no object';
  const unknown = Object.keys(entry).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) return `it has an unknown key ${shown(unknown)} (known are ${KEYS.join(', ')})`;
  const match = problemOfMatch(entry['match']);
  if (match !== null) return match;
  const numbers = NUMBER_KEYS.filter((key) => entry[key] !== undefined);
  if (numbers.length === 0) return 'it sets no price and no multiplier';
  for (const key of numbers) {
    const problem = problemOfNumber(key, entry[key]);
    if (problem !== null) return problem;
  }
  return entry['from'] === undefined ? null : problemOfDate(entry['from']);
}

/**
 * Reads the user's own prices from settings. Anything may come in: what cannot be understood is left out whole, with a sentence,
 * and the rest is kept.
 */
export function parseOverrides(value: unknown): ParsedOverrides {
  if (value === undefined || value === null) return { overrides: [], problems: [] };
  if (!Array.isArray(value))
    return { overrides: [], problems: ['Price overrides are ignored: they have to be a list.'] };
  const overrides: PriceOverride[] = [];
  const problems: string[] = [];
  const entries: readonly unknown[] = value;
  for (const [index, entry] of entries.slice(0, MAX_ENTRIES).entries()) {
    const problem = problemOfEntry(entry);
    if (problem !== null) problems.push(`Price override ${index + 1} is ignored: ${problem}.`);
    else if (isObject(entry)) overrides.push(overrideOf(entry));
  }
  if (entries.length > MAX_ENTRIES) problems.push(`Price overrides after the first ${MAX_ENTRIES} are ignored.`);
  return { overrides, problems };
}

/** The entry has been checked; this only carries it over key by key. */
function overrideOf(entry: Readonly<Record<string, unknown>>): PriceOverride {
  const numbers: Partial<Record<(typeof NUMBER_KEYS)[number], number>> = {};
  for (const key of NUMBER_KEYS) {
    const number = entry[key];
    if (typeof number === 'number') numbers[key] = number;
  }
  const from = entry['from'];
  const match = String(entry['match']).trim().toLowerCase();
  return { match, ...numbers, ...(typeof from === 'string' ? { from } : {}) };
}

/** The override of a call: of all that match and hold at its time, the last one in the list. */
export function overrideFor(
  overrides: readonly PriceOverride[],
  query: Pick<PriceQuery, 'provider' | 'model' | 'atMs'>,
): PriceOverride | null {
  if (overrides.length === 0) return null;
  const { exact, id } = normaliseModelId(query.model);
  const provider = query.provider.toLowerCase();
  const texts = [...new Set([exact, id, `${provider}/${exact}`, `${provider}/${id}`])];
  const holds = ({ match, from }: PriceOverride): boolean =>
    (from === undefined || query.atMs >= Date.parse(`${from}T00:00:00Z`)) &&
    texts.some((text) => matchesGlob(match.toLowerCase(), text));
  return overrides.findLast(holds) ?? null;
}

/** The rates that an override sets, in the book's words. */
export function ratesOfOverride(override: PriceOverride): BookRates {
  const { inputUsdPerMtok, outputUsdPerMtok, cacheReadUsdPerMtok } = override;
  const { cacheWrite5mUsdPerMtok, cacheWrite1hUsdPerMtok, webSearchUsdPerThousand } = override;
  return {
    ...(inputUsdPerMtok === undefined ? {} : { input: inputUsdPerMtok }),
    ...(outputUsdPerMtok === undefined ? {} : { output: outputUsdPerMtok }),
    ...(cacheReadUsdPerMtok === undefined ? {} : { cacheRead: cacheReadUsdPerMtok }),
    ...(cacheWrite5mUsdPerMtok === undefined ? {} : { cacheWrite5m: cacheWrite5mUsdPerMtok }),
    ...(cacheWrite1hUsdPerMtok === undefined ? {} : { cacheWrite1h: cacheWrite1hUsdPerMtok }),
    ...(webSearchUsdPerThousand === undefined ? {} : { webSearch: webSearchUsdPerThousand }),
  };
}
