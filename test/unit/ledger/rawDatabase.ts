import { DatabaseSync } from 'node:sqlite';

/** Runs SQL on a database file behind the ledger's back and closes it again. */
export function execute(path: string, sql: string): void {
  const db = new DatabaseSync(path);
  db.exec(sql);
  db.close();
}

export function rowsOf(path: string, sql: string): Record<string, unknown>[] {
  const db = new DatabaseSync(path);
  const rows = db.prepare(sql).all();
  db.close();
  return rows.map((row) => ({ ...row }));
}

export function integrityOf(path: string): unknown {
  return rowsOf(path, 'PRAGMA quick_check')[0]?.['quick_check'];
}
