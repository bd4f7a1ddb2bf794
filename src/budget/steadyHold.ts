import type { Amounts } from '../domain/budget.ts';
import { smallerAmounts } from './amounts.ts';
import { holdFor, type WorstCaseQuestion, worstCaseHold, worstOutputTokens } from './worstCase.ts';

export interface SteadyHoldQuestion extends WorstCaseQuestion {
  /** Output tokens of recent calls of the same agent and model, in any order. */
  readonly recentOutputs: readonly number[];
  /** What the answer comes to is not seen while it comes: it is not streamed, or its thinking is hidden. Nothing can be topped up in time. */
  readonly isUnseen: boolean;
}

/** Fewer calls than this are no experience. */
export const fewestSamples = 20;

/** Output that is reserved of a call without experience; what LiteLLM reserves as well. */
export const firstOutputTokens = 16_384;

/** Input is taken as one token for three bytes, which is above what prose and code come to (about four) and below the bound (one). */
export const bytesPerInputToken = 3;

/**
 * What a steady budget holds of a call before it is sent: output at the 99th percentile (nearest rank) of what such calls came to, or
 * 16,384 where there are fewer than 20 of them, and input at one token for three bytes; never more than the worst case in any
 * dimension. Where the answer is not seen while it comes the worst case itself is held.
 *
 * How far spend can go over: while a stream runs its hold is topped up ahead of what was counted, and the stream is stopped at the line,
 * so that each stream in flight can be over by what arrives between two counts and before the stop takes effect, and by how far our
 * count is below the provider's; and each call once by the input of a body with more than one token for three bytes (text in
 * scripts other than Latin), until the provider's first report. Of N streams in flight: N times that. A strict budget has none of it.
 */
export function steadyHold(question: SteadyHoldQuestion): Amounts | 'unpriced' {
  const worst = worstCaseHold(question);
  if (question.isUnseen || worst === 'unpriced') return worst;
  const outputTokens = Math.min(worstOutputTokens(question), expectedOutput(question.recentOutputs));
  const expected = holdFor(Math.ceil(question.bodyBytes / bytesPerInputToken), outputTokens, question.price);
  return expected === 'unpriced' ? worst : smallerAmounts(expected, worst);
}

/** Output for which a call is admitted although its usual amount does not fit any more; less than this is no answer. */
export const leastOutputTokens = 1024;

/**
 * The least that a steady hold is shrunk to where its usual amount does not fit: the expected input and 1,024 tokens of output, never
 * above the worst case. Null where the answer is not seen while it comes, since nothing could end such a call at the line.
 */
export function leastSteadyHold(question: SteadyHoldQuestion): Amounts | null {
  const worst = worstCaseHold(question);
  if (question.isUnseen || worst === 'unpriced') return null;
  const outputTokens = Math.min(worstOutputTokens(question), leastOutputTokens);
  const least = holdFor(Math.ceil(question.bodyBytes / bytesPerInputToken), outputTokens, question.price);
  return least === 'unpriced' ? null : smallerAmounts(least, worst);
}

function expectedOutput(recentOutputs: readonly number[]): number {
  if (recentOutputs.length < fewestSamples) return firstOutputTokens;
  const sorted = recentOutputs.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.99) - 1] ?? firstOutputTokens;
}
