import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Database, openDatabase, type SqlRow, type SqlValue } from './sqlite.ts';

/** Another program's database, for reading. */
export interface ForeignDatabase {
  /** Whether there is such a table or view, with all of these columns. */
  has(table: string, ...columns: string[]): boolean;
  /** Rows one after the other, so that a large table does not fill the memory. Throws what SQLite throws. */
  rows(sql: string, ...values: SqlValue[]): Iterable<SqlRow>;
  close(): void;
}

/** A larger database with a log is left for later, until its program has ended: it would have to be copied whole. */
const maxCopyBytes = 1024 * 1024 * 1024;
const busyMs = 200;

/**
 * Opens another program's SQLite file without writing a byte beside it: with an empty log as the unchanging file that it is, else
 * from a private copy of file and log. Throws a sentence, or what SQLite throws, where that is not possible.
 */
export function openForeignDatabase(path: string): ForeignDatabase {
  const log = `${path}-wal`;
  const journal = `${path}-journal`;
  const logBytes = sizeOf(log);
  if (logBytes === 0 && sizeOf(journal) === 0) {
    return foreign(
      openDatabase(`${pathToFileURL(path).href}?immutable=1`, { readOnly: true, busyMs }),
      () => undefined,
    );
  }
  if (sizeOf(path) + logBytes > maxCopyBytes)
    throw new Error('the database is too large to be copied while it is in use');
  const folder = mkdtempSync(join(tmpdir(), 'outlay-'));
  const cleanUp = () => rmSync(folder, { recursive: true, force: true });
  try {
    const copy = join(folder, 'copy.sqlite');
    copyFileSync(path, copy, constants.COPYFILE_FICLONE);
    if (logBytes > 0) copyFileSync(log, `${copy}-wal`);
    // A hot journal is taken back by whoever opens the file for writing, which is our copy's right only.
    if (existsSync(journal)) copyFileSync(journal, `${copy}-journal`);
    return foreign(openDatabase(copy, { readOnly: false, busyMs }), cleanUp);
  } catch (error) {
    cleanUp();
    throw error;
  }
}

/** Whether a file begins like a SQLite database; false where it cannot be read. */
export function looksLikeDatabase(path: string): boolean {
  const magic = 'SQLite format 3\0';
  const header = Buffer.alloc(magic.length);
  try {
    const file = openSync(path, 'r');
    try {
      return readSync(file, header) === magic.length && header.toString('latin1') === magic;
    } finally {
      closeSync(file);
    }
  } catch {
    return false;
  }
}

function foreign(db: Database, cleanUp: () => void): ForeignDatabase {
  try {
    // Views and triggers of a strange file must not call functions with effects.
    db.exec('PRAGMA trusted_schema = OFF');
    db.exec('PRAGMA query_only = ON');
  } catch (error) {
    db.close();
    cleanUp();
    throw error;
  }
  return {
    has(table, ...columns) {
      const found = db.prepare('SELECT name FROM pragma_table_info(?)').all(table);
      const names = new Set(found.map((row) => row['name']));
      return names.size > 0 && columns.every((column) => names.has(column));
    },
    rows(sql, ...values) {
      const statement = db.prepare(sql);
      statement.setReadBigInts(true);
      return withNumbers(statement.iterate(...values) as Iterable<SqlRow>);
    },
    close() {
      if (db.isOpen) db.close();
      cleanUp();
    },
  };
}

/** SQLite throws for an integer that no double can hold, and one absurd row would end the reading: such stay bigints. */
function* withNumbers(rows: Iterable<SqlRow>): Generator<SqlRow> {
  for (const row of rows) {
    for (const [name, value] of Object.entries(row)) {
      if (typeof value === 'bigint' && Number.isSafeInteger(Number(value))) row[name] = Number(value);
    }
    yield row;
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
