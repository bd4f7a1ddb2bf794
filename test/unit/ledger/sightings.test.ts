import { describe, expect, it } from 'vitest';
import type { CallRecord } from '../../../src/domain/call.ts';
import type { ImportedCall } from '../../../src/ledger/importContract.ts';
import type { Ledger } from '../../../src/ledger/openLedger.ts';
import { applyEvent, callsIn, ordersOf, seenAfter, seenInAllOrders } from './bookedEvents.ts';
import { call, callId, priced, usage } from './callFixtures.ts';
import { atMs, openBooks, told } from './importFixtures.ts';

type Told = Parameters<typeof told>[0];

const wire = call({ usage: usage({ inputTokens: 100, outputTokens: 310 }), cost: priced(100, 3100), durationMs: 2500 });
/** A call whose end the wire did not see. */
const cut: CallRecord = {
  ...wire,
  ...{ status: 'aborted', provenance: 'partial', usage: usage({ inputTokens: 100, outputTokens: 3 }) },
};

/** A call of a log that has no id of the provider's, at the time and with the counts of the wire's. */
function nameless(change: Told = {}): ImportedCall {
  return told({
    ...{ responseId: null, requestId: null, id: 'a'.repeat(32), session: 't', atMs: atMs + 2000 },
    ...change,
    counts: { inputTokens: 100, outputTokens: 310, ...change?.counts },
  });
}

const outputs = (ledger: Ledger) => ledger.reader.calls({}).map((each) => each.usage.outputTokens);

describe('a call of the gateway’s that the host saw too', () => {
  const ids = (responseId: string | null, requestId: string | null) => ({ responseId, requestId });

  it.each([
    ['both ids', ids('m', 'r'), ids('m', 'r')],
    ['the response’s id alone', ids('m', null), ids('m', null)],
    ['the request’s id alone', ids(null, 'r'), ids(null, 'r')],
    ['the response’s id, which is all that the host has', ids('m', 'r'), ids('m', null)],
    ['the request’s id, which is all that the host has', ids('m', 'r'), ids(null, 'r')],
    ['the response’s id, where a proxy made up another for the request', ids('m', 'r'), ids('m', 'r2')],
    ['the request’s id, where a proxy made up another for the response', ids('m', 'r'), ids('m2', 'r')],
  ])('counts once, as the gateway saw it, by %s', (_, ofGateway, ofHost) => {
    const gateway = { ...wire, ...ofGateway };
    const host: CallRecord = { ...wire, ...ofHost, id: callId(2), source: 'host', usage: usage({ outputTokens: 300 }) };
    const sources = (ledger: Ledger) => ledger.reader.calls({}).map(({ source }) => source);
    const events = [{ finished: gateway }, { finished: host }];
    expect(seenInAllOrders(events, sources)).toEqual([['gateway'], ['gateway']]);
    expect(seenInAllOrders(events, callsIn)).toEqual([1, 1]);
  });

  it('is another call under other ids, or without any', () => {
    const others = [ids('m2', 'r2'), ids('m2', null), ids(null, 'r2'), ids(null, null), ids('r', 'm')];
    for (const other of others) {
      const host: CallRecord = { ...wire, ...other, id: callId(2), source: 'host' };
      const events = [{ finished: { ...wire, ...ids('m', 'r') } }, { finished: host }];
      expect(seenInAllOrders(events, callsIn)).toEqual([2, 2]);
    }
    const unnamed = { ...wire, ...ids(null, null) };
    const host: CallRecord = { ...unnamed, id: callId(2), source: 'host' };
    expect(seenInAllOrders([{ finished: unnamed }, { finished: host }], callsIn)).toEqual([2, 2]);
  });

  it('is one of two that the host saw, even with one id, where the gateway saw neither', () => {
    const hosts = [2, 3].map((index): CallRecord => ({ ...wire, id: callId(index), source: 'host' }));
    expect(
      seenInAllOrders(
        hosts.map((finished) => ({ finished })),
        callsIn,
      ),
    ).toEqual([2, 2]);
  });
});

