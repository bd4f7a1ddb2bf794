import type { RunListPrice } from '../../domain/run.ts';
import { zeroUsage } from '../../domain/usage.ts';
import type { Pricer } from '../../pricing/contract.ts';
import type { PriceBook } from '../../pricing/priceBook.ts';

/** A model that somebody sells as its maker, with its list prices of the moment. */
export interface ListedModel {
  readonly model: string;
  readonly price: RunListPrice;
}

/**
 * Every model of the book that its maker sells and that reads and writes text, each once. Models that write for nothing (embeddings) or
 * have no price are left out.
 */
export function listedModels(book: PriceBook, pricer: Pricer, atMs: number): readonly ListedModel[] {
  const makers = Object.entries(book.sections).filter(([, { firstParty }]) => firstParty);
  const found = makers.flatMap(([provider, { models }]) =>
    models.flatMap(({ ids }): ListedModel[] => {
      const [model] = ids;
      const price = model === undefined ? null : listPriceOf(pricer, { provider, model, atMs });
      if (model === undefined || price === null) return [];
      return price.inputNanoUsdPerMtok > 0 && price.outputNanoUsdPerMtok > 0 ? [{ model, price }] : [];
    }),
  );
  return [...new Map(found.map((listed) => [listed.model, listed])).values()];
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
