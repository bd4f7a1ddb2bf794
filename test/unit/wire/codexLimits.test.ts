import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codexLimitsOfEvent, codexWindows } from '../../../src/wire/codexLimits.ts';
import { asObject, parseJson } from '../../../src/wire/json.ts';
import { readEvents } from './readResponse.ts';

const nowMs = Date.UTC(2026, 10, 22, 14);
const event = (more: object = {}) => ({
  type: 'codex.rate_limits',
  plan_type: 'pro',
  rate_limits: {
    allowed: true,
    primary: { used_percent: 7, window_minutes: 300, reset_after_seconds: 60, reset_at: 1_779_398_785 },
    secondary: { used_percent: 29, window_minutes: 10_080, reset_at: nowMs / 1000 + 3600 },
  },
  ...more,
});

describe('limits in a stream', () => {
  it('are told once an event, and the response is read on', async () => {
    const completed = { type: 'response.completed', response: { id: 'resp_1', model: 'gpt-6', output: [] } };
    const read = await readEvents('openai-responses', [event(), completed]);
    expect(read.limits.map((limits) => codexWindows(limits, nowMs))).toEqual([
      [
        { id: '5h', usedShare: 0.07, resetsAtMs: nowMs + 60_000, observedAtMs: nowMs },
        { id: '7d', usedShare: 0.29, resetsAtMs: nowMs + 3_600_000, observedAtMs: nowMs },
      ],
    ]);
    expect(read.facts).toMatchObject({ complete: true, model: 'gpt-6' });
    expect(read.problems).toEqual([]);
  });

  it('of one model are not taken for those of the plan', async () => {
    const read = await readEvents('openai-responses', [event({ metered_limit_name: 'codex_other' })]);
    expect(read.limits).toEqual([]);
    expect(codexLimitsOfEvent(event({ limit_name: 'Codex' }))?.primary.usedPercent).toBe(7);
  });

  it('of one length twice are one window', () => {
    const limit = { usedPercent: 5, windowMinutes: 300, resetAfterSeconds: null, resetAtSeconds: null };
    expect(codexWindows({ primary: limit, secondary: { ...limit, usedPercent: 6 } }, nowMs)).toHaveLength(1);
  });

  it('never throw and are shares, whatever the event holds', () => {
    const value = fc.oneof(fc.double(), fc.integer(), fc.string(), fc.constant(null), fc.object());
    const limit = fc.record(
      { used_percent: value, window_minutes: value, reset_after_seconds: value, reset_at: value },
      { requiredKeys: [] },
    );
    const slot = fc.oneof(limit, value);
    fc.assert(
      fc.property(fc.record({ primary: slot, secondary: slot }, { requiredKeys: [] }), (limits) => {
        const sent = asObject(parseJson(JSON.stringify(event({ rate_limits: limits }))));
        const told = sent && codexLimitsOfEvent(sent);
        expect(told).not.toBeNull();
        for (const { usedShare, resetsAtMs } of told ? codexWindows(told, nowMs) : []) {
          expect(usedShare >= 0 && usedShare <= 1).toBe(true);
          expect(resetsAtMs === null || Number.isSafeInteger(resetsAtMs)).toBe(true);
        }
      }),
    );
  });
});

describe('a window', () => {
  const limit = { usedPercent: 50, windowMinutes: null, resetAfterSeconds: null, resetAtSeconds: null };
  const ids = (minutes: number | null) =>
    codexWindows(
      { primary: { ...limit, windowMinutes: minutes }, secondary: { ...limit, usedPercent: null } },
      nowMs,
    ).map(({ id }) => id);

  it.each([
    [300, '5h'],
    [299, '5h'],
    [303, '5h'],
    [304, '304min'],
    [296, '296min'],
    [60, '1h'],
    [30, '30min'],
    [1, '1min'],
    [1.4, '1min'],
    [1440, '1d'],
    [10_079, '7d'],
    [366 * 1440, '366d'],
    [null, 'primary'],
  ])('of %s minutes is called %s', (minutes, id) => {
    expect(ids(minutes)).toEqual([id]);
  });

  it.each([0, 0.9, -300, 366 * 1440 + 1, Number.NaN])('of %s minutes is none', (minutes) => {
    expect(ids(minutes)).toEqual([]);
  });

  it('is reset after a span by our clock, or else when it says', () => {
    const reset = (more: object) =>
      codexWindows({ primary: { ...limit, ...more }, secondary: { ...limit, usedPercent: null } }, nowMs)[0]
        ?.resetsAtMs;
    const atSeconds = nowMs / 1000 + 7;
    expect(reset({ resetAfterSeconds: 0, resetAtSeconds: atSeconds })).toBe(nowMs);
    expect(reset({ resetAfterSeconds: 1.0004, resetAtSeconds: atSeconds })).toBe(nowMs + 1000);
    expect(reset({ resetAfterSeconds: -1, resetAtSeconds: atSeconds })).toBe(nowMs + 7000);
    expect(reset({ resetAtSeconds: atSeconds + 0.0004 })).toBe(nowMs + 7000);
    expect(reset({})).toBeNull();
  });

  it('is told of by nothing but numbers', () => {
    const told = codexLimitsOfEvent(event({ rate_limits: { primary: { used_percent: '7', reset_at: null } } }));
    expect(told?.primary).toEqual({
      usedPercent: null,
      windowMinutes: null,
      resetAfterSeconds: null,
      resetAtSeconds: null,
    });
    expect(codexLimitsOfEvent({ type: 'codex.rate_limits' })).toBeNull();
  });

  it('of a model with a name of its own is none of the plan', () => {
    expect(codexLimitsOfEvent(event({ metered_limit_name: 'other', limit_name: 'codex' }))).toBeNull();
    expect(codexLimitsOfEvent(event({ limit_name: 'other' }))).toBeNull();
  });
});
