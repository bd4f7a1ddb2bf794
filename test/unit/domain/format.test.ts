import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { atLeastFigure, estimatedFigure, exactFigure, figureOf, unknownFigure } from '../../../src/domain/figure.ts';
import {
  describeFigure,
  formatFigure,
  formatTokens,
  formatUsd,
  printCompact,
  printDuration,
  printElapsed,
  printMultiple,
  printPercent,
  printPrice,
  printUsd,
  printUsdFine,
  printWhole,
} from '../../../src/domain/format.ts';

const USD = 1_000_000_000;

describe('a figure in text', () => {
  it('marks what is not exact and prints no number for the unknown', () => {
    expect(formatUsd(exactFigure(3.1 * USD))).toBe('$3.10');
    expect(formatUsd(estimatedFigure(3.1 * USD))).toBe('≈$3.10');
    expect(formatTokens(atLeastFigure(5_120))).toBe('≥5.12K');
    expect(formatTokens(unknownFigure)).toBe('-');
  });

  it('prints a lower bound of nothing as unknown, since it reads like a zero', () => {
    expect(formatUsd(atLeastFigure(0))).toBe('-');
    expect(describeFigure(atLeastFigure(0), printUsd)).toBe('unknown');
  });

  it('says the marks in words', () => {
    expect(describeFigure(estimatedFigure(12_345), printWhole)).toBe('about 12,345');
    expect(describeFigure(atLeastFigure(12_345), printWhole)).toBe('at least 12,345');
    expect(describeFigure(exactFigure(12_345), printWhole)).toBe('12,345');
    expect(describeFigure(unknownFigure, printWhole)).toBe('unknown');
  });

  it('takes its kind from how a value was found', () => {
    expect(formatFigure(figureOf(7, 'reported'), String)).toBe('7');
    expect(formatFigure(figureOf(7, 'estimated'), String)).toBe('≈7');
    expect(formatFigure(figureOf(7, 'partial'), String)).toBe('≥7');
    expect(formatFigure(figureOf(null, 'reported'), String)).toBe('-');
  });
});

describe('dollars', () => {
  it.each([
    [0, '$0.00'],
    [1, '$0.000000001'],
    [410_000, '$0.00041'],
    [4_100_000, '$0.0041'],
    [9_999_999, '$0.01'],
    [10_000_000, '$0.01'],
    [1_234_560_000_000, '$1,234.56'],
    [-500_000, '-$0.0005'],
    [-2 * USD, '-$2.00'],
  ])('prints %i nano-USD as %s', (amount, text) => {
    expect(printUsd(amount)).toBe(text);
  });

  it('never prints an amount above nothing as nothing', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9_000_000 * USD }), (amount) => {
        for (const print of [printUsd, printUsdFine, printPrice]) {
          expect(Number(print(amount).replace(/[$,]/g, ''))).toBeGreaterThan(0);
        }
      }),
    );
  });

  it('keeps a hundredth of a cent in the table of a call', () => {
    expect(printUsdFine(487_200_000)).toBe('$0.4872');
    expect(printUsdFine(250_000_000)).toBe('$0.2500');
    expect(printUsdFine(41_000)).toBe('$0.000041');
  });

  it('prints prices without rounding them', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100_000 * USD }), (amount) => {
        expect(Math.round(Number(printPrice(amount).replace(/[$,]/g, '')) * USD)).toBe(amount);
      }),
    );
    expect(printPrice(75_000_000)).toBe('$0.075');
    expect(printPrice(5 * USD)).toBe('$5.00');
  });
});

describe('counts and shares', () => {
  it.each([
    [0, '0'],
    [950, '950'],
    [12_345, '12.3K'],
    [1_050_000, '1.05M'],
  ])('prints %i in short as %s', (count, text) => {
    expect(printCompact(count)).toBe(text);
  });

  it.each([
    [0, '0%'],
    [0.001, '<1%'],
    [0.474, '47%'],
    [0.9999, '>99%'],
    [1, '100%'],
  ])('prints a share of %d as %s', (share, text) => {
    expect(printPercent(share)).toBe(text);
  });
});

describe('durations', () => {
  it.each([
    [-5, '0 ms'],
    [850, '850 ms'],
    [999.6, '1.0 s'],
    [4_230, '4.2 s'],
    [59_960, '1 min 00 s'],
    [185_000, '3 min 05 s'],
    [7_620_000, '2 h 07 min'],
  ])('prints %d ms as %s', (durationMs, text) => {
    expect(printDuration(durationMs)).toBe(text);
  });

  it.each([
    [-5, '0 s'],
    [999, '0 s'],
    [59_999, '59 s'],
    [60_000, '1 min 00 s'],
    [7_620_000, '2 h 07 min'],
  ])('counts only whole seconds that passed of %d ms: %s', (elapsedMs, text) => {
    expect(printElapsed(elapsedMs)).toBe(text);
  });
});

describe('multiples', () => {
  it.each([
    [1.224, '1.22×'],
    [999.4, '999×'],
    [999.6, '1,000×'],
    [1234.4, '1,234×'],
    [0.000_000_4, '<0.001×'],
  ])('prints %d as the multiple %s', (ratio, text) => {
    expect(printMultiple(ratio)).toBe(text);
  });
});
