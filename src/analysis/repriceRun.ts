import type { Run, RunListPrice } from '../domain/run.ts';
import { isSamePrice } from './modelListPrice.ts';

/**
 * A run as if it had been made under another list price: its cost times what its tokens come to at the new price over what they come to at
 * the old one, so that discounts and tools keep their share. Cache reads and writes without prices of their own move with the price of input.
 *
 * Null where tokens or the old price are unknown, unless both prices changed by the same factor. A run that has the price already is
 * returned as it is. O(1).
 */
export function repriceRun(run: Run, price: RunListPrice): Run | null {
  const old = run.listPrice;
  if (old === null) return null;
  if (isSamePrice(old, price)) return run;
  const factor = factorOf(run, old, price);
  if (factor === null) return null;
  const scaled = (amount: number | null): number | null => (amount === null ? null : amount * factor);
  const thinking = ((run.thinkingTokens ?? 0) * price.outputNanoUsdPerMtok) / 1_000_000;
  const costNanoUsd = scaled(run.costNanoUsd);
  return {
    ...run,
    listPrice: price,
    costNanoUsd,
    costWithoutThinkingNanoUsd:
      run.costWithoutThinkingNanoUsd === null || costNanoUsd === null || run.thinkingTokens === null
        ? null
        : Math.max(0, costNanoUsd - thinking),
  };
}

function factorOf(run: Run, old: RunListPrice, price: RunListPrice): number | null {
  const before = costAt(run, old);
  const after = costAt(run, price);
  if (before !== null && after !== null && before > 0) return after / before;
  const input = price.inputNanoUsdPerMtok / old.inputNanoUsdPerMtok;
  const output = price.outputNanoUsdPerMtok / old.outputNanoUsdPerMtok;
  return Number.isFinite(input) && Math.abs(input - output) <= 1e-9 * input ? input : null;
}

/** What the tokens of a run come to at list prices, in nano-USD; null where input or output is unknown. Unknown cache counts add nothing. */
export function costAt(run: Run, price: RunListPrice): number | null {
  if (run.inputTokens === null || run.outputTokens === null) return null;
  const read = price.cacheReadNanoUsdPerMtok ?? price.inputNanoUsdPerMtok;
  const write = price.cacheWriteNanoUsdPerMtok ?? price.inputNanoUsdPerMtok;
  const input = run.inputTokens * price.inputNanoUsdPerMtok;
  const cache = (run.cacheReadTokens ?? 0) * read + (run.cacheWriteTokens ?? 0) * write;
  return (input + cache + run.outputTokens * price.outputNanoUsdPerMtok) / 1_000_000;
}
