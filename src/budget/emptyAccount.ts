import { type AccountState, zeroAmounts } from '../domain/budget.ts';

/** An account that nothing was booked in yet. */
export function emptyAccount(key: string): AccountState {
  return {
    key,
    spent: zeroAmounts,
    spentSubscriptionNanoUsd: 0,
    held: zeroAmounts,
    heldSubscriptionNanoUsd: 0,
    openHolds: 0,
    estimatedCharges: 0,
    unpricedCalls: 0,
    guessedThinkingTokens: 0,
  };
}
