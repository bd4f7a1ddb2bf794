import { describe, expect, it } from 'vitest';
import { emptyAccount } from '../../../../src/budget/emptyAccount.ts';
import { apiKinds } from '../../../../src/domain/api.ts';
import { type BudgetMode, type Limits, noLimits, zeroAmounts } from '../../../../src/domain/budget.ts';
import { filledLimit, hostOrdersOf, usedUpLimit } from '../../../../src/meter/budget/hostOrders.ts';
import type { LimitedAccount } from '../../../../src/meter/budget/taskBoard.ts';

function limited(
  limits: Partial<Limits>,
  spent: Partial<typeof zeroAmounts>,
  mode: BudgetMode = 'steady',
): LimitedAccount {
  const scope = { kind: 'task', taskId: 'task-1', title: 'Fix it' } as const;
  return {
    limits: { scope, accountKey: 'task task-1', limits: { ...noLimits, ...limits }, mode, countsSubscription: false },
    account: { ...emptyAccount('task task-1'), spent: { ...zeroAmounts, ...spent } },
  };
}

const unknown = { taskId: null, usualCall: null };

describe('what a window is told of its limits', () => {
  it('is nothing to stop without a hard limit', () => {
    expect(hostOrdersOf([], unknown)).toEqual({ hasHardBudget: false, taskId: null, rooms: [], shut: null });
    const warn = limited({ costNanoUsd: 5e9 }, { costNanoUsd: 9e9 }, 'warn');
    expect(hostOrdersOf([warn], unknown)).toEqual({ hasHardBudget: false, taskId: null, rooms: [], shut: null });
  });

  it('is that calls may leave while something is left', () => {
    const account = limited({ costNanoUsd: 5e9 }, { costNanoUsd: 4.9e9, calls: 1_000 });
    const { hasHardBudget, taskId, shut } = hostOrdersOf([account], { taskId: 'task-1', usualCall: null });
    expect({ hasHardBudget, taskId, shut }).toEqual({ hasHardBudget: true, taskId: 'task-1', shut: null });
  });

  it('says how many calls that are not booked fill what is left, as large as those before them in the mean', () => {
    const rooms = (usualCall: typeof zeroAmounts | null, ...accounts: readonly LimitedAccount[]) =>
      hostOrdersOf(accounts, { taskId: 'task-1', usualCall }).rooms.map(
        ({ dimension, calls, onlyEnded, full: { onlyBilled } }) => [
          dimension,
          calls,
          ...(onlyEnded ? ['ended'] : []),
          ...(onlyBilled ? ['billed'] : []),
        ],
      );
    const spent = { costNanoUsd: 1e9, calls: 10 };
    expect(rooms(null, limited({ costNanoUsd: 5e9 }, spent))).toEqual([['costNanoUsd', 40, 'billed']]);
    expect(rooms(null, limited({ costNanoUsd: 1.11e9 }, spent))).toEqual([['costNanoUsd', 2, 'billed']]);
    expect(rooms(null, limited({ costNanoUsd: 1e9 }, spent))).toEqual([]);
    expect(rooms(null, limited({ calls: 7 }, { calls: 3 }))).toEqual([['calls', 4]]);
    const usual = { ...zeroAmounts, costNanoUsd: 5e8 };
    expect(rooms(usual, limited({ costNanoUsd: 5e9 }, {}))).toEqual([['costNanoUsd', 10, 'billed']]);
    expect(rooms(null, limited({ costNanoUsd: 5e9 }, {}))).toEqual([['costNanoUsd', 8, 'ended', 'billed']]);
    // Nothing comes of calls that came to nothing, and no window fills a room for thousands.
    expect(rooms(null, limited({ toolCalls: 5, calls: 9_000 }, { calls: 3 }))).toEqual([]);
    // The last call of a task with as many tool calls as it may have is one without.
    expect(rooms(null, limited({ toolCalls: 5 }, { toolCalls: 4, calls: 4 }))).toEqual([['toolCalls', 2]]);
    expect(rooms(null, limited({ toolCalls: 5 }, { toolCalls: 5, calls: 5 }))).toEqual([]);
    const many = limited({ costNanoUsd: 5e9, outputTokens: 1_000 }, { ...spent, outputTokens: 200 });
    expect(rooms(null, many, limited({ calls: 50 }, { calls: 3 }))).toEqual([
      ['costNanoUsd', 40, 'billed'],
      ['outputTokens', 40],
    ]);
    expect(rooms(null, limited({ calls: 7 }, { calls: 3 }), limited({ calls: 1 }, { calls: 0 }, 'warn'))).toEqual([
      ['calls', 4],
    ]);
    const counted = limited({ costNanoUsd: 5e9 }, { calls: 10 });
    const account = { ...counted.account, spentSubscriptionNanoUsd: 1e9 };
    expect(rooms(null, { account, limits: { ...counted.limits, countsSubscription: true } })).toEqual([
      ['costNanoUsd', 40],
    ]);
    expect(rooms(null, { ...counted, account })).toEqual([['costNanoUsd', 50, 'billed']]);
  });

  it('leaves room for what the gateway’s calls hold only where a budget is strict', () => {
    const roomOf = (mode: BudgetMode): number | undefined => {
      const { limits, account } = limited({ costNanoUsd: 2e9 }, { costNanoUsd: 1e9, calls: 10 }, mode);
      const held = { ...account, held: { ...zeroAmounts, costNanoUsd: 1e9 }, openHolds: 1 };
      return hostOrdersOf([{ limits, account: held }], unknown).rooms[0]?.calls;
    };
    expect([roomOf('steady'), roomOf('strict')]).toEqual([10, 0]);
  });

  it('refuses for good what surely does not fit, and else so that it is tried again', () => {
    const accounts = [limited({ costNanoUsd: 5e9, calls: 7 }, { costNanoUsd: 4.8e9, calls: 2 })];
    const { rooms } = hostOrdersOf(accounts, unknown);
    const told = rooms.map(({ dimension, full }) => {
      const { status, headers } = full.answers['openai-chat'];
      return [dimension, status, headers.includes('Retry-After'), full.sentence.replace(/^.*\) is /, '')];
    });
    expect(told).toEqual([
      [
        ...['costNanoUsd', 503, true],
        'reserved by 1 call in flight: $4.80 spent, $2.40 held. Wait for them to end, or extend it in the Outlay sidebar.',
      ],
      ['calls', 402, false, 'used up: 7 calls spent. Extend it in the Outlay sidebar.'],
    ]);
    expect(filledLimit(accounts, null, 'calls')?.reason).toBe('used-up');
    expect(filledLimit(accounts, null, 'toolCalls')).toBeNull();
  });

  it('is the sentence of the limit that is used up, in the shape of each provider', () => {
    const { shut } = hostOrdersOf([limited({ costNanoUsd: 5e9 }, { costNanoUsd: 5.1e9 })], unknown);
    expect(shut?.sentence).toContain("the budget of 'Fix it' ($5.00) is used up");
    expect(shut?.onlyBilled).toBe(true);
    for (const api of apiKinds) {
      const answer = shut?.answers[api];
      expect(answer?.status).toBe(402);
      expect(answer?.body).toContain('is used up');
      expect(() => JSON.parse(answer?.body ?? '') as unknown).not.toThrow();
    }
  });

  it('concerns calls that bill nothing where tokens are limited', () => {
    const both = [limited({ costNanoUsd: 5e9, outputTokens: 100 }, { costNanoUsd: 6e9, outputTokens: 100 })];
    expect(hostOrdersOf(both, unknown).shut?.onlyBilled).toBe(false);
    expect(usedUpLimit(both)?.dimension).toBe('outputTokens');
  });
});
