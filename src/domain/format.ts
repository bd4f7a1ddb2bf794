import type { Figure } from './figure.ts';
import { usdOf } from './money.ts';

/**
 * The only place where a figure becomes text. "-" is unknown, "≈" estimated by us, "≥" a lower bound; an exact figure has no mark.
 * A lower bound of zero says nothing and reads like a false zero, so it is printed as unknown.
 */
export function formatFigure(figure: Figure, print: (value: number) => string): string {
  switch (figure.kind) {
    case 'unknown':
      return '-';
    case 'exact':
      return print(figure.value);
    case 'estimated':
      return `≈${print(figure.value)}`;
    case 'atLeast':
      return figure.value <= 0 ? '-' : `≥${print(figure.value)}`;
  }
}

/** A figure in words, for screen readers and tooltips: the marks are not read aloud well. */
export function describeFigure(figure: Figure, print: (value: number) => string): string {
  switch (figure.kind) {
    case 'unknown':
      return 'unknown';
    case 'exact':
      return print(figure.value);
    case 'estimated':
      return `about ${print(figure.value)}`;
    case 'atLeast':
      return figure.value <= 0 ? 'unknown' : `at least ${print(figure.value)}`;
  }
}

const cents = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 3 });
const rate = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 9 });
const fine = new Intl.NumberFormat('en-US', { minimumFractionDigits: 4, maximumFractionDigits: 4 });
const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** Dollars of a nano-USD amount: cents from one cent up, else two significant digits, so that a small cost never reads as $0.00. */
export function printUsd(amountNanoUsd: number): string {
  return signed(amountNanoUsd, (usd) => (usd >= 0.01 ? cents.format(usd) : twoDigits(usd)));
}

/** Dollars to a hundredth of a cent, for the table of one call; below that as `printUsd`. */
export function printUsdFine(amountNanoUsd: number): string {
  return signed(amountNanoUsd, (usd) => (usd >= 0.0001 ? fine.format(usd) : twoDigits(usd)));
}

/** A price in full: a rate of $0.075 per million tokens must not be rounded to $0.08. */
export function printPrice(amountNanoUsd: number): string {
  return signed(amountNanoUsd, (usd) => rate.format(usd));
}

function signed(amountNanoUsd: number, print: (usd: number) => string): string {
  if (amountNanoUsd === 0) return '$0.00';
  return `${amountNanoUsd < 0 ? '-' : ''}$${print(Math.abs(usdOf(amountNanoUsd)))}`;
}

function twoDigits(usd: number): string {
  return usd.toFixed(Math.min(9, 1 - Math.floor(Math.log10(usd)))).replace(/0+$/, '');
}

/** A share in whole percent; what is above nothing is never shown as 0%, what is below all never as 100%. */
export function printPercent(share: number): string {
  if (share > 0 && share < 0.01) return '<1%';
  if (share < 1 && share > 0.99) return '>99%';
  return `${Math.round(share * 100)}%`;
}

/** A count in at most three significant digits: 950, 12.3K, 1.05M. */
export function printCompact(count: number): string {
  return Math.abs(count) < 1000 ? whole.format(count) : compact.format(count);
}

/** A ratio as a multiple with three significant digits: 1.22×, 340×, <0.001×. */
export function printMultiple(ratio: number): string {
  // From here on three digits round to 1,000, which would be written with an exponent as very small ratios are.
  if (ratio >= 999.5) return `${printWhole(Math.round(ratio))}×`;
  const digits = ratio.toPrecision(3);
  return `${digits.includes('e') ? '<0.001' : digits}×`;
}

/** A count in full, with separators. */
export function printWhole(count: number): string {
  return whole.format(count);
}

/** A duration in the two units that matter: 850 ms, 4.2 s, 3 min 05 s, 2 h 07 min. */
export function printDuration(durationMs: number): string {
  const millis = Math.max(0, Math.round(durationMs));
  if (millis < 1000) return `${millis} ms`;
  const tenths = Math.round(millis / 100);
  return tenths < 600 ? `${(tenths / 10).toFixed(1)} s` : printMinutes(Math.floor(millis / 1000));
}

/** The age of something that runs, in whole seconds that have passed: 4 s, 3 min 05 s, 2 h 07 min. */
export function printElapsed(elapsedMs: number): string {
  const seconds = Math.floor(Math.max(0, elapsedMs) / 1000);
  return seconds < 60 ? `${seconds} s` : printMinutes(seconds);
}

function printMinutes(seconds: number): string {
  const minutes = Math.max(1, Math.floor(seconds / 60));
  if (minutes < 60) return `${minutes} min ${String(seconds < 60 ? 0 : seconds % 60).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

export const formatUsd = (figure: Figure): string => formatFigure(figure, printUsd);
export const formatTokens = (figure: Figure): string => formatFigure(figure, printCompact);
