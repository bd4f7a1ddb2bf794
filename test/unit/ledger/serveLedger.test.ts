import { copyFileSync, existsSync, mkdirSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Clock, systemClock } from '../../../src/domain/clock.ts';
import type { LedgerHealth } from '../../../src/ledger/contract.ts';
import { ledgerPathOf } from '../../../src/ledger/ledgerFiles.ts';
import type { LedgerMessage, LedgerRequestName, LedgerRequests } from '../../../src/ledger/messages.ts';
import { openLedger } from '../../../src/ledger/openLedger.ts';
import { openLedgerReader } from '../../../src/ledger/openLedgerReader.ts';
import { thisProcess } from '../../../src/ledger/owner.ts';
import { serveLedger } from '../../../src/ledger/serveLedger.ts';
import { stageRuns } from '../../../src/ledger/stagedRuns.ts';
import { makeRun } from '../analysis/runFixture.ts';
import { admission, limits, spent, task, taskId } from './budgetFixtures.ts';
import { call, callId, priced } from './callFixtures.ts';
import { told } from './importFixtures.ts';
import { ManualTimers } from './manualTimers.ts';
import { execute, rowsOf } from './rawDatabase.ts';
import { failWhere } from './statementFaults.ts';
import { tempDir } from './tempDir.ts';

const calibration = { model: 'm', logRatioSum: 1, weight: 1, variance: 1, samples: 1, updatedAtMs: 1 };

interface Served {
  readonly timeZone?: string;
  readonly clock?: Clock;
  readonly isSuccessor?: boolean;
}

/** A served ledger whose timers the test fires, and everything that it sends. */
function serve(path: string, { timeZone = 'UTC', clock = systemClock, isSuccessor = false }: Served = {}) {
  const timers = new ManualTimers();
  const sent: LedgerMessage[] = [];
  const awaited = new Map<number, (message: LedgerMessage) => void>();
  const receive = serveLedger({
    path,
    timeZone,
    clock,
    after: timers.after,
    soon: (work) => work(),
    isSuccessor,
    send: (message) => {
      sent.push(message);
      if (message.type === 'answer' || message.type === 'failure') awaited.get(message.seq)?.(message);
    },
  });
  let seq = 0;
  const request = <Name extends LedgerRequestName>(name: Name, params: LedgerRequests[Name]['params']): number => {
    seq += 1;
    receive({ seq, name, params } as Parameters<typeof receive>[0]);
    return seq;
  };
  const answerTo = (asked: number) =>
    sent.find((message) => (message.type === 'answer' || message.type === 'failure') && message.seq === asked);
  /** Sends a request, fires what is due, and waits for its answer. */
  const ask = async <Name extends LedgerRequestName>(name: Name, params: LedgerRequests[Name]['params']) => {
    const asked = request(name, params);
    const answer = new Promise<LedgerMessage>((resolve) => awaited.set(asked, resolve));
    timers.fire();
    const message = await answer;
    return message.type === 'answer' ? message.result : message;
  };
  const healths = (): LedgerHealth[] => sent.flatMap((message) => (message.type === 'health' ? [message.health] : []));
  const logged = (): string[] => sent.flatMap((message) => (message.type === 'log' ? [message.sentence] : []));
  onTestFinished(async () => void (await ask('close', null)));
  return { timers, sent, request, answerTo, ask, healths, logged };
}

