import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { Ledger } from '../../../src/ledger/openLedger.ts';
import { openLedgerReader } from '../../../src/ledger/openLedgerReader.ts';
import { call, callId, priced, usage } from './callFixtures.ts';
import { atMs, openBooks, told } from './importFixtures.ts';
import { tempDir } from './tempDir.ts';

const opened: Ledger[] = [];

afterEach(() => {
  for (const ledger of opened.splice(0)) ledger.close();
});

function books(path: string): Ledger {
  const ledger = openBooks(path);
  opened.push(ledger);
  return ledger;
}

/** A call of the wire and what a log has of it: less. */
function bothWays(
  ledger: Ledger,
  index: number,
  { session = `s${index}`, wire = 310, log = 100, startedAtMs = atMs + index } = {},
): void {
  const ids = { responseId: `msg_${index}`, requestId: `req_${index}` };
  const counts = usage({ inputTokens: 100, outputTokens: wire });
  ledger.writer.finish(
    call({
      ...ids,
      id: callId(index),
      startedAtMs,
      usage: counts,
      cost: priced(100, wire * 10),
      provenance: 'reported',
    }),
  );
  const tells = told({ ...ids, session, provenance: 'partial', counts: { outputTokens: log } });
  ledger.writer.bookImport({ calls: [tells], logs: [] });
}

describe('sessions that were seen both ways', () => {
  it('teach by how much a log tells too little, once there are three of them', () => {
    const ledger = books(':memory:');
    for (const index of [1, 2]) bothWays(ledger, index);
    expect(ledger.reader.corrections()).toEqual([]);
    bothWays(ledger, 3);
    expect(ledger.reader.corrections()).toEqual([{ agent: 'claude-code', sessions: 3, outputFactor: 3.1 }]);
  });

  it('come with that of the newest call first, and by name where those began at once', () => {
    const ledger = books(':memory:');
    const at = { b: 1, a: 3, d: 2, c: 2, e: 0, f: 0 };
    Object.entries(at).forEach(([session, minute], index) => {
      bothWays(ledger, index, { session, startedAtMs: atMs + 60_000 * minute });
    });
    const sessions = ledger.reader.sessionsBothWays(9);
    expect(sessions.map(({ session }) => session)).toEqual(['a', 'c', 'd', 'b', 'e', 'f']);
    expect(ledger.reader.sessionsBothWays(2)).toEqual(sessions.slice(0, 2));
  });

  it('have the calls of each and the time of its newest, also of what comes after they were asked for', () => {
    const ledger = books(':memory:');
    const seen = () =>
      ledger.reader.sessionsBothWays(9).map((each) => [each.session, each.callsBothWays, each.lastCallAtMs]);
    expect(seen()).toEqual([]);
    bothWays(ledger, 1, { session: 'a' });
    expect(seen()).toEqual([['a', 1, atMs + 1]]);
    bothWays(ledger, 2, { session: 'b' });
    bothWays(ledger, 3, { session: 'a' });
    expect(seen()).toEqual([
      ['a', 2, atMs + 3],
      ['b', 1, atMs + 2],
    ]);
    ledger.writer.deleteBefore(atMs + 3);
    expect(seen()).toEqual([['a', 1, atMs + 3]]);
  });

  it('teach anew where the wire’s own figures of a call turn out to be others', () => {
    const ledger = books(':memory:');
    for (const index of [1, 2, 3]) bothWays(ledger, index);
    for (const _ of ['added up', 'remembered'])
      expect(ledger.reader.corrections()).toMatchObject([{ outputFactor: 3.1 }]);
    // The log has nothing new to tell.
    for (const index of [1, 2, 3]) {
      const ids = { id: callId(index), responseId: `msg_${index}`, requestId: `req_${index}` };
      const counts = usage({ inputTokens: 100, outputTokens: 200 });
      ledger.writer.finish(call({ ...ids, startedAtMs: atMs + index, usage: counts, cost: priced(100, 2000) }));
    }
    expect(ledger.reader.corrections()).toMatchObject([{ outputFactor: 2 }]);
  });

  it('teach the same to the connection that keeps their sums and to one that adds them up anew, whatever happens', () => {
    const step = fc.record({
      what: fc.constantFrom('both', 'told', 'again', 'fill', 'delete', 'fail'),
      index: fc.nat(6),
      session: fc.constantFrom('a', 'b', 'c', 'd'),
      wire: fc.nat(900),
      log: fc.nat(400),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) => {
        const path = join(tempDir(), 'ledger.sqlite');
        const ledger = openBooks(path);
        for (const { what, index, session, wire, log } of steps) {
          const ids = { responseId: `msg_${index}`, requestId: `req_${index}` };
          if (what === 'both') bothWays(ledger, index, { session, wire, log });
          else if (what === 'delete') ledger.writer.deleteBefore(atMs + index);
          else if (what === 'fail') expect(() => ledger.writer.bookImport(torn(ids, session))).toThrow();
          else if (what === 'fill')
            ledger.writer.finish(
              call({ ...ids, id: callId(index), startedAtMs: atMs + index, status: 'lost', provenance: 'partial' }),
            );
          else {
            const counts = { outputTokens: what === 'again' ? log * 2 : log };
            const provenance = what === 'again' ? 'reported' : 'partial';
            ledger.writer.bookImport({ calls: [told({ ...ids, session, provenance, counts })], logs: [] });
          }
          const reader = openLedgerReader(path);
          expect(ledger.reader.sessionsBothWays(9)).toEqual(reader.sessionsBothWays(9));
          expect(ledger.reader.corrections()).toEqual(reader.corrections());
          reader.close();
        }
        ledger.close();
      }),
      { numRuns: 10 },
    );
  }, 120_000);
});

/** A batch that fails after its first call was booked. */
function torn(ids: { readonly responseId: string; readonly requestId: string }, session: string) {
  const first = told({ ...ids, session, counts: { outputTokens: 777 } });
  const second = told({ responseId: 'msg_bad', atMs: atMs + 1000, usage: null as never });
  return { calls: [first, second], logs: [] };
}