describe('a call of a log that has the wire’s counts and time, and no id of the provider’s', () => {
  it('is the wire’s, and what the wire saw teaches of its log, even where that only guessed', () => {
    for (const provenance of ['reported', 'partial', 'estimated'] as const) {
      const learned = (ledger: Ledger) => ledger.reader.sessionsBothWays(9).map(({ session }) => session);
      const events = [{ finished: wire }, { told: nameless({ provenance }) }];
      expect(seenInAllOrders(events, callsIn)).toEqual([1, 1]);
      expect(seenInAllOrders(events, learned)).toEqual([['t'], ['t']]);
    }
  });

  it('is another where its log has an id that the wire did not hear', () => {
    for (const ids of [{ requestId: 'other' }, { responseId: 'other' }]) {
      const named = told({ ...nameless(), ...ids, id: 'a'.repeat(32), counts: nameless().usage });
      expect(seenInAllOrders([{ finished: wire }, { told: named }], callsIn)).toEqual([2, 2]);
    }
  });

  it('is another where the counts that are the same are none, or not known', () => {
    const silent = [{ outputTokens: 0 }, { outputTokens: null }, { inputTokens: null }];
    for (const counts of silent) {
      const same = usage({ inputTokens: 100, outputTokens: 310, ...counts });
      const events = [{ finished: { ...wire, usage: same } }, { told: nameless({ counts }) }];
      expect(seenInAllOrders(events, callsIn)).toEqual([2, 2]);
    }
  });

  it('is another where a log told of the wire’s by its id', () => {
    const named = { told: told({ counts: { outputTokens: 310 } }) };
    const other = { told: nameless() };
    const seen = { finished: wire };
    const orders = [
      [named, other, seen],
      [other, named, seen],
      [named, seen, other],
      [seen, named, other],
    ];
    expect(orders.map((events) => seenAfter(events, callsIn))).toEqual([2, 2, 2, 2]);
  });

  it('is another where one like it was the wire’s already, however often the wire tells of it', () => {
    const [one, another] = [{ told: nameless() }, { told: nameless({ id: 'b'.repeat(32) }) }];
    const seen = { finished: wire };
    expect(seenAfter([one, seen, another, seen], callsIn)).toBe(2);
    expect(seenAfter([seen, one, another, seen, one, another], callsIn)).toBe(2);
  });

  it('stays the wire’s when its log says more of it', () => {
    const more = nameless({ counts: { thinkingTokens: 30, toolCalls: 2 } });
    const events = [{ finished: wire }, { told: nameless() }, { told: more }];
    expect(seenInAllOrders(events, callsIn)).toEqual([1, 1, 1, 1, 1, 1]);
  });
});

describe('the time of a call of a log without an id', () => {
  const long: CallRecord = { ...wire, durationMs: 60_000 };
  const guess = { provenance: 'estimated', counts: { inputTokens: 90, outputTokens: 300 } } as const;

  it.each([
    ['has the same counts', {}],
    ['only guesses', guess],
  ])('is from 5 s before the wire’s began to 10 s after it ended, where it %s', (_, change) => {
    for (const [afterBeginMs, calls] of [
      [-5001, 2],
      [-5000, 1],
      [30_000, 1],
      [70_000, 1],
      [70_001, 2],
    ] as const) {
      const one = nameless({ ...change, atMs: atMs + afterBeginMs });
      expect(seenInAllOrders([{ finished: long }, { told: one }], callsIn)).toEqual([calls, calls]);
    }
  });

  it.each([
    ['has the same counts', {}],
    ['only guesses', guess],
  ])('is around the begin of one of which nobody knows how long it took, where it %s', (_, change) => {
    const endless = { ...wire, durationMs: null };
    for (const [afterBeginMs, calls] of [
      [10_000, 1],
      [10_001, 2],
    ] as const) {
      const one = nameless({ ...change, atMs: atMs + afterBeginMs });
      expect(seenInAllOrders([{ finished: endless }, { told: one }], callsIn)).toEqual([calls, calls]);
    }
  });
});

