import type { Dimension } from './budget.ts';
import { NANO_USD_PER_USD } from './money.ts';
import { withoutTrailingZeros } from './withoutTrailingZeros.ts';

/** A limit as somebody wrote it: its value in the dimension's own unit, or a sentence about what is wrong with it. */
export type ParsedAmount =
  | { readonly ok: true; readonly value: number }
  | { readonly ok: false; readonly problem: string };

/** A million dollars: no budget of a task is above it, so that more is a slip. Far below where nano-USD stop being exact. */
export const MAX_USD = 1_000_000;
/** A thousand billion tokens or calls. */
export const MAX_COUNT = 1_000_000_000_000;

const LONGEST_TEXT = 40;
const suffixes: Readonly<Record<string, number>> = { k: 3, m: 6, b: 9 };

const problem = (text: string): ParsedAmount => ({ ok: false, problem: text });

/**
 * Reads a limit: "5", "$5", "5.25", "1,000" for dollars; "200000", "200,000", "200k", "1.5M" for the rest. Everything is read in digits,
 * never as a floating-point number, so that the limit is exactly what was written. 0 is a limit, and lets nothing through; a suffix is
 * for counts only, since "200k" among dollars is more likely a limit of tokens in the wrong place.
 */
export function parseAmount(dimension: Dimension, text: string): ParsedAmount {
  const isUsd = dimension === 'costNanoUsd';
  const written = text.trim();
  if (written === '') return problem(isUsd ? 'Write an amount, for example 5 or 5.25.' : 'Write a number.');
  const shown = written.length > LONGEST_TEXT ? `${written.slice(0, LONGEST_TEXT)}…` : written;
  if (/^\$?\s*[-\u2212]/.test(written)) return problem(`${shown} is below zero: a limit is 0 or more.`);
  if (!isUsd && written.startsWith('$')) return problem(`${shown} is dollars: this limit is a number without a sign.`);
  const match = /^\$? ?(\d{1,40}|\d{1,3}(?:,\d{3}){1,12})(?:\.(\d{1,40}))? ?([kKmMbB]?)$/.exec(written);
  if (match === null) return problem(notAnAmount(shown, isUsd));
  const [, whole = '', fraction = '', suffix = ''] = match;
  if (isUsd && suffix !== '') return problem(`Write dollars in full: ${shown} could also mean tokens.`);
  const decimals = isUsd ? 9 : (suffixes[suffix.toLowerCase()] ?? 0);
  const kept = withoutTrailingZeros(fraction);
  if (kept.length > decimals) {
    return problem(isUsd ? `${shown} is finer than a limit can be.` : `${shown} is no whole number.`);
  }
  const value = BigInt(whole.replaceAll(',', '') + kept.padEnd(decimals, '0'));
  const most = isUsd ? BigInt(MAX_USD) * BigInt(NANO_USD_PER_USD) : BigInt(MAX_COUNT);
  if (value > most) {
    return problem(`${shown} is more than a limit can be (${isUsd ? '$1,000,000' : '1,000,000,000,000'}).`);
  }
  return { ok: true, value: Number(value) };
}

function notAnAmount(shown: string, isUsd: boolean): string {
  const example = isUsd ? '5 or $5.25' : '200000, 200,000 or 200k';
  return `${JSON.stringify(shown)} is no amount: write digits only, for example ${example}.`;
}
