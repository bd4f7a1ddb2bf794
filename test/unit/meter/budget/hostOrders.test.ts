import { describe, expect, it } from 'vitest';
import { emptyAccount } from '../../../../src/budget/emptyAccount.ts';
import { apiKinds } from '../../../../src/domain/api.ts';
import { type BudgetMode, type Limits, noLimits, zeroAmounts } from '../../../../src/domain/budget.ts';
import { hostOrdersOf, usedUpLimit } from '../../../../src/meter/budget/hostOrders.ts';
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

describe('what a window is told of its limits', () => {
  it('is nothing to stop without a hard limit', () => {
    expect(hostOrdersOf([])).toEqual({ hasHardBudget: false, roomForCalls: 0, shut: null });
    const warn = limited({ costNanoUsd: 5e9 }, { costNanoUsd: 9e9 }, 'warn');
    expect(hostOrdersOf([warn])).toEqual({ hasHardBudget: false, roomForCalls: 0, shut: null });
  });

  it('is that calls may leave while something is left', () => {
    expect(hostOrdersOf([limited({ costNanoUsd: 5e9 }, { costNanoUsd: 4.9e9 })])).toEqual({
      hasHardBudget: true,
      roomForCalls: 0,
      shut: null,
    });
  });

  it('says how many calls surely fit: four times as large as those before them, and one call each', () => {
    const room = (...accounts: readonly LimitedAccount[]): number => hostOrdersOf(accounts).roomForCalls;
    expect(room(limited({ costNanoUsd: 5e9 }, {}))).toBe(0);
    expect(room(limited({ costNanoUsd: 5e9 }, { costNanoUsd: 1e9, calls: 10 }))).toBe(10);
    expect(room(limited({ costNanoUsd: 5e9 }, { costNanoUsd: 6e9, calls: 10 }))).toBe(0);
    expect(room(limited({ calls: 7 }, { calls: 3 }))).toBe(4);
    const many = limited({ costNanoUsd: 5e9, outputTokens: 1_000 }, { costNanoUsd: 1e9, outputTokens: 200, calls: 1 });
    expect(room(many, limited({ calls: 7 }, { calls: 3 }))).toBe(1);
    expect(room(limited({ calls: 7 }, { calls: 3 }), limited({ calls: 1 }, { calls: 1 }, 'warn'))).toBe(4);
    const counted = limited({ costNanoUsd: 5e9 }, { calls: 10 });
    const account = { ...counted.account, spentSubscriptionNanoUsd: 1e9 };
    expect(room({ account, limits: { ...counted.limits, countsSubscription: true } })).toBe(10);
  });

  it('is the sentence of the limit that is used up, in the shape of each provider', () => {
    const { shut } = hostOrdersOf([limited({ costNanoUsd: 5e9 }, { costNanoUsd: 5.1e9 })]);
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
    expect(hostOrdersOf(both).shut?.onlyBilled).toBe(false);
    expect(usedUpLimit(both)?.dimension).toBe('outputTokens');
  });
});
