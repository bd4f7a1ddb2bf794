import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { windowAccountKeys } from '../../src/budget/accountKeys.ts';
import { noLimits } from '../../src/domain/budget.ts';
import type { CallRecord } from '../../src/domain/call.ts';
import { systemClock } from '../../src/domain/clock.ts';
import type { Task } from '../../src/domain/task.ts';
import type { AdmitRequest } from '../../src/ledger/contract.ts';
import { ledgerPathOf } from '../../src/ledger/ledgerFiles.ts';
import { openLedger } from '../../src/ledger/openLedger.ts';
import { openDatabase } from '../../src/ledger/sqlite.ts';
import { type LedgerWorker, startLedgerWorker } from '../../src/ledger/startLedgerWorker.ts';
import { call, callId, priced } from '../unit/ledger/callFixtures.ts';
import type { BenchRow, BenchSection } from './benchSection.ts';
import { midStreamStop } from './midStreamStop.ts';

const calls = 1_000_000;
const agents = 64;
const rounds = 200;
/** Of each agent, one to two seconds long: shorter than real ones, so that more of them begin and end at once. */
const callsEach = 20;
const targetMs = 1;

const taskId = 'task-benchbenchbench1';
const limit = 1_000_000 * 1_000_000_000;

/** What a budget costs a call before its first byte goes out: from the request to the ledger's thread until its hold is committed. */
export async function benchBudget(): Promise<BenchSection> {
  const folder = mkdtempSync(join(tmpdir(), 'outlay-bench-budget-'));
  const path = ledgerPathOf(folder);
  try {
    fill(path);
    const size = statSync(path).size / 1_000_000;
    const ledger = startLedgerWorker({
      workerUrl: new URL('../../src/ledger/ledgerWorker.ts', import.meta.url),
      path,
      timeZone: 'UTC',
      log: (sentence) => process.stderr.write(`${sentence}\n`),
    });
    try {
      await ledger.health();
      await atWork(ledger, 1);
      const rows = [
        { metric: 'calls in the ledger', value: calls, unit: 'calls', note: `${size.toFixed(0)} MB` },
        row('admission p99, one after another', await oneByOne(ledger)),
        row(`admission p99, ${agents} agents at work`, await atWork(ledger, callsEach)),
        row(`admission p99, ${agents} in the same instant`, await sameInstant(ledger)),
      ];
      return { name: 'budget', rows: [...rows, await sustained(ledger), ...(await midStreamStop())] };
    } finally {
      await ledger.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A million calls of 50 days and 500 sessions, made of one real row, with their charges, rollups and accounts. */
function fill(path: string): void {
  const ledger = openLedger({ path, timeZone: 'UTC', clock: systemClock, log: () => undefined });
  ledger.budget.saveTask(task);
  ledger.writer.finish(record(0, { startedAtMs: Date.now() - 50 * 86_400_000 }));
  ledger.close();
  const db = openDatabase(path, { readOnly: false, busyMs: 0 });
  const columns = (table: string) =>
    db
      .prepare(`SELECT name FROM pragma_table_info('${table}')`)
      .all()
      .map((row) => String(row['name']));
  const copy = (table: string, changed: Readonly<Record<string, string>>) =>
    db.exec(
      `INSERT INTO ${table} (${columns(table).join(', ')})
       WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${calls})
       SELECT ${columns(table)
         .map((name) => changed[name] ?? `s.${name}`)
         .join(', ')} FROM n, (SELECT * FROM ${table}) s`,
    );
  const id = `CAST(unhex(printf('019aab0000007000a000%012x', i)) AS BLOB)`;
  db.exec('PRAGMA synchronous = OFF; BEGIN');
  const at = 's.started_at_ms + i * 4300';
  db.exec(`INSERT INTO names (name) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
    SELECT 'bench-session-' || i FROM n`);
  const session = `(SELECT max(id) FROM names) - i / 7 % 500`;
  copy('calls', { seq: 'i + 1', id, started_at_ms: at, ended_at_ms: at, day: 's.day + i / 20000', session });
  copy('charges', { call_id: id, at_ms: 's.at_ms + i * 4300' });
  db.exec('COMMIT; PRAGMA wal_checkpoint(TRUNCATE); ANALYZE');
  db.close();
}

const task: Task = {
  id: taskId,
  title: 'Bench',
  workspaceId: 'w1',
  folder: null,
  branch: null,
  checkCommand: null,
  state: 'open',
  createdAtMs: Date.now(),
  endedAtMs: null,
  limits: { ...noLimits, costNanoUsd: limit, thinkingTokens: limit, outputTokens: limit },
  mode: 'strict',
  countsSubscription: false,
  outcomeBy: null,
  proposal: null,
};

let lastId = 5_000_000_000;

function record(index: number, change: Partial<CallRecord>): CallRecord {
  return call({ id: callId(index), taskId, cost: priced(60_000_000, 40_000_000), ...change });
}

function admission(index: number): AdmitRequest {
  const atMs = Date.now();
  const keys = windowAccountKeys({ workspaceId: 'w1', atMs, timeZone: 'UTC' });
  return {
    callId: callId(index),
    atMs,
    provider: 'anthropic',
    model: 'claude-opus-4-6',
    auth: 'key',
    taskId,
    workspaceId: 'w1',
    hold: { costNanoUsd: 100_000_000, thinkingTokens: 32_000, outputTokens: 32_000, toolCalls: 1, calls: 1 },
    priceVersion: 'book 1 (2026-11-20)',
    limits: [
      {
        scope: { kind: 'machine', period: 'day' },
        accountKey: keys[0] ?? '',
        limits: { ...noLimits, costNanoUsd: limit },
        mode: 'strict',
        countsSubscription: false,
      },
    ],
    accountKeys: keys,
  };
}

async function admitOnce(ledger: LedgerWorker, times: number[]): Promise<number> {
  lastId += 1;
  const id = lastId;
  const begin = performance.now();
  const answer = await ledger.admit(admission(id));
  times.push(performance.now() - begin);
  if (answer.kind !== 'admitted') throw new Error(`A call was refused: ${answer.refusal.reason}.`);
  return id;
}

async function oneByOne(ledger: LedgerWorker): Promise<readonly number[]> {
  const times: number[] = [];
  for (let round = 0; round < 3000; round += 1) {
    const id = await admitOnce(ledger, times);
    await ledger.release(callId(id));
  }
  return times;
}

/** Each agent's calls are admitted, begun, followed and booked, one after another, each with a moment of streaming. */
async function atWork(ledger: LedgerWorker, each: number): Promise<readonly number[]> {
  const times: number[] = [];
  const agent = async (lane: number): Promise<void> => {
    await delay(lane * 20);
    for (let round = 0; round < each; round += 1) {
      const id = await admitOnce(ledger, times);
      const booked = record(id, { startedAtMs: Date.now(), session: `bench-${lane}` });
      const begun = ledger.begin(booked);
      await delay(1000 + ((lane * 37 + round * 17) % 1000));
      await begun;
      await ledger.finish(booked);
    }
  };
  await Promise.all(Array.from({ length: agents }, (_, lane) => agent(lane)));
  return times;
}

async function sameInstant(ledger: LedgerWorker): Promise<readonly number[]> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const ids = await Promise.all(Array.from({ length: agents }, () => admitOnce(ledger, times)));
    await Promise.all(ids.map((id) => ledger.release(callId(id))));
    await delay(5);
  }
  return times;
}

/** Agents that ask again as soon as they are answered. */
async function sustained(ledger: LedgerWorker): Promise<BenchRow> {
  const times: number[] = [];
  const begin = performance.now();
  const lane = async (): Promise<void> => {
    for (let round = 0; round < rounds; round += 1) {
      const id = await admitOnce(ledger, times);
      await ledger.release(callId(id));
    }
  };
  await Promise.all(Array.from({ length: agents }, lane));
  const perSecond = (times.length * 1000) / (performance.now() - begin);
  return { metric: 'admissions a second', value: perSecond, unit: '1/s', note: 'each with its release' };
}

function row(metric: string, times: readonly number[]): BenchRow {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
  const note = `p50 ${at(0.5).toFixed(2)} ms, max ${at(1).toFixed(1)} ms, ${times.length} admissions`;
  return { metric, value: at(0.99), unit: 'ms', target: `< ${targetMs}`, reached: at(0.99) < targetMs, note };
}