describe('serveLedger', () => {
  it('opens the ledger at once and tells its health before anything was asked', () => {
    const path = ledgerPathOf(tempDir());
    const { healths, logged } = serve(path);
    expect(existsSync(path)).toBe(true);
    expect(healths()).toEqual([{ state: 'ok' }]);
    expect(logged()).toEqual([]);
  });

  it('answers every kind of write with nothing, once, after its commit', async () => {
    const path = ledgerPathOf(tempDir());
    const { request, answerTo, timers, sent, ask } = serve(path);
    const writes = [
      request('begin', call({ id: callId(1) })),
      request('update', call({ id: callId(2) })),
      request('finish', call({ id: callId(3) })),
      request('saveCalibration', [calibration]),
    ];
    await new Promise(setImmediate);
    expect(writes.map(answerTo)).toEqual([undefined, undefined, undefined, undefined]);
    timers.fire();
    const reader = openLedgerReader(path);
    expect(reader.calls({})).toEqual([call({ id: callId(3) })]);
    reader.close();
    await new Promise(setImmediate);
    expect(sent.filter(({ type }) => type === 'answer')).toEqual(
      writes.map((seq) => ({ type: 'answer', seq, result: null })),
    );
    expect(await ask('loadCalibration', null)).toEqual([calibration]);
  });

  it('reads what was written before, committed or not', async () => {
    const { request, ask } = serve(ledgerPathOf(tempDir()));
    request('finish', call({ session: 'a' }));
    expect(await ask('report', { by: 'session' })).toMatchObject([{ key: 'a', calls: 1 }]);
    request('finish', call({ id: callId(2), session: 'b' }));
    expect(await ask('calls', { limit: 1, id: callId(2) })).toMatchObject([{ session: 'b' }]);
    expect(await ask('health', null)).toEqual({ state: 'ok' });
    expect(await ask('deleteBefore', null)).toBe(2);
    expect(await ask('calls', {})).toEqual([]);
  });

  it('answers a snapshot’s question from the right days', async () => {
    const { request, ask } = serve(ledgerPathOf(tempDir()));
    const at = (date: number) => Date.UTC(2026, 10, date, 12);
    request('finish', call({ id: callId(1), startedAtMs: at(22), session: 'today', cost: priced(1, 0) }));
    request('finish', call({ id: callId(2), startedAtMs: at(20), session: 'week', cost: priced(2, 0) }));
    request('finish', call({ id: callId(3), startedAtMs: at(1), session: 'month', cost: priced(4, 0) }));
    const query = { today: '2026-11-22', weekSince: '2026-11-16', recentLimit: 2, costSinceMs: at(20) };
    expect(await ask('now', query)).toMatchObject({
      today: { byModel: [{ calls: 1, costNanoUsd: 1 }], bySession: [{ key: 'today' }] },
      week: { byModel: [{ calls: 2, costNanoUsd: 3 }], bySession: [{ key: 'week' }, { key: 'today' }] },
      recent: [{ session: 'today' }, { session: 'week' }],
      costSince: [{ auth: 'key', costNanoUsd: 3 }],
      health: { state: 'ok' },
    });
  });

  it('books the calls of a meter that is gone as lost, and says how many', async () => {
    const path = ledgerPathOf(tempDir());
    const owner = { pid: process.pid, bootId: 'an earlier boot' };
    const before = openLedger({ path, timeZone: 'UTC', clock: systemClock, log: () => undefined, owner });
    before.writer.begin(call({ id: callId(1) }));
    before.writer.begin(call({ id: callId(2) }));
    before.close();
    const { ask, logged } = serve(path);
    expect(await ask('calls', {})).toMatchObject([{ status: 'lost' }, { status: 'lost' }]);
    expect(logged()).toEqual(['2 calls were in flight when the last meter ended; they are booked as lost.']);
  });

  /** No system gives a process such a number. */
  const noProcess = 0x7f_ff_ff_00;
  const own = thisProcess();

  it.each([
    ['the first thread of its process', false, ['own', 'own number', 'gone']],
    ['a thread that was started again', true, ['own number', 'gone']],
  ])('leaves calls in flight to the processes that may still finish them (%s)', async (_, isSuccessor, lost) => {
    const path = ledgerPathOf(tempDir());
    const owners = {
      own,
      'own number': { ...own, bootId: 'an earlier boot' },
      gone: { ...own, pid: noProcess },
      another: { ...own, pid: process.ppid },
    };
    for (const [index, [session, owner]] of Object.entries(owners).entries()) {
      const before = openLedger({ path, timeZone: 'UTC', clock: systemClock, log: () => undefined, owner });
      before.writer.begin(call({ id: callId(index), session }));
      before.close();
    }
    const { ask } = serve(path, { isSuccessor });
    const sessions = (await ask('report', { by: 'session' })) as readonly { readonly key: string }[];
    expect(sessions.map(({ key }) => key).toSorted()).toEqual(lost.toSorted());
  });

  it('deletes runs that a process which is gone had staged, and no others', () => {
    const folder = tempDir();
    const { staged } = stageRuns(folder, { name: 'board', file: 'board.csv', atMs: 12, runs: [] });
    const left = `staged-runs-${noProcess.toString(16)}${'0'.repeat(24)}.json`;
    writeFileSync(join(folder, left), '{}');
    serve(ledgerPathOf(folder));
    expect(readdirSync(folder).filter((name) => name.startsWith('staged'))).toEqual([staged]);
  });

  it('only reads a ledger of a newer schema, and says so once', async () => {
    const path = ledgerPathOf(tempDir());
    const before = openLedger({ path, timeZone: 'UTC', clock: systemClock, log: () => undefined });
    before.writer.begin(call({ id: callId(1) }));
    before.writer.finish(call({ id: callId(2) }));
    before.close();
    execute(path, 'PRAGMA user_version = 99');
    const { ask, healths } = serve(path);
    await ask('finish', call({ id: callId(3) }));
    expect(await ask('calls', {})).toMatchObject([{ id: callId(2) }]);
    expect(healths()).toMatchObject([{ state: 'newer-schema' }]);
  });

  it('waits while the ledger cannot be opened, answers empty, and tells of changes only', async () => {
    const path = ledgerPathOf(tempDir());
    mkdirSync(join(path, 'inside'), { recursive: true });
    const { ask, request, healths, timers, logged } = serve(path);
    expect(healths()).toMatchObject([{ state: 'waiting', waiting: 0 }]);
    await ask('finish', call({ id: callId(1) }));
    await ask('finish', call({ id: callId(2) }));
    expect(healths()).toHaveLength(1);
    expect(await ask('health', null)).toMatchObject({ state: 'waiting', waiting: 2, dropped: 0 });
    expect(await ask('loadCalibration', null)).toEqual([]);
    expect(await ask('report', { by: 'model' })).toEqual([]);
    const tries = timers.delays.length;
    request('calls', {});
    expect(timers.delays).toHaveLength(tries);
    const query = { today: '2026-11-22', weekSince: '2026-11-16', recentLimit: 2, costSinceMs: 0 };
    expect(await ask('now', query)).toMatchObject({ recent: [], costSince: [], health: { waiting: 2 } });
    expect(await ask('deleteBefore', null)).toEqual({
      type: 'failure',
      seq: expect.any(Number),
      message: expect.stringMatching(/^Nothing was deleted\. The /),
    });
    rmdirSync(join(path, 'inside'));
    rmdirSync(path);
    timers.fire();
    expect(healths().map(({ state }) => state)).toEqual(['waiting', 'ok']);
    expect(logged()).toEqual([
      expect.stringMatching(/^The (?:ledger|disk) does not .* wait in memory/),
      'The ledger can be written again; nothing waits in memory.',
    ]);
    expect(await ask('calls', {})).toHaveLength(2);
  });

  it('books days of the zone that it is given', async () => {
    const { ask } = serve(ledgerPathOf(tempDir()), { timeZone: 'Pacific/Kiritimati' });
    await ask('finish', call({ startedAtMs: Date.UTC(2026, 11, 31, 12) }));
    expect(await ask('report', { by: 'day' })).toMatchObject([{ key: '2027-01-01' }]);
  });

  it('tells at once when a question finds the ledger damaged', async () => {
    const path = ledgerPathOf(tempDir());
    const before = openLedger({ path, timeZone: 'UTC', clock: systemClock, log: () => undefined });
    before.writer.finish(call());
    before.close();
    execute(path, 'UPDATE calls SET model = 999');
    const { request, healths, logged } = serve(path);
    request('calls', {});
    expect(healths().map(({ state }) => state)).toEqual(['ok', 'recovered']);
    expect(logged()).toEqual([expect.stringMatching(/^The ledger was damaged \(name 999 is missing\); /)]);
  });

  it('waits while another program writes the ledger, tells the new reason, and leaves no handle behind', async () => {
    const folder = tempDir();
    const path = ledgerPathOf(folder);
    mkdirSync(join(path, 'inside'), { recursive: true });
    const { ask, timers, healths } = serve(path);
    rmdirSync(join(path, 'inside'));
    rmdirSync(path);
    openLedger({ path, timeZone: 'UTC', clock: systemClock, log: () => undefined }).close();
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    timers.fire();
    timers.fire();
    expect(healths()).toMatchObject([
      { state: 'waiting' },
      { state: 'waiting', reason: expect.stringContaining('Another program is using the ledger') },
    ]);
    other.exec('ROLLBACK');
    other.close();
    timers.fire();
    expect(healths().at(-1)).toEqual({ state: 'ok' });
    await ask('finish', call());
    await ask('close', null);
    expect(readdirSync(folder)).toEqual(['ledger.sqlite']);
  });

  it('answers a question that it cannot read with a failure', async () => {
    const { ask } = serve(ledgerPathOf(tempDir()));
    expect(await ask('now', JSON.parse('null'))).toMatchObject({ type: 'failure', message: expect.any(String) });
    expect(await ask('health', null)).toEqual({ state: 'ok' });
  });

  it('writes what waits before it closes, and answers after the answers to that', async () => {
    const folder = tempDir();
    const path = ledgerPathOf(folder);
    const { request, answerTo, timers, sent, logged } = serve(path);
    const written = request('finish', call());
    const closed = request('close', null);
    await new Promise(setImmediate);
    expect(answerTo(written)).toBeDefined();
    expect(answerTo(closed)).toBeUndefined();
    // The file is closed for good, its log with it.
    expect(readdirSync(folder)).toEqual(['ledger.sqlite']);
    timers.fire();
    await expect.poll(() => sent.at(-1)).toEqual({ type: 'answer', seq: closed, result: null });
    expect(logged()).toEqual([]);
    const reader = openLedgerReader(path);
    expect(reader.calls({})).toHaveLength(1);
    reader.close();
  });

  it('says when it had to close over calls that wait, and tries no more', async () => {
    const path = ledgerPathOf(tempDir());
    mkdirSync(join(path, 'inside'), { recursive: true });
    const { request, timers, logged, answerTo } = serve(path);
    request('finish', call());
    const closed = request('close', null);
    expect(logged().at(-1)).toBe('The ledger was closed while calls were waiting in memory.');
    const count = timers.delays.length;
    timers.fire();
    expect(timers.delays).toHaveLength(count);
    await expect.poll(() => answerTo(closed)).toEqual({ type: 'answer', seq: closed, result: null });
  });
});

