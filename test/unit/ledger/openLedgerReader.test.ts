import { chmodSync, copyFileSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/domain/clock.ts';
import { ledgerPathOf } from '../../../src/ledger/ledgerFiles.ts';
import { openLedger } from '../../../src/ledger/openLedger.ts';
import { openLedgerReader } from '../../../src/ledger/openLedgerReader.ts';
import { call, callId } from './callFixtures.ts';
import { asUnprivileged, tempDir } from './tempDir.ts';

const options = { clock: systemClock, log: () => undefined };

describe('openLedgerReader', () => {
  it('answers empty where there is no ledger yet, and makes none', () => {
    const folder = tempDir();
    const reader = openLedgerReader(ledgerPathOf(folder));
    expect(reader.report({ by: 'model' })).toEqual([]);
    expect(reader.calls({})).toEqual([]);
    expect(reader.costSince(0)).toEqual([]);
    expect([reader.reconcile('s'), reader.sessionsBothWays(9), reader.corrections(), reader.imports()]).toEqual([
      [],
      [],
      [],
      [],
    ]);
    expect(reader.sessionParts({ by: 'day', agents: ['claude-code'] })).toEqual([]);
    expect([reader.importedRuns(null), reader.modelUsage(), reader.history('model')]).toEqual([[], [], []]);
    expect(reader.taskRuns()).toEqual({ runs: [], sharedTasks: 0 });
    expect([reader.latestPrices().size, reader.taskTitles().size]).toEqual([0, 0]);
    reader.close();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('answers empty for a file that holds nothing yet', () => {
    const path = ledgerPathOf(tempDir());
    writeFileSync(path, '');
    const reader = openLedgerReader(path);
    expect(reader.calls({})).toEqual([]);
    reader.close();
  });

  it('sees each commit while the writer goes on, and never holds it up', () => {
    const path = ledgerPathOf(tempDir());
    const ledger = openLedger({ path, ...options });
    ledger.writer.finish(call({ id: callId(0) }));
    const reader = openLedgerReader(path);
    for (let index = 1; index <= 50; index++) {
      ledger.writer.finish(call({ id: callId(index) }));
      expect(reader.report({ by: 'model' })[0]?.calls).toBe(index + 1);
      expect(reader.calls({})).toHaveLength(index + 1);
    }
    reader.close();
    ledger.close();
  });

  it('reads what a crashed writer left in its log', () => {
    const folder = tempDir();
    const ledger = openLedger({ path: ledgerPathOf(folder), ...options });
    ledger.writer.finish(call());
    const crashed = copyOf(ledgerPathOf(folder));
    ledger.close();
    const reader = openLedgerReader(crashed);
    expect(reader.calls({})).toHaveLength(1);
    reader.close();
  });

  it('reads a folder that cannot be written, with a log and without', () => {
    const path = ledgerPathOf(tempDir());
    const ledger = openLedger({ path, ...options });
    ledger.writer.finish(call());
    const withLog = copyOf(path);
    ledger.close();
    const withoutLog = copyOf(path);
    expect(existsSync(`${withLog}-wal`)).toBe(true);
    expect(existsSync(`${withoutLog}-wal`)).toBe(false);
    for (const copy of [withLog, withoutLog]) {
      const folder = join(copy, '..');
      for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o444);
      chmodSync(folder, 0o555);
      const before = readdirSync(folder);
      asUnprivileged(() => {
        const reader = openLedgerReader(copy);
        expect(reader.calls({})).toHaveLength(1);
        reader.close();
      });
      expect(readdirSync(folder)).toEqual(before);
    }
  });

  it('reads nothing more once it is closed, which may be said twice', () => {
    const path = ledgerPathOf(tempDir());
    const ledger = openLedger({ path, ...options });
    ledger.writer.finish(call());
    ledger.close();
    const reader = openLedgerReader(path);
    expect(reader.calls({})).toHaveLength(1);
    reader.close();
    expect(() => reader.calls({})).toThrow();
    expect(() => reader.close()).not.toThrow();
  });

  it('throws for a damaged file and leaves it where it is', () => {
    const folder = tempDir();
    const path = ledgerPathOf(folder);
    writeFileSync(path, Buffer.alloc(8192, 0x41));
    expect(() => openLedgerReader(path)).toThrow();
    expect(readdirSync(folder)).toEqual(['ledger.sqlite']);
  });
});

/** The files of a ledger as a crash of this moment would leave them. */
function copyOf(path: string): string {
  const copy = ledgerPathOf(tempDir());
  for (const suffix of ['', '-wal']) {
    if (existsSync(path + suffix)) copyFileSync(path + suffix, copy + suffix);
  }
  return copy;
}
