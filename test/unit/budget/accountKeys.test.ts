import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scopeAccountKey, taskAccountKey, windowAccountKeys } from '../../../src/budget/accountKeys.ts';

const zones = [
  'UTC',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Asia/Tokyo',
  'America/New_York',
  'Europe/Berlin',
  'Pacific/Apia',
  'America/St_Johns',
];

const keysAt = (iso: string, timeZone: string | null) =>
  windowAccountKeys({ workspaceId: 'w1', atMs: Date.parse(iso), timeZone });
const dayAt = (iso: string, timeZone: string) => keysAt(iso, timeZone)[0]?.replace('machine day ', '');

/** The instants at which the day of a zone changes between two instants, found by halving. */
function changes(fromMs: number, toMs: number, timeZone: string): number[] {
  const keyOf = (atMs: number) => windowAccountKeys({ workspaceId: 'w1', atMs, timeZone })[0];
  const found: number[] = [];
  for (let hour = fromMs; hour < toMs; hour += 3_600_000) {
    let [low, high] = [hour, hour + 3_600_000];
    if (keyOf(low) === keyOf(high)) continue;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (keyOf(middle) === keyOf(low)) low = middle;
      else high = middle;
    }
    found.push(high);
  }
  return found;
}

const instants = fc.integer({ min: Date.UTC(1970, 0, 3), max: 4e12 });

describe('account keys', () => {
  it('are those of machine and folder, of day and month', () => {
    expect(keysAt('2026-11-22T12:00:00Z', 'UTC')).toEqual([
      'machine day 2026-11-22',
      'machine month 2026-11',
      'folder day 2026-11-22 w1',
      'folder month 2026-11 w1',
    ]);
    expect(taskAccountKey('task-abcdefghijklmnop')).toBe('task task-abcdefghijklmnop');
  });

  it('of a scope are those that a call is booked in', () => {
    const atMs = Date.parse('2026-11-22T23:30:00Z');
    const keys = windowAccountKeys({ workspaceId: 'w1', atMs, timeZone: 'Asia/Tokyo' });
    const scopes = (['machine', 'folder'] as const).flatMap((kind) =>
      (['day', 'month'] as const).map((period) =>
        kind === 'machine' ? { kind, period } : { kind, period, workspaceId: 'w1' },
      ),
    );
    expect(scopes.map((scope) => scopeAccountKey(scope, atMs, 'Asia/Tokyo'))).toEqual(keys);
    expect(scopeAccountKey({ kind: 'task', taskId: 't', title: '' }, atMs, null)).toBe(taskAccountKey('t'));
  });

  it.each([
    ['2026-11-22T14:59:59.999Z', 'Asia/Tokyo', '2026-11-22'],
    ['2026-11-22T15:00:00.000Z', 'Asia/Tokyo', '2026-11-23'],
    ['2026-11-22T18:14:59.999Z', 'Asia/Kathmandu', '2026-11-22'],
    ['2026-11-22T18:15:00.000Z', 'Asia/Kathmandu', '2026-11-23'],
    ['2026-12-31T23:59:59.999Z', 'UTC', '2026-12-31'],
    ['2027-01-01T00:00:00.000Z', 'UTC', '2027-01-01'],
    ['2024-02-29T12:00:00.000Z', 'UTC', '2024-02-29'],
    ['2026-02-28T23:59:59.999Z', 'UTC', '2026-02-28'],
    ['2026-03-01T00:00:00.000Z', 'UTC', '2026-03-01'],
    ['2026-03-01T00:00:00.000Z', 'America/New_York', '2026-02-28'],
    ['0000-01-01T00:00:00.000Z', 'UTC', '1970-01-02'],
  ])('put %s in %s on %s', (iso, zone, day) => {
    expect(dayAt(iso, zone)).toBe(day);
  });

  it.each([Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, -1, 8.7e15])('exist at %s', (atMs) => {
    const [day] = windowAccountKeys({ workspaceId: 'w1', atMs, timeZone: 'Pacific/Kiritimati' });
    expect(day).toMatch(/^machine day (1970-01-0[12]|9999-12-3[01])$/);
  });

  it('refuse a zone that does not exist', () => {
    expect(() => keysAt('2026-11-22T12:00:00Z', 'Mars/Olympus')).toThrow(RangeError);
  });

  it.each(zones)('change once a day in %s, through both changes of the clock and the end of the year', (zone) => {
    const [from, to] = [Date.UTC(2026, 0, 1, 12), Date.UTC(2027, 0, 2, 12)];
    const found = changes(from, to, zone);
    expect(found).toHaveLength(366);
    const lengths = found.slice(1).map((at, index) => (at - (found[index] ?? 0)) / 3_600_000);
    expect([...new Set(lengths)].every((hours) => hours >= 23 && hours <= 25)).toBe(true);
  });

  it('have days of 23.5 and 24.5 hours on Lord Howe', () => {
    const found = changes(Date.UTC(2026, 0, 1), Date.UTC(2026, 11, 31), 'Australia/Lord_Howe');
    const lengths = found.slice(1).map((at, index) => (at - (found[index] ?? 0)) / 3_600_000);
    expect(new Set(lengths)).toEqual(new Set([23.5, 24, 24.5]));
  });

  it('come back to the same account when the clock is set back, whatever it did in between', () => {
    const jump = fc.constantFrom(-3_600_000, 3_600_000, -86_400_000, 86_400_000, -315_360_000_000, 28_800_000);
    fc.assert(
      fc.property(instants, fc.array(jump), fc.constantFrom(...zones), (start, jumps, timeZone) => {
        const place = { workspaceId: 'w1', timeZone };
        const first = windowAccountKeys({ ...place, atMs: start });
        for (const by of jumps) windowAccountKeys({ ...place, atMs: start + by });
        expect(windowAccountKeys({ ...place, atMs: start })).toEqual(first);
      }),
    );
  });

  it('agree with the calendar of the zone for any instant', () => {
    fc.assert(
      fc.property(instants, fc.constantFrom(...zones), (atMs, timeZone) => {
        const expected = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' }).format(atMs);
        const [day, month] = windowAccountKeys({ workspaceId: 'w1', atMs, timeZone });
        expect([day, month]).toEqual([`machine day ${expected}`, `machine month ${expected.slice(0, 7)}`]);
      }),
    );
  });
});
