import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/domain/clock.ts';
import { ledgerPathOf } from '../../../src/ledger/ledgerFiles.ts';
import { migrations, newestVersion } from '../../../src/ledger/migrations.ts';
import { openConnection, prepareFile, setAside } from '../../../src/ledger/openConnection.ts';
import { openLedger } from '../../../src/ledger/openLedger.ts';
import { faultOf } from '../../../src/ledger/sqlite.ts';
import { call } from './callFixtures.ts';
import { execute, rowsOf } from './rawDatabase.ts';
import { tempDir } from './tempDir.ts';

const nowMs = Date.UTC(2026, 10, 22, 18, 15, 2, 123);
const stamp = '20261122T181502123Z';

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return null;
}

describe('setAside', () => {
  it('moves the file and everything beside it under one new name', () => {
    const folder = tempDir();
    const path = ledgerPathOf(folder);
    for (const suffix of ['', '-wal', '-shm', '-journal']) writeFileSync(path + suffix, suffix);
    const target = setAside(path, nowMs);
    expect(target).toBe(join(folder, `ledger.damaged-${stamp}.sqlite`));
    for (const suffix of ['', '-wal', '-shm', '-journal']) {
      expect([suffix, readFileSync(target + suffix, 'utf8')]).toEqual([suffix, suffix]);
      expect(existsSync(path + suffix)).toBe(false);
    }
  });

  it('never writes over one that was set aside before', () => {
    const folder = tempDir();
    const path = ledgerPathOf(folder);
    const names = ['a', 'b', 'c'].map((content) => {
      writeFileSync(path, content);
      return setAside(path, nowMs);
    });
    expect(names.map((name) => readFileSync(name, 'utf8'))).toEqual(['a', 'b', 'c']);
    expect(readdirSync(folder).toSorted()).toEqual([
      `ledger.damaged-${stamp}-1.sqlite`,
      `ledger.damaged-${stamp}-2.sqlite`,
      `ledger.damaged-${stamp}.sqlite`,
    ]);
  });
});

describe('prepareFile', () => {
  it('leaves a file as it is', () => {
    const path = ledgerPathOf(tempDir());
    writeFileSync(path, 'kept', { mode: 0o640 });
    prepareFile(path);
    expect(readFileSync(path, 'utf8')).toBe('kept');
  });
});

describe('openConnection', () => {
  it('opens a file of a newer schema without the right to write it, and once', () => {
    const folder = tempDir();
    const path = ledgerPathOf(folder);
    openLedger({ path, clock: systemClock, log: () => undefined }).close();
    execute(path, 'PRAGMA user_version = 99');
    const { db, newerVersion } = openConnection({ path, nowMs, migrations });
    expect(newerVersion).toBe(99);
    expect(faultOf(thrownBy(() => db.exec('CREATE TABLE mine (a INTEGER)')))).toBe('readonly');
    db.close();
    // With a handle left open SQLite would still be there.
    execute(path, 'BEGIN EXCLUSIVE; ROLLBACK; PRAGMA journal_mode = DELETE');
    expect(readdirSync(folder)).toEqual(['ledger.sqlite']);
  });

  it('leaves no handle behind when it fails', () => {
    const folder = tempDir();
    const path = ledgerPathOf(folder);
    openLedger({ path, clock: systemClock, log: () => undefined }).close();
    const newest = newestVersion(migrations);
    const broken = [...migrations, { version: newest + 1, sql: 'INSERT INTO missing VALUES (1)' }];
    expect(() => openConnection({ path, nowMs, migrations: broken })).toThrow('missing');
    execute(path, 'PRAGMA journal_mode = DELETE');
    expect(readdirSync(folder).toSorted()).toEqual(['ledger.sqlite', `ledger.version-${newest}-${stamp}.sqlite`]);
  });

  it('says what is wrong with a file that is no database', () => {
    const path = ledgerPathOf(tempDir());
    writeFileSync(path, 'no database');
    expect(() => openConnection({ path, nowMs, migrations })).toThrow('file is not a database');
    // As long as the mark of a database, and almost it.
    writeFileSync(path, 'SQLite format 3 ');
    expect(() => openConnection({ path, nowMs, migrations })).toThrow('file is not a database');
  });

  it('keeps references, wipes what is deleted, and syncs as its journal needs', () => {
    const setting = (sqliteVersion: string, pragma: string) => {
      const path = ledgerPathOf(tempDir());
      prepareFile(path);
      const { db } = openConnection({ path, nowMs, migrations, sqliteVersion });
      const value = Object.values(db.prepare(`PRAGMA ${pragma}`).get() ?? {})[0];
      db.close();
      return value;
    };
    for (const [version, journal, synchronous] of [
      ['3.53.0', 'wal', 1],
      ['3.50.4', 'delete', 2],
    ] as const) {
      expect(setting(version, 'journal_mode')).toBe(journal);
      expect(setting(version, 'synchronous')).toBe(synchronous);
      expect(setting(version, 'foreign_keys')).toBe(1);
      expect(setting(version, 'secure_delete')).toBe(1);
      expect(setting(version, 'busy_timeout')).toBe(50);
    }
  });

  it('takes a ledger with other tables, or with one column or index less, for damaged', () => {
    for (const sql of [
      'CREATE TABLE extra (a INTEGER)',
      'ALTER TABLE calls DROP COLUMN http_status',
      'DROP INDEX calls_ended',
      'DROP TABLE observations',
    ]) {
      const path = ledgerPathOf(tempDir());
      const ledger = openLedger({ path, clock: systemClock, log: () => undefined });
      ledger.writer.finish(call());
      ledger.close();
      execute(path, sql);
      const error = thrownBy(() => openConnection({ path, nowMs, migrations }));
      expect([sql, faultOf(error), String(error)]).toEqual([
        sql,
        'corrupt',
        'Error: the tables are not those of their version',
      ]);
      expect(rowsOf(path, 'SELECT count(*) AS count FROM calls')).toEqual([{ count: 1 }]);
    }
  });
});

describe('newestVersion', () => {
  it('is that of the last step, and 0 of none', () => {
    expect(newestVersion([])).toBe(0);
    expect(newestVersion([...migrations, { version: 7, sql: '' }])).toBe(7);
  });
});
