import { DatabaseSync } from 'node:sqlite';
import { onTestFinished } from 'vitest';

export interface WatchedDatabases {
  /** How many that were opened since are open. */
  open(): number;
  end(): void;
}

/** An error as SQLite's are, of a result code. */
export function sqliteError(errcode: number): Error {
  return Object.assign(new Error('made up by the test'), { errcode });
}

/**
 * Sees every database that is opened until the end, also those whose files nobody can find any more, and has statements fail for which
 * there is an error. How long a connection waits for others is set without the file: that does not fail.
 */
export function watchDatabases(errorOf: (sql: string) => Error | null = () => null): WatchedDatabases {
  const { exec, prepare } = DatabaseSync.prototype;
  const seen = new Set<DatabaseSync>();
  const check = (db: DatabaseSync, sql: string): void => {
    seen.add(db);
    const error = sql.startsWith('PRAGMA busy_timeout') ? null : errorOf(sql);
    if (error !== null) throw error;
  };
  DatabaseSync.prototype.exec = function watched(sql) {
    check(this, sql);
    exec.call(this, sql);
  };
  DatabaseSync.prototype.prepare = function watched(sql, options) {
    check(this, sql);
    return prepare.call(this, sql, options);
  };
  const end = () => void Object.assign(DatabaseSync.prototype, { exec, prepare });
  onTestFinished(end);
  return { open: () => [...seen].filter((db) => db.isOpen).length, end };
}

/**
 * Does work again and again, each time with the next of its statements failing, until none is left to fail. What it throws is given to
 * `check` each time, null for nothing, and how many databases are open still.
 */
export function failEachStatement(
  error: Error,
  work: () => unknown,
  check: (seen: { readonly thrown: unknown; readonly open: number }) => void,
): number {
  for (let count = 0; ; count += 1) {
    let left = count;
    const watch = watchDatabases(() => (left-- === 0 ? error : null));
    let thrown: unknown = null;
    try {
      work();
    } catch (caught) {
      thrown = caught;
    } finally {
      watch.end();
    }
    if (left >= 0) return count;
    check({ thrown, open: watch.open() });
  }
}
