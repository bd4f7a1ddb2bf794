import { parentPort, workerData } from 'node:worker_threads';
import type { PriceImported } from '../ledger/importContract.ts';
import type { LedgerWorkerOptions } from '../ledger/messages.ts';
import { runLedgerThread } from '../ledger/runLedgerThread.ts';
import { createPricer } from '../pricing/createPricer.ts';
import { parseOverrides } from '../pricing/overrides.ts';
import { loadPriceBook } from '../pricing/priceBook.ts';

/** The ledger's thread, with the prices for what logs tell of. Messages that come before the book is loaded wait in the port. */
async function run(): Promise<void> {
  const port = parentPort;
  if (port === null) return;
  const book = await loadPriceBook();
  let pricer = createPricer({ book });
  const price: PriceImported = (query) => pricer.price(query);
  runLedgerThread(port, workerData as LedgerWorkerOptions, {
    price,
    set: (overrides) => {
      pricer = createPricer({ book, overrides: parseOverrides(overrides).overrides });
    },
  });
}

void run();
