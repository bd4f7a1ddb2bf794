import type { Usage } from '../domain/usage.ts';

/** A sum that a log told: all calls of a session, of one of its models or of one turn, from its begin until it was last written. */
export interface ToldSum {
  readonly id: string;
  readonly agent: number;
  readonly session: number;
  readonly workspace: number;
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
  /** The session is one that we made, since the wire does not know the agent's own. */
  readonly isGrouped: boolean;
  /** Only a log tells of it. */
  readonly isTold: boolean;
  readonly workspace: number;
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
  const isSameModel = call.model === sum.model;
  if (call.session === sum.session) return sum.isOfAllModels || isSameModel;
  if (!call.isGrouped || call.startedAtMs < sum.fromMs - sumSlack.beforeMs) return false;
  return call.isNameless ? isSameModel : call.agent === sum.agent && (sum.isOfAllModels || isSameModel);
}

function compareSums(a: ToldSum, b: ToldSum, call: KnownCall): number {
  const misses = (sum: ToldSum): number =>
    4 * Number(sum.session !== call.session) +
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
