import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CallRecord } from '../../../src/domain/call.ts';
import { addUsage, totalInputTokens } from '../../../src/domain/usage.ts';
import type { ImportedCall } from '../../../src/ledger/importContract.ts';
import type { Ledger } from '../../../src/ledger/openLedger.ts';
import { isAtApiPrices } from '../../../src/ledger/rowFigures.ts';
import { call, callId, priced, usage } from './callFixtures.ts';
import { atMs, openBooks, sumsOf, told } from './importFixtures.ts';

type Event = { readonly told: ImportedCall } | { readonly finished: CallRecord };

function apply(ledger: Ledger, event: Event): void {
  if ('told' in event) ledger.writer.bookImport({ calls: [event.told], logs: [] });
  else ledger.writer.finish(event.finished);
}

function booksAfter(events: readonly Event[]): unknown {
  const ledger = openBooks();
  for (const event of events) apply(ledger, event);
  const sums = sumsOf(ledger);
  ledger.close();
  return sums;
}

/** The different rows that the orders of these events come to. Each order is a call, a model and sessions of its own in one ledger. */
function rowsOfAllOrders(events: readonly Event[]): readonly object[] {
  const ledger = openBooks();
  let orders = 0;
  for (const order of permutations(events)) {
    orders++;
    for (const event of order) apply(ledger, ofOrder(event, orders));
  }
  const byModel = ledger.reader.report({ by: 'model' });
  const bySession = ledger.reader.report({ by: 'session' });
  ledger.close();
  expect([orders, byModel.length, bySession.length]).toEqual([720, 720, 720]);
  const rows = byModel.map(({ key, model, ...row }) => {
    expect(model).toBe(key);
    return JSON.stringify(row);
  });
  const sessions = new Set(bySession.map(({ key }) => key.split(' ')[0]));
  expect(sessions.size).toBe(1);
  return [...new Set(rows)].map((row) => JSON.parse(row));
}

function ofOrder(event: Event, order: number): Event {
  const name = (id: string): string => `${id} ${order}`;
  if ('told' in event) {
    const { responseId, requestId, model, session } = event.told;
    const ids = { responseId: responseId && name(responseId), requestId: requestId && name(requestId) };
    return { told: told({ ...event.told, ...ids, id: told(ids).id, model: name(model), session: name(session) }) };
  }
  const { id, responseId, requestId, model, session } = event.finished;
  const ids = { responseId: responseId && name(responseId), requestId: requestId && name(requestId) };
  return { finished: { ...event.finished, ...ids, id: name(id), model: name(model), session: name(session) } };
}

function* permutations<T>(items: readonly T[]): Generator<readonly T[]> {
  if (items.length === 0) yield [];
  for (const [index, item] of items.entries()) {
    for (const rest of permutations(items.toSpliced(index, 1))) yield [item, ...rest];
  }
}

const wire = call({ id: callId(1), usage: usage({ inputTokens: 100, outputTokens: 310 }), cost: priced(100, 3100) });
const host: CallRecord = {
  ...wire,
  id: callId(2),
  source: 'host',
  usage: usage({ inputTokens: 100, outputTokens: 308 }),
};

