import type { LedgerHealth } from '../ledger/contract.ts';
import type { Notice } from '../protocol/snapshot.ts';

/** What the user reads about the state of the books; null when all is well. */
export function healthNotice(health: LedgerHealth): Notice | null {
  switch (health.state) {
    case 'ok':
      return null;
    case 'recovered':
      return {
        id: 'ledger',
        severity: 'warning',
        text: `The ledger was damaged. It was set aside as ${health.setAsidePath}, and a new one was begun.`,
      };
    case 'waiting':
      return {
        id: 'ledger',
        severity: 'error',
        text: `Calls cannot be written to the ledger (${health.reason}): ${health.waiting} wait in memory${droppedText(health.dropped)}. Agents are not affected.`,
      };
    case 'memory':
      return {
        id: 'ledger',
        severity: 'error',
        text: `Nothing is kept after this session, because the data folder cannot be used: ${health.reason}`,
      };
    case 'newer-schema':
      return {
        id: 'ledger',
        severity: 'error',
        text: `The ledger was written by a newer Outlay and is only read: ${health.reason}`,
      };
  }
}

function droppedText(dropped: number): string {
  return dropped > 0 ? `, and ${dropped} had to be given up` : '';
}
