import { setTimeout as delay } from 'node:timers/promises';
import type { CallRecord } from '../domain/call.ts';
import { ledgerPathOf } from '../ledger/ledgerFiles.ts';
import { acquireOwnerLock } from '../ledger/ownerLock.ts';
import { startLedgerWorker } from '../ledger/startLedgerWorker.ts';
import { callControl } from '../protocol/controlClient.ts';
import { readMeterLock } from '../protocol/meterLock.ts';

const ATTEMPTS = 20;
const RETRY_MS = 250;

export interface SuccessionOptions {
  readonly dataDir: string;
  /** The bundled ledger worker. */
  readonly ledgerWorkerPath: string;
  readonly log: (line: string) => void;
}

/**
 * Books the calls that ended after this meter gave its ledger away: through the meter that has it now, or, where none has come for
 * five seconds, by taking the ledger back for a moment. Rejects where neither was possible; the calls are then found as lost.
 */
export async function bookThroughSuccessor(options: SuccessionOptions, records: readonly CallRecord[]): Promise<void> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    if (await isBookedBySuccessor(options.dataDir, records)) return;
    await delay(RETRY_MS);
  }
  await bookAlone(options, records);
}

async function isBookedBySuccessor(dataDir: string, records: readonly CallRecord[]): Promise<boolean> {
  const lock = await readMeterLock(dataDir);
  // Until the successor listens, the file is missing or still our own.
  if (lock === null || lock.pid === process.pid) return false;
  try {
    await callControl(lock, 'book', { records });
    return true;
  } catch {
    return false;
  }
}

async function bookAlone(
  { dataDir, ledgerWorkerPath, log }: SuccessionOptions,
  records: readonly CallRecord[],
): Promise<void> {
  const lock = acquireOwnerLock(dataDir);
  if (lock.state !== 'held') throw new Error('No successor has come, and the ledger cannot be taken back.');
  const ledger = startLedgerWorker({ workerUrl: ledgerWorkerPath, path: ledgerPathOf(dataDir), log });
  try {
    for (const record of records) await ledger.finish(record);
  } finally {
    await ledger.close();
    lock.release();
  }
}
