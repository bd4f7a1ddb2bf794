import type { LedgerWorker } from '../../ledger/startLedgerWorker.ts';
import { localDayOf, weekStartOf } from './localDays.ts';
import type { Books } from './snapshotSource.ts';

const RECENT_CALLS = 50;

/** What a snapshot shows of the books, in one round trip to the ledger. Rejects where they cannot be read. */
export async function readBooks(
  ledger: Pick<LedgerWorker, 'now'>,
  nowMs: number,
  windowStartMs: number,
): Promise<Books> {
  const { today, week, recent, costSince, corrections } = await ledger.now({
    today: localDayOf(nowMs),
    weekSince: weekStartOf(nowMs),
    recentLimit: RECENT_CALLS,
    costSinceMs: windowStartMs,
  });
  const billed = costSince.filter(({ auth }) => auth !== 'subscription');
  const spent = billed.reduce((sum, { costNanoUsd }) => sum + costNanoUsd, 0);
  return { today, week, recent, corrections, billedOfWindowNanoUsd: spent };
}
