import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { QuotaWindow } from '../../../src/domain/quota.ts';
import { nowView } from '../../../src/protocol/nowView.ts';
import { quotaLine, quotaView } from '../../../src/protocol/quotaView.ts';
import { TimePrinter } from '../../../src/protocol/shown.ts';
import type { ProviderQuota } from '../../../src/protocol/snapshot.ts';
import { callRecord, quotaState, quotaWindowAt, snapshotAt, stateOf } from '../../support/sidebarHarness/states.ts';

const nowMs = Date.UTC(2026, 10, 22, 14, 2, 11);
const env = { nowMs, times: new TimePrinter('UTC') };
const minutes = (count: number): number => count * 60_000;
const hours = (count: number): number => minutes(60 * count);

const named = { key: 'k', name: '5-hour window' };
const line = (fields: Partial<QuotaWindow>) => quotaLine(quotaWindowAt(nowMs, fields), named, env);
const quota = (fields: Partial<ProviderQuota> = {}): ProviderQuota => ({
  provider: 'anthropic',
  auth: 'subscription',
  windows: [quotaWindowAt(nowMs)],
  ...fields,
});
const names = (quotas: readonly ProviderQuota[]) =>
  quotaView(snapshotAt(nowMs, { quotas }), env)?.lines.map(({ name }) => name);

describe('a subscription window', () => {
  it('tells its use, its reset and its age', () => {
    expect(line({ resetsAtMs: nowMs + minutes(278) })).toMatchObject({
      text: '5-hour window: 62% used, resets 18:40 (seen 3 min ago)',
      level: 'calm',
      alarm: null,
      share: 0.62,
    });
    expect(line({ resetsAtMs: nowMs + hours(72), observedAtMs: nowMs }).detail).toBe(
      'resets 25 Nov, 14:02 (seen just now)',
    );
    const age = (ageMs: number) => line({ observedAtMs: nowMs - ageMs }).detail;
    expect([age(hours(3.9)), age(hours(50)), age(-hours(1))]).toEqual([
      'resets 16:21 (seen 3 h ago)',
      'resets 16:21 (seen 2 days ago)',
      'resets 16:21 (seen just now)',
    ]);
  });

  it('warns in words from 75 % on, and more from 90 % on', () => {
    const alarm = (usedShare: number) => {
      const { level, alarm: word } = line({ usedShare });
      return [level, word];
    };
    expect([0.749, 0.75, 0.899, 0.9, 0.999, 1].map(alarm)).toEqual([
      ['calm', null],
      ['warning', 'Running low'],
      ['warning', 'Running low'],
      ['strong', 'Almost used up'],
      ['strong', 'Almost used up'],
      ['strong', 'Used up'],
    ]);
    expect(line({ usedShare: 0.78 }).text).toBe('5-hour window: 78% used, running low, resets 16:21 (seen 3 min ago)');
  });

  it('shows no percentage once its reset has passed', () => {
    expect(line({ usedShare: 0.97, resetsAtMs: nowMs })).toMatchObject({
      text: '5-hour window: reset since, at 14:02, use unknown until the next call',
      level: 'calm',
      share: null,
    });
    const silent = { resetsAtMs: null, usedShare: 0.97 };
    expect(line({ ...silent, observedAtMs: nowMs - hours(5) }).text).toBe(
      '5-hour window: reset since, use unknown until the next call',
    );
    expect(line({ ...silent, observedAtMs: nowMs - hours(4) }).detail).toBe('reset time unknown (seen 4 h ago)');
    expect(line({ ...silent, id: 'primary', observedAtMs: nowMs - hours(90) }).share).toBe(0.97);
  });

  it('never says more than all and never a percentage of the past, for any window', () => {
    const window = fc.record({
      id: fc.constantFrom('5h', '7d', '7d_opus', '30d', '90min', 'primary'),
      usedShare: fc.double({ min: 0, max: 1, noNaN: true }),
      resetsAtMs: fc.option(fc.integer({ min: nowMs - hours(500), max: nowMs + hours(500) })),
      observedAtMs: fc.integer({ min: nowMs - hours(500), max: nowMs + hours(1) }),
    });
    fc.assert(
      fc.property(window, (told) => {
        const shown = quotaLine(told, named, env);
        const isOver = told.resetsAtMs !== null && told.resetsAtMs <= nowMs;
        expect(shown.text).not.toMatch(/null|NaN|undefined/);
        if (isOver) expect(shown.text).not.toContain('%');
        else expect(shown.share === null).toBe(shown.use === 'reset since');
      }),
    );
  });
});

describe('the windows of a snapshot', () => {
  it('are named by their length, the shortest first', () => {
    const ids = ['primary', '30d', '7d_new', '7d_opus', '7d', '90min', '5h'];
    expect(names([quota({ windows: ids.map((id) => quotaWindowAt(nowMs, { id })) })])).toEqual([
      '90-minute window',
      '5-hour window',
      'Weekly window',
      'Weekly window, new',
      'Weekly window, Opus',
      '30-day window',
      'Primary window',
    ]);
  });

  it('name the provider where there are several, and a login that is no subscription', () => {
    expect(names([quota({ provider: 'chatgpt' }), quota(), quota({ provider: 'other', auth: 'unknown' })])).toEqual([
      'Claude 5-hour window',
      'ChatGPT 5-hour window',
      'Other 5-hour window (login unknown)',
    ]);
    expect(names([quota({ auth: 'key' })])).toEqual(['5-hour window (API key)']);
  });

  it('have keys of their own', () => {
    const windows = [quotaWindowAt(nowMs), quotaWindowAt(nowMs, { id: '7d' })];
    const quotas = [quota({ windows }), quota({ windows, auth: 'key' }), quota({ windows, provider: 'chatgpt' })];
    const keys = quotaView(snapshotAt(nowMs, { quotas }), env)?.lines.map(({ key }) => key);
    expect(new Set(keys).size).toBe(6);
  });

  it('are not mentioned where no response carries any', () => {
    expect(nowView(stateOf({ snapshot: snapshotAt(nowMs) }), env).totals?.quota).toBeNull();
    // A subscription call since the meter started, which brought none.
    expect(nowView(quotaState(nowMs, []), env).totals?.quota).toBeNull();
    expect(nowView(quotaState(nowMs), env).totals?.quota?.lines).toHaveLength(1);
  });

  it('are said to be unknown while all subscription calls are from before this meter', () => {
    const ofEarlier = (fields: Parameters<typeof callRecord>[1]) =>
      quotaView(snapshotAt(nowMs, { recent: [callRecord(nowMs, { startedAtMs: nowMs - hours(2), ...fields })] }), env);
    expect(ofEarlier({ auth: 'subscription' })).toEqual({
      lines: [],
      unknown: 'Subscription windows: unknown until the next call.',
    });
    expect(ofEarlier({ auth: 'key' })).toBeNull();
    expect(ofEarlier({ auth: 'subscription', provider: 'google-code-assist' })).toBeNull();
  });
});
