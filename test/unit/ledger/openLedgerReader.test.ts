import { chmodSync, copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/domain/clock.ts';
import { ledgerPathOf } from '../../../src/ledger/ledgerFiles.ts';
import { migrations } from '../../../src/ledger/migrations.ts';
import { openLedger } from '../../../src/ledger/openLedger.ts';
import { openLedgerReader } from '../../../src/ledger/openLedgerReader.ts';
import { task } from './budgetFixtures.ts';
import { call, callId } from './callFixtures.ts';
import { watchTemporaries } from './faultyFiles.ts';
import { execute } from './rawDatabase.ts';
import { asUnprivileged, tempDir } from './tempDir.ts';
import { failEachStatement, sqliteError, watchDatabases } from './watchedDatabases.ts';

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
    const reader = openLedgerReader(crashedLedger());
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
      const folder = dirname(copy);
      closeFolder(copy);
      const before = readdirSync(folder);
      asUnprivileged(() => {
        const reader = openLedgerReader(copy);
        expect(reader.calls({})).toHaveLength(1);
        reader.close();
      });
      expect(readdirSync(folder)).toEqual(before);
    }
  });

  it('does not take a folder that is closed to this user for an empty one', () => {
    const path = ledgerPathOf(tempDir());
    openLedger({ path, ...options }).close();
    chmodSync(dirname(path), 0o000);
    asUnprivileged(() => expect(() => openLedgerReader(path)).toThrow('EACCES'));
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

  it('changes nothing, neither the ledger nor the log that a crashed writer left', () => {
    const path = crashedLedger();
    const bytes = () => ['', '-wal'].map((suffix) => readFileSync(path + suffix));
    const before = bytes();
    const reader = openLedgerReader(path);
    expect(reader.calls({})).toHaveLength(1);
    reader.close();
    expect(bytes()).toEqual(before);
  });

  it('reads what an older Outlay wrote from a copy, which is gone when it is closed', () => {
    const path = olderLedger();
    const temporaries = watchTemporaries();
    const watch = watchDatabases();
    const reader = openLedgerReader(path);
    expect([...reader.taskTitles().values()]).toEqual(['Fix login']);
    expect(temporaries.left().map((folder) => basename(folder))).toEqual([expect.stringMatching(/^outlay-/)]);
    // The ledger itself is let go: SQLite would not do this to one that is open elsewhere.
    execute(path, 'PRAGMA journal_mode = DELETE');
    reader.close();
    expect([temporaries.left(), watch.open()]).toEqual([[], 0]);
  });

  it('reads it from a folder that cannot be written too, and removes every copy', () => {
    const path = olderLedger({ isClosed: false });
    closeFolder(path);
    const temporaries = watchTemporaries();
    asUnprivileged(() => {
      const reader = openLedgerReader(path);
      expect([...reader.taskTitles().values()]).toEqual(['Fix login']);
      expect(temporaries.made()).toHaveLength(2);
      expect(temporaries.left()).toHaveLength(1);
      reader.close();
      expect(temporaries.left()).toEqual([]);
    });
  });

  it('needs no copy where there is nothing to read, or nothing in the log', () => {
    const empty = ledgerPathOf(tempDir());
    writeFileSync(empty, '');
    const logged = ledgerPathOf(tempDir());
    const ledger = openLedger({ path: logged, ...options });
    ledger.writer.finish(call());
    ledger.close();
    writeFileSync(`${logged}-wal`, '');
    closeFolder(logged);
    const temporaries = watchTemporaries();
    const callsIn = (path: string) => {
      const reader = openLedgerReader(path);
      const records = reader.calls({});
      reader.close();
      return records;
    };
    expect(callsIn(empty)).toEqual([]);
    expect(asUnprivileged(() => callsIn(logged))).toEqual([call()]);
    expect(temporaries.made()).toEqual([]);
  });

  it('leaves nothing open and no copy behind, whatever it fails at, and says what that was', () => {
    const unwritable = crashedLedger();
    closeFolder(unwritable);
    const cases = [olderLedger(), crashedLedger(), unwritable];
    const temporaries = watchTemporaries();
    // A full disk, and what is no error of SQLite’s.
    for (const failure of [sqliteError(13), new Error('out of memory')]) {
      for (const path of cases) {
        const open = () => asUnprivileged(() => openLedgerReader(path)).close();
        const failed = failEachStatement(
          failure,
          path === unwritable ? open : () => openLedgerReader(path).close(),
          (seen) => {
            expect(seen).toEqual({ thrown: failure, open: 0 });
            expect(temporaries.left()).toEqual([]);
          },
        );
        expect(failed).toBeGreaterThan(1);
      }
    }
  });
});

/** A closed ledger of the version before this one, with one task, or one whose writer was not asked to end. */
function olderLedger({ isClosed = true } = {}): string {
  const path = ledgerPathOf(tempDir());
  const ledger = openLedger({ path, ...options, migrations: migrations.slice(0, -1) });
  ledger.budget.saveTask(task({ title: 'Fix login' }));
  const copy = isClosed ? path : copyOf(path);
  ledger.close();
  return copy;
}

function crashedLedger(): string {
  const path = ledgerPathOf(tempDir());
  const ledger = openLedger({ path, ...options });
  ledger.writer.finish(call());
  const crashed = copyOf(path);
  ledger.close();
  return crashed;
}

/** Lets everybody read a ledger, and nobody write it or anything beside it. */
function closeFolder(path: string): void {
  const folder = dirname(path);
  for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o444);
  chmodSync(folder, 0o555);
}

/** The files of a ledger as a crash of this moment would leave them. */
function copyOf(path: string): string {
  const copy = ledgerPathOf(tempDir());
  for (const suffix of ['', '-wal']) {
    if (existsSync(path + suffix)) copyFileSync(path + suffix, copy + suffix);
  }
  return copy;
}
