import { describe, expect, it } from 'vitest';
import type { CallRecord } from '../../../../src/domain/call.ts';
import { systemClock } from '../../../../src/domain/clock.ts';
import type { Run } from '../../../../src/domain/run.ts';
import { ledgerPathOf } from '../../../../src/ledger/ledgerFiles.ts';
import { openLedger } from '../../../../src/ledger/openLedger.ts';
import { buildDashboard } from '../../../../src/meter/dashboard/buildDashboard.ts';
import { createComparisonShelf } from '../../../../src/meter/dashboard/comparisonShelf.ts';
import { type DashboardQuery, defaultDashboardQuery } from '../../../../src/protocol/dashboard.ts';
import { makeRun, price } from '../../analysis/runFixture.ts';
import { task } from '../../ledger/budgetFixtures.ts';
import { call, callId, priced, usage } from '../../ledger/callFixtures.ts';
import { tempDir } from '../../ledger/tempDir.ts';

const nowMs = Date.now();
const used = usage({ inputTokens: 1000, outputTokens: 400, thinkingTokens: 300, cacheReadTokens: 10 });
const entry = { seller: 'maker', isCurrent: false };
const listed = [
  { ...entry, name: 'cheap', ids: ['cheap'], price: price(1, 2) },
  { ...entry, name: 'claude-opus-4-6', ids: ['claude-opus-4-6'], price: price(5, 25) },
];

interface Given {
  readonly calls?: readonly Partial<CallRecord>[];
  readonly trials?: readonly Run[];
  readonly query?: Partial<DashboardQuery>;
  /** The task is open, and calls of its folder go to it. */
  readonly isActive?: boolean;
}

function dashboardOf({ calls = [], trials = [], query = {}, isActive = false }: Given) {
  const ledger = openLedger({ path: ledgerPathOf(tempDir()), clock: systemClock, log: () => undefined });
  const id = 'task-aaaaaaaaaaaaaaaa';
  const end = isActive ? {} : ({ state: 'passed', endedAtMs: 9, outcomeBy: 'you' } as const);
  ledger.budget.saveTask({ ...task({ id }), title: 'Fix login', ...end });
  if (isActive) ledger.budget.setActive('w1', id);
  calls.forEach((record, index) => {
    const base = { id: callId(index + 1), startedAtMs: nowMs - index, usage: used, cost: priced(1000, 2000) };
    ledger.writer.finish(call({ ...base, ...record }));
  });
  const progress: number[] = [];
  const data = buildDashboard(
    { ...defaultDashboardQuery, ...query },
    {
      ...{ reader: ledger.reader, trials, listed, nowMs, workspaceTitles: new Map() },
      compare: createComparisonShelf(),
      onProgress: (share) => progress.push(share),
    },
  );
  ledger.close();
  return { data, progress };
}

const trial = (model: string, at: string, usd: number): Run =>
  makeRun({ origin: 'trial', model, task: at, usd, passed: true, listPrice: price(1, 2), startedAtMs: nowMs - 1000 });

