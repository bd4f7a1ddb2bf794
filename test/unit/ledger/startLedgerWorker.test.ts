import { EventEmitter, once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { BudgetBooks, LedgerHealth } from '../../../src/ledger/contract.ts';
import { ledgerPathOf } from '../../../src/ledger/ledgerFiles.ts';
import { openLedgerReader } from '../../../src/ledger/openLedgerReader.ts';
import { stageRuns } from '../../../src/ledger/stagedRuns.ts';
import {
  type LedgerWorker,
  type StartLedgerOptions,
  startLedgerWorker,
} from '../../../src/ledger/startLedgerWorker.ts';
import { admission, limits, spent, task, taskId, taskKey } from './budgetFixtures.ts';
import { advisedCall, call, callId, priced } from './callFixtures.ts';
import { told } from './importFixtures.ts';
import { tempDir } from './tempDir.ts';

let bundles = '';
let workerUrl = '';

beforeAll(() => {
  bundles = mkdtempSync(join(tmpdir(), 'outlay-worker-'));
  workerUrl = join(bundles, 'ledgerWorker.js');
  const entry = fileURLToPath(new URL('../../../src/ledger/ledgerWorker.ts', import.meta.url));
  buildSync({
    entryPoints: [entry],
    outfile: workerUrl,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    logLevel: 'error',
  });
});

afterAll(() => rmSync(bundles, { recursive: true, force: true }));

function start(path: string, onHealth?: (health: LedgerHealth) => void): LedgerWorker {
  const worker = startLedgerWorker({
    workerUrl,
    path,
    timeZone: 'UTC',
    log: () => undefined,
    ...(onHealth === undefined ? {} : { onHealth }),
  });
  onTestFinished(() => worker.close());
  return worker;
}

describe('startLedgerWorker', () => {
  it('books calls, and another process’s reader sees them as soon as they are acknowledged', async () => {
    const path = ledgerPathOf(tempDir());
    const worker = start(path);
    await worker.begin(call());
    await worker.update(call());
    const reader = openLedgerReader(path);
    expect(reader.calls({})).toEqual([]);
    await worker.finish(call());
    expect(reader.calls({})).toEqual([call()]);
    reader.close();
    expect(await worker.health()).toEqual({ state: 'ok' });
  });

  it('answers everything that a snapshot needs in one round trip, including rows that are not committed yet', async () => {
    const worker = start(ledgerPathOf(tempDir()));
    const at = (date: number) => Date.UTC(2026, 10, date, 12);
    const rows = [
      worker.finish(call({ id: callId(1), startedAtMs: at(22), session: 'today', cost: priced(1, 0) })),
      worker.finish(call({ id: callId(2), startedAtMs: at(20), session: 'week', cost: priced(2, 0) })),
      worker.finish(call({ id: callId(3), startedAtMs: at(1), session: 'month', cost: priced(4, 0) })),
    ];
    const query = { today: '2026-11-22', weekSince: '2026-11-16', recentLimit: 2, costSinceMs: at(20) };
    const now = await worker.now(query);
    await Promise.all(rows);
    expect(now.today.bySession.map((row) => row.key)).toEqual(['today']);
    expect(now.week.bySession.map((row) => row.key)).toEqual(['week', 'today']);
    expect(now.week.byModel).toMatchObject([{ calls: 2, costNanoUsd: 3 }]);
    expect(now.recent.map((record) => record.session)).toEqual(['today', 'week']);
    expect(now.costSince).toEqual([{ auth: 'key', costNanoUsd: 3 }]);
    expect(now.health).toEqual({ state: 'ok' });
  });

  it('reports, lists, deletes and keeps calibration', async () => {
    const worker = start(ledgerPathOf(tempDir()));
    await worker.finish(advisedCall());
    expect(await worker.report({ by: 'model' })).toHaveLength(2);
    expect(await worker.calls({ id: callId(1) })).toEqual([advisedCall()]);
    const state = { model: 'm', logRatioSum: 1, weight: 1, variance: 1, samples: 1, updatedAtMs: 1 };
    await worker.saveCalibration([state]);
    expect(await worker.loadCalibration()).toEqual([state]);
    expect(await worker.deleteBefore(null)).toBe(1);
    expect(await worker.calls({})).toEqual([]);
  });

  it('writes what is still waiting when it is closed', async () => {
    const path = ledgerPathOf(tempDir());
    const worker = start(path);
    const row = worker.finish(call());
    await worker.close();
    await row;
    const reader = openLedgerReader(path);
    expect(reader.calls({})).toHaveLength(1);
    reader.close();
  });

  it('goes on after a damaged file and tells where that went', async () => {
    const path = ledgerPathOf(tempDir());
    writeFileSync(path, Buffer.alloc(9000, 0x41));
    const told: LedgerHealth[] = [];
    const worker = start(path, (health) => told.push(health));
    await worker.finish(call());
    expect(await worker.health()).toMatchObject({ state: 'recovered' });
    expect(told).toMatchObject([{ state: 'recovered', setAsidePath: expect.stringContaining('ledger.damaged-') }]);
  });

  it('keeps calls while the ledger cannot be opened, and books them once it can', async () => {
    const path = ledgerPathOf(tempDir());
    // A folder in the ledger's place: nothing that setting aside or a new file could mend.
    mkdirSync(path);
    mkdirSync(join(path, 'inside'));
    const health = new EventEmitter();
    const recovered = once(health, 'ok');
    const worker = start(path, ({ state }) => health.emit(state));
    await worker.finish(call());
    expect(await worker.health()).toMatchObject({ state: 'waiting', waiting: 1 });
    rmdirSync(join(path, 'inside'));
    rmdirSync(path);
    await recovered;
    expect(await worker.calls({})).toHaveLength(1);
  });

  it('rejects nothing that is written after it was closed', async () => {
    const worker = start(ledgerPathOf(tempDir()));
    await worker.close();
    await expect(worker.finish(call())).resolves.toBeUndefined();
  });

  it('starts its thread again when that dies, and books what it had not acknowledged', async () => {
    const folder = tempDir();
    const script = join(folder, 'diesOnce.js');
    const died = JSON.stringify(join(folder, 'died'));
    writeFileSync(
      script,
      `const fs = require('node:fs');
       if (fs.existsSync(${died})) require(${JSON.stringify(workerUrl)});
       else require('node:worker_threads').parentPort.once('message', () => {
         fs.writeFileSync(${died}, '');
         throw new Error('died on the first request');
       });`,
    );
    const said: string[] = [];
    const log = (sentence: string) => said.push(sentence);
    const worker = startLedgerWorker({ workerUrl: script, path: ledgerPathOf(join(folder, 'data')), log });
    onTestFinished(() => worker.close());
    await Promise.all([worker.finish(call({ id: callId(1) })), worker.finish(call({ id: callId(2) }))]);
    expect(await worker.calls({})).toHaveLength(2);
    expect(said).toEqual(['The ledger’s thread failed: died on the first request']);
  });

  it('keeps what is held when its thread dies, and does nothing twice that may count only once', async () => {
    const folder = tempDir();
    const script = join(folder, 'diesOnExtension.js');
    const died = JSON.stringify(join(folder, 'died'));
    writeFileSync(
      script,
      `const fs = require('node:fs');
       require('node:worker_threads').parentPort.on('message', (requests) => {
         if (!requests.some(({ name }) => name === 'extendTask') || fs.existsSync(${died})) return;
         fs.writeFileSync(${died}, '');
         process.exit(1);
       });
       require(${JSON.stringify(workerUrl)});`,
    );
    const path = ledgerPathOf(join(folder, 'data'));
    const worker = startLedgerWorker({ workerUrl: script, path, timeZone: 'UTC', log: () => undefined });
    onTestFinished(() => worker.close());
    await worker.saveTask(task({ limits: limits({ calls: 5 }) }));
    expect(await worker.admit(admission(1))).toEqual({ kind: 'admitted' });
    await worker.begin(spent(1, 0));
    await expect(worker.extendTask(taskId(1), 'calls', 1)).rejects.toThrow('ended before it was done');
    expect(await worker.task(taskId(1))).toMatchObject({
      task: { limits: { calls: 5 } },
      account: { spent: { calls: 0 }, openHolds: 1 },
    });
    expect((await worker.extendTask(taskId(1), 'calls', 1))?.limits.calls).toBe(6);
    await worker.finish(spent(1, 7));
    expect((await worker.accounts([taskKey]))[0]).toMatchObject({ spent: { costNanoUsd: 7 }, openHolds: 0 });
  });

  it('answers everything about tasks and budgets through the thread', async () => {
    const worker = start(ledgerPathOf(tempDir()));
    await worker.saveTask(task({ limits: limits({ calls: 2 }) }));
    await worker.setActive('w1', taskId(1));
    await worker.savePolicy({ mode: 'steady' });
    await worker.addEvent({ taskId: taskId(1), atMs: 1, kind: 'created', text: 'Created.', by: 'you' });
    const answers = await Promise.all([1, 2, 3].map((index) => worker.admit(admission(index))));
    expect(answers.map(({ kind }) => kind)).toEqual(['admitted', 'admitted', 'refused']);
    expect(await worker.topUp(callId(1), { ...admission(1).hold, outputTokens: 500 }, [])).toEqual({
      kind: 'admitted',
    });
    await worker.release(callId(2));
    await worker.chargeWhole(callId(1));
    expect(await worker.bindSession('s1', taskId(1), true)).toBe(0);
    expect(await worker.loadTasks()).toMatchObject({
      tasks: [{ account: { spent: { calls: 1, outputTokens: 500 }, openHolds: 0, estimatedCharges: 1 } }],
      bindings: [{ session: 's1', taskId: taskId(1) }],
      active: [{ workspaceId: 'w1', taskId: taskId(1) }],
    });
    expect(await worker.events(null, 5)).toHaveLength(1);
    expect(await worker.loadPolicy()).toEqual({ mode: 'steady' });
    await worker.finish(spent(9, 1));
    expect(await worker.recentOutputs(5)).toHaveLength(1);
    await worker.deleteTask(taskId(1));
    expect(await worker.task(taskId(1))).toBeNull();
    await expect(worker.setActive('w1', taskId(1))).rejects.toThrow('There is no such task');
  });

  it('answers everything about logs and imported runs through the thread', async () => {
    const folder = tempDir();
    const worker = start(ledgerPathOf(folder));
    await worker.setPrices([]);
    await worker.finish(call({ responseId: 'msg_1' }));
    expect(await worker.bookImport({ calls: [told()], logs: [] })).toMatchObject({ added: 0, merged: 1 });
    expect(await worker.loadLogs()).toEqual([]);
    expect(await worker.reconcile('s1')).toMatchObject([
      { wire: { source: 'gateway' }, told: { source: 'transcript' } },
    ]);
    expect(await worker.sessionsBothWays(5)).toMatchObject([{ session: 's1', callsBothWays: 1 }]);
    const { staged } = stageRuns(folder, { name: 'board', file: 'board.csv', atMs: 12, runs: [] });
    expect(await worker.importStaged(staged)).toEqual({ added: 0, known: 0 });
    expect(await worker.removeImport('board')).toBe(0);
  });

  it('gives up on a thread that dies again and again, says so, and holds nobody up', async () => {
    const script = join(tempDir(), 'dies.js');
    writeFileSync(script, 'process.exit(1)');
    const told: LedgerHealth[] = [];
    const worker = startLedgerWorker({
      workerUrl: script,
      path: ':memory:',
      log: () => undefined,
      onHealth: (health) => told.push(health),
    });
    await worker.finish(call());
    expect(told).toMatchObject([{ state: 'memory', reason: expect.stringContaining('stopped several times') }]);
    await worker.finish(call());
    await expect(worker.report({ by: 'model' })).rejects.toThrow('The ledger has stopped.');
    await worker.close();
  });
});

interface Scripted {
  /** Run when a thread starts. */
  readonly begin?: string;
  /** What a thread does with a `request`: returns what it sends. It answers null where that is undefined. */
  readonly receive: string;
  readonly options?: Partial<StartLedgerOptions>;
}

/** A client of threads that do what a script says, so that a test knows when they answer what, and when they die. */
function startScripted({ begin = '', receive, options = {} }: Scripted) {
  const folder = tempDir();
  const script = join(folder, 'thread.js');
  const before = join(folder, 'before');
  writeFileSync(
    script,
    `const fs = require('node:fs');
     const { parentPort, workerData } = require('node:worker_threads');
     const before = ${JSON.stringify(before)};
     const isFirst = !fs.existsSync(before);
     fs.writeFileSync(before, '');
     const say = (...messages) => parentPort.postMessage(messages);
     const answer = ({ seq }, result) => ({ type: 'answer', seq, result });
     const receive = (request) => { ${receive} };
     parentPort.on('message', (requests) => {
       for (const request of requests) say(...(receive(request) ?? [answer(request, null)]));
     });
     ${begin}`,
  );
  const said: string[] = [];
  const starts: string[] = [];
  const worker = startLedgerWorker({
    path: ':memory:',
    log: (sentence) => said.push(sentence),
    ...options,
    get workerUrl() {
      starts.push(script);
      return script;
    },
  });
  onTestFinished(() => worker.close());
  return { worker, said, starts, folder };
}

const everyBudgetRequest = {
  admit: [admission(1)],
  topUp: [callId(1), admission(1).hold, []],
  release: [callId(1)],
  chargeWhole: [callId(1)],
  loadTasks: [],
  task: [taskId(1)],
  saveTask: [task()],
  extendTask: [taskId(1), 'calls', 2],
  deleteTask: [taskId(1)],
  setActive: ['w1', null],
  bindSession: ['s1', null, true],
  addEvent: [{ taskId: taskId(1), atMs: 1, kind: 'created', text: 'Created.', by: 'you' }],
  events: [null, 5],
  accounts: [[taskKey]],
  recentOutputs: [5],
  savePolicy: [{ mode: 'steady' }],
  loadPolicy: [],
} satisfies { readonly [Name in keyof BudgetBooks]: Readonly<Parameters<BudgetBooks[Name]>> };

describe('the client of a thread', () => {
  it('asks it for everything about tasks and budgets under its name, and gives back its answers', async () => {
    const { worker } = startScripted({ receive: 'return [answer(request, [request.name, request.params])];' });
    for (const [name, values] of Object.entries(everyBudgetRequest)) {
      const ask = worker[name as keyof BudgetBooks] as (...values: unknown[]) => Promise<unknown>;
      expect(await ask(...values)).toEqual([name, values]);
    }
  });

  it('hands it writes and prices in the order in which they come, and passes on what it logs', async () => {
    const { worker, said } = startScripted({
      receive: `return [{ type: 'log', sentence: request.name + ' ' + request.params?.[0]?.model }, answer(request, null)];`,
    });
    const calibration = { model: 'm', logRatioSum: 1, weight: 1, variance: 1, samples: 1, updatedAtMs: 1 };
    const prices = worker.setPrices([{ model: 'own' }]);
    await worker.saveCalibration([calibration]);
    expect(await prices).toBeNull();
    expect(said).toEqual(['setPrices own', 'saveCalibration m']);
  });

  it('keeps a call’s steps apart', async () => {
    const { worker, said } = startScripted({
      receive: `return [{ type: 'log', sentence: request.name + ' ' + request.params?.status }, answer(request, null)];`,
    });
    await Promise.all([worker.begin(call()), worker.update(call()), worker.finish(call({ status: 'error' }))]);
    expect(said).toEqual(['begin ok', 'update ok', 'finish error']);
  });

  it.each([
    ['Pacific/Kiritimati', 'Pacific/Kiritimati'],
    [undefined, null],
  ])('tells it which books it opens, in which zone (%s), and that it is the first', async (timeZone, told) => {
    const { worker } = startScripted({ receive: 'return [answer(request, workerData)];', options: { timeZone } });
    expect(await worker.health()).toEqual({ path: ':memory:', timeZone: told, isSuccessor: false });
  });

  it('takes an answer that nobody waits for as none', async () => {
    const { worker } = startScripted({
      receive: `return [answer({ seq: -1 }, 'nobody’s'), { type: 'failure', seq: -2, message: 'nobody’s' }, answer(request, ['log'])];`,
    });
    expect(await worker.loadLogs()).toEqual(['log']);
    expect(await worker.loadLogs()).toEqual(['log']);
  });
});

describe('the client of a thread that dies', () => {
  const dieAtFirst = `if (isFirst && request.name === 'reconcile') process.exit(1);`;

  it('asks the next one only for what was not answered', async () => {
    const { worker } = startScripted({
      begin: 'globalThis.asked = [];',
      receive: `${dieAtFirst} globalThis.asked.push(request.name); return [answer(request, globalThis.asked)];`,
    });
    expect(await worker.loadLogs()).toEqual(['loadLogs']);
    expect(await worker.reconcile('s1')).toEqual(['reconcile']);
  });

  it.each([
    ['ok', true],
    ['recovered', true],
    ['waiting', false],
  ])('tells the next one whether the books were open already (%s)', async (state, isSuccessor) => {
    const told: string[] = [];
    const { worker } = startScripted({
      begin: `say({ type: 'health', health: { state: '${state}' } });`,
      receive: `${dieAtFirst} return [answer(request, workerData.isSuccessor)];`,
      options: { onHealth: (health) => told.push(health.state) },
    });
    expect(await worker.reconcile('s1')).toBe(isSuccessor);
    expect(told).toEqual([state, state]);
  });

  it('has nothing done later that it says was not done', async () => {
    // A request leaves at the end of its turn, which does not come before the thread is gone.
    const held: (() => void)[] = [];
    const turns = vi.spyOn(globalThis, 'setImmediate').mockImplementation(((work: () => void) => {
      held.push(work);
    }) as never);
    onTestFinished(() => turns.mockRestore());
    const { worker } = startScripted({
      begin: 'if (isFirst) process.exit(1); globalThis.asked = [];',
      receive: 'globalThis.asked.push(request.name); return [answer(request, globalThis.asked)];',
    });
    const extended = worker.extendTask(taskId(1), 'calls', 1);
    const read = worker.loadLogs();
    await expect(extended).rejects.toThrow('ended before it was done');
    turns.mockRestore();
    for (const work of held) work();
    expect(await read).toEqual(['loadLogs']);
  });

  it('is started five times more, and given up with a word, whether or not somebody wants to know its health', async () => {
    const { worker, said, starts } = startScripted({ begin: 'process.exit(1);', receive: '' });
    await worker.finish(call());
    expect(starts).toHaveLength(6);
    const reason = 'The ledger stopped several times in a row, so calls are not recorded.';
    expect(said).toEqual([`A call was not booked: ${reason}`]);
  });
});

describe('the client that is closed', () => {
  it('lets the thread close its books first, once, and starts no other', async () => {
    const { worker, said, starts, folder } = startScripted({
      receive: `if (request.name === 'close') fs.appendFileSync(before + '-closed', 'closed');`,
    });
    await Promise.all([worker.close(), worker.close()]);
    expect(readFileSync(join(folder, 'before-closed'), 'utf8')).toBe('closed');
    expect(starts).toHaveLength(1);
    expect(said).toEqual([]);
  });

  it('refuses whatever is asked from then on, and logs the calls that it does not book', async () => {
    const { worker, said } = startScripted({ receive: '' });
    const closed = worker.close();
    await expect(worker.report({ by: 'model' })).rejects.toThrow(new Error('The ledger is closed.'));
    await closed;
    await expect(worker.report({ by: 'model' })).rejects.toThrow(new Error('The ledger is closed.'));
    await worker.finish(call());
    expect(said).toEqual(['A call was not booked: The ledger is closed.']);
  });

  it('rejects what the thread never answered', async () => {
    const { worker } = startScripted({ receive: `if (request.name !== 'close') return [];` });
    const asked = expect(worker.report({ by: 'model' })).rejects.toThrow(new Error('The ledger is closed.'));
    await worker.close();
    await asked;
  });

  it('says so where the thread could not close its books', async () => {
    const { worker, said } = startScripted({
      receive: `return [{ type: 'failure', seq: request.seq, message: 'the disk is gone' }];`,
    });
    await worker.close();
    expect(said).toEqual(['The ledger did not close well: the disk is gone']);
  });
});
