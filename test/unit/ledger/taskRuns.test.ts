import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CallCost, CallRecord, RatesUsed } from '../../../src/domain/call.ts';
import { systemClock } from '../../../src/domain/clock.ts';
import type { Task, TaskEvent } from '../../../src/domain/task.ts';
import { ratesIn } from '../../../src/ledger/bookedPrices.ts';
import { openLedger } from '../../../src/ledger/openLedger.ts';
import { makeRun, price } from '../analysis/runFixture.ts';
import { task as newTask, noon } from './budgetFixtures.ts';
import { call, callId, priced, unpriced, usage } from './callFixtures.ts';
import { tempDir } from './tempDir.ts';

function open() {
  return openLedger({ path: join(tempDir(), 'ledger.sqlite'), clock: systemClock, log: () => undefined });
}

const id = 'task-aaaaaaaaaaaaaaaa';
const finished = (changes: Partial<Task> = {}): Task => ({
  ...newTask({ id }),
  title: 'Fix login',
  state: 'passed',
  endedAtMs: 9,
  outcomeBy: 'you',
  ...changes,
});
const event = (kind: TaskEvent['kind']): TaskEvent => ({ taskId: id, atMs: 1, kind, text: 't', by: 'b' });

/** The runs of one task with these calls and events. */
function runsOf(changes: Partial<Task>, records: readonly Partial<CallRecord>[], events: readonly TaskEvent[] = []) {
  const ledger = open();
  ledger.budget.saveTask(finished(changes));
  for (const added of events) ledger.budget.addEvent(added);
  records.forEach((record, index) => {
    ledger.writer.finish(call({ id: callId(index + 1), taskId: id, cost: priced(1000, 2000), ...record }));
  });
  const result = ledger.reader.taskRuns();
  ledger.close();
  return result;
}

const main = { usage: usage({ inputTokens: 100, outputTokens: 50, thinkingTokens: 20, cacheReadTokens: 7 }) };