describe('a call that several sources tell of', () => {
  it('counts once, as the gateway saw it, in each of the 720 orders of six events', () => {
    const rows = rowsOfAllOrders([
      { finished: wire },
      { finished: host },
      { told: told({ counts: { outputTokens: 1 }, provenance: 'partial' }) },
      { told: told({ counts: { outputTokens: 8 }, requestId: null, session: 's2', atMs: atMs + 900 }) },
      { told: told({ counts: { outputTokens: 310 }, subAgent: 'a1' }) },
      { told: told({ counts: { outputTokens: 2 }, atMs: atMs - 5 }) },
    ]);
    expect(rows).toHaveLength(1);
    expect(rows).toMatchObject([{ calls: 1, outputTokens: 310, inputTokens: 100, costNanoUsd: 3200, auth: 'key' }]);
  });

  it('counts once, the larger of each figure, in each of the 720 orders of six things that logs told', () => {
    const rows = rowsOfAllOrders([
      { told: told({ counts: { outputTokens: 1, inputTokens: 100 }, provenance: 'partial' }) },
      { told: told({ counts: { outputTokens: 310, cacheWrite5mTokens: 90 }, session: 's2' }) },
      { told: told({ counts: { outputTokens: 2, cacheWrite1hTokens: 60, cacheWrite5mTokens: 30 } }) },
      { told: told({ counts: { inputTokens: 140 }, requestId: null, subAgent: 'a1', atMs: atMs - 50 }) },
      { told: told({ counts: { webSearches: 2, thinkingTokens: 12 }, auth: 'subscription' }) },
      { told: told({ counts: { cacheReadTokens: 77 }, workspaceId: 'w0', durationMs: 30 }) },
    ]);
    expect(rows).toHaveLength(1);
    expect(rows).toMatchObject([
      {
        ...{ calls: 1, inputTokens: 140, outputTokens: 310, cacheReadTokens: 77, thinkingTokens: 12, webSearches: 2 },
        ...{
          cacheWrite5mTokens: 30,
          cacheWrite1hTokens: 60,
          estimatedCalls: 0,
          costNanoUsd: 3240,
          auth: 'subscription',
        },
      },
    ]);
  });

  it('keeps two calls that the gateway saw apart, even with one id, and three attempts with ids of their own', () => {
    const again = { ...wire, id: callId(3) };
    const retries = [4, 5, 6].map((n) => ({ ...wire, id: callId(n), requestId: `req_${n}`, responseId: null }));
    const events: readonly Event[] = [wire, again, ...retries].map((finished) => ({ finished }));
    const rows = booksAfter([{ told: told() }, ...events, { told: told() }]) as { calls: number }[][];
    expect(rows[0]?.[0]?.calls).toBe(5);
  });

  it('joins a log without a message id to the message of the same request, in either order', () => {
    const withId = told({ counts: { outputTokens: 5 } });
    const without = told({ responseId: null, counts: { outputTokens: 9 } });
    const orders = [
      [withId, without],
      [without, withId],
    ].map((calls) => booksAfter(calls.map((one) => ({ told: one }))));
    expect(orders[0]).toEqual(orders[1]);
    expect((orders[0] as { calls: number; outputTokens: number }[][])[0]).toMatchObject([
      { calls: 1, outputTokens: 9 },
    ]);
  });

  it('joins a log without any id to the call of the wire with its counts and time, one to one, in either order', () => {
    const plain = { responseId: null, requestId: null, counts: { inputTokens: 100, outputTokens: 310 } };
    const first = told({ ...plain, id: 'a'.repeat(32), atMs: atMs + 2000 });
    const second = told({ ...plain, id: 'b'.repeat(32), atMs: atMs + 2100 });
    const later = told({ ...plain, id: 'c'.repeat(32), atMs: atMs + 3_600_000 });
    const before = booksAfter([{ finished: wire }, { told: first }, { told: second }, { told: later }]);
    const after = booksAfter([{ told: first }, { told: second }, { told: later }, { finished: wire }]);
    for (const sums of [before, after] as { calls: number }[][][]) {
      expect(sums[0]?.reduce((sum, { calls }) => sum + calls, 0)).toBe(3);
    }
  });

  it('takes the log’s count where the wire did not see the end', () => {
    const cut: CallRecord = {
      ...wire,
      status: 'lost',
      provenance: 'partial',
      usage: usage({ inputTokens: 100, outputTokens: 3 }),
    };
    const events: readonly Event[] = [{ finished: cut }, { told: told({ counts: { outputTokens: 310 } }) }];
    const [first, second] = [booksAfter(events), booksAfter(events.toReversed())];
    expect(first).toEqual(second);
    expect((first as object[][])[0]).toMatchObject([
      { calls: 1, outputTokens: 310, costNanoUsd: 3200, estimatedCalls: 0 },
    ]);
  });

  it('takes back what the host was charged once the gateway brings the same call', () => {
    const ledger = openBooks();
    ledger.writer.finish(host);
    ledger.writer.finish(wire);
    ledger.writer.finish(host);
    const [account] = ledger.budget.accounts(['machine day 2026-11-22']);
    expect(account).toMatchObject({ spent: { costNanoUsd: 3200, outputTokens: 310, calls: 1 } });
    ledger.close();
  });
});

