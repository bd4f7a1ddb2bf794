import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';

export type Database = DatabaseSync;
export type SqlValue = SQLInputValue;
export type SqlRow = Record<string, SQLOutputValue>;

/** What a failed statement means for whoever wants to write. `statement` is a fault of ours or of the row, not of the disk. */
export type SqliteFault = 'busy' | 'full' | 'readonly' | 'io' | 'corrupt' | 'statement';

/** A row that no version of this code can have written: the file is damaged although SQLite could read it. */
export class DamagedRow extends Error {}

/** Node's SQLite, or null where this Node has none. Loaded on first use so that a bundle can start under an older Node and say so. */
export function sqliteModule(): typeof import('node:sqlite') | null {
  // Node 22 prints a warning about the module on stderr, in the middle of a command's output; every other warning is kept.
  const emitWarning = process.emitWarning;
  process.emitWarning = () => undefined;
  try {
    return process.getBuiltinModule('node:sqlite') ?? null;
  } finally {
    process.emitWarning = emitWarning;
  }
}

/** Opens a database. Throws what SQLite throws; `faultOf` tells what it means. */
export function openDatabase(path: string, options: { readonly readOnly: boolean; readonly busyMs: number }): Database {
  const sqlite = sqliteModule();
  if (sqlite === null) throw new Error('This Node has no node:sqlite; Outlay needs Node 22.13 or newer.');
  const location = path.startsWith('file:') ? new URL(path) : path;
  const db = new sqlite.DatabaseSync(location, { readOnly: options.readOnly });
  db.exec(`PRAGMA busy_timeout = ${options.busyMs}`);
  return db;
}

const faults: Readonly<Record<number, SqliteFault>> = {
  5: 'busy',
  6: 'busy',
  8: 'readonly',
  10: 'io',
  11: 'corrupt',
  13: 'full',
  14: 'io',
  15: 'io',
  26: 'corrupt',
};

/** Sorts an error by its primary SQLite result code. Anything that is no SQLite error is a fault of the statement. */
export function faultOf(error: unknown): SqliteFault {
  if (error instanceof DamagedRow) return 'corrupt';
  return faults[resultCodeOf(error)] ?? 'statement';
}

/** SQLite's primary result code, 0 (which is no error's) where the error is none of SQLite's. */
export function resultCodeOf(error: unknown): number {
  const code = typeof error === 'object' && error !== null && 'errcode' in error ? error.errcode : null;
  return typeof code === 'number' ? code & 0xff : 0;
}

/** Whether it is the file system that refused, and not SQLite. */
export function isFileError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

/**
 * Whether this SQLite may use write-ahead logging. Builds before 3.51.3 can lose a reset of the log (fixed in the 3.50.7 and
 * 3.44.6 patch lines too); they fall back to a rollback journal.
 */
export function walIsSafe(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  if (major !== 3) return major > 3;
  if (minor === 44) return patch >= 6;
  if (minor === 50) return patch >= 7;
  if (minor === 51) return patch >= 3;
  return minor > 51;
}

/** Prepared statements of one connection, each prepared once. */
export class Statements {
  readonly db: Database;
  readonly #prepared = new Map<string, StatementSync>();

  constructor(db: Database) {
    this.db = db;
  }

  prepare(sql: string): StatementSync {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) {
      statement = this.db.prepare(sql);
      this.#prepared.set(sql, statement);
    }
    return statement;
  }

  run(sql: string, ...values: SqlValue[]): number {
    return Number(this.prepare(sql).run(...values).changes);
  }

  get(sql: string, ...values: SqlValue[]): SqlRow | undefined {
    return this.prepare(sql).get(...values);
  }

  all(sql: string, ...values: SqlValue[]): SqlRow[] {
    return this.prepare(sql).all(...values);
  }
}

export function integerOf(row: SqlRow, column: string): number {
  const value = row[column];
  if (typeof value !== 'number') throw new DamagedRow(`${column} holds no number`);
  return value;
}

export function integerOrNull(row: SqlRow, column: string): number | null {
  return row[column] === null ? null : integerOf(row, column);
}

export function textOf(row: SqlRow, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw new DamagedRow(`${column} holds no text`);
  return value;
}

export function textOrNull(row: SqlRow, column: string): string | null {
  return row[column] === null ? null : textOf(row, column);
}
