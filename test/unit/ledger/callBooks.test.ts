import { afterEach, describe, expect, it } from 'vitest';
import type { CallRecord } from '../../../src/domain/call.ts';
import { systemClock } from '../../../src/domain/clock.ts';
import { type Ledger, openLedger } from '../../../src/ledger/openLedger.ts';
import { call, callId, priced, usage } from './callFixtures.ts';
import { atMs, openBooks, told } from './importFixtures.ts';

const opened: Ledger[] = [];

afterEach(() => {
  for (const ledger of opened.splice(0)) ledger.close();
});

function books(): Ledger {
  const ledger = openBooks();
  opened.push(ledger);
  return ledger;
}

const ids = { requestId: 'req_1', responseId: 'msg_1' };
const seen = (change: Partial<CallRecord> = {}): CallRecord => call({ ...ids, startedAtMs: atMs, ...change });
const sourcesOf = (ledger: Ledger): unknown => ledger.reader.calls({}).map(({ source }) => source);
const sessionsOf = (ledger: Ledger): unknown =>
  ledger.reader.report({ by: 'session' }).map(({ key, calls }) => [key, calls]);

/** Fails after the first of its rows was written. */
function failHalfWay(ledger: Ledger, record: CallRecord): void {
  const broken = call({ id: callId(99), api: JSON.parse('null') });
  expect(() =>
    ledger.writer.apply([
      { kind: 'finish', record },
      { kind: 'finish', record: broken },
    ]),
  ).toThrow();
}

describe('a call that the wire and a log saw', () => {
  it.each([
    ['the message’s id', { requestId: null }],
    ['the request', { responseId: null }],
  ])('counts as the wire saw it, in either order: found by %s', (_, less) => {
    for (const isWireFirst of [true, false]) {
      const ledger = books();
      const import_ = () => ledger.writer.bookImport({ calls: [told({ ...less, session: 'of a log' })], logs: [] });
      if (!isWireFirst) expect(import_()).toMatchObject({ added: 1, merged: 0 });
      ledger.writer.finish(seen());
      if (isWireFirst) expect(import_()).toMatchObject({ added: 0, merged: 1 });
      expect(sourcesOf(ledger)).toEqual(['gateway']);
      expect(sessionsOf(ledger)).toEqual([['s1', 1]]);
      expect(ledger.reader.reconcile('of a log')).toMatchObject([{ wire: { source: 'gateway' } }]);
    }
  });

  it('is two where their ids are not one, or the wire has none', () => {
    const ledger = books();
    ledger.writer.finish(seen({ requestId: null, responseId: null }));
    ledger.writer.bookImport({ calls: [told({ responseId: 'msg_2', requestId: 'req_2' })], logs: [] });
    expect(sourcesOf(ledger)).toHaveLength(2);
  });
});

describe('a call that the gateway and the host saw', () => {
  const host = (change: Partial<CallRecord> = {}) =>
    seen({ id: callId(2), source: 'host', session: 'of the host', ...change });

  it('counts as the gateway saw it, in either order, and stays known as its call', () => {
    for (const order of [
      [seen(), host()],
      [host(), seen()],
    ]) {
      const ledger = books();
      for (const record of order) ledger.writer.finish(record);
      expect(sourcesOf(ledger)).toEqual(['gateway']);
      expect(sessionsOf(ledger)).toEqual([['s1', 1]]);
      // What the host says late of the same call makes none of it.
      ledger.writer.update(host());
      expect(ledger.writer.sweepLost(() => false)).toBe(0);
    }
  });

  it('is in flight until either has finished it', () => {
    const ledger = books();
    ledger.writer.begin(host());
    ledger.writer.finish(seen());
    expect(sourcesOf(ledger)).toEqual(['gateway']);
    ledger.writer.finish(host());
    expect(sourcesOf(ledger)).toEqual(['gateway']);
    expect(ledger.writer.sweepLost(() => false)).toBe(0);
  });

  it('is in flight like any other where nobody else saw it', () => {
    const ledger = books();
    ledger.writer.begin(host());
    expect(ledger.writer.sweepLost(() => false)).toBe(1);
    expect(ledger.reader.calls({})).toMatchObject([{ source: 'host', status: 'lost' }]);
  });
});

