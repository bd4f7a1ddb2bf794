import { describe, expect, it, vi } from 'vitest';
import {
  DamagedRow,
  faultOf,
  integerOf,
  integerOrNull,
  openDatabase,
  Statements,
  sqliteModule,
  textOf,
  walIsSafe,
} from '../../../src/ledger/sqlite.ts';

describe('walIsSafe', () => {
  it.each(['3.51.3', '3.51.10', '3.52.0', '3.53.4', '4.0.0', '3.50.7', '3.50.12', '3.44.6'])(
    'accepts %s',
    (version) => {
      expect(walIsSafe(version)).toBe(true);
    },
  );

  it.each(['3.51.2', '3.50.6', '3.50.4', '3.49.9', '3.45.3', '3.44.5', '3.40.1', 'nonsense'])(
    'refuses %s',
    (version) => {
      expect(walIsSafe(version)).toBe(false);
    },
  );
});

describe('faultOf', () => {
  it.each([
    [5, 'busy'],
    [517, 'busy'],
    [8, 'readonly'],
    [1032, 'readonly'],
    [10, 'io'],
    [778, 'io'],
    [11, 'corrupt'],
    [779, 'corrupt'],
    [13, 'full'],
    [14, 'io'],
    [6, 'busy'],
    [15, 'io'],
    [26, 'corrupt'],
    [19, 'statement'],
    [3091, 'statement'],
  ])('sorts SQLite’s code %d as %s', (errcode, fault) => {
    expect(faultOf(Object.assign(new Error('failed'), { errcode }))).toBe(fault);
  });

  it('takes an impossible row for damage, and every other error for a fault of the statement', () => {
    expect(faultOf(new DamagedRow('id'))).toBe('corrupt');
    expect(faultOf(new Error('other'))).toBe('statement');
    expect(faultOf(null)).toBe('statement');
    expect(faultOf('a text')).toBe('statement');
    expect(faultOf({ errcode: '5' })).toBe('statement');
  });
});

describe('the columns of a row', () => {
  const row = { number: 1, text: 'a', nothing: null };

  it('are read as what they must be, and by name where they are not', () => {
    expect([integerOf(row, 'number'), integerOrNull(row, 'number'), integerOrNull(row, 'nothing')]).toEqual([
      1,
      1,
      null,
    ]);
    expect(textOf(row, 'text')).toBe('a');
    for (const [read, column, message] of [
      [integerOf, 'text', 'text holds no number'],
      [integerOf, 'nothing', 'nothing holds no number'],
      [integerOrNull, 'text', 'text holds no number'],
      [textOf, 'number', 'number holds no text'],
      [textOf, 'missing', 'missing holds no text'],
    ] as const)
      expect(() => read(row, column)).toThrow(new DamagedRow(message));
  });
});

describe('a database', () => {
  it('waits for others as long as it is told', () => {
    const db = openDatabase(':memory:', { readOnly: false, busyMs: 70 });
    expect(db.prepare('PRAGMA busy_timeout').get()).toEqual({ timeout: 70 });
    db.close();
  });

  it('is asked by statements that are prepared once, however often they run', () => {
    const db = openDatabase(':memory:', { readOnly: false, busyMs: 0 });
    const prepare = vi.spyOn(db, 'prepare');
    const statements = new Statements(db);
    statements.run('CREATE TABLE numbers (value INTEGER)');
    const changed = [1, 2, 3].map((value) => statements.run('INSERT INTO numbers VALUES (?)', value));
    expect(changed).toEqual([1, 1, 1]);
    expect(statements.all('SELECT value FROM numbers WHERE value > ?', 1)).toEqual([{ value: 2 }, { value: 3 }]);
    expect(statements.all('SELECT value FROM numbers WHERE value > ?', 2)).toEqual([{ value: 3 }]);
    expect(prepare).toHaveBeenCalledTimes(3);
    db.close();
  });
});

describe('a Node without SQLite', () => {
  it('is told in a sentence, and warnings are left as they were', () => {
    const { emitWarning } = process;
    const builtin = vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined as never);
    try {
      expect(sqliteModule()).toBeNull();
      expect(() => openDatabase(':memory:', { readOnly: false, busyMs: 0 })).toThrow(
        'This Node has no node:sqlite; Outlay needs Node 22.13 or newer.',
      );
    } finally {
      builtin.mockRestore();
    }
    expect(process.emitWarning).toBe(emitWarning);
  });
});
