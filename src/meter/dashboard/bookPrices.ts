import type { RunListPrice } from '../../domain/run.ts';
import { zeroUsage } from '../../domain/usage.ts';
import type { Pricer } from '../../pricing/contract.ts';
import { normaliseModelId } from '../../pricing/normaliseModelId.ts';
import type { PriceBook } from '../../pricing/priceBook.ts';
import { currentModels } from './currentModels.ts';

/** A model of the book, with its list prices of the moment. */
export interface ListedModel {
  /** Unique; for display. The model's id, and for one that its maker does not sell "via" whom. */
  readonly name: string;
  /** Ids that calls may name it by, in lower case; the first one is its own. */
  readonly ids: readonly string[];
  /** Whose price it is: a section of the book. */
  readonly seller: string;
  /** One of its maker's models that one would code with today. */
  readonly isCurrent: boolean;
  readonly price: RunListPrice;
}

/**
 * Every model of the book that reads and writes text, each once: at its maker's price, or where no maker sells it at the first seller's. Models that write for
 * nothing (embeddings) or have no price are left out.
 */
export function listedModels(book: PriceBook, pricer: Pricer, atMs: number): readonly ListedModel[] {
  const current = currentModels(book);
  const sections = Object.entries(book.sections).toSorted(
    ([, a], [, b]) => Number(b.firstParty) - Number(a.firstParty),
  );
  const listed: ListedModel[] = [];
  const known = new Set<string>();
  for (const [seller, { firstParty, models }] of sections) {
    for (const { ids } of models) {
      const [id = ''] = ids;
      // A maker's dated snapshot is a model of its own; a reseller's is one more name of the same.
      const names = firstParty ? [id] : ids.flatMap((other) => [other, plainName(other)]);
      const price = names.some((name) => known.has(name))
        ? null
        : listPriceOf(pricer, { provider: seller, model: id, atMs });
      if (price === null || price.inputNanoUsdPerMtok <= 0 || price.outputNanoUsdPerMtok <= 0) continue;
      const isCurrent = current.get(seller)?.has(id) ?? false;
      listed.push({ name: firstParty ? id : `${plainName(id)} via ${seller}`, ids, seller, isCurrent, price });
      for (const name of [...names, ...ids, ...ids.map(plainName)]) known.add(name);
    }
  }
  return listed;
}

/** An id without route, region, revision and date. */
function plainName(id: string): string {
  return normaliseModelId(id).id.replace(/^(?:us-gov|us|eu|apac|jp|au|ca|sa|in|global)\./, '');
}

/** Finds the entry of a model as calls name it: by its id, else by the name without route, region and date. */
export function listedFinder(listed: readonly ListedModel[]): (model: string) => ListedModel | null {
  const byId = new Map(listed.toReversed().flatMap((entry) => entry.ids.map((id) => [id, entry] as const)));
  return (model) => {
    const { exact, dated, id } = normaliseModelId(model);
    return byId.get(exact) ?? byId.get(dated) ?? byId.get(id) ?? null;
  };
}

/** What the book, or the user, says that a model lists; null for one without a price. */
export function listPriceOf(
  pricer: Pricer,
  of: { readonly provider: string; readonly model: string; readonly atMs: number },
): RunListPrice | null {
  const { rates } = pricer.price({
    ...of,
    usage: { ...zeroUsage, inputTokens: 1, outputTokens: 1 },
    serviceTier: null,
    speed: null,
    inferenceGeo: null,
    billedNanoUsd: null,
  });
  const [first] = rates;
  if (first === undefined) return null;
  return {
    inputNanoUsdPerMtok: first.inputNanoUsdPerMtok,
    outputNanoUsdPerMtok: first.outputNanoUsdPerMtok,
    cacheReadNanoUsdPerMtok: first.cacheReadNanoUsdPerMtok,
    cacheWriteNanoUsdPerMtok: first.cacheWrite5mNanoUsdPerMtok,
  };
}
