import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { identityOf } from '../../../src/ledger/callIdentity.ts';
import type { Ledger } from '../../../src/ledger/openLedger.ts';
import { applyEvent, type BookedEvent, seenAfter, seenInAllOrders } from './bookedEvents.ts';
import { atMs, openBooks, sumsOf } from './importFixtures.ts';
import { counts, dayMs, inputIn, madeUp, minuteMs, seen, single, sumOf } from './sumFixtures.ts';
import { tempDir } from './tempDir.ts';

function inputsOf(events: readonly BookedEvent[]): ReadonlySet<number> {
  return new Set(seenInAllOrders(events, inputIn));
}

const opened: Ledger[] = [];

afterEach(() => {
  for (const ledger of opened.splice(0)) ledger.close();
});

/** The books after some events of an earlier run and some of this one, which knows nothing of those but what is on disk. */
function booksAfterRestart(before: readonly BookedEvent[], after: readonly BookedEvent[]): Ledger {
  const path = join(tempDir(), 'ledger.sqlite');
  const first = openBooks(path);
  for (const event of before) applyEvent(first, event);
  first.close();
  const ledger = openBooks(path);
  opened.push(ledger);
  for (const event of after) applyEvent(ledger, event);
  return ledger;
}

describe('the calls that may be in sums', () => {
  it('are those of the whole time of a session that was taken up again days later', () => {
    const later = 3 * dayMs;
    const untilMs = 30 * minuteMs;
    const calls = [
      seen(1, counts(100, 10), { startedAtMs: atMs }),
      seen(2, counts(10, 1), { startedAtMs: atMs + later + untilMs + 10_000 }),
      // A moment too late for it.
      seen(3, counts(1, 1), { startedAtMs: atMs + later + untilMs + 10_001 }),
    ];
    const sums = [sumOf('s', counts(500, 50)), sumOf('s', counts(500, 50), { atMs: atMs + later })];
    const events = [...sums.map((sum) => ({ told: sum })), ...calls.map((finished) => ({ finished }))];
    for (const order of [events, events.toReversed()]) expect(seenAfter(order, inputIn)).toBe(1001);
  });

  it('are a log’s own only up to when the sum was written, and those that it does not tell of a moment longer', () => {
    const sum = { told: sumOf('s', counts(500, 50)) };
    const startedAtMs = atMs + 30 * minuteMs + 5000;
    const late = { finished: seen(1, counts(100, 10), { startedAtMs }) };
    const toldOfIt = { told: single('s', counts(100, 10), { responseId: 'r1', atMs: startedAtMs }) };
    expect(inputsOf([sum, late])).toEqual(new Set([500]));
    expect(inputsOf([sum, late, toldOfIt])).toEqual(new Set([600]));
    expect(inputsOf([sum, toldOfIt])).toEqual(new Set([600]));
  });

  it('are a log’s own of whatever model, since the log says whose they are', () => {
    const sum = { told: sumOf('s', counts(500, 50), { isOfAllModels: false }) };
    const ofModel = { model: 'gpt-5', atMs: atMs + 5 };
    expect(inputsOf([sum, { told: single('s', counts(100, 10), ofModel) }])).toEqual(new Set([500]));
    const wire = seen(1, counts(100, 10), { model: 'gpt-5', session: 's' });
    expect(inputsOf([sum, { finished: wire }])).toEqual(new Set([600]));
    const toldOfIt = { told: single('s', counts(100, 10), { ...ofModel, responseId: 'r1' }) };
    expect(inputsOf([sum, { finished: wire }, toldOfIt])).toEqual(new Set([500]));
  });

  it('of a sub-agent are nobody else’s, after a restart too', () => {
    const child = sumOf('s', counts(100, 10), { id: identityOf('own', 'child'), subAgent: 'x1' });
    const other = sumOf('t', counts(50, 5));
    const ofChild = seen(1, counts(130, 13), { session: 'x1' });
    const ledger = booksAfterRestart([{ told: child }, { told: other }], [{ finished: ofChild }]);
    expect(inputIn(ledger)).toBe(130 + 50);
  });

  it('at one moment are taken out in an order that is not the one in which they came', () => {
    const sums = [sumOf('s', counts(100, 10)), sumOf('t', counts(100, 10), { durationMs: 40 * minuteMs })];
    for (const [first, second] of [
      [1, 2],
      [2, 1],
    ] as const) {
      const startedAtMs = atMs + 1000;
      const anybodys = seen(first, counts(100, 10), { startedAtMs });
      const ofFirst = seen(second, counts(100, 10), { startedAtMs, session: 's' });
      const events = [...sums.map((sum) => ({ told: sum })), { finished: anybodys }, { finished: ofFirst }];
      const [one, ...others] = seenInAllOrders(events, sumsOf);
      for (const other of others) expect(other).toEqual(one);
    }
  });
});

describe('a session that the meter made up', () => {
  /** What counts of a sum of 300 where a call of 100 of this session is on the wire, and a log tells of 7 under its name. */
  function inputWith(session: string): ReadonlySet<number> {
    const wire = seen(1, counts(100, 10), { session });
    const inLog = single(session, counts(7, 7), { atMs: atMs + 300 * minuteMs });
    return inputsOf([{ told: sumOf('s', counts(300, 30)) }, { finished: wire }, { told: inLog }]);
  }

  it.each([madeUp, 'droid@/home/me/no.1#2026-01-09T00:00:00Z', 'an#agent@w1#2026-11-22T23:59:59Z'])(
    'is anybody’s, whatever a log calls its own: %s',
    (session) => {
      expect(inputWith(session)).toEqual(new Set([307]));
    },
  );

  it.each([
    'a session id',
    'me@example.com',
    '2026-11-22T12:00:00Z',
    'droid#2026-11-22T12:00:00Z',
    'droid@w1',
    'droid@w1#',
    'droid@w1#at 2026-11-22T12:00:00Z',
    'droid@w1#2026-11-22T12:00:00Z too',
    'droid@w1#2026-11-22T12:00:00.000Z',
    'droid@w1#2026-11-22',
    `${madeUp}#1`,
  ])('is no id that a log tells of and that only looks like one: %s', (session) => {
    expect(inputWith(session)).toEqual(new Set([407]));
  });
});
