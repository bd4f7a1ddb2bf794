import { accessSync, closeSync, constants, existsSync, openSync, readSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileStamp } from './ledgerFiles.ts';
import { makePrivateFolder } from './makePrivateFolder.ts';
import { type Migration, migrate, newestVersion, schemaVersionOf } from './migrations.ts';
import { DamagedRow, type Database, faultOf, openDatabase, textOf, walIsSafe } from './sqlite.ts';

/** The writer runs in a thread of its own and retries; a short wait there harms nobody. */
const writerBusyMs = 50;

export interface ConnectionOptions {
  readonly path: string;
  readonly nowMs: number;
  readonly migrations: readonly Migration[];
  /** For tests; the version of the SQLite in use where left out. */
  readonly sqliteVersion?: string | undefined;
}

export interface Connection {
  readonly db: Database;
  /** Set where the file was written by a newer Outlay; the connection is read-only then. */
  readonly newerVersion: number | null;
}

/**
 * Opens a ledger file for writing: checks it, migrates it after a backup, and sets it up. Throws what SQLite throws: a damaged
 * file as `corrupt`, a full or busy disk as such, so that the caller can set aside, or wait.
 */
export function openConnection(options: ConnectionOptions): Connection {
  if (options.path !== ':memory:') checkHeader(options.path);
  let db = openReadable(options.path);
  try {
    checkIntegrity(db);
    const version = schemaVersionOf(db);
    if (version > newestVersion(options.migrations)) {
      db.close();
      return { db: openDatabase(options.path, { readOnly: true, busyMs: writerBusyMs }), newerVersion: version };
    }
    if (!walIsSafe(options.sqliteVersion ?? sqliteVersionOf(db))) setJournal(db, 'DELETE');
    else if (!usesLog(db)) db = withoutLog(db, options.path);
    setUp(db);
    migrate(db, options.migrations, (from) => backUp(db, options, from));
    checkShape(db, options.migrations);
    return { db, newerVersion: null };
  } catch (error) {
    if (db.isOpen) db.close();
    throw error;
  }
}

/**
 * Makes the folder and the file, both for this user only. Throws the file system's error where that is not possible. A file that
 * exists is not opened: closing it again would give up locks that SQLite holds on it in this process.
 */
export function prepareFile(path: string): void {
  const folder = dirname(path);
  makePrivateFolder(folder);
  accessSync(folder, constants.W_OK);
  if (existsSync(path)) accessSync(path, constants.W_OK);
  else closeSync(openSync(path, 'wx', 0o600));
}

/** Renames a damaged ledger with its log, so that nothing of it is lost. Returns its new path. */
export function setAside(path: string, nowMs: number): string {
  const stamp = fileStamp(nowMs);
  for (let attempt = 0; ; attempt++) {
    const name = `ledger.damaged-${stamp}${attempt === 0 ? '' : `-${attempt}`}.sqlite`;
    const target = join(dirname(path), name);
    if (existsSync(target)) continue;
    // The log goes first: a new ledger must never meet the old one's log.
    for (const suffix of ['-wal', '-shm', '-journal', '']) {
      if (existsSync(path + suffix)) renameSync(path + suffix, target + suffix);
    }
    return target;
  }
}

/** Looked at before SQLite opens the file, because SQLite removes the log of a file that it does not recognise. */
function checkHeader(path: string): void {
  const magic = 'SQLite format 3\0';
  const header = Buffer.alloc(magic.length);
  const file = openSync(path, 'r');
  try {
    const length = readSync(file, header);
    if (length > 0 && header.toString('latin1', 0, length) !== magic) throw new DamagedRow('file is not a database');
  } finally {
    closeSync(file);
  }
}

function checkIntegrity(db: Database): void {
  const row = db.prepare('PRAGMA quick_check(1)').get() ?? {};
  const verdict = textOf(row, 'quick_check');
  if (verdict !== 'ok') throw new DamagedRow(verdict);
}

