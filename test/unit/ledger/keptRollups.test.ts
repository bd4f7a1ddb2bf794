import { DatabaseSync } from 'node:sqlite';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CallRecord } from '../../../src/domain/call.ts';
import { totalUsage } from '../../../src/domain/usage.ts';
import { identityOf } from '../../../src/ledger/callIdentity.ts';
import type { ImportedCall } from '../../../src/ledger/importContract.ts';
import { ledgerPathOf } from '../../../src/ledger/ledgerFiles.ts';
import { migrations } from '../../../src/ledger/migrations.ts';
import type { Ledger } from '../../../src/ledger/openLedger.ts';
import { openLedger } from '../../../src/ledger/openLedger.ts';
import { openLedgerReader } from '../../../src/ledger/openLedgerReader.ts';
import { schemaVersion6 } from '../../../src/ledger/schemaVersion6.ts';
import { task } from './budgetFixtures.ts';
import { advisedCall, call, callId, calls, usage } from './callFixtures.ts';
import { openBooks, told } from './importFixtures.ts';
import { execute, rowsOf } from './rawDatabase.ts';
import { tempDir } from './tempDir.ts';

const taskIds = ['task-aaaaaaaaaaaaaaaa', 'task-bbbbbbbbbbbbbbbb'];
const sessions = ['s1', 's2', 's3'];

type Step = (ledger: Ledger) => void;

const maybeTask = fc.constantFrom(null, ...taskIds);

const writes: fc.Arbitrary<Step> = fc
  .record({
    kind: fc.constantFrom('begin' as const, 'update' as const, 'finish' as const, 'finish' as const, 'finish' as const),
    record: calls,
    taskId: maybeTask,
    subAgent: fc.constantFrom(null, 'a1'),
    responseId: fc.constantFrom(null, 'msg_1', 'msg_2', 'msg_3'),
  })
  .map(
    ({ kind, record, ...fields }) =>
      (ledger) =>
        ledger.writer[kind]({ ...record, ...fields, source: sourceOf(record) }),
  );

/** One call is seen by one: every other id is the host's. */
const sourceOf = ({ id }: CallRecord) => (Number.parseInt(id.slice(-1), 16) % 2 === 0 ? 'gateway' : 'host');

/** Few messages over few days, told again and again with other counts, so that most are merges; some are sums or have an advisor. */
const imports: fc.Arbitrary<Step> = fc
  .record({
    message: fc.constantFrom('msg_1', 'msg_2', 'msg_3', 'msg_4'),
    hours: fc.constantFrom(0, 0, 0, 30),
    session: fc.constantFrom(...sessions),
    effort: fc.constantFrom(null, 'low', 'high'),
    model: fc.constantFrom('m1', 'm1', 'm2'),
    outputTokens: fc.nat({ max: 50 }),
    advisorTokens: fc.option(fc.nat({ max: 20 }), { nil: null }),
    provenance: fc.constantFrom('reported' as const, 'partial' as const, 'estimated' as const),
    isSum: fc.boolean(),
    retracted: fc.constantFrom(null, null, null, 'msg_1', 'msg_4'),
  })
  .map(({ message, hours, outputTokens, advisorTokens, retracted, ...fields }) => {
    const own = usage({ inputTokens: 10, outputTokens });
    const parts =
      advisorTokens === null
        ? null
        : [
            { model: null, usage: own },
            { model: 'adviser', usage: usage({ inputTokens: 3, outputTokens: advisorTokens, thinkingTokens: 1 }) },
          ];
    const imported: ImportedCall = {
      ...told({ ...fields, responseId: message, requestId: null, atMs: Date.UTC(2026, 2, 27, 12) + hours * 3_600_000 }),
      ...(parts === null ? { usage: own } : { usage: totalUsage(parts), parts }),
    };
    const retractions = retracted === null ? [] : [identityOf('response', retracted)];
    return (ledger) => ledger.writer.bookImport({ calls: [imported], logs: [], retracted: retractions });
  });

/** What sessions came to: nothing of it counts where all is in the books call by call, else what is left. */
const sums: fc.Arbitrary<Step> = fc
  .record({
    session: fc.constantFrom(...sessions),
    model: fc.constantFrom('m1', 'm2'),
    isOfAllModels: fc.boolean(),
    inputTokens: fc.constantFrom(0, 1, 9, 3_000_000),
    outputTokens: fc.constantFrom(0, 1, 9),
  })
  .map(({ session, model, isOfAllModels, inputTokens, outputTokens }) => {
    const sum: ImportedCall = told({
      ...{ session, model, isOfAllModels, isSum: true, responseId: null, requestId: null },
      ...{ id: identityOf('own', `${session} ${model}`), atMs: Date.UTC(2026, 2, 28), durationMs: 60 * 3_600_000 },
      usage: usage({ inputTokens, outputTokens, thinkingTokens: null }),
    });
    return (ledger) => ledger.writer.bookImport({ calls: [sum], logs: [] });
  });