describe('runs of own tasks', () => {
  it('add up all calls of a task, auxiliary models and sub-agents too, under its main model', () => {
    const { runs, sharedTasks } = runsOf({}, [
      { ...main, cost: priced(1000, 9000), effort: 'high' },
      { ...main, model: 'claude-haiku-4-5', cost: priced(500, 500) },
      { ...main, model: 'claude-sonnet-4-5', subAgent: 'a1', cost: priced(50_000, 50_000), startedAtMs: 5 },
    ]);
    expect(sharedTasks).toBe(0);
    expect(runs).toEqual([
      {
        ...{ id, origin: 'task', task: id, taskTitle: 'Fix login', model: 'claude-opus-4-6', effort: 'high' },
        ...{ agent: 'claude-code', run: null, passed: true, isCensored: false, costNanoUsd: 111_000 },
        ...{ costWithoutThinkingNanoUsd: 111_000, inputTokens: 300, cacheReadTokens: 21, cacheWriteTokens: 0 },
        ...{ outputTokens: 150, thinkingTokens: 60, calls: 3, seconds: 5, startedAtMs: 5 },
        listPrice: {
          ...{ inputNanoUsdPerMtok: 5e9, outputNanoUsdPerMtok: 25e9 },
          ...{ cacheReadNanoUsdPerMtok: 0.5e9, cacheWriteNanoUsdPerMtok: 6.25e9 },
        },
      },
    ]);
  });

  it('leave out and count a task that several main models shared', () => {
    const shared = runsOf({}, [
      { ...main, session: 's1' },
      { ...main, session: 's2', model: 'gpt-5.2' },
    ]);
    expect(shared).toEqual({ runs: [], sharedTasks: 1 });
    const efforts = runsOf({}, [
      { ...main, session: 's1', effort: 'low' },
      { ...main, session: 's2', effort: 'high' },
    ]);
    expect(efforts.sharedTasks).toBe(1);
  });

  it('know nothing of tasks that are open, of trials, or without a call', () => {
    expect(runsOf({ state: 'open', outcomeBy: null }, [main]).runs).toEqual([]);
    expect(runsOf({ outcomeBy: 'a trial' }, [main]).runs).toEqual([]);
    expect(runsOf({}, []).runs).toEqual([]);
  });

  it('failed where they failed or were abandoned, and are censored where the budget stopped them', () => {
    expect(runsOf({ state: 'failed' }, [main]).runs[0]).toMatchObject({ passed: false, isCensored: false });
    expect(runsOf({ state: 'abandoned' }, [main]).runs[0]).toMatchObject({ passed: false, isCensored: false });
    expect(runsOf({ state: 'failed' }, [main], [event('refused')]).runs[0]).toMatchObject({
      passed: null,
      isCensored: true,
    });
    expect(runsOf({ state: 'passed' }, [main], [event('stopped')]).runs[0]).toMatchObject({
      passed: true,
      isCensored: false,
    });
    const extended = runsOf({ state: 'failed' }, [main], [event('refused'), event('extended')]);
    expect(extended.runs[0]).toMatchObject({ passed: false, isCensored: false });
  });

  it('leave unknown what a call does not tell', () => {
    const { runs } = runsOf({}, [main, { usage: usage({ inputTokens: 1, outputTokens: 1 }), cost: unpriced }]);
    expect(runs[0]).toMatchObject({ costNanoUsd: null, thinkingTokens: null, inputTokens: 101, outputTokens: 51 });
    const failed = runsOf({}, [main, { status: 'error', usage: usage({ outputTokens: 0 }), cost: unpriced }]);
    expect(failed.runs[0]).toMatchObject({ costNanoUsd: 3000, thinkingTokens: 20, calls: 2 });
  });

  it('read rates that calls keep, and nothing from what is none', () => {
    expect(ratesIn('no json', 'm')).toBeNull();
    expect(ratesIn('{}', 'm')).toBeNull();
    expect(ratesIn('[{"model":"m"}]', 'm')).toBeNull();
    expect(ratesIn('[]', 'm')).toBeNull();
  });
});

/** What a call costs at these rates, of which thinking is a part. */
function costAt(entries: readonly Partial<RatesUsed>[], change: Partial<CallCost> = {}): CallCost {
  const cost = priced(1000, 2000);
  return { ...cost, rates: cost.rates.flatMap((rates) => entries.map((entry) => ({ ...rates, ...entry }))), ...change };
}

const day = 86_400_000;

