import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { looksLikeDatabase, openForeignDatabase } from '../../../src/ledger/openForeignDatabase.ts';
import { execute } from './rawDatabase.ts';
import { tempDir } from './tempDir.ts';

const tables =
  'CREATE TABLE threads (id INTEGER PRIMARY KEY, model TEXT); CREATE VIEW newest AS SELECT id FROM threads;';

/** Where private copies are made, for the running test. */
function ownTemporaries(): string {
  const before = process.env['TMPDIR'];
  const folder = tempDir();
  process.env['TMPDIR'] = folder;
  onTestFinished(() => {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  });
  return folder;
}

/** A database in use: two rows in the file and one that only its log has. */
function inUse(): string {
  const path = join(tempDir(), 'threads.db');
  const db = new DatabaseSync(path);
  onTestFinished(() => db.close());
  db.exec(`PRAGMA journal_mode = WAL; ${tables} INSERT INTO threads VALUES (1, 'a'), (2, 'b');`);
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  db.exec(`INSERT INTO threads VALUES (3, 'c')`);
  return path;
}

function atRest(sql: string): string {
  const path = join(tempDir(), 'threads.db');
  execute(path, `${tables} ${sql}`);
  return path;
}

const idsOf = (path: string): unknown[] => {
  const db = openForeignDatabase(path);
  try {
    return [...db.rows('SELECT id FROM threads ORDER BY id')].map((row) => row['id']);
  } finally {
    db.close();
  }
};

describe('another program’s database', () => {
  it('at rest is read where it is, without a copy, and nothing is written beside it', () => {
    const path = atRest(`INSERT INTO threads VALUES (1, 'a'), (2, 'b')`);
    const temporaries = ownTemporaries();
    const db = openForeignDatabase(path);
    expect([...db.rows('SELECT id FROM threads WHERE model = ?', 'b')].map((row) => row['id'])).toEqual([2]);
    expect(readdirSync(temporaries)).toEqual([]);
    db.close();
    expect(readdirSync(join(path, '..'))).toEqual(['threads.db']);
  });

  it('in use is read with what its log has, from a copy that goes when it is closed', () => {
    const path = inUse();
    const temporaries = ownTemporaries();
    const before = readFileSync(`${path}-shm`);
    const db = openForeignDatabase(path);
    expect(readdirSync(temporaries)).toHaveLength(1);
    expect([...db.rows('SELECT id FROM threads ORDER BY id')].map((row) => row['id'])).toEqual([1, 2, 3]);
    db.close();
    expect(readdirSync(temporaries)).toEqual([]);
    expect(readFileSync(`${path}-shm`)).toEqual(before);
    expect(() => db.close()).not.toThrow();
  });

  it('that a crash left in the middle of a change is read as it was before it', () => {
    const from = join(tempDir(), 'threads.db');
    const writer = new DatabaseSync(from);
    onTestFinished(() => writer.close());
    writer.exec(`${tables} INSERT INTO threads VALUES (1, 'a'); PRAGMA cache_size = 1;`);
    writer.exec('BEGIN');
    const insert = writer.prepare('INSERT INTO threads VALUES (?, ?)');
    for (let id = 2; id < 60; id++) insert.run(id, 'x'.repeat(1000));
    const path = join(tempDir(), 'threads.db');
    copyFileSync(from, path);
    copyFileSync(`${from}-journal`, `${path}-journal`);
    expect(idsOf(path)).toEqual([1]);
    expect(existsSync(`${path}-journal`)).toBe(true);
  });

  it('is found too large where it would have to be copied, not where it can be read as it is', () => {
    const path = atRest(`INSERT INTO threads VALUES (1, 'a')`);
    const log = `${path}-wal`;
    writeFileSync(log, '');
    truncateSync(log, 1024 ** 3);
    expect(() => openForeignDatabase(path)).toThrow('the database is too large to be copied while it is in use');
    truncateSync(log, 0);
    expect(idsOf(path)).toEqual([1]);
  });

  it('that is none, or is not there, leaves no copy behind', () => {
    const path = join(tempDir(), 'threads.db');
    const temporaries = ownTemporaries();
    expect(() => openForeignDatabase(path)).toThrow();
    writeFileSync(`${path}-wal`, 'a log of nothing');
    expect(() => openForeignDatabase(path)).toThrow(/ENOENT/);
    writeFileSync(path, 'no database '.repeat(1000));
    expect(() => idsOf(path)).toThrow('not a database');
    expect(readdirSync(temporaries)).toEqual([]);
  });

  it('has the tables and views that it has, with all of the columns that are asked for', () => {
    const db = openForeignDatabase(atRest(''));
    expect(db.has('threads')).toBe(true);
    expect(db.has('threads', 'id', 'model')).toBe(true);
    expect(db.has('newest', 'id')).toBe(true);
    expect(db.has('threads', 'id', 'agent')).toBe(false);
    expect(db.has('calls')).toBe(false);
    db.close();
  });

  it('is never written, be it at rest or a copy', () => {
    for (const path of [atRest(''), inUse()]) {
      const db = openForeignDatabase(path);
      expect(() => [...db.rows(`INSERT INTO threads VALUES (9, 'z') RETURNING id`)]).toThrow(/readonly/);
      db.close();
    }
  });

  it('gives numbers as numbers, and those that no number can hold as they are', () => {
    const db = openForeignDatabase(
      atRest(`INSERT INTO threads VALUES (${Number.MAX_SAFE_INTEGER}, 'a'), (9223372036854775807, NULL)`),
    );
    expect([...db.rows('SELECT id, model, 0.5 AS half FROM threads ORDER BY id')].map((row) => ({ ...row }))).toEqual([
      { id: Number.MAX_SAFE_INTEGER, model: 'a', half: 0.5 },
      { id: 9223372036854775807n, model: null, half: 0.5 },
    ]);
    db.close();
  });
});

describe('a file', () => {
  it('looks like a database by its first sixteen bytes alone', () => {
    const folder = tempDir();
    const file = (content: string) => {
      const path = join(folder, 'file');
      writeFileSync(path, content, 'latin1');
      return path;
    };
    expect(looksLikeDatabase(atRest(''))).toBe(true);
    expect(looksLikeDatabase(file('SQLite format 3\0'))).toBe(true);
    expect(looksLikeDatabase(file('SQLite format 3'))).toBe(false);
    expect(looksLikeDatabase(file('SQLite format 2\0'))).toBe(false);
    expect(looksLikeDatabase(file(''))).toBe(false);
  });

  it('that cannot be read does not look like one', () => {
    const folder = tempDir();
    mkdirSync(join(folder, 'inside'));
    expect(looksLikeDatabase(join(folder, 'missing'))).toBe(false);
    expect(looksLikeDatabase(join(folder, 'inside'))).toBe(false);
  });
});
