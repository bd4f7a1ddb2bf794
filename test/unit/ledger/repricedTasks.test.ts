import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CallRecord } from '../../../src/domain/call.ts';
import { systemClock } from '../../../src/domain/clock.ts';
import type { Task } from '../../../src/domain/task.ts';
import { identityOf } from '../../../src/ledger/callIdentity.ts';
import { openLedger } from '../../../src/ledger/openLedger.ts';
import { openLedgerReader } from '../../../src/ledger/openLedgerReader.ts';
import { task, taskId } from './budgetFixtures.ts';
import { call, callId, priced, unpriced, usage } from './callFixtures.ts';
import { counts, single, sumOf } from './sumFixtures.ts';
import { tempDir } from './tempDir.ts';

type Ledger = ReturnType<typeof openLedger>;

function withLedger<T>(
  given: { tasks?: readonly Partial<Task>[]; calls?: readonly Partial<CallRecord>[] },
  use: (ledger: Ledger) => T,
): T {
  const ledger = openLedger({ path: join(tempDir(), 'ledger.sqlite'), clock: systemClock, log: () => undefined });
  try {
    for (const one of given.tasks ?? []) ledger.budget.saveTask(task(one));
    for (const [index, one] of (given.calls ?? []).entries())
      ledger.writer.finish(call({ id: callId(index + 1), ...one }));
    return use(ledger);
  } finally {
    ledger.close();
  }
}

const used = usage({ inputTokens: 100, cacheReadTokens: 7, outputTokens: 50, thinkingTokens: 20 });
const of = (index: number, changes: Partial<CallRecord> = {}) => ({
  taskId: taskId(index),
  usage: used,
  cost: priced(1, 2),
  ...changes,
});

describe('tasks that can be repriced', () => {
  const tasks: readonly Partial<Task>[] = [
    { id: taskId(1), title: 'Fix login', state: 'passed' },
    { id: taskId(2), title: 'Write docs' },
    { id: taskId(3), title: 'Rename things', state: 'abandoned' },
    { id: taskId(4), title: 'Fix logout' },
    { id: taskId(5), title: 'Never begun' },
  ];
  const calls = [1, 2, 3, 4].map((index) => of(index));

  it('are active, then open, then finished, newest first, and have calls', () => {
    withLedger({ tasks, calls }, ({ reader, budget }) => {
      budget.setActive('w1', taskId(2));
      expect(reader.taskHeads('', 10)).toEqual([
        { id: taskId(2), title: 'Write docs', state: 'open', isActive: true },
        { id: taskId(4), title: 'Fix logout', state: 'open', isActive: false },
        { id: taskId(3), title: 'Rename things', state: 'abandoned', isActive: false },
        { id: taskId(1), title: 'Fix login', state: 'passed', isActive: false },
      ]);
    });
  });

  it('are found by a part of the title, as many as are asked for', () => {
    withLedger({ tasks, calls }, ({ reader }) => {
      expect(reader.taskHeads('fix LOG', 10).map(({ id }) => id)).toEqual([taskId(4), taskId(1)]);
      expect(reader.taskHeads("%'; DROP", 10)).toEqual([]);
      expect(reader.taskHeads('', 1).map(({ id }) => id)).toEqual([taskId(4), taskId(3)]);
    });
  });

  it('are none of books that are not there yet', () => {
    const reader = openLedgerReader(join(tempDir(), 'none.sqlite'));
    expect([reader.taskHeads('', 9), reader.taskUsage('task-x'), reader.newestRequests(9)]).toEqual([[], [], []]);
    reader.close();
  });
});