describe('the main model of a task', () => {
  const early = { ...main, startedAtMs: noon };
  const late = { ...main, startedAtMs: noon + day };
  const later = { ...main, startedAtMs: noon + 2 * day };

  function mainOf(...records: readonly Partial<CallRecord>[]) {
    const { runs, sharedTasks } = runsOf({}, records);
    return sharedTasks > 0 ? 'shared' : runs.map(({ model, effort }) => [model, effort])[0];
  }

  it('is the one that cost most of all its calls, not the one of the dearest call nor of the first', () => {
    const [often, once] = [
      { model: 'often', cost: priced(0, 30) },
      { model: 'once', cost: priced(0, 50) },
    ];
    expect(mainOf({ ...early, ...once }, { ...late, ...often }, { ...later, ...often })).toEqual(['often', 'high']);
    expect(mainOf({ ...early, ...often }, { ...late, ...often }, { ...later, ...once })).toEqual(['often', 'high']);
    expect(mainOf({ ...early, ...often }, { ...late, ...once })).toEqual(['once', 'high']);
    expect(mainOf({ ...early, ...once }, { ...late, ...often })).toEqual(['once', 'high']);
  });

  it('is so at each effort by itself', () => {
    const [low, high] = [
      { effort: 'low', cost: priced(0, 50) },
      { effort: 'high', cost: priced(0, 30) },
    ];
    const calls = [
      { ...early, ...low },
      { ...late, ...high },
      { ...later, ...high },
    ];
    expect(mainOf(...calls)).toEqual(['claude-opus-4-6', 'high']);
  });

  it('is the one that wrote most where nobody knows the costs, and the first by name where that is the same', () => {
    const wrote = (model: string, outputTokens: number) => ({
      ...{ model, cost: unpriced, usage: usage({ inputTokens: 1, outputTokens }) },
    });
    for (const [first, second] of [
      [early, late],
      [late, early],
    ] as const) {
      expect(mainOf({ ...first, ...wrote('a', 10) }, { ...second, ...wrote('b', 20) })).toEqual(['b', 'high']);
      expect(mainOf({ ...first, ...wrote('a', 10) }, { ...second, ...wrote('b', 10) })).toEqual(['a', 'high']);
    }
  });

  it('is one of the sub-agents’ where a session has no other calls', () => {
    const sub = (model: string, costs: number) => ({ subAgent: 'a1', model, cost: priced(0, costs) });
    expect(mainOf({ ...early, ...sub('big', 9) }, { ...late, ...sub('small', 1) })).toEqual(['big', 'high']);
    expect(mainOf({ ...early, ...sub('big', 9) }, { ...late, model: 'small', cost: priced(0, 1) })).toEqual([
      'small',
      'high',
    ]);
  });

  it('is none where two agents had a session each, though with one model', () => {
    expect(mainOf({ ...early, session: 's1' }, { ...late, session: 's2' })).toEqual(['claude-opus-4-6', 'high']);
    expect(mainOf({ ...early, session: 's1' }, { ...late, session: 's2', agent: 'codex' })).toBe('shared');
  });
});

describe('the figures of a run', () => {
  it('are less thinking where all of it is known, and has a price', () => {
    const cost = costAt([{}], {
      split: { inputNanoUsd: 1000, cacheNanoUsd: 0, thinkingNanoUsd: 800, outputNanoUsd: 1200 },
    });
    const without = (...records: readonly Partial<CallRecord>[]) =>
      runsOf({}, records).runs.map((run) => [run.costNanoUsd, run.costWithoutThinkingNanoUsd])[0];
    const silent = { ...main, usage: usage({ inputTokens: 1, outputTokens: 1, thinkingTokens: null }) };
    expect(without({ ...main, cost }, { ...main, cost })).toEqual([6000, 4400]);
    expect(without({ ...main, cost }, { ...main, cost: unpriced })).toEqual([null, null]);
    expect(without({ ...main, cost }, { ...silent, cost })).toEqual([6000, null]);
    expect(without({ ...silent, cost: unpriced })).toEqual([null, null]);
  });

  it('have no token counts where a call has none, and the counts that all have', () => {
    const counts = { cacheReadTokens: 7, cacheWrite5mTokens: 20, cacheWrite1hTokens: 3 };
    const records = [
      { usage: usage({ ...counts, inputTokens: 1, outputTokens: 1 }) },
      { usage: usage({ ...counts, inputTokens: 1, outputTokens: null }) },
    ];
    expect(runsOf({}, records).runs).toMatchObject([
      { inputTokens: null, outputTokens: null, cacheReadTokens: 14, cacheWriteTokens: 46, calls: 2 },
    ]);
  });
});

