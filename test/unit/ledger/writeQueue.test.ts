import { DatabaseSync } from 'node:sqlite';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/domain/clock.ts';
import { type Ledger, LedgerReadOnly, openLedger } from '../../../src/ledger/openLedger.ts';
import { WriteQueue } from '../../../src/ledger/writeQueue.ts';
import { call, callId, priced, usage } from './callFixtures.ts';
import { ManualTimers } from './manualTimers.ts';

/** The error of a real SQLite whose database may not grow any more. */
function diskFull(): unknown {
  const db = new DatabaseSync(':memory:');
  db.exec('CREATE TABLE t (a BLOB); PRAGMA max_page_count = 2');
  try {
    db.exec('INSERT INTO t VALUES (zeroblob(100000))');
  } catch (error) {
    return error;
  } finally {
    db.close();
  }
  throw new Error('the database grew');
}

function setUp({ limit = 50_000 }: { limit?: number } = {}) {
  const ledger: Ledger = openLedger({ path: ':memory:', clock: systemClock, log: () => undefined });
  const timers = new ManualTimers();
  const batches: number[] = [];
  const said: string[] = [];
  const state: { failure: unknown; opening: { readonly error: unknown } | null } = { failure: null, opening: null };
  const queue = new WriteQueue({
    after: timers.after,
    log: (sentence) => said.push(sentence),
    limit,
    target: {
      ready: () => {
        if (state.opening !== null) throw state.opening.error;
      },
      apply: (writes) => {
        if (state.failure !== null) throw state.failure;
        batches.push(writes.length);
        ledger.writer.apply(writes);
      },
      deleteBefore: (beforeMs) => ledger.writer.deleteBefore(beforeMs),
    },
  });
  const finish = (index: number) => queue.write({ kind: 'finish', record: call({ id: callId(index) }) });
  return { ledger, timers, batches, said, state, queue, finish };
}