describe('a call of a log without any id whose counts are not those of the wire', () => {
  const noIds = { responseId: null, requestId: null };
  /** Continue counts for itself, and its requests name it in the extension host only. */
  const guessed = told({
    ...{ ...noIds, agent: 'continue', session: '2026-11-22', provenance: 'estimated', id: 'd'.repeat(32) },
    ...{ atMs: atMs + 2000, counts: { inputTokens: 90, outputTokens: 300 } },
  });
  const inHost: CallRecord = {
    ...wire,
    source: 'host',
    agent: 'continue',
    session: 'continue@w1#2026-11-22T12:00:00Z',
  };

  /** The calls in the books after each order of these events, which must come to the same. */
  type Kind = 'whole' | 'cut' | 'guessed' | 'wire only' | 'log only';

  /** A call as the wire and the log of Cline have it; what the wire did not see is of later. */
  function eventsOfCall(
    { secondsLater, input, kind }: { readonly secondsLater: number; readonly input: number; readonly kind: Kind },
    index: number,
  ): readonly Event[] {
    const startedAtMs = atMs + secondsLater * 1000;
    const outputTokens = 1000 + index;
    const finished: CallRecord = {
      ...{ ...wire, ...noIds, id: callId(100 + index), agent: 'cline', startedAtMs, durationMs: 900 },
      ...{ usage: usage({ inputTokens: input, outputTokens }), provenance: kind === 'cut' ? 'partial' : 'reported' },
    };
    const own = told({
      ...{ ...noIds, agent: 'cline', session: 't', id: index.toString(16).padStart(32, '0') },
      atMs: kind === 'log only' ? startedAtMs + 2 * 3_600_000 : startedAtMs + 1000,
      provenance: kind === 'guessed' ? 'estimated' : kind === 'cut' ? 'partial' : 'reported',
      counts: {
        inputTokens: kind === 'guessed' ? input + 7 : input,
        outputTokens: kind === 'cut' || kind === 'guessed' ? index + 1 : outputTokens,
      },
    });
    if (kind === 'wire only') return [{ finished }];
    return kind === 'log only' ? [{ told: own }] : [{ finished }, { told: own }];
  }

  function callsAfter(events: readonly Event[]): readonly number[] {
    const all = [...permutations(events)].map((order) => booksAfter(order));
    for (const sums of all) expect(sums).toEqual(all[0]);
    return (all as { calls: number }[][][]).map(([byModel = []]) => byModel.reduce((sum, { calls }) => sum + calls, 0));
  }

  it('counts once where the log only guesses, whoever came first and whatever the wire calls its agent', () => {
    for (const agent of ['continue', 'continue?', 'unknown', 'openai-sdk']) {
      const seen = { ...inHost, agent, model: 'claude-opus-4-6-20260101' };
      expect(callsAfter([{ finished: seen }, { told: guessed }, { told: guessed }])).toEqual([1, 1, 1, 1, 1, 1]);
    }
  });

  it('counts by itself where agent, model or time are others, or both know their counts', () => {
    const others: readonly ImportedCall[] = [
      { ...guessed, agent: 'cursor' },
      { ...guessed, model: 'gpt-5' },
      { ...guessed, atMs: atMs + 60_000 },
      { ...guessed, provenance: 'reported' },
    ];
    for (const other of others) expect(callsAfter([{ finished: inHost }, { told: other }])).toEqual([2, 2]);
  });

  it('counts once where the wire did not see the end and the prompt is the same', () => {
    const cut: CallRecord = { ...inHost, agent: 'cline', status: 'aborted', provenance: 'partial' };
    const about = { ...noIds, agent: 'cline', session: 't', id: 'e'.repeat(32), provenance: 'partial' } as const;
    const sameInput = { inputTokens: totalInputTokens(cut.usage), outputTokens: 1 };
    const own = told({ ...about, atMs: atMs + 10, counts: sameInput });
    expect(callsAfter([{ finished: cut }, { told: own }])).toEqual([1, 1]);
    const other = told({ ...about, atMs: atMs + 10, counts: { inputTokens: 7, outputTokens: 1 } });
    expect(callsAfter([{ finished: cut }, { told: other }])).toEqual([2, 2]);
    // What grows out of it counts by itself, and what grows into it does not.
    const grown = told({ ...about, atMs: atMs + 10, counts: { inputTokens: 1_000_000, outputTokens: 1 } });
    expect(callsAfter([{ finished: cut }, { told: own }, { told: grown }])).toEqual([2, 2, 2, 2, 2, 2]);
    expect(callsAfter([{ finished: cut }, { told: other }, { told: own }])).toEqual([1, 1, 1, 1, 1, 1]);
  });

  it('corrects nothing of what the wire saw, and is in no comparison of both', () => {
    const ledger = openBooks();
    ledger.writer.finish(inHost);
    ledger.writer.bookImport({ calls: [guessed], logs: [] });
    expect(ledger.reader.calls({}).map(({ usage: own }) => own.outputTokens)).toEqual([inHost.usage.outputTokens]);
    expect(ledger.reader.sessionsBothWays(10)).toEqual([]);
    ledger.close();
  });

  it('comes to the calls of the wire and those that it did not see, in any order and read again', () => {
    const anyCall = fc.record({
      secondsLater: fc.nat(20),
      input: fc.constantFrom(100, 200, 300),
      kind: fc.constantFrom('whole', 'cut', 'guessed', 'wire only', 'log only'),
    });
    const events = fc.array(anyCall, { minLength: 1, maxLength: 6 }).map((calls) => calls.flatMap(eventsOfCall));
    const orders = events.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    );
    fc.assert(
      fc.property(orders, ([all, shuffled]) => {
        const seen = all.filter((event) => 'finished' in event).length;
        const unseen = all.filter((event) => 'told' in event && event.told.atMs > atMs + 3_600_000).length;
        const first = booksAfter(all) as { calls: number }[][];
        expect((first[0] ?? []).reduce((sum, { calls }) => sum + calls, 0)).toBe(seen + unseen);
        expect(booksAfter([...shuffled, ...all])).toEqual(first);
      }),
      { numRuns: 40 },
    );
  }, 60_000);

  it('counts once where the log is written in steps, and where no call of the wire has an id', () => {
    const nameless: CallRecord = { ...wire, requestId: null, responseId: null };
    const counts = { inputTokens: totalInputTokens(wire.usage), outputTokens: wire.usage.outputTokens };
    const whole = told({ ...noIds, id: 'f'.repeat(32), atMs: atMs + 2000, counts });
    const begun = told({ ...noIds, id: 'f'.repeat(32), atMs: atMs + 2000, counts: { ...counts, outputTokens: 1 } });
    expect(callsAfter([{ finished: nameless }, { told: begun }, { told: whole }])).toEqual([1, 1, 1, 1, 1, 1]);
  });
});

