import { asObject, field } from '../wire/json.ts';
import type { JsonValue } from './contract.ts';
import { instantOf } from './counts.ts';

const withoutZone = /^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?$/;

/** The instant of a column: SQLite's own `datetime('now')` is UTC and does not say so. */
export function columnInstant(value: unknown): number | null {
  return instantOf(typeof value === 'string' && withoutZone.test(value) ? `${value.replace(' ', 'T')}Z` : value);
}

/** A number that a reader kept between two reads, or null. */
export function keptNumber(state: JsonValue, name: string): number | null {
  const value = field(asObject(state), name);
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : null;
}