describe('what a task used', () => {
  it('is by model, authorisation and role, dearest first, of that task and of finished calls only', () => {
    const calls = [
      of(1),
      of(1, { cost: priced(10, 20) }),
      of(1, { model: 'claude-haiku-4-5', cost: priced(50, 50) }),
      of(1, { subAgent: 'a' }),
      of(1, { auth: 'subscription' }),
      of(2),
    ];
    withLedger({ tasks: [{ id: taskId(1) }, { id: taskId(2) }], calls }, ({ reader, writer }) => {
      writer.begin(call({ ...of(1), id: callId(99) }));
      const rows = reader.taskUsage(taskId(1));
      expect(
        rows.map(({ model, auth, isSubAgent, calls: count, costNanoUsd }) => [
          model,
          auth,
          isSubAgent,
          count,
          costNanoUsd,
        ]),
      ).toEqual([
        ['claude-haiku-4-5', 'key', false, 1, 100],
        ['claude-opus-4-6', 'key', false, 2, 33],
        ['claude-opus-4-6', 'key', true, 1, 3],
        ['claude-opus-4-6', 'subscription', false, 1, 3],
      ]);
      expect(rows[1]).toMatchObject({ inputTokens: 200, cacheReadTokens: 14, outputTokens: 100, thinkingTokens: 40 });
      expect(reader.taskUsage('task-gone')).toEqual([]);
    });
  });

  it('is unknown where a call does not tell, but not for one that failed before it began', () => {
    const failed = of(1, { status: 'error', usage: usage({ inputTokens: 0, outputTokens: 0 }), cost: unpriced });
    const blind = of(1, { usage: usage({ inputTokens: null, outputTokens: 5 }), cost: unpriced });
    const usedBy = (calls: readonly Partial<CallRecord>[]) =>
      withLedger({ tasks: [{ id: taskId(1) }], calls }, ({ reader }) => reader.taskUsage(taskId(1))[0]);
    expect(usedBy([of(1), failed])).toMatchObject({ costNanoUsd: 3, inputTokens: 100, thinkingTokens: 20, calls: 2 });
    expect(usedBy([of(1), blind])).toMatchObject({
      costNanoUsd: null,
      inputTokens: null,
      outputTokens: null,
      thinkingTokens: null,
    });
  });
});

describe('the newest requests', () => {
  it('are newest first, as many as are asked for, with all that tells their kind', () => {
    const calls = [
      of(1, { startedAtMs: 10, taskId: null }),
      of(1, {
        startedAtMs: 30,
        taskId: null,
        subAgent: 'a',
        status: 'truncated',
        usage: usage({ ...used, toolCalls: 2 }),
      }),
      of(1, { startedAtMs: 20, taskId: null, usage: usage({ inputTokens: null, outputTokens: 1 }) }),
    ];
    withLedger({ calls }, ({ reader }) => {
      expect(reader.newestRequests(2)).toEqual([
        {
          ...{ id: callId(2), startedAtMs: 30, model: 'claude-opus-4-6', agent: 'claude-code', effort: 'high' },
          ...{ session: 's1', subAgent: 'a', promptTokens: 107, thinkingTokens: 20, toolCalls: 2, isOk: false },
        },
        {
          ...{ id: callId(3), startedAtMs: 20, model: 'claude-opus-4-6', agent: 'claude-code', effort: 'high' },
          ...{ session: 's1', subAgent: null, promptTokens: null, thinkingTokens: null, toolCalls: 0, isOk: true },
        },
      ]);
    });
  });
});

describe('what a task used, where a log tells it in a sum', () => {
  it('is no call more for the sum, and no row where nothing of it is left', () => {
    withLedger({ tasks: [{ id: taskId(1) }] }, ({ reader, budget, writer }) => {
      const rows = () => {
        budget.bindSession('s1', taskId(1), true);
        return reader.taskUsage(taskId(1)).map(({ calls, outputTokens }) => [calls, outputTokens]);
      };
      writer.bookImport({ calls: [sumOf('s1', counts(100, 50))], logs: [] });
      expect(rows()).toEqual([[0, 50]]);
      writer.bookImport({ calls: [single('s1', counts(40, 20), { model: 'other-model' })], logs: [] });
      expect(rows().toSorted()).toEqual([
        [0, 30],
        [1, 20],
      ]);
      writer.bookImport({
        calls: [
          single('s1', counts(60, 30), { responseId: 'r2', id: identityOf('own', 'second'), model: 'other-model' }),
        ],
        logs: [],
      });
      expect(rows()).toEqual([[2, 50]]);
    });
  });
});
