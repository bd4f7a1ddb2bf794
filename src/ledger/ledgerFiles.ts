import { join } from 'node:path';

/** The ledger of a data folder. */
export function ledgerPathOf(dataDir: string): string {
  return join(dataDir, 'ledger.sqlite');
}

/** "20261122T181502123Z": sorts by time and is legal in a file name everywhere. */
export function fileStamp(atMs: number): string {
  return new Date(atMs).toISOString().replace(/[-:.]/g, '');
}
