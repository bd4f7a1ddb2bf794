import { copyFileSync, existsSync, symlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/domain/clock.ts';
import { ledgerPathOf } from '../../../src/ledger/ledgerFiles.ts';
import { openLedger } from '../../../src/ledger/openLedger.ts';
import { openLedgerReader } from '../../../src/ledger/openLedgerReader.ts';
import { call, callId } from './callFixtures.ts';
import { integrityOf } from './rawDatabase.ts';
import { tempDir } from './tempDir.ts';

describe('a ledger in a folder that cannot share memory', () => {
  it('is written without the shared memory that such folders refuse, and read the same', () => {
    const path = ledgerPathOf(tempDir());
    // SQLite follows no link for its shared memory, so that here it cannot make it, as on many network drives.
    symlinkSync('nowhere', `${path}-shm`);
    const ledger = openLedger({ path, clock: systemClock, log: () => undefined });
    expect(ledger.health()).toEqual({ state: 'ok' });
    ledger.writer.finish(call({ id: callId(1) }));
    ledger.writer.finish(call({ id: callId(2) }));
    expect(existsSync(`${path}-wal`)).toBe(false);
    const reader = openLedgerReader(path);
    expect(
      reader
        .calls({})
        .map(({ id }) => id)
        .sort(),
    ).toEqual([callId(1), callId(2)].sort());
    reader.close();
    ledger.close();
    expect(integrityOf(path)).toBe('ok');
  });

  it('is taken over from a folder that could, with every call in its log', () => {
    const path = ledgerPathOf(tempDir());
    const options = { clock: systemClock, log: () => undefined };
    const before = openLedger({ path, ...options });
    before.writer.finish(call({ id: callId(1) }));
    // As a copy of the folder holds it whose writer was not asked to end.
    const there = ledgerPathOf(tempDir());
    copyFileSync(path, there);
    copyFileSync(`${path}-wal`, `${there}-wal`);
    before.close();
    symlinkSync('nowhere', `${there}-shm`);
    for (const id of [callId(2), callId(3)]) {
      const ledger = openLedger({ path: there, ...options });
      expect(ledger.health()).toEqual({ state: 'ok' });
      ledger.writer.finish(call({ id }));
      ledger.close();
    }
    const reader = openLedgerReader(there);
    expect(
      reader
        .calls({})
        .map(({ id }) => id)
        .sort(),
    ).toEqual([1, 2, 3].map(callId).sort());
    reader.close();
  });
});
