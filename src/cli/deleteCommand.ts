import { systemClock } from '../domain/clock.ts';
import { ledgerPathOf } from '../ledger/ledgerFiles.ts';
import { openLedger } from '../ledger/openLedger.ts';
import { acquireOwnerLock } from '../ledger/ownerLock.ts';
import { CliError } from './cliError.ts';
import { askMeter } from './meterClient.ts';

/**
 * Deletes the calls that started before an instant (all when null): through the meter where one runs, else by itself. Returns how
 * many; throws a sentence where nothing was deleted.
 */
export async function deleteCalls(
  dataDir: string,
  beforeMs: number | null,
  log: (sentence: string) => void,
): Promise<number> {
  const answer = await askMeter(dataDir, 'deleteData', { beforeMs });
  if (answer.state === 'answered') return answer.result.deleted;
  const lock = acquireOwnerLock(dataDir);
  if (lock.state === 'unwritable') throw new CliError(lock.reason);
  // Whoever answers is the meter only if somebody holds the lock: another program may have taken the port of one that has died.
  if (lock.state === 'taken') {
    if (answer.state === 'refused') throw new CliError(answer.sentence);
    throw new CliError('Another process of Outlay is using the ledger but does not answer; try again in a moment.');
  }
  try {
    return deleteByItself(dataDir, beforeMs, log);
  } finally {
    lock.release();
  }
}

function deleteByItself(dataDir: string, beforeMs: number | null, log: (sentence: string) => void): number {
  const ledger = openLedger({ path: ledgerPathOf(dataDir), clock: systemClock, log });
  try {
    const health = ledger.health();
    if (health.state === 'memory' || health.state === 'newer-schema') throw new CliError(health.reason);
    return ledger.writer.deleteBefore(beforeMs);
  } finally {
    ledger.close();
  }
}
