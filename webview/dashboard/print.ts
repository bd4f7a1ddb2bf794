import type { Interval } from '../../src/analysis/contract.ts';
import type { Figure } from '../../src/domain/figure.ts';
import {
  formatFigure,
  printCompact,
  printDuration,
  printMultiple,
  printPercent,
  printPrice,
  printUsd,
  printUsdFine,
} from '../../src/domain/format.ts';
import type { Cell } from './tableModel.ts';

/** Unknown, in every table. */
export const UNKNOWN = '-';

export const usd = (nanoUsd: number | null): Cell => cell(nanoUsd, printUsd, (value) => value / 1e9);
export const usdFine = (nanoUsd: number | null): Cell => cell(nanoUsd, printUsdFine, (value) => value / 1e9);
/** Dollars with the mark of what is not sure about them. */
export const usdFigure = (figure: Figure): Cell => ({
  text: formatFigure(figure, printUsd),
  raw: figure.kind === 'unknown' ? null : figure.value / 1e9,
});
/** A list price, in dollars per million tokens. */
export const price = (nanoUsd: number | null): Cell => cell(nanoUsd, printPrice, (value) => value / 1e9);
export const share = (value: number | null): Cell => cell(value, printPercent);
export const tokens = (count: number | null): Cell => cell(count, printCompact);
export const count = (value: number | null): Cell => cell(value, (whole) => whole.toLocaleString('en-US'));
export const duration = (seconds: number | null): Cell => cell(seconds, (value) => printDuration(value * 1000));
export const times = (ratio: number | null): Cell => cell(ratio, printMultiple);
export const decimals = (value: number | null): Cell => cell(value, (exact) => exact.toFixed(3));
export const words = (text: string): Cell => ({ text });
export const foreign = (text: string): Cell => ({ text: text === '' ? UNKNOWN : text, raw: text, isForeign: true });

function cell(
  value: number | null,
  print: (value: number) => string,
  raw: (value: number) => number = (same) => same,
): Cell {
  return value === null ? { text: UNKNOWN, raw: null } : { text: print(value), raw: raw(value) };
}

export function intervalCell(interval: Interval | null): Cell {
  if (interval === null) return { text: UNKNOWN, raw: null };
  return {
    text: `${printMultiple(interval[0])} to ${printMultiple(interval[1])}`,
    raw: `${interval[0]} to ${interval[1]}`,
  };
}

/** "0.5×", "2×": for axes of ratios. */
export function printAxisTimes(ratio: number): string {
  return `${Number(ratio.toPrecision(3))}×`;
}

/** Cents and above with two digits, below with as many as say something; for axes. */
export function printAxisUsd(nanoUsd: number): string {
  const dollars = nanoUsd / 1e9;
  if (dollars === 0) return '$0';
  if (Math.abs(dollars) >= 1000) return `$${printCompact(dollars)}`;
  return `$${Number(dollars.toPrecision(3))}`;
}

export function printDay(atMs: number): string {
  return new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' }).format(atMs);
}
