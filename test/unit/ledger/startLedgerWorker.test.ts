import { EventEmitter, once } from 'node:events';
import { mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { LedgerHealth } from '../../../src/ledger/contract.ts';
import { ledgerPathOf } from '../../../src/ledger/ledgerFiles.ts';
import { openLedgerReader } from '../../../src/ledger/openLedgerReader.ts';
import { stageRuns } from '../../../src/ledger/stagedRuns.ts';
import { type LedgerWorker, startLedgerWorker } from '../../../src/ledger/startLedgerWorker.ts';
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
