import {
  copyFileSync,
  existsSync,
  fstatSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/domain/clock.ts';
import { ledgerPathOf } from '../../../src/ledger/ledgerFiles.ts';
import { type Migration, migrations, newestVersion } from '../../../src/ledger/migrations.ts';
import { openConnection, prepareFile, setAside } from '../../../src/ledger/openConnection.ts';
import { openLedger } from '../../../src/ledger/openLedger.ts';
import { faultOf } from '../../../src/ledger/sqlite.ts';
import { call } from './callFixtures.ts';
import { whileFilesFail } from './faultyFiles.ts';
import { execute, rowsOf } from './rawDatabase.ts';
import { tempDir } from './tempDir.ts';
import { failEachStatement, sqliteError, watchDatabases } from './watchedDatabases.ts';

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

  it('says no where the folder, which the log needs, or the file itself cannot be written', () => {
    const path = ledgerPathOf(tempDir());
    prepareFile(path);
    for (const refused of [dirname(path), path]) {
      const prepare = () => whileFilesFail('accessSync', { code: 'EROFS', path: refused }, () => prepareFile(path));
      expect(prepare).toThrow('EROFS');
    }
    expect(() => prepareFile(path)).not.toThrow();
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

  it('leaves a file that is no database, and the log beside it, as they are', () => {
    const path = ledgerPathOf(tempDir());
    const contents = { '': Buffer.alloc(8192, 0x41), '-wal': Buffer.alloc(5000, 0x42) };
    for (const [suffix, bytes] of Object.entries(contents)) writeFileSync(path + suffix, bytes);
    expect(() => openConnection({ path, nowMs, migrations })).toThrow('file is not a database');
    for (const [suffix, bytes] of Object.entries(contents)) expect(readFileSync(path + suffix)).toEqual(bytes);
    expect(descriptorsOf(path)).toEqual([]);
  });

  it('finds a damaged page of rows before anything is written', () => {
    const path = closedLedger();
    const [root] = rowsOf(path, `SELECT rootpage, page_size FROM sqlite_schema, pragma_page_size WHERE name = 'calls'`);
    const pageBytes = Number(root?.['page_size']);
    const bytes = readFileSync(path);
    const end = Number(root?.['rootpage']) * pageBytes;
    writeFileSync(path, bytes.fill(0xa5, end - pageBytes, end));
    expect(faultOf(thrownBy(() => openConnection({ path, nowMs, migrations })))).toBe('corrupt');
    expect(readFileSync(path)).toEqual(bytes);
  });

  it('leaves a ledger its log that is only busy', () => {
    const path = closedLedger();
    let isBusy = true;
    const watch = watchDatabases(() => {
      const error = isBusy ? sqliteError(5) : null;
      isBusy = false;
      return error;
    });
    expect(faultOf(thrownBy(() => openConnection({ path, nowMs, migrations })))).toBe('busy');
    expect(watch.open()).toBe(0);
    expect(rowsOf(path, 'PRAGMA journal_mode')).toEqual([{ journal_mode: 'wal' }]);
  });

  it('waits a moment for others where no log works too', () => {
    const path = withoutSharedMemory(closedLedger());
    const watch = watchDatabases();
    const { db } = openConnection({ path, nowMs, migrations });
    expect(db.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'delete' });
    expect(db.prepare('PRAGMA busy_timeout').get()).toEqual({ timeout: 50 });
    expect(watch.open()).toBe(1);
    db.close();
  });

  it('leaves nothing open, whatever it fails at, and says what that was', () => {
    const older = smallLedger();
    const full = sqliteError(13);
    const thrown: unknown[] = [];
    const work = () => {
      const path = ledgerPathOf(tempDir());
      copyFileSync(older, path);
      openConnection({ path, nowMs, migrations: [step(1), step(2)] }).db.close();
    };
    failEachStatement(full, work, (seen) => {
      thrown.push(seen.thrown);
      expect(seen.open).toBe(0);
    });
    expect(thrown.length).toBeGreaterThan(10);
    // A log that cannot be set up, or not be read then, is done without.
    expect(thrown.filter((error) => error === null).length).toBeLessThanOrEqual(2);
    expect(thrown.filter((error) => error !== null && error !== full)).toEqual([]);
  });

  it('leaves nothing open either where neither a log works nor the file can be had alone', () => {
    const fresh = ledgerPathOf(tempDir());
    prepareFile(fresh);
    for (const path of [fresh, smallLedger()].map(withoutSharedMemory)) {
      const busy = sqliteError(5);
      const watch = watchDatabases((sql) => (sql === 'PRAGMA locking_mode = EXCLUSIVE' ? busy : null));
      expect(thrownBy(() => openConnection({ path, nowMs, migrations: [step(1)] }))).toBe(busy);
      watch.end();
      expect(watch.open()).toBe(0);
    }
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
      'ALTER TABLE calls RENAME COLUMN http_status TO http_state',
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

/** A step of a schema that is quicker to make than that of the books. */
function step(version: number): Migration {
  return { version, sql: `CREATE TABLE t${version} (a INTEGER)` };
}

function smallLedger(): string {
  const path = ledgerPathOf(tempDir());
  prepareFile(path);
  openConnection({ path, nowMs, migrations: [step(1)] }).db.close();
  return path;
}

/** A ledger with one call, all of it in its file. */
function closedLedger(): string {
  const path = ledgerPathOf(tempDir());
  const ledger = openLedger({ path, clock: systemClock, log: () => undefined });
  ledger.writer.finish(call());
  ledger.close();
  return path;
}

/** SQLite follows no link for its shared memory, so that it cannot make it, as on many network drives. */
function withoutSharedMemory(path: string): string {
  symlinkSync('nowhere', `${path}-shm`);
  return path;
}

/** The descriptors of this process that are open on a file. */
function descriptorsOf(path: string): readonly number[] {
  const { dev, ino } = statSync(path);
  return Array.from({ length: 512 }, (_, descriptor) => descriptor).filter((descriptor) => {
    try {
      const seen = fstatSync(descriptor);
      return seen.dev === dev && seen.ino === ino;
    } catch {
      return false;
    }
  });
}

describe('newestVersion', () => {
  it('is that of the last step, and 0 of none', () => {
    expect(newestVersion([])).toBe(0);
    expect(newestVersion([...migrations, { version: 7, sql: '' }])).toBe(7);
  });
});
