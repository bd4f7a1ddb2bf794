import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideAdmission } from '../../../src/budget/decideAdmission.ts';
import {
  type AccountState,
  type Amounts,
  type Dimension,
  dimensions,
  noLimits,
  type ScopedLimits,
  zeroAmounts,
} from '../../../src/domain/budget.ts';

const scope = { kind: 'machine', period: 'day' } as const;

function scoped(change: Partial<ScopedLimits>): ScopedLimits {
  return { scope, accountKey: 'k', limits: noLimits, mode: 'strict', countsSubscription: false, ...change };
}

function account(change: Partial<AccountState>): AccountState {
  return {
    key: 'k',
    spent: zeroAmounts,
    spentSubscriptionNanoUsd: 0,
    held: zeroAmounts,
    heldSubscriptionNanoUsd: 0,
    openHolds: 0,
    estimatedCharges: 0,
    unpricedCalls: 0,
    guessedThinkingTokens: 0,
    ...change,
  };
}

const of = (dimension: Dimension, amount: number): Amounts => ({ ...zeroAmounts, [dimension]: amount });

function decide(
  dimension: Dimension,
  { limit, spent, held, hold }: Record<'limit' | 'spent' | 'held' | 'hold', number>,
) {
  return decideAdmission({
    scoped: scoped({ limits: { ...noLimits, [dimension]: limit } }),
    account: account({ spent: of(dimension, spent), held: of(dimension, held), openHolds: held > 0 ? 2 : 0 }),
    hold: of(dimension, hold),
    isSubscription: false,
  });
}

describe.each(dimensions)('a limit on %s', (dimension) => {
  it.each([
    ['an empty account', { limit: 10, spent: 0, held: 0, hold: 10 }, null],
    ['what is left to the unit', { limit: 10, spent: 4, held: 3, hold: 3 }, null],
    ['nothing needed at the line', { limit: 10, spent: 10, held: 0, hold: 0 }, null],
    ['one unit too many for what others hold', { limit: 10, spent: 4, held: 3, hold: 4 }, 'reserved'],
    ['one unit too many for what is left', { limit: 10, spent: 4, held: 0, hold: 7 }, 'too-large'],
    ['too much whatever others hold', { limit: 10, spent: 4, held: 6, hold: 7 }, 'too-large'],
    ['the line reached by what is spent', { limit: 10, spent: 10, held: 0, hold: 1 }, 'used-up'],
    ['a limit lowered below what is spent', { limit: 10, spent: 12, held: 1, hold: 0 }, 'used-up'],
    ['all but less than a hundredth spent', { limit: 1000, spent: 991, held: 0, hold: 10 }, 'used-up'],
    ['all but a hundredth spent', { limit: 1000, spent: 990, held: 0, hold: 11 }, 'too-large'],
    ['a limit of 0', { limit: 0, spent: 0, held: 0, hold: 1 }, 'used-up'],
    ['a limit of 0 and nothing needed', { limit: 0, spent: 0, held: 0, hold: 0 }, null],
  ] as const)('answers %s', (_, numbers, reason) => {
    expect(decide(dimension, numbers)?.reason ?? null).toBe(reason);
  });
});

describe('decideAdmission', () => {
  it('names the numbers of the refusal', () => {
    expect(decide('calls', { limit: 3, spent: 1, held: 2, hold: 1 })).toEqual({
      reason: 'reserved',
      scope,
      dimension: 'calls',
      limit: 3,
      spent: 1,
      held: 2,
      needed: 1,
      openHolds: 2,
    });
  });

  it('reports the gravest dimension, and the first of two that are equally grave', () => {
    const question = {
      account: account({ spent: { ...zeroAmounts, toolCalls: 5 }, held: of('costNanoUsd', 9), openHolds: 1 }),
      hold: { costNanoUsd: 2, thinkingTokens: 0, outputTokens: 0, toolCalls: 1, calls: 1 },
      isSubscription: false,
    };
    const limits = { ...noLimits, costNanoUsd: 10, toolCalls: 5, calls: 0 };
    expect(decideAdmission({ ...question, scoped: scoped({ limits }) })).toMatchObject({
      reason: 'used-up',
      dimension: 'toolCalls',
    });
  });

  it('lets subscription use pass a limit on billed dollars, even one that is used up', () => {
    const question = { hold: of('costNanoUsd', 5), account: account({ spent: of('costNanoUsd', 10) }) };
    const limits = { ...noLimits, costNanoUsd: 10 };
    expect(decideAdmission({ ...question, scoped: scoped({ limits }), isSubscription: true })).toBeNull();
    expect(decideAdmission({ ...question, scoped: scoped({ limits }), isSubscription: false })).not.toBeNull();
  });

  it('counts subscription use that is spent and held where the budget says so, and only there', () => {
    const limits = { ...noLimits, costNanoUsd: 10 };
    const state = account({ spentSubscriptionNanoUsd: 4, heldSubscriptionNanoUsd: 4, openHolds: 1 });
    const question = { account: state, hold: of('costNanoUsd', 3), isSubscription: false };
    expect(decideAdmission({ ...question, scoped: scoped({ limits }) })).toBeNull();
    expect(decideAdmission({ ...question, scoped: scoped({ limits, countsSubscription: true }) })).toMatchObject({
      reason: 'reserved',
      spent: 4,
      held: 4,
    });
  });

  it('asks about a raised hold only where it grows, without what it holds already', () => {
    const limits = { ...noLimits, outputTokens: 10, calls: 0 };
    const question = {
      scoped: scoped({ limits }),
      account: account({ held: { ...zeroAmounts, outputTokens: 6, calls: 1 }, openHolds: 1 }),
      alreadyHeld: { ...zeroAmounts, outputTokens: 6, calls: 1 },
      isSubscription: false,
    };
    expect(decideAdmission({ ...question, hold: { ...zeroAmounts, outputTokens: 10, calls: 1 } })).toBeNull();
    expect(decideAdmission({ ...question, hold: { ...zeroAmounts, outputTokens: 11, calls: 1 } })).toMatchObject({
      reason: 'too-large',
      held: 0,
      openHolds: 0,
    });
  });

  it('refuses nothing in warn mode or without limits', () => {
    const question = { account: account({}), hold: of('calls', 9), isSubscription: false };
    expect(
      decideAdmission({ ...question, scoped: scoped({ mode: 'warn', limits: { ...noLimits, calls: 0 } }) }),
    ).toBeNull();
    expect(decideAdmission({ ...question, scoped: scoped({}) })).toBeNull();
  });

  it('admits exactly where everything together stays within the limit', () => {
    const amount = fc.nat({ max: 20 });
    fc.assert(
      fc.property(
        fc.constantFrom(...dimensions),
        amount,
        amount,
        amount,
        amount,
        (dimension, limit, spent, held, hold) => {
          expect(decide(dimension, { limit, spent, held, hold }) === null).toBe(spent + held + hold <= limit);
        },
      ),
    );
  });
});