describe('the list price of a run', () => {
  const at = (dollars: number, model = 'claude-opus-4-6') => ({
    ...{ model, modifiers: [], inputNanoUsdPerMtok: dollars * 1e9, outputNanoUsdPerMtok: 5e9 * dollars },
  });

  /** The dollars of input of the run of each task, whose calls are a day apart. */
  function listPrices(...tasks: readonly (readonly Partial<CallRecord>[])[]) {
    const ledger = open();
    tasks.forEach((records, task) => {
      const taskId = `task-${String(task).padStart(16, 'a')}`;
      ledger.budget.saveTask(finished({ id: taskId }));
      records.forEach((record, index) => {
        const about = { id: callId(task * 10 + index), taskId, startedAtMs: noon + index * day };
        ledger.writer.finish(call({ ...main, ...about, ...record }));
      });
    });
    const { runs } = ledger.reader.taskRuns();
    ledger.close();
    return runs.map(({ listPrice }) => listPrice && listPrice.inputNanoUsdPerMtok / 1e9);
  }

  it('is that of its own newest call, whatever other runs began with', () => {
    const [old, risen, other] = [{ cost: costAt([at(1)]) }, { cost: costAt([at(2)]) }, { cost: costAt([at(3)]) }];
    expect(listPrices([old, risen], [old, other], [old], [risen], [old], [risen, old])).toEqual([2, 3, 1, 2, 1, 1]);
  });

  it('is its main model’s, not that of a model that it had called later or was advised by', () => {
    const [mine, helper] = [{ cost: costAt([at(1)]) }, { model: 'small', cost: costAt([at(9, 'small')]) }];
    expect(listPrices([mine, mine, { ...helper, cost: { ...helper.cost, costNanoUsd: 1 } }])).toEqual([1]);
    const advised = { cost: costAt([at(9, 'adviser'), at(1)]) };
    expect(listPrices([advised], [advised, advised])).toEqual([1, 1]);
  });

  it('is none where none of its calls has rates', () => {
    expect(listPrices([{ cost: unpriced }])).toEqual([null]);
  });
});

describe('imports', () => {
  const runs = [
    makeRun({ task: 'a', model: '<b>m</b>', usd: 0.5, passed: true, listPrice: price(0.1, 3), origin: 'import:board' }),
    makeRun({ task: 'b', usd: null, passed: false, costNanoUsd: 0.25, origin: 'import:board' }),
  ];
  const request = { name: 'board', file: 'board.csv', atMs: 12, runs };

  it('keep runs as they were, once, and give them up again', () => {
    const ledger = open();
    expect(ledger.writer.importRuns(request)).toEqual({ added: 2, known: 0 });
    expect(ledger.writer.importRuns(request)).toEqual({ added: 0, known: 2 });
    expect(ledger.reader.imports()).toEqual([{ name: 'board', file: 'board.csv', importedAtMs: 12, runs: 2 }]);
    expect(ledger.reader.importedRuns('board')).toEqual(runs);
    expect(ledger.reader.importedRuns('other')).toEqual([]);
    expect(ledger.writer.removeImport('other')).toBeNull();
    expect(ledger.writer.removeImport('board')).toBe(2);
    expect(ledger.reader.importedRuns(null)).toEqual([]);
    expect(ledger.reader.imports()).toEqual([]);
    ledger.close();
  });

  it('are added whole or not at all', () => {
    const ledger = open();
    const broken = { ...request, runs: [...runs, makeRun({ id: null as unknown as string })] };
    expect(() => ledger.writer.importRuns(broken)).toThrow();
    expect([ledger.reader.imports(), ledger.reader.importedRuns(null)]).toEqual([[], []]);
    ledger.close();
  });

  it('outlive the deletion of calls', () => {
    const ledger = open();
    ledger.writer.importRuns(request);
    ledger.writer.finish(call());
    expect(ledger.writer.deleteBefore(null)).toBe(1);
    expect(ledger.reader.importedRuns(null)).toHaveLength(2);
    ledger.close();
  });
});

