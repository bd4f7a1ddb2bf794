import type { Usage } from '../domain/usage.ts';

/** A sum that a log told: all calls of a session, of one of its models or of one turn, from its begin until it was last written. */
export interface ToldSum {
  readonly id: string;
  readonly agent: number;
  readonly session: number;
  /** Whose sum it is where that is a part of the session; the wire may take its id for a session. Null for the main agent. */
  readonly subAgent: number | null;
  readonly workspace: number;
  /** Null where the log names none. */
  readonly provider: string | null;
  /** See `plainModelName`. */
  readonly model: string;
  /** It is over all models of the session; `model` is only the last of them. */
  readonly isOfAllModels: boolean;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly usage: Usage;
}

/** A call that is in the books by itself. */
export interface KnownCall {
  readonly id: string;
  readonly agent: number;
  /** The wire does not know the agent: what called is a library that many agents use. */
  readonly isNameless: boolean;
  readonly session: number;
  /** No log tells of its session: it is one that we made since the wire was told none, or an id that is on the wire only. */
  readonly isUnplaced: boolean;
  /** A log tells of it by itself, whoever else saw it: agent, session and time are that log's. */
  readonly isTold: boolean;
  readonly workspace: number;
  readonly provider: string;
  readonly model: string;
  readonly startedAtMs: number;
  readonly usage: Usage;
}

/** Clocks of one machine, and the moment between a request and what a log writes down. */
export const sumSlack = { beforeMs: 5000, afterMs: 10_000 } as const;

const inputs = ['inputTokens', 'cacheReadTokens', 'cacheWrite5mTokens', 'cacheWrite1hTokens'] as const;
const counts = [...inputs, 'outputTokens', 'thinkingTokens', 'webSearches', 'toolCalls'] as const;
type Amounts = Record<(typeof counts)[number], number>;

/** Where else a kind of input may have been counted, the likeliest first. */
const elsewhere: Readonly<Record<(typeof inputs)[number], readonly (typeof inputs)[number][]>> = {
  inputTokens: ['cacheReadTokens', 'cacheWrite5mTokens', 'cacheWrite1hTokens'],
  cacheReadTokens: ['inputTokens', 'cacheWrite5mTokens', 'cacheWrite1hTokens'],
  cacheWrite5mTokens: ['cacheWrite1hTokens', 'inputTokens', 'cacheReadTokens'],
  cacheWrite1hTokens: ['cacheWrite5mTokens', 'inputTokens', 'cacheReadTokens'],
};

/**
 * What is left of sums once the calls are taken out of them that are in the books by themselves. A call is taken out of sums it may be
 * in, the likeliest first, and out of the next one where that has no more of it: so that calls and remainders together never come to
 * more than the sums alone, unless the calls do. It depends on what is given and not on its order.
 *
 * A call may be in these sums:
 * - one that a log tells of by itself: in those of the same agent and session that were written after it;
 * - one of the wire with a session that logs know: in those of this session (or of the sub-agent of that id), of its model or of all;
 * - one of the wire with a session that no log knows: it is assumed to be in those that are over its time, of its agent and of its model
 *   or of all. Where the wire does not know the agent either, the model must be the same, or the provider where a sum is over all models
 *   and names but the last.
 *
 * Of several the likeliest is the one of its session, then of its folder, then of its model, then the one that ended first. Limits: work
 * that no log sums up but that looks the same and was done at the same time is taken out as well, and of two sessions at once either may
 * lose what the other was called for. The first makes the books too low, never too high, and what is left is a lower bound; the second
 * changes no total. What is counted twice all the same: calls that give themselves another agent's name, or another provider and model.
 *
 * @returns for each sum what is left, null where no call was taken out of it.
 */
