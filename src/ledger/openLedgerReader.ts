import { copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { LedgerReader } from './contract.ts';
import { migrate, migrations, newestVersion, schemaVersionOf } from './migrations.ts';
import { Names } from './names.ts';
import { emptyQueries, ledgerQueries } from './queries.ts';
import { type Database, openDatabase, resultCodeOf, Statements } from './sqlite.ts';

/** A reader in another process may wait a little for the writer, never the writer for it. */
const readerBusyMs = 2000;

/**
 * Opens a ledger for reading, whether a meter is running or not. Answers empty where there is no file yet. One that an older Outlay wrote is
 * read from a copy that is brought up to date, until its writer has done so. Throws what SQLite throws for a file that is damaged; nothing
 * is set aside, which is the writer's to do.
 */
export function openLedgerReader(path: string): LedgerReader {
  // Throws where the folder is closed to this user, who would otherwise be told that there is nothing.
  if (!statSync(path, { throwIfNoEntry: false })) return { ...emptyQueries, close: () => undefined };
  const { db, cleanUp } = upToDate(openForReading(path));
  const close = () => {
    if (!db.isOpen) return;
    db.close();
    cleanUp();
  };
  try {
    const statements = new Statements(db);
    const queries = schemaVersionOf(db) === 0 ? emptyQueries : ledgerQueries(statements, new Names(statements));
    return { ...queries, close };
  } catch (error) {
    close();
    throw error;
  }
}

interface Opened {
  readonly db: Database;
  cleanUp(): void;
}

/** The ledger itself, or a copy of it where its tables are not yet those that are asked for. */
function upToDate(opened: Opened): Opened {
  try {
    const version = schemaVersionOf(opened.db);
    if (version === 0 || version >= newestVersion(migrations)) return opened;
  } catch (error) {
    end(opened);
    throw error;
  }
  const folder = mkdtempSync(join(tmpdir(), 'outlay-'));
  const cleanUp = () => rmSync(folder, { recursive: true, force: true });
  try {
    const copy = join(folder, 'ledger.sqlite');
    opened.db.prepare('VACUUM INTO ?').run(copy);
    const db = openDatabase(copy, { readOnly: false, busyMs: readerBusyMs });
    try {
      db.exec('PRAGMA synchronous = OFF');
      migrate(db, migrations, () => undefined);
    } catch (error) {
      db.close();
      throw error;
    }
    return { db, cleanUp };
  } catch (error) {
    cleanUp();
    throw error;
  } finally {
    end(opened);
  }
}

function end({ db, cleanUp }: Opened): void {
  db.close();
  cleanUp();
}

/**
 * Even a reader of a write-ahead log needs files beside it. In a folder that cannot be written, a ledger whose log is empty is
 * opened as the unchanging file it is, and one with a log is read from a copy.
 */
function openForReading(path: string): Opened {
  try {
    return { db: readable(path), cleanUp: () => undefined };
  } catch (error) {
    if (!isCannotOpen(error)) throw error;
  }
  const log = `${path}-wal`;
  if (!statSync(log, { throwIfNoEntry: false })?.size) {
    return { db: readable(`${pathToFileURL(path).href}?immutable=1`), cleanUp: () => undefined };
  }
  const folder = mkdtempSync(join(tmpdir(), 'outlay-'));
  const cleanUp = () => rmSync(folder, { recursive: true, force: true });
  try {
    const copy = join(folder, 'ledger.sqlite');
    copyFileSync(path, copy);
    copyFileSync(log, `${copy}-wal`);
    return { db: readable(copy), cleanUp };
  } catch (error) {
    cleanUp();
    throw error;
  }
}

function readable(path: string): Database {
  const db = openDatabase(path, { readOnly: true, busyMs: readerBusyMs });
  try {
    schemaVersionOf(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** SQLITE_CANTOPEN, or SQLITE_READONLY where the log would have to be recovered first. */
function isCannotOpen(error: unknown): boolean {
  const code = resultCodeOf(error);
  return code === 14 || code === 8;
}
