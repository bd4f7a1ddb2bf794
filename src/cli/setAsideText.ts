import type { LedgerHealth } from '../ledger/contract.ts';
import { healthNotice } from '../meter/healthNotice.ts';

/** What a command says of books that it found damaged when it opened them to write: whoever comes later finds sound ones. */
export function setAsideText(health: LedgerHealth): string {
  return health.state === 'recovered' ? `${healthNotice(health)?.text}\n` : '';
}
