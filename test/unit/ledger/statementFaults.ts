import { Statements } from '../../../src/ledger/sqlite.ts';

const injected = 'the disk is full, says the test';

/** Makes every statement after so many fail as SQLite does on a full disk. Returns what ends that. */
export function failAfter(statements: number): () => void {
  const real = Statements.prototype.prepare;
  let left = statements;
  Statements.prototype.prepare = function prepare(sql) {
    left -= 1;
    if (left < 0) throw Object.assign(new Error(injected), { errcode: 13 });
    return real.call(this, sql);
  };
  return () => {
    Statements.prototype.prepare = real;
  };
}

export function isInjected(error: unknown): boolean {
  return error instanceof Error && error.message === injected;
}
