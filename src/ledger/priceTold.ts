import { addCosts } from '../domain/addCosts.ts';
import type { CallCost } from '../domain/call.ts';
import { sameUsage } from '../domain/mergeUsage.ts';
import { totalUsage, type UsagePart } from '../domain/usage.ts';
import type { ImportedCall, PriceImported } from './importContract.ts';

export interface PricedTold {
  readonly cost: CallCost;
  /** None where the call is priced in one piece. */
  readonly parts: readonly UsagePart[];
  /** One a part, in order. */
  readonly partCosts: readonly CallCost[];
}

/** Prices what logs tell of a call: in parts where it has some that add up to it, else, and where a charge is told, in one piece. */
export function priceTold(call: ImportedCall, price: PriceImported): PricedTold {
  const { parts = [] } = call;
  if (parts.length < 2 || call.billedNanoUsd !== null || !sameUsage(totalUsage(parts), call.usage)) {
    return { cost: price(call), parts: [], partCosts: [] };
  }
  const partCosts = parts.map(({ model, usage }) => price({ ...call, model: model ?? call.model, usage }));
  return { cost: addCosts(partCosts), parts, partCosts };
}
