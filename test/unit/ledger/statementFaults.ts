import { Statements } from '../../../src/ledger/sqlite.ts';

const injected = 'the disk is full, says the test';

/** Makes every statement after so many fail as SQLite does on a full disk. Returns what ends that. */
export function failAfter(statements: number): () => void {
  let left = statements;
  return failWhere(() => {
    left -= 1;
    return left < 0;
  });
}

/** The same for the statements that it is true of, by their SQL. */
export function failWhere(fails: (sql: string) => boolean): () => void {
  const real = Statements.prototype.prepare;
  Statements.prototype.prepare = function prepare(sql) {
    if (fails(sql)) throw Object.assign(new Error(injected), { errcode: 13 });
    return real.call(this, sql);
  };
  return () => {
    Statements.prototype.prepare = real;
  };
}

export function isInjected(error: unknown): boolean {
  return error instanceof Error && error.message === injected;
}
