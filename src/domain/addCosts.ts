import type { CallCost, CostSplit } from './call.ts';

/** The cost of all parts of a call. One without a price makes it `unpriced`; the sum of the others is what it costs at least. */
export function addCosts(costs: readonly CallCost[]): CallCost {
  const priced = costs.filter((cost) => cost.costNanoUsd !== null);
  return {
    costNanoUsd: priced.length === 0 ? null : priced.reduce((sum, cost) => sum + (cost.costNanoUsd ?? 0), 0),
    provenance: priced.length === costs.length && costs.length > 0 ? 'priced' : 'unpriced',
    split: addSplits(costs),
    rates: costs.flatMap((cost) => cost.rates),
    priceVersion: priced.find((cost) => cost.priceVersion !== null)?.priceVersion ?? null,
  };
}

function addSplits(costs: readonly CallCost[]): CostSplit | null {
  const splits = costs.flatMap((cost) => (cost.split ? [cost.split] : []));
  if (splits.length === 0) return null;
  return splits.reduce((sum, split) => ({
    inputNanoUsd: sum.inputNanoUsd + split.inputNanoUsd,
    cacheNanoUsd: sum.cacheNanoUsd + split.cacheNanoUsd,
    thinkingNanoUsd: sum.thinkingNanoUsd + split.thinkingNanoUsd,
    outputNanoUsd: sum.outputNanoUsd + split.outputNanoUsd,
  }));
}