const moves: fc.Arbitrary<Step> = fc
  .record({ session: fc.constantFrom(...sessions), taskId: maybeTask, moveCalls: fc.boolean() })
  .map(
    ({ session, taskId, moveCalls }) =>
      (ledger) =>
        ledger.budget.bindSession(session, taskId, moveCalls),
  );

/** A deleted task is made again at once, as another one of the same id. */
const deletedTasks: fc.Arbitrary<Step> = fc.constantFrom(...taskIds).map((id) => (ledger) => {
  ledger.budget.deleteTask(id);
  ledger.budget.saveTask(task({ id }));
});

const deletions: fc.Arbitrary<Step> = fc
  .option(
    fc.integer({ min: 0, max: 80 }).map((hours) => Date.UTC(2026, 2, 27) + hours * 3_600_000),
    { nil: null, freq: 8 },
  )
  .map((beforeMs) => (ledger) => ledger.writer.deleteBefore(beforeMs));

const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: writes },
  { weight: 5, arbitrary: imports },
  { weight: 5, arbitrary: sums },
  { weight: 3, arbitrary: moves },
  { weight: 1, arbitrary: deletedTasks },
  { weight: 1, arbitrary: deletions },
);

const tables = ['rollups', 'task_rollups'];
const dump = (path: string) => tables.map((table) => rowsOf(path, `SELECT * FROM ${table}`));

