import type { Usage } from './usage.ts';

/** The larger of two counts of one thing, of which either may be unknown. */
export function maxKnown(a: number | null, b: number | null): number | null {
  if (a === null) return b;
  if (b === null) return a;
  return Math.max(a, b);
}

/**
 * Two snapshots of one call's usage as one: each count the larger. Cache writes are compared as their total and as their part that is
 * kept for an hour, as providers count them: a snapshot without the split must not add to one with it. Order and repetition do not
 * matter.
 */
export function mergeUsage(a: Usage, b: Usage): Usage {
  const written = Math.max(a.cacheWrite5mTokens + a.cacheWrite1hTokens, b.cacheWrite5mTokens + b.cacheWrite1hTokens);
  const keptAnHour = Math.max(a.cacheWrite1hTokens, b.cacheWrite1hTokens);
  return {
    inputTokens: maxKnown(a.inputTokens, b.inputTokens),
    cacheReadTokens: Math.max(a.cacheReadTokens, b.cacheReadTokens),
    cacheWrite5mTokens: written - keptAnHour,
    cacheWrite1hTokens: keptAnHour,
    outputTokens: maxKnown(a.outputTokens, b.outputTokens),
    thinkingTokens: maxKnown(a.thinkingTokens, b.thinkingTokens),
    webSearches: Math.max(a.webSearches, b.webSearches),
    toolCalls: Math.max(a.toolCalls, b.toolCalls),
  };
}

export function sameUsage(a: Usage, b: Usage): boolean {
  return (
    a.inputTokens === b.inputTokens &&
    a.cacheReadTokens === b.cacheReadTokens &&
    a.cacheWrite5mTokens === b.cacheWrite5mTokens &&
    a.cacheWrite1hTokens === b.cacheWrite1hTokens &&
    a.outputTokens === b.outputTokens &&
    a.thinkingTokens === b.thinkingTokens &&
    a.webSearches === b.webSearches &&
    a.toolCalls === b.toolCalls
  );
}
