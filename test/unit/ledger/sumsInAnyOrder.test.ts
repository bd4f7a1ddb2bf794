import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { CallRecord } from '../../../src/domain/call.ts';
import { addUsage, type Usage, zeroUsage } from '../../../src/domain/usage.ts';
import type { Ledger } from '../../../src/ledger/openLedger.ts';
import { applyEvent, type BookedEvent, ordersOf } from './bookedEvents.ts';
import { atMs, openBooks, sumsOf } from './importFixtures.ts';
import { counts, seen, sumOf } from './sumFixtures.ts';
import { tempDir } from './tempDir.ts';

const ledgers: Ledger[] = [];

afterEach(() => {
  for (const ledger of ledgers.splice(0)) ledger.close();
});

function booksAfter(events: readonly BookedEvent[]): Ledger {
  const ledger = openBooks();
  ledgers.push(ledger);
  for (const event of events) applyEvent(ledger, event);
  return ledger;
}

function totals(ledger: Ledger): { readonly input: number; readonly output: number } {
  const rows = ledger.reader.report({ by: 'agent' });
  return {
    input: rows.reduce((sum, { inputTokens, cacheReadTokens }) => sum + inputTokens + cacheReadTokens, 0),
    output: rows.reduce((sum, { outputTokens }) => sum + outputTokens, 0),
  };
}

/** A session of an agent that writes down its sum only: the calls that it made, those that the wire saw, and when its sum was read. */
interface Made {
  readonly calls: readonly { readonly usage: Usage; readonly isSeen: boolean }[];
  readonly readAfter: readonly number[];
}

const anyUsage = fc
  .record({ input: fc.nat(1000), cached: fc.nat(5000), output: fc.nat(800), thinking: fc.nat(100) })
  .map(({ input, cached, output, thinking }) => ({
    ...counts(input, output + thinking),
    cacheReadTokens: cached,
    thinkingTokens: thinking,
  }));
const anySession: fc.Arbitrary<Made> = fc.record({
  calls: fc.array(fc.record({ usage: anyUsage, isSeen: fc.boolean() }), { minLength: 1, maxLength: 5 }),
  readAfter: fc.array(fc.nat(5), { maxLength: 3 }),
});

/** What the wire takes for the session of a call: what its log calls it, an id of its own for each or for all, or none. */
type WireId = 'same' | 'another' | 'one for all' | 'none';

function wireSession(session: string, id: WireId): Partial<CallRecord> {
  if (id === 'none') return {};
  return { session: id === 'same' ? session : id === 'another' ? `wire ${session}` : 'wire' };
}

/** The sums as they grew, each written at the time of the last call in it, and the calls of the wire. */
function eventsOf(sessions: readonly Made[], id: WireId): readonly BookedEvent[] {
  return sessions.flatMap(({ calls, readAfter }, at): readonly BookedEvent[] => {
    const session = `s${at}`;
    const timeOf = (index: number): number => atMs + at * 20_000 + index * 7000;
    const snapshots = [...readAfter.filter((count) => count > 0 && count < calls.length), calls.length];
    return [
      ...calls.flatMap(({ usage: own, isSeen }, index) => {
        const change = { startedAtMs: timeOf(index), ...wireSession(session, id) };
        return isSeen ? [{ finished: seen(at * 10 + index, own, change) }] : [];
      }),
      ...snapshots.map((count) => {
        const whole = calls.slice(0, count).reduce((sum, { usage: own }) => addUsage(sum, own), zeroUsage);
        const durationMs = timeOf(count - 1) + 500 - timeOf(0);
        return { told: sumOf(session, whole, { atMs: timeOf(0), durationMs }) };
      }),
    ];
  });
}

describe('sums and calls in any order', () => {
  const cases = fc
    .tuple(
      fc.array(anySession, { minLength: 1, maxLength: 3 }),
      fc.constantFrom<WireId>('same', 'another', 'one for all', 'none'),
    )
    .chain(([sessions, id]) => {
      const events = eventsOf(sessions, id);
      const orders = fc.array(fc.shuffledSubarray([...events], { minLength: events.length }), {
        minLength: 2,
        maxLength: 2,
      });
      return orders.map((ways) => ({ sessions, ways }));
    });

  it('come to the truth for two sessions at once, and for a third that was not on the wire', () => {
    const calls = [seen(1, counts(100, 10), { session: 'x1' }), seen(2, counts(200, 20), { session: 'x2' })];
    const sums = [sumOf('s', counts(100, 10)), sumOf('t', counts(200, 20)), sumOf('u', counts(40, 4))];
    for (const events of ordersOf([
      ...sums.map((sum) => ({ told: sum })),
      ...calls.map((finished) => ({ finished })),
    ])) {
      const ledger = booksAfter(events);
      expect(totals(ledger)).toEqual({ input: 340, output: 34 });
      for (const one of ledgers.splice(0)) one.close();
    }
  });

  it('come to what was called, partly seen or not, while sums grow', () => {
    fc.assert(
      fc.property(cases, ({ sessions, ways }) => {
        const truth = sessions.flatMap(({ calls }) => calls.map(({ usage: own }) => own)).reduce(addUsage, zeroUsage);
        const all = ways.map((events) => booksAfter(events));
        for (const ledger of all) {
          expect(totals(ledger)).toEqual({
            input: (truth.inputTokens ?? 0) + truth.cacheReadTokens,
            output: truth.outputTokens,
          });
        }
        const [first, second] = all;
        if (first && second) expect(sumsOf(second)).toEqual(sumsOf(first));
        for (const ledger of ledgers.splice(0)) ledger.close();
      }),
      { numRuns: 60 },
    );
  }, 120_000);

  it('come to the same after restarts and when all is imported again', () => {
    fc.assert(
      fc.property(cases, ({ ways: [events = []] }) => {
        const path = join(tempDir(), 'ledger.sqlite');
        for (const event of events) {
          const ledger = openBooks(path);
          applyEvent(ledger, event);
          ledger.close();
        }
        const ledger = openBooks(path);
        const before = sumsOf(ledger);
        for (const event of events) applyEvent(ledger, event);
        expect(sumsOf(ledger)).toEqual(before);
        ledger.close();
        expect(before).toEqual(sumsOf(booksAfter(events)));
        for (const one of ledgers.splice(0)) one.close();
      }),
      { numRuns: 8 },
    );
  }, 120_000);
});
