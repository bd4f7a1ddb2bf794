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
        const path = `${ledgerPathOf(folder)}-${runs++}`;
        const ledger = openBooks(path);
        for (const id of taskIds) ledger.budget.saveTask(task({ id }));
        for (const step of all) step(ledger);
        ledger.close();
        const kept = dump(path);
        execute(path, `DROP TABLE task_rollups; ${schemaVersion6}`);
        expect(kept).toEqual(dump(path));
      }),
      { numRuns: 15 },
    );
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
      calls: [told({ session: 's3', requestId: 'r', responseId: 'm', isSum: true })],
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

function copyTables(from: string, to: string, names: readonly string[]): void {
  const db = new DatabaseSync(to);
  db.exec(
    `ATTACH '${from}' AS newer; ${names.map((name) => `INSERT INTO ${name} SELECT * FROM newer.${name};`).join(' ')}`,
  );
  db.close();
}
