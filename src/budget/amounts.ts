import { type Amounts, dimensions } from '../domain/budget.ts';

/**
 * The most that one hold or charge can be in a dimension: $10,000, or ten million million tokens. Far above any call, and low enough that sums of
 * hundreds of them stay whole numbers.
 */
export const maxAmount = 10_000_000_000_000;

/** Combines two amounts dimension by dimension. */
export function mapAmounts(a: Amounts, b: Amounts, combine: (a: number, b: number) => number): Amounts {
  return {
    costNanoUsd: combine(a.costNanoUsd, b.costNanoUsd),
    thinkingTokens: combine(a.thinkingTokens, b.thinkingTokens),
    outputTokens: combine(a.outputTokens, b.outputTokens),
    toolCalls: combine(a.toolCalls, b.toolCalls),
    calls: combine(a.calls, b.calls),
  };
}

export function addAmounts(a: Amounts, b: Amounts): Amounts {
  return mapAmounts(a, b, (x, y) => x + y);
}

export function subtractAmounts(a: Amounts, b: Amounts): Amounts {
  return mapAmounts(a, b, (x, y) => x - y);
}

export function smallerAmounts(a: Amounts, b: Amounts): Amounts {
  return mapAmounts(a, b, Math.min);
}

/** Amounts as they may be booked: whole (rounded up), from 0 to `maxAmount`. What is no number is the most, since it is not known to be less. */
export function bookableAmounts(amounts: Amounts): Amounts {
  return mapAmounts(amounts, amounts, bookable);
}

export function sameAmounts(a: Amounts, b: Amounts): boolean {
  return dimensions.every((dimension) => a[dimension] === b[dimension]);
}

function bookable(amount: number): number {
  return Number.isNaN(amount) ? maxAmount : Math.min(maxAmount, Math.max(0, Math.ceil(amount)));
}
