import { asObject, field } from '../wire/json.ts';
import type { JsonValue, SourceFile } from './contract.ts';
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

/**
 * The time of the newest row, as it was kept between two reads; 0 for everything. A clock that was ahead leaves rows of times that have not
 * come: what is written until they come would be taken for old, so that all is read again once the file is older than that.
 */
export function keptTime(state: JsonValue, name: string, { mtimeMs }: SourceFile): number {
  const kept = keptNumber(state, name) ?? 0;
  return kept > mtimeMs ? 0 : kept;
}

/** What to keep of the newest row's time: no row was written after its file. */
export function timeToKeep(latestMs: number, { mtimeMs }: SourceFile): number {
  return Math.min(latestMs, Math.floor(mtimeMs));
}