describe('a call that is finished again', () => {
  it('leaves nothing where it was before: neither its session nor its day', () => {
    const ledger = books();
    ledger.writer.finish(seen({ session: 'before' }));
    ledger.writer.finish(seen({ session: 'after', startedAtMs: atMs + 86_400_000, cost: priced(1, 1) }));
    expect(sessionsOf(ledger)).toEqual([['after', 1]]);
    expect(ledger.reader.report({ by: 'day' })).toMatchObject([{ key: '2026-11-23', calls: 1, costNanoUsd: 2 }]);
  });

  it('is what it cost at its end, when that is', () => {
    const ledger = books();
    ledger.writer.finish(seen({ durationMs: 1000, cost: priced(1, 1) }));
    expect(ledger.reader.costSince(atMs + 1000)).toEqual([{ auth: 'key', costNanoUsd: 2 }]);
    expect(ledger.reader.costSince(atMs + 1001)).toEqual([]);
  });
});

describe('a transaction that fails', () => {
  it('leaves nothing to the next one: no name, no sum, no charge, no session seen both ways', () => {
    const ledger = books();
    ledger.writer.finish(seen());
    ledger.writer.bookImport({ calls: [told()], logs: [] });
    const before = ledger.reader.sessionsBothWays(9);
    expect(before).toHaveLength(1);
    failHalfWay(ledger, seen({ agent: 'new agent', session: 'new session', startedAtMs: atMs + 5 }));
    expect(ledger.reader.sessionsBothWays(9)).toEqual(before);
    const next = call({ id: callId(3), startedAtMs: atMs + 9, agent: 'newer agent', session: 'newer session' });
    ledger.writer.finish(next);
    expect(ledger.reader.calls({ id: next.id })).toEqual([next]);
    expect(sessionsOf(ledger)).toEqual([
      ['newer session', 1],
      ['s1', 1],
    ]);
    expect(ledger.budget.accounts(['machine day 2026-11-22'])).toMatchObject([{ spent: { calls: 2 } }]);
  });
});

describe('sessions that were seen both ways', () => {
  it('are told as they are now, whatever happens to their calls', () => {
    const ledger = books();
    const callsBothWays = () =>
      ledger.reader.sessionsBothWays(9).map(({ session, callsBothWays: calls }) => [session, calls]);
    expect(callsBothWays()).toEqual([]);
    ledger.writer.finish(seen());
    ledger.writer.bookImport({ calls: [told()], logs: [] });
    expect(callsBothWays()).toEqual([['s1', 1]]);
    const second = { responseId: 'msg_2', requestId: 'req_2' };
    ledger.writer.bookImport({ calls: [told(second)], logs: [] });
    ledger.writer.finish(seen({ ...second, id: callId(2), startedAtMs: atMs + 1 }));
    expect(callsBothWays()).toEqual([['s1', 2]]);
    ledger.writer.bookImport({ calls: [], logs: [], retracted: [told(second).id] });
    expect(callsBothWays()).toEqual([['s1', 1]]);
    expect(ledger.writer.deleteBefore(null)).toBe(2);
    expect(callsBothWays()).toEqual([]);
  });
});

describe('what a log takes back', () => {
  it('is gone from calls and sums, and what it did not is not', () => {
    const ledger = books();
    const other = told({ responseId: 'msg_2', requestId: 'req_2', session: 's2' });
    ledger.writer.bookImport({ calls: [told(), other], logs: [] });
    ledger.writer.bookImport({ calls: [], logs: [], retracted: [told().id] });
    expect(sessionsOf(ledger)).toEqual([['s2', 1]]);
    expect(ledger.reader.calls({})).toMatchObject([{ session: 's2' }]);
  });
});

describe('a log of which nobody knows the prices', () => {
  it('is booked without a price', () => {
    const ledger = openLedger({ path: ':memory:', clock: systemClock, log: () => undefined });
    opened.push(ledger);
    ledger.writer.bookImport({ calls: [told({ counts: usage({ outputTokens: 7 }) })], logs: [] });
    expect(ledger.reader.calls({})).toMatchObject([
      { cost: { costNanoUsd: null, provenance: 'unpriced', split: null, rates: [], priceVersion: null } },
    ]);
  });
});