describe('what is served besides calls', () => {
  it('is all about tasks and budgets', async () => {
    const { ask } = serve(ledgerPathOf(tempDir()));
    await ask('saveTask', [task({ limits: limits({ calls: 2 }) })]);
    await ask('setActive', ['w1', taskId(1)]);
    await ask('savePolicy', [{ mode: 'steady' }]);
    expect(await ask('loadPolicy', [])).toEqual({ mode: 'steady' });
    await ask('addEvent', [{ taskId: taskId(1), atMs: 1, kind: 'created', text: 'Created.', by: 'you' }]);
    expect(await ask('events', [taskId(1), 5])).toMatchObject([{ text: 'Created.' }]);
    await ask('finish', spent(1, 7));
    expect(await ask('admit', [admission(2)])).toEqual({ kind: 'admitted' });
    expect(await ask('topUp', [callId(2), { ...admission(2).hold, calls: 9 }, []])).toMatchObject({ kind: 'refused' });
    expect(await ask('release', [callId(2)])).toBeUndefined();
    expect(await ask('recentOutputs', [5])).toMatchObject([{ outputTokens: 40 }]);
    expect(await ask('task', [taskId(1)])).toMatchObject({ account: { spent: { costNanoUsd: 7 } } });
    expect(await ask('bindSession', ['s1', null, true])).toBe(1);
    expect(await ask('loadTasks', [])).toMatchObject({
      tasks: [{ account: { spent: { costNanoUsd: 0 } } }],
      bindings: [{ session: 's1', taskId: null }],
      active: [{ workspaceId: 'w1', taskId: taskId(1) }],
    });
    expect(await ask('deleteTask', [taskId(1)])).toBeUndefined();
    expect(await ask('task', [taskId(1)])).toBeNull();
    expect(await ask('setActive', ['w1', taskId(1)])).toMatchObject({
      type: 'failure',
      message: 'There is no such task; it may have been deleted.',
    });
  });

  it('is runs that were staged beside it, which can be removed again', async () => {
    const folder = tempDir();
    const { ask } = serve(ledgerPathOf(folder));
    const { staged } = stageRuns(folder, { name: 'board', file: 'board.csv', atMs: 12, runs: [makeRun({})] });
    expect(await ask('importStaged', staged)).toEqual({ added: 1, known: 0 });
    expect(await ask('importStaged', staged)).toEqual({ added: 0, known: 1 });
    expect(await ask('removeImport', 'other')).toBeNull();
    expect(await ask('removeImport', 'board')).toBe(1);
    expect(await ask('importStaged', '../board.json')).toMatchObject({
      type: 'failure',
      message: 'This is no name of staged runs.',
    });
  });

  it('is what logs tell, how far they were read, and which sessions were seen both ways', async () => {
    const { ask } = serve(ledgerPathOf(tempDir()));
    await ask('finish', call({ session: 's1', responseId: 'msg_1' }));
    const log = {
      ...{ path: '/logs/a.jsonl', agent: 'codex', sizeBytes: 1, mtimeMs: 2, inode: 3, offset: 4, lines: 5 },
      ...{ fingerprint: 'abc', state: '{}', sessionId: null, parentId: null },
    };
    expect(await ask('bookImport', { calls: [told()], logs: [log] })).toMatchObject({ added: 0, merged: 1 });
    expect(await ask('setPrices', [])).toBeNull();
    expect(await ask('loadLogs', null)).toEqual([log]);
    expect(await ask('reconcile', 's1')).toMatchObject([{ wire: { source: 'gateway' }, told: { costNanoUsd: null } }]);
    expect(await ask('sessionsBothWays', 5)).toMatchObject([{ session: 's1', callsBothWays: 1 }]);
  });

  it('is refused with a sentence while the disk refuses', async () => {
    const folder = tempDir();
    const path = ledgerPathOf(folder);
    mkdirSync(join(path, 'inside'), { recursive: true });
    const { ask } = serve(path);
    const { staged } = stageRuns(folder, { name: 'board', file: 'board.csv', atMs: 12, runs: [] });
    const refused = {
      type: 'failure',
      message: expect.stringMatching(/nothing about tasks and budgets|EISDIR|directory/),
    };
    expect(await ask('importStaged', staged)).toMatchObject(refused);
    expect(await ask('removeImport', 'board')).toMatchObject(refused);
    expect(await ask('bookImport', { calls: [], logs: [] })).toMatchObject(refused);
    expect(await ask('loadTasks', [])).toMatchObject(refused);
    expect(await ask('admit', [admission(1)])).toMatchObject(refused);
  });

  it('is refused while calls that came before it wait, and goes on once they are booked', async () => {
    const folder = tempDir();
    const { ask, timers } = serve(ledgerPathOf(folder));
    const { staged } = stageRuns(folder, { name: 'board', file: 'board.csv', atMs: 12, runs: [makeRun({})] });
    await ask('saveTask', [task({ limits: limits({ costNanoUsd: 7 }) })]);
    const end = failWhere((sql) => sql.includes('INTO calls'));
    onTestFinished(end);
    await ask('finish', spent(1, 7));
    const refused = {
      type: 'failure',
      message: 'The disk is full, so nothing about tasks and budgets can be written.',
    };
    expect(await ask('importStaged', staged)).toMatchObject(refused);
    expect(await ask('bookImport', { calls: [], logs: [] })).toMatchObject(refused);
    expect(await ask('task', [taskId(1)])).toMatchObject(refused);
    expect(await ask('admit', [admission(2)])).toMatchObject(refused);
    end();
    timers.fire();
    expect(await ask('importStaged', staged)).toEqual({ added: 1, known: 0 });
    expect(await ask('bookImport', { calls: [], logs: [] })).toMatchObject({ added: 0 });
    expect(await ask('admit', [admission(2)])).toMatchObject({ kind: 'refused', refusal: { spent: 7 } });
  });

  it('is not disturbed by half a second of quiet while the ledger cannot be opened', async () => {
    const path = ledgerPathOf(tempDir());
    mkdirSync(join(path, 'inside'), { recursive: true });
    let nowMs = 0;
    const { request, timers, ask } = serve(path, { clock: { ...systemClock, monotonicMs: () => nowMs } });
    request('health', null);
    nowMs = 500;
    timers.fire();
    expect(await ask('health', null)).toMatchObject({ state: 'waiting' });
  });

  it('keeps its log in its file once nothing was asked for half a second', async () => {
    const folder = tempDir();
    let nowMs = 0;
    const { ask, timers } = serve(ledgerPathOf(folder), { clock: { ...systemClock, monotonicMs: () => nowMs } });
    await ask('finish', call());
    const rowsInFile = () => {
      const copy = join(tempDir(), 'copy.sqlite');
      copyFileSync(ledgerPathOf(folder), copy);
      return rowsOf(copy, 'PRAGMA user_version')[0]?.['user_version'];
    };
    expect(rowsInFile()).toBe(0);
    nowMs = 400;
    timers.fire();
    expect(rowsInFile()).toBe(0);
    nowMs = 500;
    timers.fire();
    expect(rowsInFile()).toBeGreaterThan(0);
  });
});
