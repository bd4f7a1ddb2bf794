import { describe, expect, it } from 'vitest';
import type { CallRecord } from '../../../src/domain/call.ts';
import type { Ledger } from '../../../src/ledger/openLedger.ts';
import { noon, task, taskId } from './budgetFixtures.ts';
import { call, callId, priced, unpriced, usage } from './callFixtures.ts';
import { openBooks } from './importFixtures.ts';

const day = 86_400_000;
const counted = usage({
  inputTokens: 1,
  cacheReadTokens: 2,
  cacheWrite5mTokens: 3,
  cacheWrite1hTokens: 4,
  outputTokens: 50,
});
const thinking = usage({ inputTokens: 10, outputTokens: 20, thinkingTokens: 5 });

/** Calls of two days, of which one has no price and one is a subscription's. */
const records: readonly Partial<CallRecord>[] = [
  { usage: counted, cost: priced(1, 2), model: 'm1', effort: null, workspaceId: 'w2' },
  {
    usage: thinking,
    cost: { ...priced(3, 4), split: { inputNanoUsd: 3, cacheNanoUsd: 0, thinkingNanoUsd: 4, outputNanoUsd: 0 } },
    model: 'm1',
    effort: null,
    session: 's2',
  },
  { usage: thinking, cost: unpriced, model: 'm1', effort: null, auth: 'subscription' },
  {
    usage: thinking,
    cost: priced(5, 6),
    provenance: 'estimated',
    model: 'm2',
    startedAtMs: noon + day,
    taskId: taskId(1),
  },
  {
    usage: thinking,
    cost: priced(7, 8),
    provenance: 'partial',
    model: 'm1',
    effort: null,
    startedAtMs: noon + day,
    taskId: taskId(2),
    agent: 'codex',
  },
];

function booked(): Ledger {
  const ledger = openBooks();
  ledger.budget.saveTask(task({ folder: '/home/me/old', workspaceId: 'w1', branch: 'fix' }));
  ledger.budget.saveTask(
    task({ id: taskId(2), title: 'Two', folder: '/home/me/new', workspaceId: 'w1', branch: null }),
  );
  records.forEach((record, index) => {
    ledger.writer.finish(call({ id: callId(index + 1), startedAtMs: noon, ...record }));
  });
  return ledger;
}

const row = (date: string, key: string | null, sums: object) => ({
  ...{ day: date, key, auth: 'key', calls: 1, outputTokens: 20, thinkingTokens: 5, unknownThinkingCalls: 0 },
  ...{ costNanoUsd: 0, unpricedCalls: 0, estimatedCalls: 0, partialCalls: 0 },
  ...sums,
});

describe('use by key and day', () => {
  it('is the sums of the calls of each day and key, by who pays, newest day first', () => {
    const ledger = booked();
    const ofFirst = { calls: 2, outputTokens: 70, unknownThinkingCalls: 1, costNanoUsd: 10 };
    const rows = ledger.reader.history('model');
    expect(rows.map((each) => each.day)).toEqual(['2026-11-23', '2026-11-23', '2026-11-22', '2026-11-22']);
    expect(rows).toHaveLength(4);
    expect(rows).toEqual(
      expect.arrayContaining([
        row('2026-11-23', 'm2', { costNanoUsd: 11, estimatedCalls: 1 }),
        row('2026-11-23', 'm1', { costNanoUsd: 15, partialCalls: 1 }),
        row('2026-11-22', 'm1', ofFirst),
        row('2026-11-22', 'm1', { auth: 'subscription', unpricedCalls: 1 }),
      ]),
    );
    ledger.close();
  });

  it.each([
    ['folder', ['/home/me/new', 'w2']],
    ['branch', ['fix', null]],
    ['task', [taskId(1), taskId(2), null]],
    ['agent', ['claude-code', 'codex']],
    ['effort', ['high', null]],
  ] as const)('has a folder’s newest path, and what there is of the others: %s', (by, keys) => {
    const ledger = booked();
    const rows = ledger.reader.history(by);
    expect(new Set(rows.map(({ key }) => key))).toEqual(new Set(keys));
    expect(rows.reduce((sum, { calls }) => sum + calls, 0)).toBe(5);
    ledger.close();
  });

  it('has the titles of all tasks, by their id', () => {
    const ledger = booked();
    expect([...ledger.reader.taskTitles()]).toEqual([
      [taskId(1), 'Fix login'],
      [taskId(2), 'Two'],
    ]);
    ledger.close();
  });
});

describe('use by model', () => {
  it('is told apart by effort, agent and who pays, with every sum', () => {
    const ledger = booked();
    const rows = ledger.reader.modelUsage();
    const listPrice = ledger.reader.latestPrices().get('m1');
    expect(listPrice).toMatchObject({ inputNanoUsdPerMtok: 5_000_000_000 });
    expect(rows.map(({ model, effort, agent, auth, calls }) => [model, effort, agent, auth, calls])).toEqual([
      ['m1', null, 'claude-code', 'key', 2],
      ['m1', null, 'claude-code', 'subscription', 1],
      ['m1', null, 'codex', 'key', 1],
      ['m2', 'high', 'claude-code', 'key', 1],
    ]);
    expect(rows[0]).toEqual({
      ...{ model: 'm1', effort: null, agent: 'claude-code', auth: 'key', sessions: 2, listPrice, calls: 2 },
      ...{ inputTokens: 11, cacheReadTokens: 2, cacheWriteTokens: 7, outputTokens: 70, thinkingTokens: 5 },
      ...{ unknownThinkingCalls: 1, costNanoUsd: 10, thinkingNanoUsd: 4, unpricedCalls: 0 },
    });
    ledger.close();
  });

  it('has the list price of each model though others began at the same moment', () => {
    const ledger = openBooks();
    const cost = priced(1, 2);
    const rated = (model: string, inputNanoUsdPerMtok: number) => ({
      model,
      cost: { ...cost, rates: cost.rates.map((rates) => ({ ...rates, model, inputNanoUsdPerMtok })) },
    });
    ledger.writer.finish(call({ id: callId(1), ...rated('m1', 10) }));
    ledger.writer.finish(call({ id: callId(2), ...rated('m2', 20) }));
    ledger.writer.finish(call({ id: callId(3), ...rated('m3', 30), startedAtMs: noon + day, model: 'm3-20261122' }));
    const prices = [...ledger.reader.latestPrices()].map(([model, price]) => [model, price.inputNanoUsdPerMtok]);
    expect(prices.toSorted()).toEqual([
      ['m1', 10],
      ['m2', 20],
      ['m3-20261122', 30],
    ]);
    ledger.close();
  });
});
