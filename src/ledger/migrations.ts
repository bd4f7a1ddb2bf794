import { schemaVersion1 } from './schema.ts';
import { schemaVersion2 } from './schemaVersion2.ts';
import { schemaVersion3 } from './schemaVersion3.ts';
import { schemaVersion4 } from './schemaVersion4.ts';
import { schemaVersion5 } from './schemaVersion5.ts';
import { schemaVersion6 } from './schemaVersion6.ts';
import { schemaVersion7 } from './schemaVersion7.ts';
import { type Database, integerOf, type SqlRow } from './sqlite.ts';

/** One step of the schema. Released steps are never edited; a change is a new step at the end. */
export interface Migration {
  readonly version: number;
  readonly sql: string;
}

export const migrations: readonly Migration[] = [
  { version: 1, sql: schemaVersion1 },
  { version: 2, sql: schemaVersion2 },
  { version: 3, sql: schemaVersion3 },
  { version: 4, sql: schemaVersion4 },
  { version: 5, sql: schemaVersion5 },
  { version: 6, sql: schemaVersion6 },
  { version: 7, sql: schemaVersion7 },
];

export function newestVersion(steps: readonly Migration[]): number {
  return steps.at(-1)?.version ?? 0;
}

export function schemaVersionOf(db: Database): number {
  return integerOf(pragmaRow(db, 'user_version'), 'user_version');
}

/**
 * Brings a database to the newest version, each step in a transaction of its own together with its number, so that a crash
 * leaves a whole older version. `backup` is called once before the first step unless the file holds nothing yet.
 */
export function migrate(db: Database, steps: readonly Migration[], backup: (fromVersion: number) => void): void {
  const from = schemaVersionOf(db);
  const pending = steps.filter((step) => step.version > from);
  if (pending.length === 0) return;
  const tables = db.prepare('SELECT count(*) AS count FROM sqlite_schema').get() ?? {};
  if (integerOf(tables, 'count') > 0) backup(from);
  for (const step of pending) {
    db.exec('BEGIN IMMEDIATE');
    try {
      db.exec(step.sql);
      db.exec(`PRAGMA user_version = ${step.version}`);
      db.exec('COMMIT');
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK');
      throw error;
    }
  }
}

function pragmaRow(db: Database, name: string): SqlRow {
  return db.prepare(`PRAGMA ${name}`).get() ?? {};
}
