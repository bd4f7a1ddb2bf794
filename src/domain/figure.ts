import type { UsageProvenance } from './call.ts';

/**
 * A number as it may be shown. Unknown prints "-", estimated "≈", a lower bound "≥"; a surface never decides which. Every view,
 * the status bar and the CLI print figures through `format.ts` only.
 */
export type Figure =
  | { readonly kind: 'exact'; readonly value: number }
  | { readonly kind: 'estimated'; readonly value: number }
  | { readonly kind: 'atLeast'; readonly value: number }
  | { readonly kind: 'unknown' };

export const unknownFigure: Figure = { kind: 'unknown' };

export const exactFigure = (value: number): Figure => ({ kind: 'exact', value });
export const estimatedFigure = (value: number): Figure => ({ kind: 'estimated', value });
export const atLeastFigure = (value: number): Figure => ({ kind: 'atLeast', value });

/** What a figure adds to a sum: its value, or nothing where it is unknown. The sum must then carry a mark of its own. */
export function amountOf(figure: Figure): number {
  return figure.kind === 'unknown' ? 0 : figure.value;
}

/** The figure of one recorded value: exact where the provider reported it, a lower bound where the stream was cut. */
export function figureOf(value: number | null, provenance: UsageProvenance): Figure {
  if (value === null) return unknownFigure;
  switch (provenance) {
    case 'reported':
      return exactFigure(value);
    case 'estimated':
      return estimatedFigure(value);
    case 'partial':
      return atLeastFigure(value);
  }
}

/** The value behind a figure; null where it is unknown. */
export function knownValue(figure: Figure): number | null {
  return figure.kind === 'unknown' ? null : figure.value;
}
