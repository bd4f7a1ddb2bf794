import type { Run } from '../domain/run.ts';

/** The cost of a run as far as a comparison may use it. */
export type UsableCost =
  | { readonly kind: 'known'; readonly nanoUsd: number }
  | { readonly kind: 'unknown' }
  /** 0 with nothing that explains it: public tables hold such figures for "not measured". */
  | { readonly kind: 'zero' }
  /** A budget stopped the run: a lower bound, in no average. */
  | { readonly kind: 'censored'; readonly atLeastNanoUsd: number };

/**
 * Which costs may be trusted. NaN, infinities and negative figures are unknown. A cost of 0 counts only where both list prices are 0 (a local
 * model) or where input and output tokens are known to be 0.
 */
export function usableCost(run: Run): UsableCost {
  const cost = run.costNanoUsd;
  if (cost === null || !Number.isFinite(cost) || cost < 0) return { kind: 'unknown' };
  if (cost === 0 && !mayBeFree(run)) return { kind: 'zero' };
  return run.isCensored ? { kind: 'censored', atLeastNanoUsd: cost } : { kind: 'known', nanoUsd: cost };
}

function mayBeFree({ listPrice, inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens }: Run): boolean {
  if (listPrice !== null && listPrice.inputNanoUsdPerMtok === 0 && listPrice.outputNanoUsdPerMtok === 0) return true;
  return inputTokens === 0 && outputTokens === 0 && !cacheReadTokens && !cacheWriteTokens;
}

/**
 * The cost of a run with its thinking taken out: as its source states it, else cost less thinking tokens at the list price of output.
 * Null where thinking is unknown, where thinking has no price, and where it would have cost more than the whole.
 */
export function costWithoutThinking(run: Run, costNanoUsd: number): number | null {
  if (run.costWithoutThinkingNanoUsd !== null) return run.costWithoutThinkingNanoUsd;
  if (run.thinkingTokens === null) return null;
  if (run.thinkingTokens === 0) return costNanoUsd;
  if (run.listPrice === null) return null;
  const rest = costNanoUsd - (run.thinkingTokens * run.listPrice.outputNanoUsdPerMtok) / 1_000_000;
  // A figure of three or four digits may be a little smaller than its parts.
  if (rest < -0.005 * costNanoUsd) return null;
  return Math.max(0, rest);
}
