import {
  type AccountState,
  type Amounts,
  type Dimension,
  dimensions,
  type Refusal,
  type RefusalReason,
  type ScopedLimits,
  zeroAmounts,
} from '../domain/budget.ts';

export interface AdmissionQuestion {
  readonly scoped: ScopedLimits;
  /** The account of `scoped.accountKey`, with all holds that are open in it. */
  readonly account: AccountState;
  /** What the call is to hold from now on. */
  readonly hold: Amounts;
  /** What of `account.held` is this call's own, for a hold that is raised; nothing where left out. */
  readonly alreadyHeld?: Amounts;
  /** The call's cost is use of a subscription, and no bill. */
  readonly isSubscription: boolean;
}

/**
 * Whether a hold may go into one account: null where `spent + held + hold <= limit` in every limited dimension, with equality
 * admitted. Else the refusal of one dimension, the gravest reason first, in the order of `dimensions` between equals:
 * - `used-up`: what is spent reaches the limit by itself, or all but a hundredth of it;
 * - `too-large`: this call does not fit into what is left although nothing else were held;
 * - `reserved`: it would fit without the holds of others.
 * Subscription use counts against a USD limit only where the budget says so; where it does not, a subscription call is never
 * refused for dollars and its dollars are no part of what is spent. A hold that is raised is asked about only in the dimensions in
 * which it grows, so that a limit that was lowered elsewhere does not stop it. A limit of 0 admits what needs nothing of the dimension.
 * Warn-only budgets refuse nothing.
 */
export function decideAdmission(question: AdmissionQuestion): Refusal | null {
  if (question.scoped.mode === 'warn') return null;
  let gravest: Refusal | null = null;
  for (const dimension of dimensions) {
    const refusal = refusalIn(dimension, question);
    if (refusal !== null) gravest = graver(gravest, refusal);
  }
  return gravest;
}

/** The graver of two refusals, and the first of two that are equally grave. */
export function graver(first: Refusal | null, second: Refusal): Refusal {
  return first === null || gravity[second.reason] > gravity[first.reason] ? second : first;
}

const gravity: Readonly<Record<RefusalReason, number>> = {
  reserved: 1,
  'too-large': 2,
  'used-up': 3,
  unpriced: 4,
  unavailable: 5,
};

function refusalIn(dimension: Dimension, question: AdmissionQuestion): Refusal | null {
  const { scoped, account, hold, alreadyHeld = zeroAmounts, isSubscription } = question;
  const limit = scoped.limits[dimension];
  if (limit === null) return null;
  const isCost = dimension === 'costNanoUsd';
  if (isCost && isSubscription && !scoped.countsSubscription) return null;
  const needed = hold[dimension];
  const own = alreadyHeld[dimension];
  if (own > 0 && needed <= own) return null;
  const adds = isCost && scoped.countsSubscription;
  const spent = account.spent[dimension] + (adds ? account.spentSubscriptionNanoUsd : 0);
  const held = account.held[dimension] + (adds ? account.heldSubscriptionNanoUsd : 0) - own;
  if (spent + held + needed <= limit) return null;
  const openHolds = Math.max(0, account.openHolds - (question.alreadyHeld === undefined ? 0 : 1));
  return {
    reason: reasonOf(spent, needed, limit),
    scope: scoped.scope,
    dimension,
    limit,
    spent,
    held,
    needed,
    openHolds,
    ...(adds ? { countsSubscription: true } : {}),
  };
}

/** A budget of which less than a hundredth is left counts as used up: no call of use fits in it. */
const usedUpBelow = 100;

function reasonOf(spent: number, needed: number, limit: number): RefusalReason {
  if (spent >= limit || (limit - spent) * usedUpBelow < limit) return 'used-up';
  return spent + needed > limit ? 'too-large' : 'reserved';
}
