import type { LedgerWorker } from '../../ledger/startLedgerWorker.ts';
import type { ReconcileControlMap } from '../../protocol/reconcile.ts';
import { memberOf } from './controlParams.ts';
import { type ControlHandlers, ControlProblem } from './controlServer.ts';

const MOST_SESSIONS = 200;

/** One handler for each entry of the map about wire and log. */
export function reconcileHandlers(
  books: Pick<LedgerWorker, 'reconcile' | 'sessionsBothWays'>,
): Pick<ControlHandlers, keyof ReconcileControlMap> {
  return {
    sessionsBothWays: async () => ({ sessions: await books.sessionsBothWays(MOST_SESSIONS) }),
    reconcile: async (params) => {
      const session = memberOf(params, 'session');
      if (typeof session !== 'string') throw new ControlProblem('"session" must be a text.');
      return { calls: await books.reconcile(session) };
    },
  };
}
