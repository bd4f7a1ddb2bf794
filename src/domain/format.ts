import type { Figure } from './figure.ts';
import { usdOf } from './money.ts';

/**
 * The only place where a figure becomes text. "-" is unknown, "≈" estimated by us, "≥" a lower bound; an exact figure has no mark.
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
      return `≥${print(figure.value)}`;
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
      return `at least ${print(figure.value)}`;
  }
}

const cents = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 3 });
const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** Dollars of a nano-USD amount: cents from one cent up, else two significant digits, so that a small cost never reads as $0.00. */
export function printUsd(amountNanoUsd: number): string {
  if (amountNanoUsd === 0) return '$0.00';
  const usd = usdOf(amountNanoUsd);
  const size = Math.abs(usd);
  if (size >= 0.01) return usd < 0 ? `-$${cents.format(size)}` : `$${cents.format(size)}`;
  const digits = Math.min(9, 1 - Math.floor(Math.log10(size)));
  const text = size.toFixed(digits).replace(/0+$/, '');
  return usd < 0 ? `-$${text}` : `$${text}`;
}

/** A count in at most three significant digits: 950, 12.3K, 1.05M. */
export function printCompact(count: number): string {
  return Math.abs(count) < 1000 ? whole.format(count) : compact.format(count);
}

/** A count in full, with separators. */
export function printWhole(count: number): string {
  return whole.format(count);
}

/** A duration in the two units that matter: 850 ms, 4.2 s, 3 min 05 s, 2 h 07 min. */
export function printDuration(durationMs: number): string {
  if (durationMs < 1000) return `${Math.max(0, Math.round(durationMs))} ms`;
  const seconds = durationMs / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const wholeSeconds = Math.floor(seconds);
  const minutes = Math.floor(wholeSeconds / 60);
  if (minutes < 60) return `${minutes} min ${String(wholeSeconds % 60).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

export const formatUsd = (figure: Figure): string => formatFigure(figure, printUsd);
export const formatTokens = (figure: Figure): string => formatFigure(figure, printCompact);
