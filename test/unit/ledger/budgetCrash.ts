import { once } from 'node:events';
import { expect } from 'vitest';
import { dimensions } from '../../../src/domain/budget.ts';
import { systemClock } from '../../../src/domain/clock.ts';
import { keyOf } from '../../../src/ledger/callRow.ts';
import { ledgerPathOf } from '../../../src/ledger/ledgerFiles.ts';
import { openLedger } from '../../../src/ledger/openLedger.ts';
import { ownerAlive } from '../../../src/ledger/owner.ts';
import { taskKey } from './budgetFixtures.ts';
import { callId } from './callFixtures.ts';
import { startChild } from './childProcess.ts';
import { integrityOf, rowsOf } from './rawDatabase.ts';
import { tempDir } from './tempDir.ts';

const options = { timeZone: 'UTC', clock: systemClock, log: () => undefined };

/**
 * Kills a process that holds and settles without end, so many times, and looks at the rows that it leaves: every hold that was said to be
 * committed is there, the next owner resolves each open one once, and what is spent is the sum of the charges.
 */
export async function killHolders(kills: number): Promise<void> {
  const path = ledgerPathOf(tempDir());
  for (let round = 0; round < kills; round += 1) {
    const child = startChild('holder.child.ts', [path, String((round + 1) * 1_000_000)]);
    const quota = 3 + ((round * 37) % 60);
    const held: number[] = [];
    child.lines.on('line', (line) => {
      const [word, index] = line.split(' ');
      if (word === 'held') held.push(Number(index));
      if (held.length === quota) child.process.kill('SIGKILL');
    });
    // Until it is reaped a process counts as alive.
    await Promise.all([once(child.lines, 'close'), once(child.process, 'exit')]);
    const known = new Set(rowsOf(path, 'SELECT hex(call_id) AS id FROM holds').map((row) => row['id']));
    const hexOf = (index: number) =>
      Buffer.from(keyOf(callId(index)) as Uint8Array)
        .toString('hex')
        .toUpperCase();
    expect(held.filter((index) => !known.has(hexOf(index)))).toEqual([]);
    const open = Number(rowsOf(path, `SELECT count(*) AS count FROM holds WHERE state = 'held'`)[0]?.['count']);
    const before = chargesOf(path);
    for (const sweep of ['first', 'second']) {
      const ledger = openLedger({ path, ...options });
      ledger.writer.sweepLost(ownerAlive);
      const [account] = ledger.budget.accounts([taskKey]);
      ledger.close();
      const after = chargesOf(path);
      expect([sweep, after.calls - before.calls]).toEqual([sweep, open]);
      expect(account).toMatchObject({ openHolds: 0, spent: after });
      expect(dimensions.filter((name) => account?.held[name] !== 0)).toEqual([]);
    }
  }
  expect(integrityOf(path)).toBe('ok');
  // Nothing that was held came to nothing.
  expect(rowsOf(path, 'SELECT count(*) AS free FROM charges WHERE nano_usd = 0 AND estimated = 0')[0]?.['free']).toBe(
    0,
  );
}

function chargesOf(path: string): {
  readonly calls: number;
  readonly costNanoUsd: number;
  readonly outputTokens: number;
} {
  const sql = 'SELECT count(*) AS calls, sum(nano_usd) AS cost, sum(output_tokens) AS output FROM charges';
  const [row] = rowsOf(path, sql);
  return { calls: Number(row?.['calls']), costNanoUsd: Number(row?.['cost']), outputTokens: Number(row?.['output']) };
}
