import type { CallStatus, UsageProvenance } from '../../domain/call.ts';
import { totalUsage, type Usage, type UsagePart, unknownUsage, zeroUsage } from '../../domain/usage.ts';
import type { CallEnd } from '../../gateway/contract.ts';
import type { RequestFacts, ResponseFacts } from '../../wire/contract.ts';

/** Everything that is known of a call when its usage is settled. */
export interface Evidence {
  readonly end: CallEnd;
  readonly httpStatus: number | null;
  readonly facts: ResponseFacts;
  readonly request: RequestFacts | null;
  /** Our counts of what streamed, in the model's own tokens. */
  readonly countedVisibleTokens: number;
  readonly countedThinkingTokens: number;
  /** Bytes were left out, or the decoder gave up: our counts are lower than the truth. */
  readonly incomplete: boolean;
}

export interface SettledUsage {
  readonly status: CallStatus;
  readonly provenance: UsageProvenance;
  readonly usage: Usage;
  /** The usage by price: one entry or more; empty only where nothing is known. */
  readonly parts: readonly UsagePart[];
  readonly thinkingAtLeastTokens: number | null;
}

/** A rough quarter of a token a byte of prompt text, used only where a provider never reported the input. */
const BYTES_PER_PROMPT_TOKEN = 4;

/** Decides how a call ended and what it used. Provider reports are taken as they are; gaps are filled with marked estimates. */
export function settleUsage(evidence: Evidence): SettledUsage {
  const status = statusOf(evidence);
  const { facts } = evidence;
  if (facts.usageState === 'final' && isWhole(facts.parts)) return settled(status, 'reported', facts.parts, evidence);
  if (wasRefused(evidence)) return settled(status, 'reported', [{ model: null, usage: zeroUsage }], evidence);
  const provenance = status === 'ok' ? 'estimated' : 'partial';
  return settled(status, provenance, [estimatedPart(evidence)], evidence);
}

/** A report that leaves out the input or the output, or has no number there, would price the call too low without a mark. */
function isWhole(parts: readonly UsagePart[]): boolean {
  return parts.every(({ usage }) => usage.inputTokens !== null && usage.outputTokens !== null);
}

function statusOf({ end, httpStatus, facts, incomplete }: Evidence): CallStatus {
  if (end === 'no-upstream' || (httpStatus !== null && httpStatus >= 400)) return 'error';
  if (facts.errorType !== null) return 'error';
  if (facts.complete || (incomplete && end === 'complete')) return 'ok';
  return end === 'client-gone' ? 'aborted' : 'truncated';
}

/** A request that the provider answered with an error status, or that reached nobody, bills nothing. */
function wasRefused({ end, httpStatus, facts }: Evidence): boolean {
  if (facts.parts.length > 0) return false;
  return end === 'no-upstream' || (httpStatus !== null && httpStatus >= 300);
}

function settled(
  status: CallStatus,
  provenance: UsageProvenance,
  parts: readonly UsagePart[],
  evidence: Evidence,
): SettledUsage {
  const usage = totalUsage(parts);
  const { facts } = evidence;
  const hidesThinking = usage.thinkingTokens === null && facts.thinkingSeen;
  const seen = Math.max(evidence.countedThinkingTokens, facts.thinkingEstimateTokens ?? 0);
  return { status, provenance, usage, parts, thinkingAtLeastTokens: hidesThinking && seen > 0 ? seen : null };
}

/** The last interim report with our own counts in its gaps, as one part. Output is never below what the provider reported so far. */
function estimatedPart(evidence: Evidence): UsagePart {
  const { facts, request } = evidence;
  const reported = facts.parts.length > 0 ? totalUsage(facts.parts) : null;
  const thinking = Math.max(evidence.countedThinkingTokens, facts.thinkingEstimateTokens ?? 0);
  const counted = evidence.countedVisibleTokens + thinking;
  const sawOutput = counted > 0 || (reported?.outputTokens ?? 0) > 0 || facts.complete;
  const outputTokens = sawOutput ? Math.max(counted, reported?.outputTokens ?? 0) : null;
  const inputTokens = reported?.inputTokens ?? (request ? Math.ceil(request.textBytes / BYTES_PER_PROMPT_TOKEN) : null);
  const usage: Usage = {
    ...(reported ?? unknownUsage),
    inputTokens,
    outputTokens,
    thinkingTokens: interimThinking(facts, reported) ?? (facts.thinkingSeen && !facts.thinkingHidden ? thinking : null),
    toolCalls: facts.toolCalls,
  };
  return { model: null, usage };
}

/** An interim report of no thinking is an unknown, not a 0, where thinking was seen: Google counts it with the last chunk only. */
function interimThinking(facts: ResponseFacts, reported: Usage | null): number | null {
  const tokens = reported?.thinkingTokens ?? null;
  return tokens === 0 && facts.thinkingSeen ? null : tokens;
}
