/**
 * The token counts of a call, each token counted in exactly one of the first five fields, except that `thinkingTokens` is a
 * part of `outputTokens`. `null` means unknown and is never the same as 0.
 */
export interface Usage {
  /** Prompt tokens that neither came from a cache nor were written to one. */
  readonly inputTokens: number | null;
  readonly cacheReadTokens: number;
  readonly cacheWrite5mTokens: number;
  readonly cacheWrite1hTokens: number;
  /** Everything billed as output, thinking included. */
  readonly outputTokens: number | null;
  readonly thinkingTokens: number | null;
  readonly webSearches: number;
  readonly toolCalls: number;
}

/**
 * A share of a call's usage that is priced by itself. Most calls have one part; an advisor or a second iteration of a
 * long-prompt model adds more. `model` is null where the part belongs to the call's own model.
 */
export interface UsagePart {
  readonly model: string | null;
  readonly usage: Usage;
}

export const unknownUsage: Usage = {
  inputTokens: null,
  cacheReadTokens: 0,
  cacheWrite5mTokens: 0,
  cacheWrite1hTokens: 0,
  outputTokens: null,
  thinkingTokens: null,
  webSearches: 0,
  toolCalls: 0,
};

export const zeroUsage: Usage = { ...unknownUsage, inputTokens: 0, outputTokens: 0, thinkingTokens: 0 };

/** Adds two counts of which either may be unknown: what is known is kept, and only two unknowns stay unknown. */
export function addKnown(a: number | null, b: number | null): number | null {
  if (a === null) return b;
  if (b === null) return a;
  return a + b;
}

export function addUsage(a: Usage, b: Usage): Usage {
  return {
    inputTokens: addKnown(a.inputTokens, b.inputTokens),
    cacheReadTokens: a.cacheReadTokens + b.cacheReadTokens,
    cacheWrite5mTokens: a.cacheWrite5mTokens + b.cacheWrite5mTokens,
    cacheWrite1hTokens: a.cacheWrite1hTokens + b.cacheWrite1hTokens,
    outputTokens: addKnown(a.outputTokens, b.outputTokens),
    thinkingTokens: addKnown(a.thinkingTokens, b.thinkingTokens),
    webSearches: a.webSearches + b.webSearches,
    toolCalls: a.toolCalls + b.toolCalls,
  };
}

/** The whole usage of a call from its parts; unknown when there are none. */
export function totalUsage(parts: readonly UsagePart[]): Usage {
  const [first, ...rest] = parts;
  return rest.reduce((sum, part) => addUsage(sum, part.usage), first?.usage ?? unknownUsage);
}

/** Output that the user can see: output less thinking, where both are known. */
export function visibleOutputTokens(usage: Usage): number | null {
  if (usage.outputTokens === null || usage.thinkingTokens === null) return null;
  return Math.max(0, usage.outputTokens - usage.thinkingTokens);
}

/** Every prompt token whatever its price, which is what context tiers are decided by. */
export function totalInputTokens(usage: Usage): number | null {
  if (usage.inputTokens === null) return null;
  return usage.inputTokens + usage.cacheReadTokens + usage.cacheWrite5mTokens + usage.cacheWrite1hTokens;
}
