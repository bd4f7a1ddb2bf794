import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { CallRecord } from '../../../src/domain/call.ts';
import { addUsage, type Usage, zeroUsage } from '../../../src/domain/usage.ts';
import { identityOf } from '../../../src/ledger/callIdentity.ts';
import type { ImportedCall } from '../../../src/ledger/importContract.ts';
import type { Ledger } from '../../../src/ledger/openLedger.ts';
import { isAtApiPrices } from '../../../src/ledger/rowFigures.ts';
import { call, callId, priced, usage } from './callFixtures.ts';
import { atMs, openBooks, sumsOf, told } from './importFixtures.ts';
import { tempDir } from './tempDir.ts';

type Event = { readonly told: ImportedCall } | { readonly finished: CallRecord };

const minuteMs = 60_000;
const ledgers: Ledger[] = [];

afterEach(() => {
  for (const ledger of ledgers.splice(0)) ledger.close();
});

function books(path = ':memory:'): Ledger {
  const ledger = openBooks(path);
  ledgers.push(ledger);
  return ledger;
}

function apply(ledger: Ledger, event: Event): void {
  if ('told' in event) ledger.writer.bookImport({ calls: [event.told], logs: [] });
  else ledger.writer.finish(event.finished);
}

function booksAfter(events: readonly Event[]): Ledger {
  const ledger = books();
  for (const event of events) apply(ledger, event);
  return ledger;
}

/** A session's running total, as Droid writes it. */
function sumOf(session: string, counts: Usage, change: Partial<ImportedCall> = {}): ImportedCall {
  return told({
    ...{ isSum: true, isOfAllModels: true, agent: 'droid', session, model: 'claude-opus-4-6' },
    ...{ responseId: null, requestId: null, id: identityOf('own', `droid ${session} total`) },
    ...{ usage: counts, durationMs: 30 * minuteMs },
    ...change,
  });
}

/** A call that the gateway carried for an agent of which it does not know the session. */
function seen(index: number, counts: Usage, change: Partial<CallRecord> = {}): CallRecord {
  return call({
    ...{ id: callId(index), agent: 'droid', session: 'droid@w1#2026-11-22T12:00:00Z', responseId: `r${index}` },
    ...{ requestId: null, startedAtMs: atMs + index * 1000, durationMs: 500, status: 'ok', provenance: 'reported' },
    usage: counts,
    cost: priced(counts.inputTokens ?? 0, 10 * (counts.outputTokens ?? 0)),
    ...change,
  });
}

/** A call that only the log of its session tells of, long after all others. */
function single(session: string, usageOfIt: Usage, change: Partial<ImportedCall> = {}): ImportedCall {
  const responseId = `of ${session}`;
  const about = { agent: 'droid', session, responseId, requestId: null, atMs: atMs + 300 * minuteMs };
  return told({ ...about, usage: usageOfIt, ...change });
}

function totals(ledger: Ledger): { readonly input: number; readonly output: number; readonly calls: number } {
  const rows = ledger.reader.report({ by: 'agent' });
  const sum = (of: (row: (typeof rows)[number]) => number): number => rows.reduce((all, row) => all + of(row), 0);
  return {
    input: sum((row) => row.inputTokens + row.cacheReadTokens + row.cacheWrite5mTokens + row.cacheWrite1hTokens),
    output: sum(({ outputTokens }) => outputTokens),
    calls: sum(({ calls }) => calls),
  };
}

const counts = (inputTokens: number, outputTokens: number, cacheReadTokens = 0): Usage =>
  usage({ ...zeroUsage, inputTokens, outputTokens, cacheReadTokens, thinkingTokens: null });

