import { leastSteadyHold, steadyHold } from '../../budget/steadyHold.ts';
import { worstCaseHold } from '../../budget/worstCase.ts';
import type { Amounts, ScopedLimits } from '../../domain/budget.ts';
import type { Usage } from '../../domain/usage.ts';
import type { CallHead, GateRequest } from '../../gateway/contract.ts';
import type { Pricer } from '../../pricing/contract.ts';
import { hidesThinking } from './hidesThinking.ts';
import type { OutputExperience } from './outputExperience.ts';
import { isHard } from './scopedLimits.ts';

/** What a call reserves at first, and the most that it can come to. */
export interface Holds {
  readonly hold: Amounts;
  readonly ceiling: Amounts;
  /** What it may be shrunk to where the first amount does not fit; null where it may not. */
  readonly least: Amounts | null;
}

export interface HoldQuestion {
  readonly head: CallHead;
  readonly request: GateRequest;
  readonly limits: readonly ScopedLimits[];
  readonly experience: OutputExperience;
}

/**
 * What a call reserves under its hard limits: the worst case where one of them is strict, else what such calls came to. A model
 * without a price is `unpriced` only where a limit of dollars needs one.
 */
export function holdsFor({ head, request, limits, experience }: HoldQuestion, pricer: Pricer): Holds | 'unpriced' {
  const hard = limits.filter(isHard);
  const price = priceOf(head, request, pricer);
  const about = { facts: request.facts, bodyBytes: request.bodyBytes, modelMaxOutputTokens: null, price };
  const worst = worstCaseHold(about);
  if (worst === 'unpriced') {
    const isPriceNeeded = hard.some(({ limits: { costNanoUsd } }) => costNanoUsd !== null);
    const free = isPriceNeeded ? 'unpriced' : worstCaseHold({ ...about, price: () => 0 });
    return free === 'unpriced' ? free : { hold: free, ceiling: free, least: null };
  }
  if (hard.some(({ mode }) => mode === 'strict')) return { hold: worst, ceiling: worst, least: null };
  const recentOutputs = experience.of(head.agent, modelOf(head, request));
  // An answer in one piece is paid for before any of it is seen.
  const isUnseen = request.facts.stream !== true || hidesThinking(head, request.facts);
  const question = { ...about, recentOutputs, isUnseen };
  const steady = steadyHold(question);
  return { hold: steady === 'unpriced' ? worst : steady, ceiling: worst, least: leastSteadyHold(question) };
}

export function modelOf(head: CallHead, { facts }: GateRequest): string {
  return facts.model ?? head.pathModel ?? 'unknown';
}

/** What a usage of this call would cost; null without a price. */
export function priceOf(head: CallHead, request: GateRequest, pricer: Pricer): (usage: Usage) => number | null {
  const { serviceTier, speed } = request.facts;
  const about = {
    provider: head.provider,
    model: modelOf(head, request),
    atMs: head.startedAtMs,
    serviceTier,
    speed,
    inferenceGeo: head.region ?? null,
    billedNanoUsd: null,
  };
  return (usage) => pricer.price({ ...about, usage }).costNanoUsd;
}