/** A damaged byte in the text of the schema leaves a sound file in which nothing is found under its name. */
function checkShape(db: Database, migrations: readonly Migration[]): void {
  const fresh = openDatabase(':memory:', { readOnly: false, busyMs: 0 });
  try {
    migrate(fresh, migrations, () => undefined);
    if (shapeOf(db) !== shapeOf(fresh)) throw new DamagedRow('the tables are not those of their version');
  } finally {
    fresh.close();
  }
}

/** Columns, references and indexes by name, not the text of the schema, which several versions of SQLite may word differently. */
function shapeOf(db: Database): string {
  const sql = `WITH t AS (SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%')
    SELECT t.name || ' has ' || c.name || ' ' || c.type AS line FROM t JOIN pragma_table_info(t.name) c
    UNION ALL SELECT t.name || ' refers to ' || f."table" || ' ' || f."from" || ' ' || ifnull(f."to", '') || ' ' || f.on_delete
      FROM t JOIN pragma_foreign_key_list(t.name) f
    UNION ALL SELECT t.name || ' sorts ' || i.seqno || ' ' || ifnull(i.name, '') || ' ' || l."unique" || l.partial
      FROM t JOIN pragma_index_list(t.name) l JOIN pragma_index_info(l.name) i
    ORDER BY line`;
  return db
    .prepare(sql)
    .all()
    .map((row) => textOf(row, 'line'))
    .join('\n');
}

function sqliteVersionOf(db: Database): string {
  return textOf(db.prepare('SELECT sqlite_version() AS version').get() ?? {}, 'version');
}

function setUp(db: Database): void {
  db.exec('PRAGMA foreign_keys = ON');
  db.exec('PRAGMA secure_delete = ON');
  // Keys come in no order: with the default of 2 MB every other look-up of a large import would read a page again. More than the indexes of
  // some ten thousand calls need is memory that is held for nothing.
  db.exec('PRAGMA cache_size = -6144');
  db.exec('PRAGMA wal_autocheckpoint = 4000');
  const mode = textOf(db.prepare('PRAGMA journal_mode').get() ?? {}, 'journal_mode');
  // A rollback journal needs a full sync to survive a power cut unharmed; the log does not.
  db.exec(`PRAGMA synchronous = ${mode === 'wal' ? 'NORMAL' : 'FULL'}`);
}

/** A ledger with a log may have come to a folder where no log works. */
function openReadable(path: string): Database {
  const db = openDatabase(path, { readOnly: false, busyMs: writerBusyMs });
  try {
    return canRead(db) ? db : withoutLog(db, path);
  } catch (error) {
    if (db.isOpen) db.close();
    throw error;
  }
}

/** Whether the file system lets anything be read. SQLite sets up a log without trying whether it can be used. */
function canRead(db: Database): boolean {
  try {
    db.prepare('SELECT count(*) FROM sqlite_schema').get();
    return true;
  } catch (error) {
    if (faultOf(error) === 'io') return false;
    throw error;
  }
}

function usesLog(db: Database): boolean {
  try {
    setJournal(db, 'WAL');
    return canRead(db);
  } catch {
    return false;
  }
}

/**
 * Opens the file again with a rollback journal, after what is in the log was taken into it. A log needs shared memory, which network
 * folders refuse in several ways; only whoever has the file for itself from the first access on can do without.
 */
function withoutLog(unusable: Database, path: string): Database {
  unusable.close();
  const alone = openDatabase(path, { readOnly: false, busyMs: writerBusyMs });
  try {
    alone.exec('PRAGMA locking_mode = EXCLUSIVE');
    setJournal(alone, 'DELETE');
  } finally {
    alone.close();
  }
  return openDatabase(path, { readOnly: false, busyMs: writerBusyMs });
}

function setJournal(db: Database, mode: 'WAL' | 'DELETE'): string {
  return textOf(db.prepare(`PRAGMA journal_mode = ${mode}`).get() ?? {}, 'journal_mode');
}

function backUp(db: Database, options: ConnectionOptions, fromVersion: number): void {
  const name = `ledger.version-${fromVersion}-${fileStamp(options.nowMs)}.sqlite`;
  const target = join(dirname(options.path), name);
  closeSync(openSync(target, 'wx', 0o600));
  db.prepare('VACUUM INTO ?').run(target);
}