describe('a sum of a session that the wire saw call by call', () => {
  const calls = [seen(1, counts(100, 10)), seen(2, counts(200, 20))];

  it('counts for nothing, and is shown nowhere, where all of it was seen', () => {
    for (const events of ordersOf([
      { told: sumOf('s', counts(300, 30)) },
      ...calls.map((finished) => ({ finished })),
    ])) {
      const ledger = booksAfter(events);
      expect(totals(ledger)).toEqual({ input: 300, output: 30, calls: 2 });
      expect(ledger.reader.report({ by: 'session' }).map(({ key }) => key)).toEqual(['droid@w1#2026-11-22T12:00:00Z']);
      expect(ledger.reader.report({ by: 'effort' })).toMatchObject([{ calls: 2, outputTokens: 30 }]);
      expect(ledger.reader.calls({})).toHaveLength(2);
      expect(ledger.reader.reconcile('s')).toEqual([]);
      expect(ledger.reader.history('agent').map((row) => row.calls)).toEqual([2]);
    }
  });

  it('counts for what exceeds them, as a lower bound from a log at API prices', () => {
    const ledger = booksAfter([...calls.map((finished) => ({ finished })), { told: sumOf('s', counts(450, 31, 7)) }]);
    const rows = ledger.reader.report({ by: 'session' });
    const left = rows.find(({ key }) => key === 's');
    expect(left).toMatchObject({ calls: 0, inputTokens: 150, outputTokens: 1, cacheReadTokens: 7, partialCalls: 1 });
    expect(left?.costNanoUsd).toBe(150 + 10);
    expect(left && isAtApiPrices(left)).toBe(true);
    expect(
      ledger.reader
        .calls({})
        .map(({ source }) => source)
        .toSorted(),
    ).toEqual(['gateway', 'gateway', 'transcript']);
  });

  it('is never taken below nothing, and never counts again what is counted under another kind of input', () => {
    const cached = seen(1, counts(10, 90, 90));
    const ledger = booksAfter([{ finished: cached }, { told: sumOf('s', counts(120, 40)) }]);
    expect(totals(ledger)).toEqual({ input: 120, output: 90, calls: 1 });
  });

  it('leaves calls of other agents, times, sessions and, where it is one model’s, models alone', () => {
    const others = [
      seen(1, counts(1, 1), { agent: 'codex' }),
      seen(2, counts(2, 2), { startedAtMs: atMs + 40 * minuteMs }),
      seen(3, counts(4, 4), { session: 'own-id-of-another' }),
    ];
    const ofAnother = single('own-id-of-another', counts(5, 5));
    const events = [{ told: sumOf('s', counts(50, 50)) }, ...others.map((finished) => ({ finished }))];
    expect(totals(booksAfter([...events, { told: ofAnother }]))).toEqual({ input: 62, output: 62, calls: 4 });
    const otherModel = seen(1, counts(1, 1), { model: 'gpt-5' });
    const oneModel = sumOf('s', counts(50, 50), { isOfAllModels: false });
    expect(totals(booksAfter([{ finished: otherModel }, { told: oneModel }]))).toMatchObject({ input: 51 });
    expect(totals(booksAfter([{ finished: otherModel }, { told: sumOf('s', counts(50, 50)) }])).input).toBe(50);
  });

  it('knows the model under the names that different programs give it, and an agent that calls through a library', () => {
    const message = sumOf('2026-11-22', counts(1000, 50), {
      agent: 'aider',
      isOfAllModels: false,
      model: 'claude-sonnet-4.5',
    });
    const finished = seen(1, counts(100, 50, 900), { agent: 'litellm', model: 'claude-sonnet-4-5-20250929' });
    expect(totals(booksAfter([{ finished }, { told: message }]))).toEqual({ input: 1000, output: 50, calls: 1 });
  });

  it('takes a call that logs tell of by itself out of the sum of its session', () => {
    const single = told({
      agent: 'droid',
      session: 's',
      responseId: 'm',
      atMs: atMs + 5,
      counts: { inputTokens: 60, outputTokens: 6 },
    });
    const later = told({
      agent: 'droid',
      session: 's',
      responseId: 'n',
      atMs: atMs + 31 * minuteMs,
      counts: { inputTokens: 5, outputTokens: 5 },
    });
    for (const events of ordersOf([{ told: sumOf('s', counts(100, 10)) }, { told: single }, { told: later }])) {
      expect(totals(booksAfter(events))).toEqual({ input: 105, output: 15, calls: 2 });
    }
  });

  it('says of an import what it added once calls are taken out', () => {
    const ledger = booksAfter(calls.map((finished) => ({ finished })));
    const { added, addedNanoUsd } = ledger.writer.bookImport({ calls: [sumOf('s', counts(400, 30))], logs: [] });
    expect([added, addedNanoUsd]).toEqual([0, 100]);
  });

  it('counts again where the calls are deleted, or the sum alone is left', () => {
    const early = seen(1, counts(100, 10), { session: 's', startedAtMs: atMs - minuteMs });
    const ledger = booksAfter([{ told: sumOf('s', counts(100, 10)) }, { finished: early }]);
    expect(totals(ledger)).toMatchObject({ output: 10, calls: 1 });
    ledger.writer.deleteBefore(atMs);
    expect(totals(ledger)).toMatchObject({ output: 10, calls: 0 });
    ledger.writer.deleteBefore(null);
    expect(totals(ledger)).toEqual({ input: 0, output: 0, calls: 0 });
  });

  it('of which nothing counts outlives the deletion of others, with its names', () => {
    const ledger = booksAfter([
      { told: told({ atMs: atMs - 86_400_000 }) },
      { told: sumOf('s', counts(100, 10), { workspaceId: 'only-here' }) },
      { finished: seen(1, counts(100, 10)) },
    ]);
    ledger.writer.deleteBefore(atMs - minuteMs);
    apply(ledger, { told: sumOf('s', counts(150, 10), { workspaceId: 'only-here' }) });
    expect(totals(ledger)).toEqual({ input: 150, output: 10, calls: 1 });
  });

  it('outlives it with its names where its log tells of nothing so far', () => {
    const ledger = booksAfter([
      { told: told({ atMs: atMs - 86_400_000 }) },
      { told: sumOf('s', counts(0, 0), { workspaceId: 'only-here' }) },
    ]);
    ledger.writer.deleteBefore(atMs - minuteMs);
    apply(ledger, { told: sumOf('s', counts(150, 10), { workspaceId: 'only-here' }) });
    expect(totals(ledger)).toEqual({ input: 150, output: 10, calls: 0 });
  });
});

