import { addCosts } from '../../domain/addCosts.ts';
import type { CallCost } from '../../domain/call.ts';
import { totalUsage, type UsagePart } from '../../domain/usage.ts';
import type { PriceQuery, Pricer } from '../../pricing/contract.ts';

export interface PricedCall {
  readonly cost: CallCost;
  /** One cost a part, in order. */
  readonly partCosts: readonly CallCost[];
}

/**
 * Prices a call part by part, since context tiers and an advisor's own model are decided per part, and adds the parts up. A
 * figure that the provider charged covers the whole call and is priced in one piece. One part without a price makes the call
 * `unpriced`; the sum of the others is kept as what it costs at least.
 */
export function priceCall(pricer: Pricer, parts: readonly UsagePart[], about: Omit<PriceQuery, 'usage'>): PricedCall {
  if (parts.length === 1 || about.billedNanoUsd !== null) {
    const cost = pricer.price({ ...about, usage: totalUsage(parts) });
    return { cost, partCosts: [cost] };
  }
  const partCosts = parts.map((part) =>
    pricer.price({ ...about, model: part.model ?? about.model, usage: part.usage }),
  );
  return { cost: addCosts(partCosts), partCosts };
}
