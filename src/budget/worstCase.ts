import type { Amounts } from '../domain/budget.ts';
import type { NanoUsd } from '../domain/money.ts';
import { type Usage, zeroUsage } from '../domain/usage.ts';
import { bookableAmounts } from './amounts.ts';

/** The price of a usage of the call's own model, or null where it has none. More tokens never cost less. */
export type PriceOf = (usage: Usage) => NanoUsd | null;

export interface WorstCaseQuestion {
  /** Of the request: the max output that it asks for, thinking included; null where it names none. */
  readonly facts: { readonly maxOutputTokens: number | null };
  /** Of the body as the provider reads it, decompressed. */
  readonly bodyBytes: number;
  /** The most that the model can answer; null where that is not known. */
  readonly modelMaxOutputTokens: number | null;
  readonly price: PriceOf;
}

/** Output assumed of a model whose ceiling is not known: what the largest models of 2026 give. */
export const unknownModelMaxOutputTokens = 128_000;

/**
 * The most that a call can come to, or `unpriced` where its model has no price. Input is bounded by the bytes of the body, since a
 * token is at least one byte, and is priced at the dearest way that it may be billed: fresh, written to the cache for five minutes, or for
 * an hour. Output is the request's max, or else the model's ceiling, or else 128,000; all of it may be thinking. A request's max above
 * the ceiling counts as it stands. One call; one tool call, which is what is admitted before more are seen.
 *
 * No bound exists, and so none is held, for what the body does not contain: `previous_response_id`, uploaded files,
 * several choices of one request, and searches that run at the provider.
 */
export function worstCaseHold(question: WorstCaseQuestion): Amounts | 'unpriced' {
  return holdFor(question.bodyBytes, worstOutputTokens(question), question.price);
}

/** The output tokens of the worst case. */
export function worstOutputTokens({ facts, modelMaxOutputTokens }: WorstCaseQuestion): number {
  return Math.max(0, facts.maxOutputTokens ?? modelMaxOutputTokens ?? unknownModelMaxOutputTokens);
}

/** What a call of so much input and output is held at. */
export function holdFor(inputTokens: number, outputTokens: number, price: PriceOf): Amounts | 'unpriced' {
  let costNanoUsd: number | null = null;
  for (const usage of dearestUsages(inputTokens, outputTokens)) {
    const cost = price(usage);
    if (cost === null) return 'unpriced';
    costNanoUsd = Math.max(costNanoUsd ?? 0, cost);
  }
  if (costNanoUsd === null) return 'unpriced';
  return bookableAmounts({ costNanoUsd, thinkingTokens: outputTokens, outputTokens, toolCalls: 1, calls: 1 });
}

/** The ways in which input and output of these sizes may be billed that can be the dearest. */
function dearestUsages(inputTokens: number, outputTokens: number): readonly Usage[] {
  const inputs: readonly Partial<Usage>[] = [
    { inputTokens },
    { cacheWrite5mTokens: inputTokens },
    { cacheWrite1hTokens: inputTokens },
  ];
  return inputs.flatMap((input) =>
    [0, outputTokens].map((thinkingTokens) => ({ ...zeroUsage, ...input, outputTokens, thinkingTokens })),
  );
}