describe('a sum of a session that the wire knows by another id', () => {
  const [early, late] = [seen(1, counts(100, 10), { session: 'x1' }), seen(2, counts(200, 20), { session: 'x2' })];
  const calls = [{ finished: early }, { finished: late }];

  it('counts for what exceeds the calls of its agent and time, in any order', () => {
    for (const events of ordersOf([{ told: sumOf('s', counts(350, 30)) }, ...calls])) {
      const ledger = booksAfter(events);
      expect(totals(ledger)).toEqual({ input: 350, output: 30, calls: 2 });
      expect(ledger.reader.report({ by: 'session' }).find(({ key }) => key === 's')).toMatchObject({ partialCalls: 1 });
    }
  });

  it('counts for all of it where they are of another agent, model or time', () => {
    const others = [
      seen(1, counts(1, 1), { session: 'x1', agent: 'codex' }),
      seen(2, counts(2, 2), { session: 'x2', model: 'gpt-5' }),
      seen(3, counts(4, 4), { session: 'x3', startedAtMs: atMs - minuteMs }),
      seen(4, counts(8, 8), { session: 'x4', startedAtMs: atMs + 31 * minuteMs }),
    ];
    const sum = sumOf('s', counts(50, 50), { isOfAllModels: false });
    const ledger = booksAfter([...others.map((finished) => ({ finished })), { told: sum }]);
    expect(totals(ledger)).toEqual({ input: 65, output: 65, calls: 4 });
  });

  it('comes to the truth for two sessions at once, and for a third that was not on the wire', () => {
    const sums = [sumOf('s', counts(100, 10)), sumOf('t', counts(200, 20)), sumOf('u', counts(40, 4))];
    for (const events of ordersOf([...sums.map((sum) => ({ told: sum })), ...calls])) {
      const ledger = booksAfter(events);
      expect(totals(ledger)).toEqual({ input: 340, output: 34, calls: 2 });
      ledger.close();
    }
  });

  it('leaves a call to the session that some log, whenever it comes, tells of by that id', () => {
    const events = [{ told: sumOf('s', counts(300, 30)) }, ...calls, { told: single('x1', counts(7, 7)) }];
    const all = ordersOf(events).map((order) => booksAfter(order));
    expect(new Set(all.map((ledger) => JSON.stringify(totals(ledger))))).toEqual(
      new Set([JSON.stringify({ input: 407, output: 47, calls: 3 })]),
    );
    const [first] = all;
    expect(all.map(sumsOf)).toEqual(all.map(() => first && sumsOf(first)));
  });

  it('does so after a restart too, and takes it back where no log tells of that id any more', () => {
    const path = join(tempDir(), 'ledger.sqlite');
    const ofX = single('x1', counts(7, 7));
    for (const event of [{ told: sumOf('s', counts(300, 30)) }, ...calls, { told: ofX }]) {
      const ledger = openBooks(path);
      apply(ledger, event);
      ledger.close();
    }
    const ledger = books(path);
    expect(totals(ledger).input).toBe(407);
    const moved = { ...ofX, session: 'x0', atMs: ofX.atMs - 1 };
    apply(ledger, { told: moved });
    expect(totals(ledger)).toEqual({ input: 307, output: 37, calls: 3 });
    ledger.writer.bookImport({ calls: [], logs: [], retracted: [ofX.id] });
    expect(totals(ledger)).toEqual({ input: 300, output: 30, calls: 2 });
  });

  it('leaves a call to the log that tells of it by itself, whatever session the wire heard of', () => {
    const own = single('t', early.usage, { responseId: early.responseId, atMs: atMs + 5 });
    for (const events of ordersOf([{ told: sumOf('s', counts(300, 30)) }, ...calls, { told: own }])) {
      expect(totals(booksAfter(events))).toEqual({ input: 400, output: 40, calls: 2 });
    }
    const inSum = { ...own, session: 's' };
    for (const events of ordersOf([{ told: sumOf('s', counts(300, 30)) }, ...calls, { told: inSum }])) {
      expect(totals(booksAfter(events))).toEqual({ input: 300, output: 30, calls: 2 });
    }
  });

  it('knows calls of a sub-agent by its own id, and of no other', () => {
    const child = sumOf('s', counts(100, 10), { id: identityOf('own', 'child'), subAgent: 'x1', durationMs: 1 });
    const other = sumOf('t', counts(50, 5));
    for (const events of ordersOf([{ told: child }, { told: other }, { finished: early }])) {
      expect(totals(booksAfter(events))).toEqual({ input: 150, output: 15, calls: 1 });
    }
  });

  it('takes nameless calls of another model for its own where it is over all models of their provider', () => {
    const nameless = seen(1, counts(100, 10), { agent: 'anthropic-sdk', session: 'x1', model: 'claude-haiku-4-5' });
    const inputWith = (change: Partial<ImportedCall>): number =>
      totals(booksAfter([{ told: sumOf('s', counts(100, 10), change) }, { finished: nameless }])).input;
    expect(inputWith({})).toBe(100);
    expect(inputWith({ provider: 'unnamed' })).toBe(100);
    expect(inputWith({ provider: 'openai' })).toBe(200);
    expect(inputWith({ isOfAllModels: false })).toBe(200);
  });
});

