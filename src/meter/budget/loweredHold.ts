import { worstCaseHold, worstOutputTokens } from '../../budget/worstCase.ts';
import type { Amounts, Refusal } from '../../domain/budget.ts';
import type { Pricer } from '../../pricing/contract.ts';
import { type HoldQuestion, priceOf } from './holdsFor.ts';

/** What an answer needs beside its thinking. */
const LEAST_VISIBLE_TOKENS = 1024;

export interface Lowered {
  readonly maxOutputTokens: number;
  readonly hold: Amounts;
}

/**
 * The largest max output whose worst case fits in what a refusal says is left, found by bisection since more output never costs
 * less; null where even the request's thinking budget and 1,024 tokens do not fit, or where the refusal is about something else.
 */
export function loweredHold({ head, request }: HoldQuestion, pricer: Pricer, refusal: Refusal): Lowered | null {
  const { reason, dimension, limit, spent, held } = refusal;
  if (reason !== 'too-large' || dimension === 'toolCalls' || dimension === 'calls') return null;
  const left = limit - spent - held;
  const about = { bodyBytes: request.bodyBytes, modelMaxOutputTokens: null, price: priceOf(head, request, pricer) };
  const holdOf = (maxOutputTokens: number): Amounts | null => {
    const hold = worstCaseHold({ ...about, facts: { maxOutputTokens } });
    return hold === 'unpriced' || hold[dimension] > left ? null : hold;
  };
  let fits = (thinkingBudgetOf(request.facts.effort) ?? 0) + LEAST_VISIBLE_TOKENS;
  let hold = holdOf(fits);
  let exceeds = worstOutputTokens({ ...about, facts: request.facts });
  if (hold === null || fits >= exceeds) return null;
  while (exceeds - fits > 1) {
    const middle = Math.floor((fits + exceeds) / 2);
    const tried = holdOf(middle);
    if (tried === null) exceeds = middle;
    else [fits, hold] = [middle, tried];
  }
  return { maxOutputTokens: fits, hold };
}

/** The thinking budget that a request names; null for none. */
function thinkingBudgetOf(effort: string | null): number | null {
  const match = /^budget (\d{1,15})$/.exec(effort ?? '');
  return match === null ? null : Number(match[1]);
}
