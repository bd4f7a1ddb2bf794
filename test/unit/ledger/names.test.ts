import { describe, expect, it, onTestFinished } from 'vitest';
import { Names } from '../../../src/ledger/names.ts';
import { schemaVersion1 } from '../../../src/ledger/schema.ts';
import { DamagedRow, openDatabase, Statements } from '../../../src/ledger/sqlite.ts';
import { failAfter, isInjected } from './statementFaults.ts';

function dictionary(): { names: Names; statements: Statements } {
  const db = openDatabase(':memory:', { readOnly: false, busyMs: 0 });
  onTestFinished(() => db.close());
  db.exec(schemaVersion1);
  const statements = new Statements(db);
  return { names: new Names(statements), statements };
}

/** Whether work needs the file: without its statements it fails then. */
function asksTheFile(work: () => unknown): boolean {
  const end = failAfter(0);
  try {
    work();
    return false;
  } catch (error) {
    if (!isInjected(error)) throw error;
    return true;
  } finally {
    end();
  }
}

describe('the dictionary of a ledger', () => {
  it('has one number for a text, whoever asks, and its text for a number', () => {
    const { names, statements } = dictionary();
    const ids = ['a', 'b', 'a'].map((text) => names.idOf(text));
    expect(ids[0]).toBe(ids[2]);
    expect(ids[0]).not.toBe(ids[1]);
    const others = new Names(statements);
    expect(['b', 'a'].map((text) => others.idOf(text))).toEqual([ids[1], ids[0]]);
    expect(ids.map((id) => new Names(statements).textOf(id))).toEqual(['a', 'b', 'a']);
    expect(statements.all('SELECT name FROM names ORDER BY name').map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('has no number for no text, and no text for no number', () => {
    const { names } = dictionary();
    expect([names.idOrNull(null), names.textOrNull(null)]).toEqual([null, null]);
    expect(names.textOrNull(names.idOrNull('a'))).toBe('a');
  });

  it('takes a number without a text for damage', () => {
    const { names } = dictionary();
    expect(() => names.textOf(7)).toThrow(new DamagedRow('name 7 is missing'));
  });

  it('asks the file for each name once, whether by its text or by its number', () => {
    const { names, statements } = dictionary();
    const ids = ['a', 'b', 'c'].map((text) => names.idOf(text));
    const readAll = (from: Names) => [ids.map((id) => from.textOf(id)), ['a', 'b', 'c'].map((text) => from.idOf(text))];
    expect(asksTheFile(() => readAll(names))).toBe(false);
    expect(readAll(names)).toEqual([['a', 'b', 'c'], ids]);
    const others = new Names(statements);
    expect(asksTheFile(() => others.textOf(ids[0] ?? 0))).toBe(true);
    for (const id of ids) others.textOf(id);
    expect(asksTheFile(() => readAll(others))).toBe(false);
    expect(readAll(others)).toEqual([['a', 'b', 'c'], ids]);
  });

  it('knows nothing of a name that was rolled back, whose number the next one gets', () => {
    const { names, statements } = dictionary();
    statements.db.exec('BEGIN');
    const id = names.idOf('rolled back');
    statements.db.exec('ROLLBACK');
    names.forget();
    expect(() => names.textOf(id)).toThrow(DamagedRow);
    expect(names.idOf('next')).toBe(id);
    expect(names.textOf(id)).toBe('next');
    expect(names.idOf('rolled back')).not.toBe(id);
  });

  it('keeps no more than ten thousand names in mind, and goes on with what comes after them', () => {
    const { names, statements } = dictionary();
    statements.db.exec(`WITH RECURSIVE count(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count WHERE n < 10001)
      INSERT INTO names (name) SELECT 'name ' || n FROM count`);
    for (let index = 1; index <= 10_000; index += 1) names.idOf(`name ${index}`);
    expect(asksTheFile(() => names.idOf('name 1'))).toBe(false);
    const last = names.idOf('name 10001');
    expect(asksTheFile(() => names.idOf('name 1'))).toBe(true);
    expect(asksTheFile(() => names.textOf(last))).toBe(false);
    expect(names.textOf(names.idOf('name 1'))).toBe('name 1');
  });
});
