import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Usage } from '../../../src/domain/usage.ts';
import { identityOf } from '../../../src/ledger/callIdentity.ts';
import type { ImportedCall, PriceImported } from '../../../src/ledger/importContract.ts';
import type { Ledger } from '../../../src/ledger/openLedger.ts';
import { isAtApiPrices } from '../../../src/ledger/rowFigures.ts';
import { applyEvent, type BookedEvent, ordersOf } from './bookedEvents.ts';
import { task, taskId } from './budgetFixtures.ts';
import { unpriced } from './callFixtures.ts';
import { atMs, openBooks, sumsOf, told } from './importFixtures.ts';
import { counts, minuteMs, seen, single as singleOf, sumOf } from './sumFixtures.ts';
import { tempDir } from './tempDir.ts';

const ledgers: Ledger[] = [];

afterEach(() => {
  for (const ledger of ledgers.splice(0)) ledger.close();
});

function books(path = ':memory:'): Ledger {
  const ledger = openBooks(path);
  ledgers.push(ledger);
  return ledger;
}

function booksAfter(events: readonly BookedEvent[]): Ledger {
  const ledger = books();
  for (const event of events) applyEvent(ledger, event);
  return ledger;
}

/** A call that only the log of its session tells of, long after all others. */
function single(session: string, counted: Usage, change: Partial<ImportedCall> = {}): ImportedCall {
  return singleOf(session, counted, { atMs: atMs + 300 * minuteMs, ...change });
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
    const ledger = booksAfter([
      ...calls.map((finished) => ({ finished })),
      { told: sumOf('s', { ...counts(450, 31), cacheReadTokens: 7 }) },
    ]);
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
    const cached = seen(1, { ...counts(10, 90), cacheReadTokens: 90 });
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
    const finished = seen(
      1,
      { ...counts(100, 50), cacheReadTokens: 900 },
      { agent: 'litellm', model: 'claude-sonnet-4-5-20250929' },
    );
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
    applyEvent(ledger, { told: sumOf('s', counts(150, 10), { workspaceId: 'only-here' }) });
    expect(totals(ledger)).toEqual({ input: 150, output: 10, calls: 1 });
  });

  it('outlives it with its names where its log tells of nothing so far', () => {
    const ledger = booksAfter([
      { told: told({ atMs: atMs - 86_400_000 }) },
      { told: sumOf('s', counts(0, 0), { workspaceId: 'only-here' }) },
    ]);
    ledger.writer.deleteBefore(atMs - minuteMs);
    applyEvent(ledger, { told: sumOf('s', counts(150, 10), { workspaceId: 'only-here' }) });
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
      applyEvent(ledger, event);
      ledger.close();
    }
    const ledger = books(path);
    expect(totals(ledger).input).toBe(407);
    const moved = { ...ofX, session: 'x0', atMs: ofX.atMs - 1 };
    applyEvent(ledger, { told: moved });
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

/** The input of each of these sessions. */
function leftOf(ledger: Ledger, ...sessions: readonly string[]): readonly number[] {
  const rows = ledger.reader.report({ by: 'session' });
  return sessions.map((session) =>
    rows.filter(({ key }) => key === session).reduce((sum, { inputTokens }) => sum + inputTokens, 0),
  );
}

/** Has the books forget what they remember of sums, as a restart does; nothing is deleted. */
function readSumsAnew(ledger: Ledger): void {
  expect(ledger.writer.deleteBefore(atMs - 1000 * minuteMs)).toBe(0);
}

describe('a sum whose calls turn out to be another’s', () => {
  const t = { told: sumOf('t', counts(300, 30)) };
  const laterMs = atMs + 300 * minuteMs;
  const ofX = { finished: seen(1, counts(100, 10), { session: 'x' }) };

  it('counts for all of it once a log sums up the session that the wire has for them', () => {
    const ledger = booksAfter([t, ofX]);
    expect(leftOf(ledger, 't')).toEqual([200]);
    applyEvent(ledger, { told: sumOf('x', counts(250, 25), { atMs: laterMs }) });
    expect(leftOf(ledger, 't')).toEqual([300]);
    expect(totals(ledger)).toEqual({ input: 300 + 250, output: 30 + 25, calls: 1 });
  });

  it('counts for all of it once a log sums up the sub-agent that the wire takes for their session', () => {
    const ledger = booksAfter([t, ofX]);
    applyEvent(ledger, { told: sumOf('s', counts(250, 25), { atMs: laterMs, subAgent: 'x' }) });
    expect(leftOf(ledger, 't', 's')).toEqual([300, 150]);
  });

  it('counts for all of it once a log tells of them by themselves, at another time', () => {
    const ledger = booksAfter([t, { finished: seen(1, counts(100, 10)) }]);
    expect(leftOf(ledger, 't')).toEqual([200]);
    applyEvent(ledger, { told: single('s', counts(100, 10), { responseId: 'r1' }) });
    expect(leftOf(ledger, 't')).toEqual([300]);
  });

  it('counts for all of it once a log tells of others that the wire saw by the id of their session', () => {
    const later = seen(2, counts(20, 2), { session: 'y', startedAtMs: laterMs });
    const ledger = booksAfter([t, ofX, { finished: later }]);
    expect(leftOf(ledger, 't')).toEqual([200]);
    applyEvent(ledger, { told: single('x', counts(20, 2), { responseId: 'r2' }) });
    expect(leftOf(ledger, 't')).toEqual([300]);
  });

  it('counts for the less again once no log tells of their session any more', () => {
    const logOfX = single('x', counts(7, 7));
    const ledger = booksAfter([t, ofX, { told: logOfX }]);
    expect(leftOf(ledger, 't')).toEqual([300]);
    applyEvent(ledger, { told: { ...logOfX, session: 'x0', atMs: logOfX.atMs - 1 } });
    expect(leftOf(ledger, 't')).toEqual([200]);
  });

  it('counts for the less again once what logs tell of their session is deleted', () => {
    const early = single('x', counts(7, 7), { atMs: atMs - 300 * minuteMs });
    const ledger = booksAfter([t, ofX, { told: early }]);
    expect(leftOf(ledger, 't')).toEqual([300]);
    ledger.writer.deleteBefore(atMs - minuteMs);
    expect(leftOf(ledger, 't')).toEqual([200]);
  });

  it('counts for the less where the sum of their session that they were taken out of is another session’s', () => {
    const first = sumOf('s', counts(250, 25));
    const second = { told: sumOf('s', counts(300, 30), { atMs: laterMs }) };
    const ofS = { finished: seen(1, counts(100, 10), { session: 's' }) };
    const logOfS = { told: single('s', counts(100, 10), { atMs }) };
    for (const [call, isReadAnew] of [
      [ofS, false],
      [ofS, true],
      [logOfS, false],
      [logOfS, true],
    ] as const) {
      const ledger = booksAfter([{ told: first }, second, call]);
      expect(leftOf(ledger, 's')).toEqual([150 + 300 + 100]);
      if (isReadAnew) readSumsAnew(ledger);
      applyEvent(ledger, { told: { ...first, session: 's0', atMs: atMs - minuteMs } });
      expect(leftOf(ledger, 's0', 's')).toEqual([250, 200 + 100]);
    }
  });

  it('comes to the same in any order where the sum of their session is another session’s', () => {
    const sum = sumOf('x', counts(250, 25));
    const moved = { told: { ...sum, session: 's0', atMs: atMs - minuteMs } };
    for (const events of ordersOf([{ told: sum }, moved, ofX]))
      expect(totals(booksAfter(events))).toEqual({ input: 250, output: 25, calls: 1 });
    const ofChild = { told: { ...moved.told, id: identityOf('own', 'child'), subAgent: 'x' } };
    const asMain = { told: { ...ofChild.told, session: 's', subAgent: null, atMs: atMs - 2 * minuteMs } };
    const other = { told: sumOf('t', counts(300, 30), { atMs: atMs - minuteMs, durationMs: 2 * minuteMs }) };
    for (const events of ordersOf([ofChild, asMain, other, ofX]))
      expect(leftOf(booksAfter(events), 's', 's0', 't')).toEqual([250, 0, 200]);
  });
});

describe('a sum', () => {
  const sum = sumOf('s', counts(100, 10));

  it.each([
    [true, 0],
    [false, 100],
  ])(
    'is over all models (%s) of which it was told so, for calls that come after it was read from the books',
    (isOfAllModels, left) => {
      const ledger = booksAfter([{ told: { ...sum, isOfAllModels } }]);
      // What is known of sums is read anew after a deletion.
      ledger.writer.deleteBefore(atMs - minuteMs);
      applyEvent(ledger, { finished: seen(1, counts(100, 10), { model: 'gpt-5' }) });
      expect(leftOf(ledger, 's')).toEqual([left]);
    },
  );

  it('loses calls of up to five seconds before its begin, and those of its sub-agent however early they are', () => {
    const justBefore = seen(1, counts(40, 4), { startedAtMs: atMs - 5000 });
    expect(leftOf(booksAfter([{ told: sum }, { finished: justBefore }]), 's')).toEqual([60]);
    const ofChild = seen(1, counts(40, 4), { session: 'x1', startedAtMs: atMs - 60 * minuteMs });
    expect(leftOf(booksAfter([{ told: { ...sum, subAgent: 'x1' } }, { finished: ofChild }]), 's')).toEqual([60]);
  });

  it('keeps the price at which it was booked until what counts of it changes', () => {
    let nanoUsdAToken = 1;
    const price: PriceImported = ({ usage }) => ({
      ...{ costNanoUsd: nanoUsdAToken * (usage.inputTokens ?? 0), provenance: 'priced', split: null, rates: [] },
      priceVersion: null,
    });
    const ledger = openBooks(':memory:', undefined, price);
    ledgers.push(ledger);
    const costOfIt = () => ledger.reader.report({ by: 'session' }).find(({ key }) => key === 's')?.costNanoUsd;
    applyEvent(ledger, { told: { ...sum, isOfAllModels: false } });
    nanoUsdAToken = 2;
    applyEvent(ledger, { finished: seen(1, counts(30, 3), { model: 'gpt-5' }) });
    expect(costOfIt()).toBe(100);
    applyEvent(ledger, { finished: seen(2, counts(30, 3)) });
    expect(costOfIt()).toBe(2 * 70);
  });

  it('of which all was seen leaves no mark of what is unknown, even where nobody knows its price', () => {
    const price: PriceImported = () => unpriced;
    const ledger = openBooks(':memory:', undefined, price);
    ledgers.push(ledger);
    for (const event of [{ told: sum }, { finished: seen(1, counts(100, 10), { session: 's' }) }])
      applyEvent(ledger, event);
    expect(ledger.reader.report({ by: 'session' })).toMatchObject([
      { key: 's', calls: 1, inputTokens: 100, partialCalls: 0, unpricedCalls: 0, costNanoUsd: 2 },
    ]);
    ledger.budget.saveTask(task());
    ledger.budget.bindSession('s', taskId(1), true);
    expect(ledger.reader.taskUsage(taskId(1)).map((row) => row.costNanoUsd)).not.toContain(null);
  });
});

describe('a call that may be in sums of several sessions', () => {
  const sumAt = (session: string, fromMinute: number, untilMinute: number): BookedEvent => ({
    told: sumOf(session, counts(300, 30), {
      atMs: atMs + fromMinute * minuteMs,
      durationMs: (untilMinute - fromMinute) * minuteMs,
    }),
  });
  const callAt = (startedAtMs: number): BookedEvent => ({ finished: seen(1, counts(100, 10), { startedAtMs }) });

  it.each<[string, readonly BookedEvent[], number]>([
    ['over the first part of a session’s time', [sumAt('t', 20, 50), sumAt('s', 0, 30), sumAt('s', 200, 230)], 25],
    ['over the last part of a session’s time', [sumAt('t', 210, 240), sumAt('s', 0, 30), sumAt('s', 200, 230)], 220],
    ['told in another order than they began', [sumAt('a', 0, 30), sumAt('c', 100, 130), sumAt('b', 20, 110)], 25],
  ])('is taken out of one of them only: %s', (_, sums, minute) => {
    const ledger = booksAfter([...sums, callAt(atMs + minute * minuteMs)]);
    expect(totals(ledger)).toMatchObject({ input: 300 * sums.length, calls: 1 });
  });

  it('is taken out of one of them only where one begins a moment after the other has ended', () => {
    const untilMs = atMs + 30 * minuteMs;
    const next = { told: sumOf('t', counts(300, 30), { atMs: untilMs + 15_000 }) };
    const ledger = booksAfter([sumAt('s', 0, 30), next, callAt(untilMs + 10_000)]);
    expect(totals(ledger)).toMatchObject({ input: 600, calls: 1 });
  });
});
