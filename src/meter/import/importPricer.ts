import type { PriceImported } from '../../ledger/importContract.ts';
import type { PriceOverride } from '../../pricing/contract.ts';
import { createPricer } from '../../pricing/createPricer.ts';
import { loadPriceBook } from '../../pricing/priceBook.ts';

/** Prices calls of logs by the book and the user's own prices. */
export async function importPricer(overrides: readonly PriceOverride[]): Promise<PriceImported> {
  const pricer = createPricer({ book: await loadPriceBook(), overrides });
  return (query) => pricer.price(query);
}