describe('a sum of several calls', () => {
  const sum = (outputTokens: number) =>
    told({
      ...{ isSum: true, agent: 'droid', model: 'm', responseId: null, requestId: null },
      counts: { outputTokens },
    });

  it('is none to count, grows in place, and is at API prices', () => {
    const ledger = openBooks();
    for (const outputTokens of [10, 30]) {
      const counts = ledger.writer.bookImport({ calls: [sum(outputTokens)], logs: [] });
      expect([counts.added, counts.merged]).toEqual([0, 0]);
    }
    const [row] = ledger.reader.report({ by: 'model' });
    expect(row).toMatchObject({ calls: 0, toldCalls: 0, outputTokens: 30, costNanoUsd: 400 });
    expect(row && isAtApiPrices(row)).toBe(true);
    ledger.close();
  });

  it('is none in what is added up from calls, nor where its day is added up anew', () => {
    const ledger = openBooks();
    const single = told({ model: 'm' });
    ledger.writer.bookImport({ calls: [sum(10), single], logs: [] });
    // A merge that moves the call to an earlier session has its day added up anew.
    ledger.writer.bookImport({ calls: [{ ...single, session: 's0', atMs: atMs - 1 }], logs: [] });
    for (const by of ['model', 'effort'] as const) {
      expect(ledger.reader.report({ by })).toMatchObject([{ calls: 1, toldCalls: 1, outputTokens: 50 }]);
    }
    ledger.close();
  });
});

describe('a call of which a log tells in parts', () => {
  const own = usage({ inputTokens: 100, outputTokens: 40 });
  const advisor = usage({ inputTokens: 300, outputTokens: 20 });
  const advised = told({
    ...{ model: 'main', usage: addUsage(own, advisor) },
    parts: [
      { model: null, usage: own },
      { model: 'advisor', usage: advisor },
    ],
  });
  const first = told({ model: 'main', counts: { inputTokens: 100, outputTokens: 1 } });
  const rows = (calls: readonly ImportedCall[]) => {
    const ledger = openBooks();
    for (const call of calls) ledger.writer.bookImport({ calls: [call], logs: [] });
    const report = ledger.reader.report({ by: 'model' });
    ledger.close();
    return report.map(({ key, calls, inputTokens, costNanoUsd }) => [key, calls, inputTokens, costNanoUsd]);
  };

  it('counts once, each part under its own model, whatever came before it and however often it is told', () => {
    const expected = [
      ['main', 1, 100, 500],
      ['advisor', 0, 300, 500],
    ];
    for (const calls of [[advised], [first, advised], [advised, first], [first, advised, advised]]) {
      expect(rows(calls).toSorted().toReversed()).toEqual(expected);
    }
  });

  it('is priced in one piece where the parts are not what it came to', () => {
    const more = { ...advised, usage: { ...advised.usage, outputTokens: 61 } };
    expect(rows([more])).toEqual([['main', 1, 400, 1010]]);
  });
});