export function sumRemainders(
  sums: readonly ToldSum[],
  calls: readonly KnownCall[],
): ReadonlyMap<ToldSum, Usage | null> {
  const left = new Map(sums.map((sum) => [sum, amountsOf(sum.usage)]));
  const touched = new Set<ToldSum>();
  const ordered = calls.toSorted((a, b) => a.startedAtMs - b.startedAtMs || compareTexts(a.id, b.id));
  for (const call of ordered) {
    const taken = amountsOf(call.usage);
    const candidates = sums.filter((sum) => mayHold(sum, call)).toSorted((a, b) => compareSums(a, b, call));
    for (const take of [takeAlike, takeInput]) {
      for (const sum of candidates) {
        const amounts = left.get(sum);
        if (amounts !== undefined && take(amounts, taken)) touched.add(sum);
      }
    }
  }
  return new Map([...left].map(([sum, amounts]) => [sum, touched.has(sum) ? usageOf(amounts, sum.usage) : null]));
}

function mayHold(sum: ToldSum, call: KnownCall): boolean {
  if (call.isTold) return call.agent === sum.agent && call.session === sum.session && call.startedAtMs <= sum.untilMs;
  if (call.startedAtMs > sum.untilMs + sumSlack.afterMs) return false;
  const isOfModel = sum.isOfAllModels || call.model === sum.model;
  if (isOfSession(sum, call)) return isOfModel;
  if (!call.isUnplaced || call.startedAtMs < sum.fromMs - sumSlack.beforeMs) return false;
  return call.isNameless ? mayBeNameless(sum, call) : call.agent === sum.agent && isOfModel;
}

function isOfSession(sum: ToldSum, { session }: KnownCall): boolean {
  return session === sum.session || session === sum.subAgent;
}

function mayBeNameless(sum: ToldSum, { model, provider }: KnownCall): boolean {
  return model === sum.model || (sum.isOfAllModels && (sum.provider === null || sum.provider === provider));
}

function compareSums(a: ToldSum, b: ToldSum, call: KnownCall): number {
  const misses = (sum: ToldSum): number =>
    4 * Number(!isOfSession(sum, call)) +
    2 * Number(sum.workspace !== call.workspace) +
    Number(sum.model !== call.model);
  return misses(a) - misses(b) || a.untilMs - b.untilMs || compareTexts(a.id, b.id);
}

/** Takes each count out of the same one. Both are changed; says whether anything was taken. */
function takeAlike(left: Amounts, call: Amounts): boolean {
  let isTaken = false;
  for (const name of counts) {
    const taken = Math.min(left[name], call[name]);
    left[name] -= taken;
    call[name] -= taken;
    isTaken ||= taken > 0;
  }
  return isTaken;
}

/** Logs that do not tell the kinds of input apart have all of it in another count. */
function takeInput(left: Amounts, call: Amounts): boolean {
  let isTaken = false;
  for (const from of inputs) {
    for (const name of elsewhere[from]) {
      const taken = Math.min(left[name], call[from]);
      left[name] -= taken;
      call[from] -= taken;
      isTaken ||= taken > 0;
    }
  }
  return isTaken;
}

function amountsOf(usage: Usage): Amounts {
  return {
    inputTokens: usage.inputTokens ?? 0,
    cacheReadTokens: usage.cacheReadTokens,
    cacheWrite5mTokens: usage.cacheWrite5mTokens,
    cacheWrite1hTokens: usage.cacheWrite1hTokens,
    outputTokens: usage.outputTokens ?? 0,
    thinkingTokens: usage.thinkingTokens ?? 0,
    webSearches: usage.webSearches,
    toolCalls: usage.toolCalls,
  };
}

/** What the sum did not know stays unknown, unless nothing is left of all that it knew. */
function usageOf(left: Amounts, of: Usage): Usage {
  if (counts.every((name) => left[name] === 0)) return left;
  return {
    ...left,
    inputTokens: of.inputTokens === null ? null : left.inputTokens,
    outputTokens: of.outputTokens === null ? null : left.outputTokens,
    thinkingTokens: of.thinkingTokens === null ? null : Math.min(left.thinkingTokens, left.outputTokens),
  };
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