describe('the data of the dashboard', () => {
  it('says on the first day that there is nothing yet, and goes on', () => {
    const { data } = dashboardOf({});
    expect(data).toMatchObject({ origins: [], history: [], moments: [], call: null });
    expect(data.query).toEqual({ ...defaultDashboardQuery, origins: [], subject: null });
    expect(data.comparison.models).toEqual([]);
    expect(data.whatIf).toMatchObject({ subject: null, results: [], sentence: 'There is no usage to reprice yet.' });
  });

  it('pools nothing by itself: trials first, then own tasks', () => {
    const taskCall = { taskId: 'task-aaaaaaaaaaaaaaaa' };
    const own = dashboardOf({ calls: [taskCall] }).data;
    expect(own.origins).toEqual([
      { origin: 'task', label: 'Own tasks', runs: 1, tasks: 1, isChosen: true, removal: null },
    ]);
    const trials = [trial('a', 't1', 1), trial('b', 't1', 2)];
    const { data } = dashboardOf({ calls: [taskCall], trials });
    expect(data.origins.map(({ origin, isChosen }) => [origin, isChosen])).toEqual([
      ['trial', true],
      ['task', false],
    ]);
    expect(data.comparison.leftOut.otherOrigins).toBe(1);
    const pooled = dashboardOf({ calls: [taskCall], trials, query: { origins: ['trial', 'task'] } }).data;
    expect(pooled.comparison.runs).toBe(3);
    expect(dashboardOf({ trials, query: { origins: ['import:gone'] } }).data.comparison.runs).toBe(2);
  });

  it('reprices this month’s work for every listed model, those in use first', () => {
    const { data } = dashboardOf({ calls: [{}, {}] });
    expect(data.whatIf).toMatchObject({
      costNanoUsd: 6000,
      sentence: 'What claude-opus-4-6 did this month came to $0.000006.',
    });
    expect(data.whatIf.results.map(({ model }) => model)).toEqual(['claude-opus-4-6', 'cheap']);
    expect(data.whatIf.subject).toBe(data.whatIf.subjects[0]?.id);
  });

  it('reprices the task that was asked for', () => {
    const { data } = dashboardOf({
      calls: [{ taskId: 'task-aaaaaaaaaaaaaaaa' }],
      query: { subject: 'task:task-aaaaaaaaaaaaaaaa' },
    });
    expect(data.whatIf.sentence).toBe('“Fix login” with claude-opus-4-6 came to $0.000003.');
  });

  it('reprices the active task as far as it has come', () => {
    const { data } = dashboardOf({ calls: [{ taskId: 'task-aaaaaaaaaaaaaaaa' }, {}], isActive: true });
    expect(data.whatIf).toMatchObject({
      ...{ subject: 'task:task-aaaaaaaaaaaaaaaa', isSoFar: true, costNanoUsd: 3000 },
      sentence: '“Fix login” with claude-opus-4-6 is not finished: so far it came to $0.000003.',
    });
    expect(data.whatIf.subjects[0]?.title).toBe('Fix login (active, so far)');
  });

  it('leaves models out and weighs list prices as asked, and names all models', () => {
    const trials = [trial('a', 't1', 1), trial('b', 't1', 2), trial('c', 't1', 3)];
    const { data } = dashboardOf({ trials, query: { without: ['b'], priceWeights: { input: 0, output: 2 } } });
    expect(data.comparison.models.map(({ model }) => model)).toEqual(['a', 'c']);
    expect(data.comparison.models[0]?.listPrice).toBe(4);
    expect(data.comparison.leftOut.otherModels).toBe(1);
    expect(data.modelNames).toEqual([
      { label: 'a', model: 'a', runs: 1, isLeftOut: false },
      { label: 'b', model: 'b', runs: 1, isLeftOut: true },
      { label: 'c', model: 'c', runs: 1, isLeftOut: false },
    ]);
  });

  it('finds calls that thought far more than others of their kind', () => {
    const calls = Array.from({ length: 12 }, (_, index) => ({
      usage: usage({ inputTokens: 1000, outputTokens: 90_000, thinkingTokens: index === 5 ? 80_000 : 300 }),
    }));
    const { data } = dashboardOf({ calls });
    expect(data.callOutliers.found.map(({ id }) => id)).toEqual([callId(6)]);
    expect(data.callOutliers.sentences[0]).toContain('newest 12 calls');
  });

  it('names tasks by their titles in the history of tasks', () => {
    const { data } = dashboardOf({ calls: [{ taskId: 'task-aaaaaaaaaaaaaaaa' }], query: { historyKey: 'task' } });
    expect(data.history.map(({ key }) => key)).toEqual(['task-aaaaaaaaaaaaaaaa']);
    expect(data.taskTitles).toEqual({ 'task-aaaaaaaaaaaaaaaa': 'Fix login' });
  });

  it('shows the newest month of days', () => {
    const calls = Array.from({ length: 40 }, (_, day) => ({ startedAtMs: nowMs - day * 86_400_000 }));
    const { data } = dashboardOf({ calls });
    expect(new Set(data.history.map(({ period }) => period)).size).toBe(31);
  });

  it('shows the call that was asked for, and none that is gone', () => {
    expect(dashboardOf({ calls: [{}], query: { call: callId(1) } }).data.call?.id).toBe(callId(1));
    expect(dashboardOf({ calls: [{}], query: { call: 'gone' } }).data.call).toBeNull();
  });

  it('tells of its progress from nothing upward', () => {
    const { progress } = dashboardOf({ trials: [trial('a', 't1', 1), trial('b', 't1', 2)] });
    expect(progress[0]).toBe(0);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    expect(progress.at(-1)).toBeGreaterThan(0.9);
  });
});
