import { describe, expect, it } from 'vitest';
import { BudgetZone } from '../../../src/ledger/budgetZone.ts';
import { ledgerPathOf } from '../../../src/ledger/ledgerFiles.ts';
import { spent } from './budgetFixtures.ts';
import { openBooks } from './importFixtures.ts';
import { execute } from './rawDatabase.ts';
import { tempDir } from './tempDir.ts';

/** Noon in UTC is the next day there already. */
const kiritimati = { timeZone: 'Pacific/Kiritimati' };

/** The days of the machine's accounts that a call of noon in UTC was charged to. */
function daysCharged(path: string): readonly boolean[] {
  const ledger = openBooks(path);
  ledger.writer.finish(spent(1, 7));
  const accounts = ledger.budget.accounts(['machine day 2026-11-22', 'machine day 2026-11-23']);
  ledger.close();
  return accounts.map(({ spent }) => spent.costNanoUsd > 0);
}

function policyOf(path: string, policy: unknown): void {
  const ledger = openBooks(path);
  ledger.budget.savePolicy(policy);
  ledger.close();
}

describe('the zone of budgets', () => {
  it('is the one that the user’s limits name, also after the ledger was opened again', () => {
    const path = ledgerPathOf(tempDir());
    policyOf(path, kiritimati);
    expect(daysCharged(path)).toEqual([false, true]);
  });

  it('is the ledger’s own where there are no limits, or what is kept of them is not readable', () => {
    const path = ledgerPathOf(tempDir());
    expect(daysCharged(path)).toEqual([true, false]);
    policyOf(path, kiritimati);
    execute(path, `UPDATE policy SET value = '{'`);
    expect(daysCharged(path)).toEqual([true, false]);
  });

  it.each([
    [null],
    ['Pacific/Kiritimati'],
    [{}],
    [{ timeZone: null }],
    [{ timeZone: 12 }],
    [{ timeZone: 'Nowhere/Land' }],
    [{ timeZone: '' }],
  ])('is the ledger’s own again with limits that name none: %j', (policy) => {
    const zone = new BudgetZone('UTC');
    expect(zone.name).toBe('UTC');
    zone.follow(kiritimati);
    expect(zone.name).toBe('Pacific/Kiritimati');
    zone.follow(policy);
    expect(zone.name).toBe('UTC');
  });
});
