/** A cell that was read, or what is wrong with it in words that follow the name of its column. */
export type Cell<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

const unknown = { ok: true, value: null } as const;
const wrong = (problem: string) => ({ ok: false, problem }) as const;

/** Texts that tables write where they know nothing. "NaN" is not among them: it is the result of a calculation that went wrong. */
const blanks = new Set(['', '-', 'na', 'n/a', 'none', 'null', 'unknown']);
const yes = new Set(['1', '1.0', 'true', 'yes', 'pass', 'passed']);
const no = new Set(['0', '0.0', 'false', 'no', 'fail', 'failed', 'abandoned']);

const LONGEST_NAME = 500;
const LONGEST_SHOWN = 40;
/** Beyond it a count or a time is a slip, and sums would stop being exact. */
const MOST = 1e15;

export function isBlank(text: string): boolean {
  return blanks.has(text.trim().toLowerCase());
}

/** A name, verbatim but for blanks around it; null where there is none. */
export function nameCell(text: string): Cell<string | null> {
  const name = text.trim();
  if (name.length > LONGEST_NAME) return wrong(`has more than ${LONGEST_NAME} characters`);
  return { ok: true, value: name === '' ? null : name };
}

/** Yes or no. */
export function passedCell(text: string): Cell<boolean | null> {
  const word = text.trim().toLowerCase();
  if (isBlank(word)) return unknown;
  if (yes.has(word)) return { ok: true, value: true };
  return no.has(word) ? { ok: true, value: false } : wrong(`is ${shown(text)}, and can be 1 or 0 only`);
}

/** A count or a time, at least 0; fractions are fine, since tables hold means. */
export function amountCell(text: string): Cell<number | null> {
  return decimalCell(text, 0);
}

/**
 * Dollars as nano-USD. The decimal point is moved in the text, so that "0.1" is exactly 100,000,000 and equal texts are equal amounts; figures finer than a
 * nano-USD keep their fraction.
 */
export function usdCell(text: string): Cell<number | null> {
  return decimalCell(text.trim().replace(/^\$ ?/, ''), 9);
}

function decimalCell(text: string, shift: number): Cell<number | null> {
  const written = text.trim();
  if (isBlank(written)) return unknown;
  const match = /^([+-]?)(\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})(?:[eE]([+-]?\d{1,3}))?$/.exec(written);
  if (match === null) return wrong(`is ${shown(written)}, which is no number${hint(written)}`);
  const [, sign = '', digits = '', exponent = '0'] = match;
  const value = Number(`${digits}e${Number(exponent) + shift}`);
  if (sign === '-' && value !== 0) return wrong(`is ${shown(written)}, which is below 0`);
  if (value > MOST * 10 ** shift) return wrong(`is ${shown(written)}, which is more than can be`);
  return { ok: true, value };
}

function hint(written: string): string {
  return /^\d+(?:,\d+)+$/.test(written) ? ' (write a decimal point, and no separators of thousands)' : '';
}

/** An ISO 8601 date or time (without a zone: UTC), or seconds or milliseconds since 1970. */
export function timeCell(text: string): Cell<number | null> {
  const written = text.trim();
  if (isBlank(written)) return unknown;
  const since1970 = /^\d{9,10}(?:\.\d{1,9})?$/.test(written)
    ? Number(written) * 1000
    : /^\d{12,13}$/.test(written)
      ? Number(written)
      : null;
  if (since1970 !== null) return { ok: true, value: Math.round(since1970) };
  const iso = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?) ?(Z|[+-]\d{2}:?\d{2})?)?$/i.exec(
    written,
  );
  const [, day = '', time = '00:00', zone = 'Z'] = iso ?? [];
  const fullZone = /^[+-]\d{4}$/.test(zone) ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone.toUpperCase();
  const atMs = iso === null ? Number.NaN : Date.parse(`${day}T${time}${fullZone}`);
  return Number.isNaN(atMs)
    ? wrong(`is ${shown(written)}, which is no date like 2026-11-23T14:05:00Z`)
    : { ok: true, value: atMs };
}

function shown(text: string): string {
  const written = text.trim();
  return JSON.stringify(written.length > LONGEST_SHOWN ? `${written.slice(0, LONGEST_SHOWN)}…` : written);
}
