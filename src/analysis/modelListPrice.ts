import type { Run, RunListPrice } from '../domain/run.ts';

/**
 * The list price that a model is ranked by: that of its newest dated run; without dates the one that most runs have. Ties go to the
 * dearer one, so that the order of runs is irrelevant. Null where no run has one. O(n).
 */
export function modelListPrice(runs: readonly Run[]): RunListPrice | null {
  const counted = new Map<string, { readonly price: RunListPrice; count: number; newestMs: number }>();
  for (const { listPrice, startedAtMs } of runs) {
    if (listPrice === null) continue;
    const key = priceKey(listPrice);
    const entry = counted.get(key) ?? { price: listPrice, count: 0, newestMs: Number.NEGATIVE_INFINITY };
    entry.count += 1;
    entry.newestMs = Math.max(entry.newestMs, startedAtMs ?? Number.NEGATIVE_INFINITY);
    counted.set(key, entry);
  }
  const [best] = [...counted.values()].toSorted(
    (a, b) => byNewest(a.newestMs, b.newestMs) || b.count - a.count || sumOf(b.price) - sumOf(a.price),
  );
  return best?.price ?? null;
}

/** The figure that models are ranked by, in nano-USD per million tokens; null where the list price is unknown. */
export function weightedListPrice(
  price: RunListPrice | null,
  weights: { readonly input: number; readonly output: number },
): number | null {
  if (price === null) return null;
  return weights.input * price.inputNanoUsdPerMtok + weights.output * price.outputNanoUsdPerMtok;
}

export function isSamePrice(a: RunListPrice, b: RunListPrice): boolean {
  return priceKey(a) === priceKey(b);
}

/** By what is ranked: a source that names prices of caching as well is no other price. */
function priceKey(price: RunListPrice): string {
  return `${price.inputNanoUsdPerMtok} ${price.outputNanoUsdPerMtok}`;
}

function byNewest(a: number, b: number): number {
  return a === b ? 0 : b - a;
}

function sumOf(price: RunListPrice): number {
  return price.inputNanoUsdPerMtok + price.outputNanoUsdPerMtok;
}