describe('what a user deleted', () => {
  it('does not come back from a log, and what came later is booked', () => {
    const ledger = openBooks(':memory:', atMs + 1000);
    const calls = [told(), told({ responseId: 'msg_2', requestId: 'req_2', atMs: atMs + 5000 })];
    ledger.writer.bookImport({ calls: calls.slice(0, 1), logs: [] });
    expect(ledger.writer.deleteBefore(null)).toBe(1);
    expect(ledger.writer.bookImport({ calls, logs: [] })).toMatchObject({ added: 1, merged: 0, forgotten: 1 });
    expect(ledger.reader.report({ by: 'model' })).toMatchObject([{ calls: 1 }]);
    ledger.close();
  });

  it('does not forget a time to come', () => {
    const ledger = openBooks(':memory:', atMs);
    ledger.writer.deleteBefore(atMs + 86_400_000);
    expect(ledger.writer.bookImport({ calls: [told({ atMs: atMs + 1 })], logs: [] })).toMatchObject({ added: 1 });
    ledger.close();
  });
});

describe('a corpus of 20,000 lines', () => {
  it('comes to its ground truth in any order and however often it is read', () => {
    const { calls, truth } = corpus(20_000);
    const sums = [calls, calls.toReversed(), shuffled(calls)].map((order) => {
      const ledger = openBooks();
      for (let at = 0; at < order.length; at += 1500)
        ledger.writer.bookImport({ calls: order.slice(at, at + 1500), logs: [] });
      const again = ledger.writer.bookImport({ calls: order.slice(0, 3000), logs: [] });
      expect(again.added).toBe(0);
      const rows = ledger.reader.report({ by: 'model' });
      ledger.close();
      return rows.map(({ calls: number, outputTokens, inputTokens, costNanoUsd }) => ({
        number,
        outputTokens,
        inputTokens,
        costNanoUsd,
      }));
    });
    expect(sums).toEqual([[truth], [truth], [truth]]);
  });
});

/** Blocks of one message, snapshots that grow and shrink, missing ids, forks and resumed files. */
function corpus(rows: number) {
  const random = seeded(7);
  const calls: ImportedCall[] = [];
  const truth = { number: 0, outputTokens: 0, inputTokens: 0, costNanoUsd: 0 };
  for (let call = 0; calls.length < rows; call++) {
    const final = 10 + Math.floor(random() * 2000);
    const inputTokens = 1 + Math.floor(random() * 900);
    truth.number++;
    truth.outputTokens += final;
    truth.inputTokens += inputTokens;
    truth.costNanoUsd += inputTokens + 10 * final;
    const hasResponse = random() > 0.05;
    const requestId = !hasResponse || random() > 0.3 ? `req_${call}` : null;
    const lines = 1 + Math.floor(random() * 5);
    const full = Math.floor(random() * lines);
    for (let line = 0; line < lines; line++) {
      const outputTokens = line === full ? final : Math.floor(random() * final);
      const at = atMs + call * 1000 + line;
      const copy = { atMs: at, counts: { inputTokens, outputTokens } };
      const ids = hasResponse
        ? { responseId: `msg_${call}`, requestId: random() > 0.5 ? requestId : null }
        : { responseId: null, requestId };
      calls.push(told({ ...copy, ...ids, session: `s${call % 50}` }));
      if (random() < 0.2)
        calls.push(told({ ...copy, ...ids, session: `fork${call % 7}`, subAgent: random() < 0.5 ? 'a' : null }));
    }
  }
  return { calls, truth };
}

function shuffled<T>(items: readonly T[]): readonly T[] {
  const random = seeded(3);
  return items
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state / 0x7fffffff;
  };
}