/** A session of an agent that writes down its sum only: the calls that it made, those that the wire saw, and when its sum was read. */
interface Made {
  readonly calls: readonly { readonly usage: Usage; readonly isSeen: boolean }[];
  readonly readAfter: readonly number[];
}

const anyUsage = fc
  .record({ input: fc.nat(1000), cached: fc.nat(5000), output: fc.nat(800), thinking: fc.nat(100) })
  .map(({ input, cached, output, thinking }) => ({
    ...counts(input, output + thinking, cached),
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
function eventsOf(sessions: readonly Made[], id: WireId): readonly Event[] {
  return sessions.flatMap(({ calls, readAfter }, at): readonly Event[] => {
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

  it('come to what was called, partly seen or not, while sums grow', () => {
    fc.assert(
      fc.property(cases, ({ sessions, ways }) => {
        const truth = sessions.flatMap(({ calls }) => calls.map(({ usage: own }) => own)).reduce(addUsage, zeroUsage);
        const all = ways.map((events) => booksAfter(events));
        for (const ledger of all) {
          const { input, output } = totals(ledger);
          expect({ input, output }).toEqual({
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
          apply(ledger, event);
          ledger.close();
        }
        const ledger = openBooks(path);
        const before = sumsOf(ledger);
        for (const event of events) apply(ledger, event);
        expect(sumsOf(ledger)).toEqual(before);
        ledger.close();
        expect(before).toEqual(sumsOf(booksAfter(events)));
        for (const one of ledgers.splice(0)) one.close();
      }),
      { numRuns: 8 },
    );
  }, 120_000);
});

function ordersOf<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length <= 1) return [items];
  return items.flatMap((item, index) => ordersOf(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));
}
