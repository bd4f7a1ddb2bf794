import type { AuthKind } from './api.ts';
import type { NanoUsd } from './money.ts';

/** What the wire and the log told of the calls of one session that were seen both ways, as far as both told it. */
export interface BothWaysSums {
  readonly agent: string;
  readonly wireOutputTokens: number;
  readonly toldOutputTokens: number;
  /** Calls of which the log says itself that it has less than the truth. */
  readonly boundCalls: number;
}

/** By how much an agent's logs tell too little, learned from what was seen both ways. */
export interface LogCorrection {
  readonly agent: string;
  /** The sessions that it was learned from. */
  readonly sessions: number;
  /** Output of the wire for each token of the log; above 1. */
  readonly outputFactor: number;
}

/** What a lower bound may come to. An estimate: it stands beside a figure and is never added up with any, nor counted by a budget. */
export interface CorrectedCost {
  readonly costNanoUsd: NanoUsd;
  /** The sessions seen both ways that it was learned from. */
  readonly sessions: number;
}

/** The sums of a session's calls, as the books have them. */
export interface CorrectableSession {
  readonly agent: string;
  readonly calls: number;
  readonly toldCalls: number;
  readonly estimatedCalls: number;
  readonly partialCalls: number;
  readonly costNanoUsd: NanoUsd | null;
  readonly thinkingNanoUsd: NanoUsd;
  readonly outputNanoUsd: NanoUsd;
}

/** The output of an agent's sessions, or of a part of them. */
export interface RaisedOutput {
  readonly agent: string;
  readonly thinkingNanoUsd: NanoUsd;
  readonly outputNanoUsd: NanoUsd;
}

/** What a session had on one local day of one key: a model, a folder, whatever sums are grouped by. */
export interface SessionPart extends RaisedOutput {
  readonly session: string;
  readonly auth: AuthKind;
  /** "2026-11-23". */
  readonly day: string;
  /** As a report has it; '' for none. */
  readonly key: string;
  readonly partialCalls: number;
}

/** One or two sessions may be anything. */
const fewestSessions = 3;
/** Closer to the truth than half a percent nothing is worth a word. */
const leastExcess = 0.005;

/** One for each agent of which enough is known. Only sessions whose log has lower bounds teach anything of others that have some. */
export function learnCorrections(sessions: readonly BothWaysSums[]): readonly LogCorrection[] {
  const byAgent = new Map<string, { sessions: number; seen: number; told: number }>();
  for (const { agent, boundCalls, wireOutputTokens, toldOutputTokens } of sessions) {
    if (boundCalls === 0 || toldOutputTokens === 0) continue;
    const sums = byAgent.get(agent) ?? { sessions: 0, seen: 0, told: 0 };
    sums.sessions += 1;
    sums.seen += wireOutputTokens;
    sums.told += toldOutputTokens;
    byAgent.set(agent, sums);
  }
  return [...byAgent].flatMap(([agent, { sessions: count, seen, told }]) => {
    const outputFactor = seen / told;
    return count >= fewestSessions && outputFactor >= 1 + leastExcess ? [{ agent, sessions: count, outputFactor }] : [];
  });
}

/**
 * What sessions may have cost of which logs tell lower bounds, null where none of them has one or nothing was learned of its agent. The
 * other sessions are in it as they are.
 */
export function correctedCost(
  sessions: readonly CorrectableSession[],
  corrections: readonly LogCorrection[],
): CorrectedCost | null {
  const costNanoUsd = sessions.reduce((sum, session) => sum + (session.costNanoUsd ?? 0), 0);
  return raisedCost(costNanoUsd, sessions.filter(isLowerBound), corrections);
}

/**
 * What a cost may come to where `outputs` are in it of sessions whose logs tell lower bounds (`isLowerBound`): the one function that says
 * so. Null where nothing was learned of any of their agents.
 */
export function raisedCost(
  costNanoUsd: NanoUsd,
  outputs: readonly RaisedOutput[],
  corrections: readonly LogCorrection[],
): CorrectedCost | null {
  const used = new Set<LogCorrection>();
  let raisedNanoUsd = costNanoUsd;
  for (const { agent, thinkingNanoUsd, outputNanoUsd } of outputs) {
    const correction = corrections.find((one) => one.agent === agent);
    if (correction === undefined) continue;
    used.add(correction);
    raisedNanoUsd += (correction.outputFactor - 1) * (thinkingNanoUsd + outputNanoUsd);
  }
  if (used.size === 0) return null;
  return { costNanoUsd: Math.round(raisedNanoUsd), sessions: [...used].reduce((sum, one) => sum + one.sessions, 0) };
}

/** Whether only logs tell of a session, and of some of it less than the truth. */
export function isLowerBound(session: CorrectableSession): boolean {
  const { calls, toldCalls, estimatedCalls, partialCalls, costNanoUsd } = session;
  return calls > 0 && toldCalls === calls && partialCalls > 0 && estimatedCalls === 0 && costNanoUsd !== null;
}
