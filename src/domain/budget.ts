import type { NanoUsd } from './money.ts';

/** What a budget can limit. Every amount is a whole number; the first is in nano-USD. */
export const dimensions = ['costNanoUsd', 'thinkingTokens', 'outputTokens', 'toolCalls', 'calls'] as const;

export type Dimension = (typeof dimensions)[number];

/** One amount a dimension. */
export type Amounts = Readonly<Record<Dimension, number>>;

/** One limit a dimension; null is no limit, which is not the same as a limit of 0. */
export type Limits = Readonly<Record<Dimension, number | null>>;

export const zeroAmounts: Amounts = { costNanoUsd: 0, thinkingTokens: 0, outputTokens: 0, toolCalls: 0, calls: 0 };

export const noLimits: Limits = {
  costNanoUsd: null,
  thinkingTokens: null,
  outputTokens: null,
  toolCalls: null,
  calls: null,
};

/**
 * How a budget is kept. `strict` reserves the worst case of each call; `steady` reserves what such calls came to and tops up while
 * the stream runs; `warn` stops nothing.
 */
export const budgetModes = ['steady', 'strict', 'warn'] as const;

export type BudgetMode = (typeof budgetModes)[number];

/** The periods that a folder's or the machine's limits hold for, in the user's time zone. */
export type BudgetPeriod = 'day' | 'month';

/** What a limit is on. A folder is named by its workspace id. */
export type BudgetScope =
  | { readonly kind: 'task'; readonly taskId: string; readonly title: string }
  | { readonly kind: 'folder'; readonly workspaceId: string; readonly period: BudgetPeriod }
  | { readonly kind: 'machine'; readonly period: BudgetPeriod };

/** Limits of one scope with the account that they are kept in. */
export interface ScopedLimits {
  readonly scope: BudgetScope;
  /** See `accountKeys`. */
  readonly accountKey: string;
  readonly limits: Limits;
  readonly mode: BudgetMode;
  /** The USD limit counts subscription use at API prices as well, not billed dollars only. */
  readonly countsSubscription: boolean;
}

/**
 * What was spent and what is held in one account: a task's, or a folder's or the machine's of one day or month. Spent thinking
 * includes all output of calls whose thinking is unknown. `costNanoUsd` is billed dollars; subscription use at API prices is apart.
 */
export interface AccountState {
  readonly key: string;
  readonly spent: Amounts;
  readonly spentSubscriptionNanoUsd: NanoUsd;
  readonly held: Amounts;
  readonly heldSubscriptionNanoUsd: NanoUsd;
  /** Holds that are open, and so calls in flight that reserve something. */
  readonly openHolds: number;
  /** Of the spent thinking tokens, those that are output of calls whose thinking is unknown. */
  readonly guessedThinkingTokens: number;
  /** Charges that are our estimate and not the provider's report. */
  readonly estimatedCharges: number;
  /** Calls without a price, which a USD figure therefore leaves out. */
  readonly unpricedCalls: number;
}

/** Why a call is not admitted: the line is reached, others' reservations take what is left, or this one call does not fit. */
export type RefusalReason = 'used-up' | 'reserved' | 'too-large' | 'unpriced' | 'unavailable';

/** A refusal with the numbers that its sentence names. */
export interface Refusal {
  readonly reason: RefusalReason;
  readonly scope: BudgetScope;
  readonly dimension: Dimension;
  readonly limit: number;
  readonly spent: number;
  /** By other calls. */
  readonly held: number;
  /** What this call would have reserved. */
  readonly needed: number;
  readonly openHolds: number;
  /** Set where the dollars count subscription use at API prices as well. */
  readonly countsSubscription?: true;
}
