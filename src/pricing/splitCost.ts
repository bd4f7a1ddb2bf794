import type { CostSplit } from '../domain/call.ts';
import type { NanoUsd } from '../domain/money.ts';
import type { Usage } from '../domain/usage.ts';
import type { NanoRates } from './listRates.ts';

/** A cost and what it was paid for; the parts add up to the whole. */
export interface SplitCost {
  readonly costNanoUsd: NanoUsd;
  readonly split: CostSplit;
}

/** Rates are per million tokens and per thousand searches: this brings searches to the same unit. */
const SEARCHES_PER_UNIT = 1_000n;
const TOKENS_PER_RATE = 1_000_000n;

function product(count: number, rateNanoUsd: number): bigint {
  return BigInt(count) * BigInt(rateNanoUsd);
}

function rounded(millionthsOfNanoUsd: bigint): bigint {
  return (millionthsOfNanoUsd + TOKENS_PER_RATE / 2n) / TOKENS_PER_RATE;
}

function isCount(value: number | null): boolean {
  return value === null || (Number.isSafeInteger(value) && value >= 0);
}

/** False for a usage that no bill could rest on: a count that is negative, fractional or beyond a double's integers. */
export function isCountable(usage: Usage): boolean {
  return [
    usage.inputTokens,
    usage.outputTokens,
    usage.cacheReadTokens,
    usage.cacheWrite5mTokens,
    usage.cacheWrite1hTokens,
    usage.thinkingTokens,
    usage.webSearches,
  ].every(isCount);
}

/**
 * The cost of a usage: exact products, rounded half up once each for input, cache and output. Thinking is a share of the rounded
 * output, so that a cost does not depend on whether the thinking is known. Unknown counts cost nothing here.
 * Returns null where the amount leaves what `NanoUsd` can hold.
 */
export function splitCost(usage: Usage, rates: NanoRates): SplitCost | null {
  const outputTokens = usage.outputTokens ?? 0;
  const thinkingTokens = Math.min(usage.thinkingTokens ?? 0, outputTokens);
  const input = rounded(product(usage.inputTokens ?? 0, rates.input));
  const cache = rounded(
    product(usage.cacheReadTokens, rates.cacheRead) +
      product(usage.cacheWrite5mTokens, rates.cacheWrite5m) +
      product(usage.cacheWrite1hTokens, rates.cacheWrite1h),
  );
  const searches = product(usage.webSearches, rates.webSearch ?? 0) * SEARCHES_PER_UNIT;
  const output = rounded(product(outputTokens, rates.output) + searches);
  // Rounding half up can lift neither share above the output that both are rounded from.
  const thinking = rounded(product(thinkingTokens, rates.output));
  const costNanoUsd = Number(input + cache + output);
  if (!Number.isSafeInteger(costNanoUsd)) return null;
  return {
    costNanoUsd,
    split: {
      inputNanoUsd: Number(input),
      cacheNanoUsd: Number(cache),
      thinkingNanoUsd: Number(thinking),
      outputNanoUsd: Number(output - thinking),
    },
  };
}

/** Divides an amount that the provider charged in the proportions of the book's own split; what rounding leaves over goes to output. */
export function divideLike(costNanoUsd: NanoUsd, like: SplitCost | null): CostSplit {
  if (like === null || like.costNanoUsd === 0)
    return { inputNanoUsd: 0, cacheNanoUsd: 0, thinkingNanoUsd: 0, outputNanoUsd: costNanoUsd };
  const share = (part: NanoUsd): number => Number((BigInt(costNanoUsd) * BigInt(part)) / BigInt(like.costNanoUsd));
  const inputNanoUsd = share(like.split.inputNanoUsd);
  const cacheNanoUsd = share(like.split.cacheNanoUsd);
  const thinkingNanoUsd = share(like.split.thinkingNanoUsd);
  return {
    inputNanoUsd,
    cacheNanoUsd,
    thinkingNanoUsd,
    outputNanoUsd: costNanoUsd - inputNanoUsd - cacheNanoUsd - thinkingNanoUsd,
  };
}