describe('reports by what only calls and tasks know', () => {
  it('add up to the same as those from rollups', () => {
    const ledger = open();
    ledger.budget.saveTask(finished({ folder: '/home/me/shop', workspaceId: 'w1', branch: 'fix' }));
    const november = Date.UTC(2026, 10, 5, 12);
    ledger.writer.finish(
      call({ id: callId(1), ...main, cost: priced(1, 2), taskId: id, effort: 'high', startedAtMs: november }),
    );
    ledger.writer.finish(
      call({ id: callId(2), ...main, effort: null, cost: unpriced, startedAtMs: Date.UTC(2026, 11, 5, 12) }),
    );
    ledger.writer.finish(
      call({
        id: callId(3),
        effort: null,
        cost: priced(5, 5),
        workspaceId: 'w2',
        provenance: 'estimated',
        startedAtMs: november,
      }),
    );
    const report = (by: 'task' | 'branch' | 'effort' | 'month' | 'folder') =>
      ledger.reader
        .report({ by })
        .map(({ key, calls, costNanoUsd, thinkingTokens, unpricedCalls, estimatedCalls }) => [
          ...[key, calls, costNanoUsd, thinkingTokens, unpricedCalls, estimatedCalls],
        ]);
    const rest = ['', 2, 10, 30, 1, 1];
    expect(report('effort')).toEqual([rest, ['high', 1, 3, 20, 0, 0]]);
    expect(report('branch')).toEqual([rest, ['fix', 1, 3, 20, 0, 0]]);
    expect(report('task')).toEqual([rest, [`Fix login (${id})`, 1, 3, 20, 0, 0]]);
    expect(report('month')).toEqual([
      ['2026-11', 2, 13, 30, 0, 1],
      ['2026-12', 1, null, 20, 1, 0],
    ]);
    expect(report('folder')).toEqual([
      ['w2', 1, 10, 10, 0, 1],
      ['/home/me/shop', 2, 3, 40, 1, 0],
    ]);
    expect(ledger.reader.report({ by: 'effort', sinceDay: '2026-12-01' })).toHaveLength(1);
    ledger.close();
  });
});

describe('sums for pages', () => {
  function booked() {
    const ledger = open();
    ledger.budget.saveTask(finished({ folder: '/home/me/shop', workspaceId: 'w1', branch: 'fix' }));
    const newer = { startedAtMs: Date.UTC(2026, 10, 23, 12) };
    ledger.writer.finish(call({ id: callId(1), ...main, cost: priced(1, 2), taskId: id }));
    ledger.writer.finish(call({ id: callId(2), ...main, cost: priced(3, 4), session: 's2', ...newer }));
    ledger.writer.finish(
      call({
        id: callId(3),
        ...main,
        cost: unpriced,
        model: 'odd',
        effort: null,
        auth: 'subscription',
        workspaceId: 'w2',
      }),
    );
    return ledger;
  }

  it('are of all use by model, with its newest list price', () => {
    const ledger = booked();
    const [opus, odd] = ledger.reader.modelUsage();
    expect(opus).toMatchObject({
      ...{ model: 'claude-opus-4-6', agent: 'claude-code', auth: 'key', sessions: 2, calls: 2, costNanoUsd: 10 },
      ...{ inputTokens: 200, cacheReadTokens: 14, outputTokens: 100, thinkingTokens: 40, unpricedCalls: 0 },
      listPrice: { inputNanoUsdPerMtok: 5e9, outputNanoUsdPerMtok: 25e9 },
    });
    expect(odd).toMatchObject({ model: 'odd', auth: 'subscription', unpricedCalls: 1, listPrice: null });
    expect([...ledger.reader.latestPrices().keys()]).toEqual(['claude-opus-4-6']);
    ledger.close();
  });

  it.each([
    ['model', ['claude-opus-4-6', 'claude-opus-4-6', 'odd']],
    ['agent', ['claude-code', 'claude-code', 'claude-code']],
    ['effort', ['high', 'high', null]],
    ['folder', ['/home/me/shop', '/home/me/shop', 'w2']],
    ['branch', ['fix', null, null]],
    ['task', [id, null, null]],
  ] as const)('are by %s and day, and add up', (by, keys) => {
    const ledger = booked();
    const rows = ledger.reader.history(by);
    expect(rows.map(({ key }) => key).toSorted()).toEqual(keys.toSorted());
    expect(rows[0]?.day).toBe('2026-11-23');
    expect(rows.reduce((sum, { costNanoUsd }) => sum + costNanoUsd, 0)).toBe(10);
    ledger.close();
  });
});
