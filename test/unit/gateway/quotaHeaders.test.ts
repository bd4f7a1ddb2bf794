import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quotaOfHeaders } from '../../../src/gateway/quotaHeaders.ts';
import { call, startGateway, startUpstream } from './gatewayRig.ts';

const nowMs = Date.UTC(2026, 10, 22, 14);
const inHours = (hours: number): number => nowMs + hours * 3_600_000;
const seconds = (ms: number): string => String(ms / 1000);
const read = (headers: Readonly<Record<string, string>>) => quotaOfHeaders(Object.entries(headers).flat(), nowMs);
const told = (headers: Readonly<Record<string, string>>) =>
  read(headers).map(({ id, usedShare, resetsAtMs }) => [id, usedShare, resetsAtMs]);

describe('the windows in response headers', () => {
  it('are those of a Claude subscription, in shares, whatever the case of the names', () => {
    const windows = read({
      'Anthropic-Ratelimit-Unified-5h-Utilization': '0.42',
      'anthropic-ratelimit-unified-5h-reset': seconds(inHours(3)),
      'anthropic-ratelimit-unified-5h-status': 'allowed',
      'anthropic-ratelimit-unified-7d-utilization': '1.01',
      'anthropic-ratelimit-unified-7d-reset': '2026-11-25T00:00:00Z',
      'anthropic-ratelimit-unified-7d_opus-utilization': '0',
      'anthropic-ratelimit-unified-representative-claim': 'five_hour',
      'anthropic-ratelimit-unified-overage-utilization': '0.9',
      'anthropic-ratelimit-unified-reset': seconds(inHours(3)),
    });
    expect(windows).toEqual([
      { id: '5h', usedShare: 0.42, resetsAtMs: inHours(3), observedAtMs: nowMs },
      { id: '7d', usedShare: 1, resetsAtMs: Date.UTC(2026, 10, 25), observedAtMs: nowMs },
      { id: '7d_opus', usedShare: 0, resetsAtMs: null, observedAtMs: nowMs },
    ]);
  });

  it('are those of a ChatGPT plan, named by the length that is told', () => {
    expect(
      told({
        'x-codex-primary-used-percent': '62.5',
        'x-codex-primary-window-minutes': '299',
        'x-codex-primary-reset-after-seconds': '3600',
        'x-codex-primary-reset-at': seconds(inHours(4)),
        'x-codex-secondary-used-percent': '7',
        'x-codex-secondary-window-minutes': '10079',
        'x-codex-secondary-reset-at': seconds(inHours(40)),
      }),
    ).toEqual([
      ['5h', 0.625, inHours(1)],
      ['7d', 0.07, inHours(40)],
    ]);
  });

  it('are not named after a length that nobody told, and a window of 0 minutes is none', () => {
    expect(told({ 'x-codex-primary-used-percent': '12', 'x-codex-secondary-window-minutes': '10080' })).toEqual([
      ['primary', 0.12, null],
    ]);
    expect(
      told({
        'x-codex-primary-used-percent': '49',
        'x-codex-primary-window-minutes': '43200',
        'x-codex-secondary-used-percent': '0',
        'x-codex-secondary-window-minutes': '0',
      }),
    ).toEqual([['30d', 0.49, null]]);
  });

  it('ignore use that is no share and a reset that cannot be', () => {
    const use = (value: string) => told({ 'anthropic-ratelimit-unified-5h-utilization': value });
    for (const value of ['', ' ', '-0.1', '42', 'NaN', 'Infinity', '0x1', '1e-1', '0.5;', '0,5', '9'.repeat(400)])
      expect(use(value)).toEqual([]);
    for (const reset of ['soon', '0', '99999999999', '2026-13-99T00:00:00Z', '2026-11-22', '-1'])
      expect(
        told({ 'anthropic-ratelimit-unified-5h-utilization': '0.5', 'anthropic-ratelimit-unified-5h-reset': reset }),
      ).toEqual([['5h', 0.5, null]]);
  });

  it('have the shortest and the longest name that there is', () => {
    expect(
      told({
        'x-codex-primary-used-percent': '5',
        'x-codex-primary-reset-at': seconds(inHours(2)),
        'anthropic-ratelimit-unified-7d_sonnet-utilization': '0.25',
      }),
    ).toEqual([
      ['7d_sonnet', 0.25, null],
      ['primary', 0.05, inHours(2)],
    ]);
  });

  it('are read from values of forty characters, and from none that is longer', () => {
    const window = (use: string, reset = '') =>
      told({ 'anthropic-ratelimit-unified-5h-utilization': use, 'anthropic-ratelimit-unified-5h-reset': reset });
    expect(window('0.5'.padEnd(40))).toEqual([['5h', 0.5, null]]);
    expect(window('0.5'.padEnd(41))).toEqual([]);
    expect(window('0.5', seconds(inHours(3)).padEnd(41))).toEqual([['5h', 0.5, null]]);
  });

  it.each([
    ['2026-11-25T00:00:00Z', Date.UTC(2026, 10, 25)],
    ['2026-11-25T00:00:00.5Z', Date.UTC(2026, 10, 25, 0, 0, 0, 500)],
    ['2026-11-25T00:00:00.123456789Z', Date.UTC(2026, 10, 25, 0, 0, 0, 123)],
    ['2026-11-25T01:30:00+01:30', Date.UTC(2026, 10, 25)],
    ['2026-11-24T14:00:00-10:00', Date.UTC(2026, 10, 25)],
    ['x2026-11-25T00:00:00Z', null],
    [' 2026-11-25T00:00:00Z', null],
    ['2026-11-25T00:00:00Z ', null],
    ['2026-11-25T00:00:00', null],
    ['2026-11-25T00:00:00 01:30', null],
    ['Wed, 25 Nov 2026 00:00:00 GMT', null],
  ])('are reset at %s only where that is a moment with its zone', (reset, resetsAtMs) => {
    expect(
      told({ 'anthropic-ratelimit-unified-5h-utilization': '0.5', 'anthropic-ratelimit-unified-5h-reset': reset }),
    ).toEqual([['5h', 0.5, resetsAtMs]]);
  });

  it('take the first of a name that comes twice', () => {
    const name = 'anthropic-ratelimit-unified-5h-utilization';
    expect(quotaOfHeaders([name, '0.1', name, '0.9'], nowMs).map(({ usedShare }) => usedShare)).toEqual([0.1]);
  });

  it('are possible numbers for any headers at all', () => {
    const names = [
      'anthropic-ratelimit-unified-5h-utilization',
      'anthropic-ratelimit-unified-5h-reset',
      'x-codex-primary-used-percent',
      'x-codex-primary-window-minutes',
      'x-codex-primary-reset-after-seconds',
      'x-codex-secondary-used-percent',
      'x-codex-secondary-reset-at',
    ];
    const name = fc.oneof(fc.constantFrom(...names), fc.string());
    const value = fc.oneof(
      fc.string(),
      fc.double().map(String),
      fc.double({ min: 0, max: 120, noNaN: true }).map((number) => number.toFixed(3)),
      fc.integer({ min: 0 }).map(String),
      fc.date().map((date) => (Number.isNaN(date.getTime()) ? 'never' : date.toISOString())),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: 12 }), (pairs) => {
        const windows = quotaOfHeaders(pairs.flat(), nowMs);
        expect(windows.length).toBeLessThanOrEqual(7);
        expect(new Set(windows.map(({ id }) => id)).size).toBe(windows.length);
        for (const { id, usedShare, resetsAtMs, observedAtMs } of windows) {
          expect(id).toMatch(/^(?:\d+(?:d|h|min)(?:_[a-z]+)?|primary|secondary)$/);
          expect(usedShare).toBeGreaterThanOrEqual(0);
          expect(usedShare).toBeLessThanOrEqual(1);
          expect(resetsAtMs === null || Number.isSafeInteger(resetsAtMs)).toBe(true);
          expect(observedAtMs).toBe(nowMs);
        }
      }),
    );
  });

  it('reach the observer as numbers, also with a refusal, and pass to the client as they came', async () => {
    const upstream = await startUpstream((req, res) => {
      req.resume();
      res.writeHead(429, {
        'content-type': 'application/json',
        'anthropic-ratelimit-unified-status': 'rejected',
        'anthropic-ratelimit-unified-5h-utilization': '1',
        'anthropic-ratelimit-unified-5h-reset': 'canary',
      });
      res.end('{}');
    });
    const rig = await startGateway(upstream.port, { clock: { nowMs: () => nowMs, monotonicMs: () => 5 } });
    const answer = await call(rig.port, { method: 'POST', path: `${rig.prefix('anthropic')}/v1/messages` }, '{}');
    expect(answer.headers['anthropic-ratelimit-unified-5h-reset']).toBe('canary');
    const head = rig.observer.calls[0]?.responseHead;
    expect(head?.quota).toEqual([{ id: '5h', usedShare: 1, resetsAtMs: null, observedAtMs: nowMs }]);
    expect(JSON.stringify(head)).not.toContain('canary');
  });
});