describe('WriteQueue', () => {
  it('commits what arrives within a moment together, and resolves after the commit', async () => {
    const { timers, batches, finish, ledger } = setUp();
    const all = [finish(1), finish(2), finish(3)];
    expect(batches).toEqual([]);
    timers.fire();
    await Promise.all(all);
    expect(batches).toEqual([3]);
    expect(ledger.reader.calls({})).toHaveLength(3);
  });

  it('commits at once when fifty rows are there', async () => {
    const { batches, finish } = setUp();
    await Promise.all(Array.from({ length: 50 }, (_, index) => finish(index)));
    expect(batches).toEqual([50]);
  });

  it('keeps only the latest figures of a call, and never begins one again that has finished', async () => {
    const { timers, batches, queue, ledger } = setUp();
    const done = [
      queue.write({ kind: 'begin', record: call() }),
      queue.write({ kind: 'update', record: call({ usage: usage({ outputTokens: 1 }) }) }),
      queue.write({ kind: 'finish', record: call({ usage: usage({ outputTokens: 2 }) }) }),
      queue.write({ kind: 'update', record: call({ usage: usage({ outputTokens: 3 }) }) }),
    ];
    timers.fire();
    await Promise.all(done);
    expect(batches).toEqual([1]);
    expect(ledger.reader.calls({})).toMatchObject([{ usage: { outputTokens: 2 } }]);
  });

  it('keeps rows while the disk is full, says so in a sentence, and books them exactly once when there is room', async () => {
    const { timers, state, queue, finish, ledger, said } = setUp();
    state.failure = diskFull();
    const first = finish(1);
    timers.fire();
    await first;
    await finish(2);
    await finish(2);
    expect(queue.waiting()).toEqual({
      state: 'waiting',
      reason: 'The disk is full, so calls wait in memory and are booked as soon as there is room.',
      waiting: 2,
      dropped: 0,
    });
    timers.fire();
    expect(queue.waiting()?.state).toBe('waiting');
    state.failure = null;
    timers.fire();
    expect(queue.waiting()).toBeNull();
    expect(ledger.reader.report({ by: 'model' })[0]?.calls).toBe(2);
    expect(said).toHaveLength(2);
  });

  it('takes no row for one that cannot be booked where the file system refuses a new ledger', async () => {
    const { timers, state, queue, finish, ledger } = setUp();
    for (const code of ['ENOSPC', 'EBUSY']) {
      state.failure = Object.assign(new Error('made up'), { code, syscall: 'rename' });
      const rows = [finish(1), finish(2)];
      timers.fire();
      await Promise.all(rows);
      expect(queue.waiting()).toMatchObject({ state: 'waiting', waiting: 2, dropped: 0 });
    }
    state.failure = null;
    timers.fire();
    expect(queue.waiting()).toBeNull();
    expect(ledger.reader.calls({})).toHaveLength(2);
  });

  it('tries again ever more slowly, up to five seconds, and anew after a success', async () => {
    const { timers, state, finish, queue } = setUp();
    state.failure = diskFull();
    const waiting = finish(1);
    for (let attempt = 0; attempt < 9; attempt++) timers.fire();
    await waiting;
    expect(timers.delays).toEqual([20, 100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
    state.failure = null;
    timers.fire();
    expect(queue.waiting()).toBeNull();
    const next = finish(2);
    timers.fire();
    await next;
    expect(timers.delays.at(-1)).toBe(20);
  });

  it('drops figures of calls in flight first when too many wait, then the oldest, and counts them', async () => {
    const { timers, state, queue, finish, ledger } = setUp({ limit: 4 });
    state.failure = diskFull();
    const rows = [finish(1), queue.write({ kind: 'update', record: call({ id: callId(2) }) }), finish(3), finish(4)];
    timers.fire();
    await Promise.all(rows);
    await finish(5);
    expect(queue.waiting()).toMatchObject({ waiting: 4, dropped: 1 });
    await finish(6);
    expect(queue.waiting()).toMatchObject({ waiting: 4, dropped: 2 });
    state.failure = null;
    timers.fire();
    expect(
      ledger.reader
        .calls({})
        .map((record) => record.id)
        .toSorted(),
    ).toEqual([3, 4, 5, 6].map(callId));
  });

  it('drops the oldest finished calls, each once, where those in flight are too few', async () => {
    const { timers, state, queue, finish, ledger } = setUp({ limit: 2 });
    state.failure = diskFull();
    const inFlight = queue.write({ kind: 'update', record: call({ id: callId(1) }) });
    const rows = [inFlight, ...[2, 3, 4, 5].map(finish)];
    timers.fire();
    await Promise.all(rows);
    expect(queue.waiting()).toMatchObject({ waiting: 2, dropped: 3 });
    state.failure = null;
    timers.fire();
    expect(ledger.reader.calls({}).map(({ id }) => id)).toEqual([callId(5), callId(4)]);
  });

  it('knows the error for which it waits, and forgets it once writes go through', async () => {
    const { timers, state, queue, finish } = setUp();
    expect(queue.fault()).toBeNull();
    state.failure = diskFull();
    const row = finish(1);
    timers.fire();
    await row;
    expect(queue.fault()).toBe(state.failure);
    state.failure = null;
    timers.fire();
    expect(queue.fault()).toBeNull();
  });

  it('leaves out one row that cannot be stored and books the rest', async () => {
    const { timers, queue, finish, ledger, said } = setUp();
    const bad = call({ id: callId(2), usage: { ...usage({}), inputTokens: 1e300 } });
    const all = [finish(1), queue.write({ kind: 'finish', record: bad }), finish(3)];
    timers.fire();
    await Promise.all(all);
    expect(
      ledger.reader
        .calls({})
        .map((record) => record.id)
        .toSorted(),
    ).toEqual([callId(1), callId(3)]);
    expect(said).toEqual([expect.stringMatching(/^A row was left out of the ledger: .{10,}\.$/)]);
    expect(queue.waiting()).toBeNull();
  });

  it('lets rows go where the ledger is only read, without a word for each, and counts them', async () => {
    const { timers, state, finish, queue, said } = setUp();
    state.failure = new LedgerReadOnly('newer');
    const rows = [finish(1), finish(2)];
    timers.fire();
    await Promise.all(rows);
    expect(queue.waiting()).toBeNull();
    expect(said).toEqual([]);
    state.failure = diskFull();
    const row = finish(3);
    timers.fire();
    await row;
    expect(queue.waiting()).toMatchObject({ waiting: 1, dropped: 2 });
  });

  it('keeps the latest figures of a call in flight', async () => {
    const { timers, queue, ledger } = setUp();
    const rows = [
      queue.write({ kind: 'begin', record: call({ usage: usage({ outputTokens: 1 }) }) }),
      queue.write({ kind: 'update', record: call({ usage: usage({ outputTokens: 2 }) }) }),
    ];
    timers.fire();
    await Promise.all(rows);
    ledger.writer.sweepLost(() => false);
    expect(ledger.reader.calls({})).toMatchObject([{ usage: { outputTokens: 2 } }]);
  });

  it('books what waited in pieces of five hundred', async () => {
    const { timers, state, finish, batches } = setUp();
    state.failure = diskFull();
    await Promise.all(Array.from({ length: 1200 }, (_, index) => finish(index)));
    state.failure = null;
    timers.fire();
    expect(batches).toEqual([500, 500, 200]);
  });

  it('drops nothing of a full queue, and a little more than it must of one that is over', async () => {
    const { state, queue, finish, timers } = setUp({ limit: 200 });
    state.failure = diskFull();
    const rows = Array.from({ length: 199 }, (_, index) => finish(index));
    timers.fire();
    await Promise.all([...rows, finish(199)]);
    expect(queue.waiting()).toMatchObject({ waiting: 200, dropped: 0 });
    await finish(200);
    expect(queue.waiting()).toMatchObject({ waiting: 198, dropped: 3 });
  });

  it('drops no calibration, and does not count it among the calls', async () => {
    const { timers, state, queue, finish, ledger } = setUp({ limit: 3 });
    state.failure = diskFull();
    const learnt = { model: 'm', samples: 1, logRatioSum: 0, weight: 1, variance: 0, updatedAtMs: 0 };
    const rows = [queue.write({ kind: 'saveCalibration', states: [learnt] }), ...[1, 2, 3, 4].map(finish)];
    timers.fire();
    await Promise.all(rows);
    expect(queue.waiting()).toMatchObject({ waiting: 2, dropped: 2 });
    await queue.write({ kind: 'begin', record: call({ id: callId(5) }) });
    expect(queue.waiting()).toMatchObject({ waiting: 2, dropped: 3 });
    state.failure = null;
    timers.fire();
    expect(ledger.reader.calls({}).map(({ id }) => id)).toEqual([callId(4), callId(3)]);
    expect(ledger.writer.loadCalibration()).toEqual([learnt]);
  });

  const sqliteError = (errcode: number) => Object.assign(new Error('made up'), { errcode });
  const fileError = (code: string) => Object.assign(new Error('made up'), { code });
  const full = 'The disk is full, so calls wait in memory and are booked as soon as there is room.';

  it.each([
    [sqliteError(13), full],
    [sqliteError(8), 'The ledger cannot be written, so calls wait in memory and are booked as soon as it can.'],
    [
      sqliteError(5),
      'Another program is using the ledger, so calls wait in memory and are booked as soon as it is done.',
    ],
    [sqliteError(10), 'The disk does not take the ledger, so calls wait in memory and are booked as soon as it does.'],
    [fileError('ENOSPC'), full],
    [fileError('EDQUOT'), full],
    [fileError('EACCES'), 'The ledger does not open (made up), so calls wait in memory.'],
    [sqliteError(11), 'The ledger does not open (made up), so calls wait in memory.'],
    ['a text', 'The ledger does not open (a text), so calls wait in memory.'],
    [undefined, 'The ledger does not open (undefined), so calls wait in memory.'],
    [null, 'The ledger does not open (null), so calls wait in memory.'],
  ])('says in a sentence why it waits (%s)', async (error, sentence) => {
    const { timers, state, queue, finish, said } = setUp();
    state.opening = { error };
    const row = finish(1);
    timers.fire();
    await row;
    timers.fire();
    expect(queue.waiting()).toEqual({ state: 'waiting', reason: sentence, waiting: 1, dropped: 0 });
    state.opening = { error: sqliteError(6) };
    timers.fire();
    state.opening = null;
    timers.fire();
    const busy = 'Another program is using the ledger, so calls wait in memory and are booked as soon as it is done.';
    const again = 'The ledger can be written again; nothing waits in memory.';
    expect(said).toEqual(sentence === busy ? [busy, again] : [sentence, busy, again]);
  });

  it('deletes after everything that was written before, and says when it cannot', async () => {
    const { state, queue, finish } = setUp();
    const row = finish(1);
    expect(queue.deleteBefore(null)).toBe(1);
    await row;
    state.failure = diskFull();
    const late = finish(2);
    expect(() => queue.deleteBefore(null)).toThrow('Nothing was deleted. The disk is full');
    await late;
  });

  it('keeps the latest calibration of each model', async () => {
    const { timers, queue, ledger } = setUp();
    const state = (model: string, samples: number) =>
      ({ model, samples, logRatioSum: 0, weight: 1, variance: 0, updatedAtMs: 0 }) as const;
    const saved = [
      queue.write({ kind: 'saveCalibration', states: [state('a', 1), state('b', 1)] }),
      queue.write({ kind: 'saveCalibration', states: [state('a', 2)] }),
    ];
    timers.fire();
    await Promise.all(saved);
    expect(ledger.writer.loadCalibration().map(({ model, samples }) => [model, samples])).toEqual([
      ['a', 2],
      ['b', 1],
    ]);
  });

  it('books every call exactly once whatever writes fail on the way', async () => {
    const faults = fc.array(fc.constantFrom(null, 5, 8, 10, 13, 14), { maxLength: 30 });
    const ids = fc.array(fc.nat({ max: 20 }), { minLength: 1, maxLength: 60 });
    const run = async (schedule: readonly (number | null)[], indexes: readonly number[]) => {
      const { queue, timers, state, ledger } = setUp();
      const pending: Promise<void>[] = [];
      indexes.forEach((index, step) => {
        const errcode = schedule[step % (schedule.length + 1)] ?? null;
        state.failure = errcode === null ? null : Object.assign(new Error('failed'), { errcode });
        const record = call({ id: callId(index), cost: priced(step, 0) });
        pending.push(queue.write({ kind: step % 3 === 0 ? 'begin' : 'finish', record }));
        if (step % 2 === 0) timers.fire();
      });
      state.failure = null;
      timers.fire();
      await Promise.all(pending);
      const last = new Map(indexes.flatMap((index, step) => (step % 3 === 0 ? [] : [[index, step] as const])));
      const total = [...last.values()].reduce((sum, step) => sum + step, 0);
      const [row] = ledger.reader.report({ by: 'agent' });
      expect([row?.calls ?? 0, row?.costNanoUsd ?? 0]).toEqual([last.size, total]);
      expect(queue.waiting()).toBeNull();
      ledger.close();
    };
    await fc.assert(fc.asyncProperty(faults, ids, run), { numRuns: 100 });
  });
});
