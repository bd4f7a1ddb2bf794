import { describe, expect, it } from 'vitest';
import { dayNumberOf, dayText, localDays } from '../../../src/ledger/localDay.ts';
import { lineOf, startChild } from './childProcess.ts';

const lateOnSunday = Date.UTC(2026, 10, 22, 23, 30);

describe('local days', () => {
  it.each([
    ['UTC', lateOnSunday, 20261122],
    ['Europe/Berlin', lateOnSunday, 20261123],
    ['America/Los_Angeles', lateOnSunday, 20261122],
    ['Asia/Kathmandu', Date.UTC(2026, 11, 31, 18, 15), 20270101],
    ['Pacific/Kiritimati', Date.UTC(2026, 11, 31, 10, 0), 20270101],
    ['Europe/Berlin', Date.UTC(2026, 2, 28, 23, 0), 20260329],
    ['Europe/Berlin', Date.UTC(2026, 2, 29, 21, 59), 20260329],
    ['Europe/Berlin', Date.UTC(2026, 2, 29, 22, 0), 20260330],
  ])('in %s are those of the zone', (zone, atMs, day) => {
    expect(localDays(zone)(atMs)).toBe(day);
  });

  it.each(['UTC', 'Europe/Berlin', 'Asia/Kathmandu', 'America/Los_Angeles'])(
    'of a machine in %s are booked by its own zone',
    async (zone) => {
      const child = startChild('day.child.ts', [String(lateOnSunday)], ['env', `TZ=${zone}`]);
      expect(await lineOf(child, () => true)).toBe(dayText(localDays(zone)(lateOnSunday)));
    },
  );

  it('are those of this machine where no zone is named', () => {
    const here = localDays(new Intl.DateTimeFormat().resolvedOptions().timeZone);
    for (let hours = 0; hours < 24 * 400; hours += 7) {
      const atMs = Date.UTC(2026, 0, 1) + hours * 3_600_000;
      expect(localDays()(atMs)).toBe(here(atMs));
    }
  });

  it('are read and written as YYYY-MM-DD', () => {
    expect(dayText(20260105)).toBe('2026-01-05');
    expect(dayText(9_991_231)).toBe('0999-12-31');
    expect(dayNumberOf('2026-01-05')).toBe(20260105);
    expect(dayNumberOf('2024-02-29')).toBe(20240229);
  });

  it.each([
    '2026-02-29',
    '2026-13-01',
    '2026-00-10',
    '2026-1-5',
    '20260105',
    'today',
    '',
    '2026-01-05T00:00',
    '12026-01-05',
    '0050-01-01',
    '2026-01-00',
    '2026-04-31',
    '2026-01-99',
  ])('are not made of %j', (text) => {
    expect(dayNumberOf(text)).toBeNull();
  });
});