describe('a call of a log that is assumed to be one of the wire’s', () => {
  it('fills in nothing of what the wire did not see, and teaches nothing, whoever came first', () => {
    const events = [{ finished: cut }, { told: nameless() }];
    expect(seenInAllOrders(events, outputs)).toEqual([[3], [3]]);
    expect(seenInAllOrders(events, (ledger) => ledger.reader.sessionsBothWays(9))).toEqual([[], []]);
  });

  it('is none where neither of the two knows how large the prompt was', () => {
    const blind = { ...cut, usage: usage({ inputTokens: null, outputTokens: 3 }) };
    const one = nameless({ counts: { inputTokens: null } });
    expect(seenInAllOrders([{ finished: blind }, { told: one }], callsIn)).toEqual([2, 2]);
  });

  it('is no longer the wire’s in any view once it has grown out of it', () => {
    const grown = nameless({ counts: { inputTokens: 1_000_000 } });
    const sources = (ledger: Ledger) =>
      ledger.reader.reconcile('t').map((each) => [each.wire?.usage.inputTokens, each.told?.usage.inputTokens]);
    const events = [{ finished: cut }, { told: nameless() }, { told: grown }];
    for (const views of seenInAllOrders(events, sources)) expect(views).toEqual([[undefined, 1_000_000]]);
  });

  it('teaches of the call that it turns out to be, though the books were asked before', () => {
    const ledger = openBooks();
    const begun = nameless({ provenance: 'partial', counts: { outputTokens: 1 } });
    const whole: CallRecord = { ...wire, id: callId(2), requestId: 'req_2', responseId: 'msg_2' };
    for (const event of [{ finished: cut }, { finished: whole }, { told: begun }]) applyEvent(ledger, event);
    expect(ledger.reader.sessionsBothWays(9)).toEqual([]);
    applyEvent(ledger, { told: nameless() });
    expect(ledger.reader.sessionsBothWays(9)).toMatchObject([{ session: 't', callsBothWays: 1 }]);
    expect(callsIn(ledger)).toBe(2);
    ledger.close();
  });

  it('is taken out of what its session is summed up to as the call that it turns out to be', () => {
    const begun = nameless({ provenance: 'partial', counts: { outputTokens: 1 } });
    const whole: CallRecord = { ...wire, id: callId(2), requestId: 'req_2', responseId: 'msg_2' };
    const sum = told({
      ...{ isSum: true, session: 't', id: 'b'.repeat(32), responseId: null, requestId: null },
      ...{ atMs: atMs + 7_200_000, durationMs: 60_000, counts: { inputTokens: 1000, outputTokens: 1000 } },
    });
    const left = (ledger: Ledger) =>
      ledger.reader.report({ by: 'session' }).find(({ key }) => key === 't')?.outputTokens;
    const seen = [{ finished: cut }, { finished: whole }];
    for (const events of ordersOf([{ told: begun }, { told: nameless() }, { told: sum }]))
      expect(seenAfter([...seen, ...events], left)).toBe(690);
  });
});

describe('what a log tells anew of a call that the wire saw', () => {
  const tells = (provenance: ImportedCall['provenance'], outputTokens: number) => ({
    told: told({ provenance, counts: { outputTokens } }),
  });

  it('is the provider’s own count from when the log says so, though no figure has changed', () => {
    const events = [{ finished: cut }, tells('partial', 310), tells('reported', 310)];
    expect(seenAfter(events.slice(0, 2), outputs)).toEqual([3]);
    expect(seenInAllOrders(events, outputs)).toEqual(events.flatMap(() => [[310], [310]]));
  });

  it('is the larger of each figure, and stays the provider’s own', () => {
    const events = [{ finished: wire }, tells('reported', 310), tells('partial', 20)];
    const view = (ledger: Ledger) => ledger.reader.reconcile('s1').map((each) => each.told);
    for (const views of seenInAllOrders(events, view))
      expect(views).toMatchObject([{ provenance: 'reported', costNanoUsd: 3200, usage: { outputTokens: 310 } }]);
  });
});
