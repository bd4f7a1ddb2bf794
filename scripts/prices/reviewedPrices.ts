import type { BookModel, BookRates } from '../../src/pricing/priceBook.ts';
import type { PriceDisagreement } from './findDisagreements.ts';

interface Reviewed {
  readonly section: string;
  readonly reason: string;
  readonly source: string;
}

/** Disagreements that were looked at for one reason; each item is the sentence that `unreviewed` prints. */
export interface ReviewedDisagreement extends Reviewed {
  readonly items: readonly string[];
}

/** The hand-written list: what was looked at, decided and why. Every entry names its source. */
export interface ReviewedPrices {
  /** Exact ids that neither source has, or that the main catalogue has wrongly: they win over both. */
  readonly additions: readonly (Reviewed & Pick<BookModel, 'ids' | 'rows'>)[];
  /** Rates that replace the main catalogue's in every row of a model. */
  readonly corrections: readonly (Reviewed & { readonly model: string; readonly set: BookRates })[];
  /** Models without a rate that cost nothing, as opposed to models whose rate is not known. */
  readonly free: readonly (Reviewed & { readonly models: readonly string[] })[];
  /** Fast mode of Anthropic: multiplies every token rate. */
  readonly fast: readonly (Reviewed & { readonly models: readonly string[]; readonly multiplier: number })[];
  /** Priority tier of OpenAI: multiplies every token rate. */
  readonly priority: readonly (Reviewed & { readonly models: readonly string[]; readonly multiplier: number })[];
  /** Models of the second source that are not taken over. */
  readonly notAdded: readonly (Reviewed & { readonly models: readonly string[] })[];
  /** Sections whose prices are not compared at all. */
  readonly notCompared: readonly Reviewed[];
  readonly disagreements: readonly ReviewedDisagreement[];
  /** Models that our engine prices otherwise than genai-prices' own, at any time or before a date. */
  readonly parityExceptions: readonly (Reviewed & { readonly models: readonly string[]; readonly before?: string })[];
}

/** One rate that two sources give differently, in words that name both figures: a changed price comes up again. */
export function sentenceOf(found: PriceDisagreement): string {
  return `${found.model} ${found.field}: ours ${found.ours}, theirs ${found.theirs}`;
}

/** One sentence for each disagreement that nobody has looked at, and for each that was reviewed but is no more. */
export function unreviewed(disagreements: readonly PriceDisagreement[], reviewed: ReviewedPrices): readonly string[] {
  const known = new Set(
    reviewed.disagreements.flatMap(({ section, items }) => items.map((item) => `${section}: ${item}`)),
  );
  const found = new Set(disagreements.map((entry) => `${entry.section}: ${sentenceOf(entry)}`));
  return [
    ...[...found].filter((key) => !known.has(key)).map((key) => `Not reviewed: ${key}`),
    ...[...known].filter((key) => !found.has(key)).map((key) => `Reviewed, but no longer there: ${key}`),
  ];
}
