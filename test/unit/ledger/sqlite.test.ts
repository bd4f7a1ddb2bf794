import { describe, expect, it } from 'vitest';
import { DamagedRow, faultOf, walIsSafe } from '../../../src/ledger/sqlite.ts';

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
  });
});
