import { addAmounts, subtractAmounts } from '../budget/amounts.ts';
import type { Charge } from '../budget/chargeOf.ts';
import { emptyAccount } from '../budget/emptyAccount.ts';
import type { AccountState, Amounts } from '../domain/budget.ts';
import { integerOf, type SqlRow, type SqlValue, type Statements } from './sqlite.ts';

/** What one hold reserves. */
export interface Held {
  readonly amounts: Amounts;
  readonly isSubscription: boolean;
}

/**
 * The accounts as the running transaction leaves them. Each is read once and written once in a transaction, however many holds and charges
 * change it: `write` before the commit, `forget` after it.
 */
export class Accounts {
  readonly #statements: Statements;
  readonly #states = new Map<string, AccountState>();
  readonly #changed = new Set<string>();

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  /** An account that nothing was booked in yet is empty. */
  state(key: string): AccountState {
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    const row = this.#statements.get('SELECT * FROM accounts WHERE key = ?', key);
    const state = row === undefined ? emptyAccount(key) : accountOf(key, row);
    this.#states.set(key, state);
    return state;
  }

  hold(keys: readonly string[], held: Held): void {
    for (const key of keys) this.#change(key, (state) => withHold(state, held, 1));
  }

  unhold(keys: readonly string[], held: Held): void {
    for (const key of keys) this.#change(key, (state) => withHold(state, held, -1));
  }

  charge(keys: readonly string[], charge: Charge): void {
    for (const key of keys) this.#change(key, (state) => withCharge(state, charge, 1));
  }

  uncharge(keys: readonly string[], charge: Charge): void {
    for (const key of keys) this.#change(key, (state) => withCharge(state, charge, -1));
  }

  delete(key: string): void {
    this.#states.delete(key);
    this.#changed.delete(key);
    this.#statements.run('DELETE FROM accounts WHERE key = ?', key);
  }

  write(): void {
    for (const key of this.#changed) {
      const state = this.#states.get(key);
      if (state !== undefined) this.#statements.prepare(writeSql).run(...valuesOf(state));
    }
    this.#changed.clear();
  }

  forget(): void {
    this.#states.clear();
    this.#changed.clear();
  }

  #change(key: string, change: (state: AccountState) => AccountState): void {
    this.#states.set(key, change(this.state(key)));
    this.#changed.add(key);
  }
}

const writeSql = `INSERT OR REPLACE INTO accounts VALUES (${Array.from({ length: 17 }, () => '?').join(', ')})`;

function withHold(state: AccountState, { amounts, isSubscription }: Held, sign: 1 | -1): AccountState {
  const billed = isSubscription ? { ...amounts, costNanoUsd: 0 } : amounts;
  return {
    ...state,
    held: sign === 1 ? addAmounts(state.held, billed) : subtractAmounts(state.held, billed),
    heldSubscriptionNanoUsd: state.heldSubscriptionNanoUsd + (isSubscription ? sign * amounts.costNanoUsd : 0),
    openHolds: state.openHolds + sign,
  };
}

function withCharge(state: AccountState, charge: Charge, sign: 1 | -1): AccountState {
  const { amounts, isSubscription, isEstimated, isUnpriced, guessedThinkingTokens } = charge;
  const billed = isSubscription ? { ...amounts, costNanoUsd: 0 } : amounts;
  return {
    ...state,
    spent: sign === 1 ? addAmounts(state.spent, billed) : subtractAmounts(state.spent, billed),
    spentSubscriptionNanoUsd: state.spentSubscriptionNanoUsd + (isSubscription ? sign * amounts.costNanoUsd : 0),
    estimatedCharges: state.estimatedCharges + (isEstimated ? sign : 0),
    unpricedCalls: state.unpricedCalls + (isUnpriced ? sign : 0),
    guessedThinkingTokens: state.guessedThinkingTokens + sign * guessedThinkingTokens,
  };
}

function accountOf(key: string, row: SqlRow): AccountState {
  const amounts = (prefix: 'spent' | 'held'): Amounts => ({
    costNanoUsd: integerOf(row, `${prefix}_nano_usd`),
    thinkingTokens: integerOf(row, `${prefix}_thinking_tokens`),
    outputTokens: integerOf(row, `${prefix}_output_tokens`),
    toolCalls: integerOf(row, `${prefix}_tool_calls`),
    calls: integerOf(row, `${prefix}_calls`),
  });
  return {
    key,
    spent: amounts('spent'),
    spentSubscriptionNanoUsd: integerOf(row, 'spent_subscription_nano_usd'),
    held: amounts('held'),
    heldSubscriptionNanoUsd: integerOf(row, 'held_subscription_nano_usd'),
    openHolds: integerOf(row, 'open_holds'),
    estimatedCharges: integerOf(row, 'estimated_charges'),
    unpricedCalls: integerOf(row, 'unpriced_calls'),
    guessedThinkingTokens: integerOf(row, 'guessed_thinking_tokens'),
  };
}

/** In the order of the columns. */
function valuesOf(state: AccountState): readonly SqlValue[] {
  return [
    state.key,
    ...columnsOf(state.spent, state.spentSubscriptionNanoUsd),
    ...columnsOf(state.held, state.heldSubscriptionNanoUsd),
    state.openHolds,
    state.estimatedCharges,
    state.unpricedCalls,
    state.guessedThinkingTokens,
  ];
}

function columnsOf(amounts: Amounts, subscriptionNanoUsd: number): readonly SqlValue[] {
  const { costNanoUsd, thinkingTokens, outputTokens, toolCalls, calls } = amounts;
  return [costNanoUsd, subscriptionNanoUsd, thinkingTokens, outputTokens, toolCalls, calls];
}