describe('what rollups are kept as', () => {
  it('is what the calls come to, after any order of calls, merges, moves, retractions and deletions', () => {
    const folder = tempDir();
    let runs = 0;
    fc.assert(
      fc.property(fc.array(steps, { minLength: 1, maxLength: 40 }), (all) => {
        const { kept, anew } = tablesAfter(all, `${ledgerPathOf(folder)}-${runs++}`);
        expect(kept).toEqual(anew);
      }),
      { numRuns: 15 },
    );
  });

  it('is what is left of sums, whether they or their calls come first, by themselves or in a task', () => {
    const [id = ''] = taskIds;
    const counts = usage({ inputTokens: 100, outputTokens: 40, thinkingTokens: null });
    const whole = sumOfSession('s1', counts);
    const more = sumOfSession('s1', usage({ inputTokens: 130, outputTokens: 40, thinkingTokens: null }));
    const seen = call({ id: callId(1), session: 's1', taskId: id, usage: counts, startedAtMs: whole.atMs + 1000 });
    const tell = (sum: ImportedCall) => (ledger: Ledger) => ledger.writer.bookImport({ calls: [sum], logs: [] });
    const see = (ledger: Ledger) => ledger.writer.finish(seen);
    const move = (ledger: Ledger) => ledger.budget.bindSession('s1', id, true);
    const deleteSeen = (ledger: Ledger) => ledger.writer.deleteBefore(null);
    const lives: readonly { readonly steps: readonly Step[]; readonly told: number; readonly ofTask: number }[] = [
      { steps: [tell(whole)], told: 1, ofTask: 0 },
      { steps: [tell(whole), move], told: 1, ofTask: 1 },
      { steps: [tell(whole), see], told: 0, ofTask: 1 },
      { steps: [see, tell(whole)], told: 0, ofTask: 1 },
      { steps: [see, tell(more)], told: 1, ofTask: 1 },
      { steps: [see, tell(whole), tell(more)], told: 1, ofTask: 1 },
      { steps: [tell(more), move, see], told: 1, ofTask: 2 },
      { steps: [tell(whole), move, see], told: 0, ofTask: 1 },
      { steps: [tell(whole), move, see, tell(more)], told: 1, ofTask: 2 },
      { steps: [see, tell(whole), deleteSeen], told: 0, ofTask: 0 },
    ];
    for (const { steps: life, told: toldRows, ofTask } of lives) {
      const { kept, anew } = tablesAfter(life);
      expect(kept).toEqual(anew);
      expect(kept[0]?.filter(({ calls: own }) => own === 0)).toHaveLength(toldRows);
      expect(kept[1]).toHaveLength(ofTask);
    }
  });

  it('is what calls that logs tell again have come to, under other keys, in a task, with and without an advisor', () => {
    const [id = ''] = taskIds;
    const own = usage({ inputTokens: 100, outputTokens: 40 });
    const parts = [
      { model: null, usage: own },
      { model: 'adviser', usage: usage({ inputTokens: 3, outputTokens: 2, thinkingTokens: 1 }) },
    ];
    const first = told({ usage: own });
    const fuller = told({ usage: usage({ inputTokens: 900, outputTokens: 700 }) });
    const advised = told({ usage: totalUsage(parts), parts });
    const efforts = ['low', 'high'].map((effort) => told({ effort, responseId: `msg_${effort}`, requestId: null }));
    const tell =
      (...all: readonly ImportedCall[]) =>
      (ledger: Ledger) =>
        ledger.writer.bookImport({ calls: all, logs: [] });
    const move = (ledger: Ledger) => ledger.budget.bindSession('s1', id, true);
    const lives: readonly { readonly steps: readonly Step[]; readonly rows: number; readonly ofTask: number }[] = [
      { steps: [tell(first), tell(fuller)], rows: 1, ofTask: 0 },
      { steps: [tell(first), move, tell(fuller)], rows: 1, ofTask: 1 },
      { steps: [tell(first), tell({ ...fuller, effort: 'high' })], rows: 1, ofTask: 0 },
      { steps: [tell(first), tell({ ...fuller, isSum: true })], rows: 1, ofTask: 0 },
      { steps: [tell(first), tell(advised)], rows: 2, ofTask: 0 },
      { steps: [tell(advised), tell(fuller)], rows: 1, ofTask: 0 },
      { steps: [tell(...efforts)], rows: 2, ofTask: 0 },
    ];
    for (const { steps: life, rows, ofTask } of lives) {
      const { kept, anew } = tablesAfter(life);
      expect(kept).toEqual(anew);
      expect(kept.map((table) => table.length)).toEqual([rows, ofTask]);
    }
  });

  it('is made anew of the calls of an older ledger, tasks, efforts and advisors told apart', () => {
    const newer = ledgerPathOf(tempDir());
    const [id = ''] = taskIds;
    const ledger = openBooks(newer);
    ledger.budget.saveTask(task({ id, state: 'passed', outcomeBy: 'you' }));
    const records: readonly Partial<CallRecord>[] = [
      { taskId: id, effort: 'low' },
      { taskId: id, effort: null, provenance: 'partial' },
      { taskId: id, subAgent: 'a1', provenance: 'estimated' },
      { session: 's2', thinkingAtLeastTokens: 7, usage: usage({ outputTokens: 9 }) },
    ];
    records.forEach((record, index) => {
      ledger.writer.finish(call({ id: callId(index), ...record }));
    });
    ledger.writer.finish(advisedCall({ id: callId(9), taskId: id, responseId: 'msg_9', requestId: 'req_9' }));
    ledger.writer.begin(call({ id: callId(10) }));
    ledger.writer.bookImport({
      // Of a time when no call was seen: else it would be taken for the sum of those.
      calls: [told({ session: 's3', requestId: 'r', responseId: 'm', isSum: true, atMs: Date.UTC(2026, 10, 23) })],
      logs: [],
    });
    const runs = ledger.reader.taskRuns();
    ledger.close();
    const path = ledgerPathOf(tempDir());
    openLedger({
      path,
      clock: { nowMs: () => 0, monotonicMs: () => 0 },
      log: () => undefined,
      migrations: migrations.slice(0, 5),
    }).close();
    copyTables(newer, path, ['names', 'tasks', 'calls', 'call_parts', 'observations']);
    // A reader may come before the writer: it reads a copy, and leaves the ledger as it is.
    const early = openLedgerReader(path);
    expect(early.taskRuns()).toEqual(runs);
    early.close();
    expect(rowsOf(path, 'PRAGMA user_version')).toEqual([{ user_version: 5 }]);
    const migrated = openBooks(path);
    expect(runs.runs).toHaveLength(1);
    expect(migrated.reader.taskRuns()).toEqual(runs);
    migrated.close();
    expect(dump(path)).toEqual(dump(newer));
    expect(rowsOf(path, 'SELECT * FROM rollups').length).toBeGreaterThan(5);
  });
});

/** What is kept after these steps, and what a migration makes of the calls. */
function tablesAfter(all: readonly Step[], path = ledgerPathOf(tempDir())) {
  const ledger = openBooks(path);
  for (const id of taskIds) ledger.budget.saveTask(task({ id }));
  for (const step of all) step(ledger);
  ledger.close();
  const kept = dump(path);
  execute(path, `DROP TABLE task_rollups; ${schemaVersion6}`);
  return { kept, anew: dump(path) };
}

/** All that a session came to in half an hour. */
function sumOfSession(session: string, counts: ImportedCall['usage']): ImportedCall {
  return told({
    ...{ session, isSum: true, isOfAllModels: true, responseId: null, requestId: null, durationMs: 1_800_000 },
    ...{ id: identityOf('own', `${session} total`), usage: counts },
  });
}

function copyTables(from: string, to: string, names: readonly string[]): void {
  const db = new DatabaseSync(to);
  db.exec(
    `ATTACH '${from}' AS newer; ${names.map((name) => `INSERT INTO ${name} SELECT * FROM newer.${name};`).join(' ')}`,
  );
  db.close();
}
