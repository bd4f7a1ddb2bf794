import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { CallRecord } from '../../../src/domain/call.ts';
import type { Ledger } from '../../../src/ledger/openLedger.ts';
import { applyEvent, type BookedEvent } from './bookedEvents.ts';
import { callId } from './callFixtures.ts';
import { atMs, openBooks, told } from './importFixtures.ts';
import { counts, inputIn, minuteMs, seen, single, sumOf } from './sumFixtures.ts';
import { tempDir } from './tempDir.ts';

const opened: Ledger[] = [];

afterEach(() => {
  for (const ledger of opened.splice(0)) ledger.close();
});

function books(path = ':memory:'): Ledger {
  const ledger = openBooks(path);
  opened.push(ledger);
  return ledger;
}

/** Books with these events, of which the program that has them now knows nothing but what is on disk. */
function booksFromDisk(events: readonly BookedEvent[]): Ledger {
  const path = join(tempDir(), 'ledger.sqlite');
  const first = openBooks(path);
  for (const event of events) applyEvent(first, event);
  first.close();
  return books(path);
}

const laterMs = atMs + 300 * minuteMs;
const sum = { told: sumOf('s', counts(300, 30)) };
/** A call under an id that only the wire knows, so far, and one that a log tells of under that id, long after. */
const ofX = { finished: seen(1, counts(100, 10), { session: 'x' }) };
const logOfX = { told: single('x', counts(7, 7), { atMs: laterMs }) };

describe('an id that the wire takes for a session', () => {
  it('is one that logs tell of where they told of any of its calls that the wire saw too, after a restart as well', () => {
    const sighted = seen(2, counts(20, 2), { session: 'x', startedAtMs: laterMs });
    const logOfIt = { told: single('x', counts(20, 2), { responseId: 'r2', atMs: laterMs }) };
    const ledger = booksFromDisk([sum, { finished: sighted }, logOfIt]);
    applyEvent(ledger, ofX);
    expect(inputIn(ledger)).toBe(300 + 20 + 100);
  });

  it('is none that logs tell of where only the host named it so', () => {
    const inHost: CallRecord = { ...ofX.finished, id: callId(2), source: 'host' };
    const again = { finished: seen(3, counts(50, 5), { session: 'x' }) };
    const ledger = booksFromDisk([sum, ofX, { finished: inHost }]);
    applyEvent(ledger, again);
    expect(inputIn(ledger)).toBe(300);
  });

  it('is a log’s from when it tells of it, though it was nobody’s long before', () => {
    // Nothing that comes in between gives anything a new name.
    const known = seen(2, counts(1, 1), { agent: 'codex', session: 'before', startedAtMs: laterMs });
    const events = [{ finished: known }, { told: single('y', counts(1, 1), { atMs: laterMs }) }, sum, ofX];
    const ledger = booksFromDisk(events);
    expect(inputIn(ledger)).toBe(302);
    applyEvent(ledger, { finished: known });
    applyEvent(ledger, logOfX);
    expect(inputIn(ledger)).toBe(302 + 7 + 100);
  });

  it('is a log’s where the log tells of it together with more of the sum that the call was taken out of', () => {
    const ledger = books();
    for (const event of [sum, ofX]) applyEvent(ledger, event);
    ledger.writer.bookImport({ calls: [logOfX.told, { ...sum.told, usage: counts(301, 30) }], logs: [] });
    expect(inputIn(ledger)).toBe(301 + 7 + 100);
  });

  it('is nobody’s again once the only call that a log told of it is deleted', () => {
    const ledger = books();
    const early = { told: single('x', counts(7, 7), { atMs: atMs - 300 * minuteMs }) };
    for (const event of [sum, early]) applyEvent(ledger, event);
    ledger.writer.deleteBefore(atMs - minuteMs);
    applyEvent(ledger, ofX);
    expect(inputIn(ledger)).toBe(300);
  });

  it('is nobody’s where what a log told of it could not be written', () => {
    const ledger = books();
    applyEvent(ledger, sum);
    const broken = told({ responseId: 'bad', atMs: laterMs, usage: null as never });
    expect(() => ledger.writer.bookImport({ calls: [logOfX.told, broken], logs: [] })).toThrow();
    applyEvent(ledger, ofX);
    expect(inputIn(ledger)).toBe(300);
    applyEvent(ledger, logOfX);
    expect(inputIn(ledger)).toBe(300 + 7 + 100);
  });
});
