import { LedgerInMemory, LedgerReadOnly } from './openLedger.ts';
import { faultOf, type SqliteFault } from './sqlite.ts';

const sentences: Readonly<Record<Exclude<SqliteFault, 'statement' | 'corrupt'>, string>> = {
  full: 'The disk is full, so nothing about tasks and budgets can be written.',
  readonly: 'The ledger cannot be written, and so nothing about tasks and budgets.',
  busy: 'Another program is using the ledger, so nothing about tasks and budgets can be written.',
  io: 'The disk does not take the ledger, so nothing about tasks and budgets can be written.',
};

/** Why something about tasks or budgets was not done, as one sentence. */
export function budgetFaultSentence(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof LedgerInMemory) return `Tasks and budgets are not kept: ${message}`;
  if (error instanceof LedgerReadOnly) return `Tasks and budgets are only read: ${message}`;
  const fault = faultOf(error);
  if (fault !== 'statement' && fault !== 'corrupt') return sentences[fault];
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
  return code === 'ENOSPC' || code === 'EDQUOT' ? sentences.full : message;
}
