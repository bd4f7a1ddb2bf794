import { createModelFinder } from '../../src/pricing/findBookModel.ts';
import { rowAt } from '../../src/pricing/listRates.ts';
import type { BookRates, BookRow, PriceBook } from '../../src/pricing/priceBook.ts';
import { PI_SOURCE, rowOfPi } from './buildPriceBook.ts';
import type { PiCatalogue } from './piCatalogue.ts';
import type { ReviewedPrices } from './reviewedPrices.ts';
import { SECTION_PLANS } from './sections.ts';

/** A rate that both sources give and give differently. Rates are USD per million tokens, with the prompt length that they start at. */
export interface PriceDisagreement {
  readonly section: string;
  readonly model: string;
  readonly field: string;
  readonly ours: string;
  readonly theirs: string;
}

const FIELDS: readonly (keyof BookRates)[] = ['input', 'output', 'cacheRead', 'cacheWrite5m'];
/** Half a percent: the sources round fractions differently. */
const TOLERANCE = 0.005;

function differs(ours: number, theirs: number): boolean {
  return Math.abs(ours - theirs) > TOLERANCE * Math.max(ours, theirs);
}

/** A threshold that differs by one token is the same one: a price list says "over 272K", a catalogue has to pick a side. */
function thresholdsOf(row: BookRow): string {
  const thousands = row.tiers?.map(({ above }) => `>${Math.round(above / 1000)}k`) ?? [];
  return thousands.length === 0 ? 'none' : thousands.join(' ');
}

/** Where a source has no rate for a field there is nothing to disagree about. */
function compareRows(ours: BookRow, theirs: BookRow): readonly Pick<PriceDisagreement, 'field' | 'ours' | 'theirs'>[] {
  const found: Pick<PriceDisagreement, 'field' | 'ours' | 'theirs'>[] = [];
  const compare = (label: string, a: BookRates, b: BookRates): void => {
    for (const field of FIELDS) {
      const [our, their] = [a[field], b[field]];
      if (our !== undefined && their !== undefined && differs(our, their))
        found.push({ field: `${field}${label}`, ours: String(our), theirs: String(their) });
    }
  };
  compare('', ours, theirs);
  const [ourTiers, theirTiers] = [thresholdsOf(ours), thresholdsOf(theirs)];
  if (ourTiers !== theirTiers) found.push({ field: 'tiers', ours: ourTiers, theirs: theirTiers });
  else
    for (const [index, tier] of (ours.tiers ?? []).entries())
      compare(`>${Math.round(tier.above / 1000)}k`, tier, theirs.tiers?.[index] ?? {});
  return found;
}

/** Compares the book on a date, outside the hours of any time-of-day row, with the second source. */
export function findDisagreements(
  book: PriceBook,
  options: { readonly pi: PiCatalogue; readonly reviewed: ReviewedPrices; readonly atMs: number },
): readonly PriceDisagreement[] {
  const find = createModelFinder(book);
  const skipped = new Set(options.reviewed.notCompared.map(({ section }) => section));
  const found = new Map<string, PriceDisagreement>();
  for (const [section, plan] of Object.entries(SECTION_PLANS)) {
    if (skipped.has(section)) continue;
    // Further files of a section only add models: they are lists for other products with the same prices.
    for (const model of options.pi.providers[plan.pi[0] ?? ''] ?? []) {
      const theirs = rowOfPi(model);
      const ours = find(section, model.id);
      if (theirs === null || ours === null || ours.section !== section || ours.model.source === PI_SOURCE) continue;
      for (const difference of compareRows(rowAt(ours.model, options.atMs), theirs)) {
        const disagreement = { section, model: model.id, ...difference };
        found.set(`${section} ${model.id} ${difference.field}`, disagreement);
      }
    }
  }
  return [...found.values()];
}

/** Noon of the date that a source's version ends in, "... (2026-11-10)": the day that its prices are compared on. */
export function bookDateMs(version: string): number {
  const date = /\((\d{4}-\d{2}-\d{2})\)/.exec(version)?.[1];
  if (date === undefined) throw new Error(`A version without a date: ${version}`);
  return Date.parse(`${date}T12:00:00Z`);
}
