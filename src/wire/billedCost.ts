import { type NanoUsd, nanoUsdOf } from '../domain/money.ts';
import { field, type JsonObject, objectField } from './json.ts';
import type { ResponseState } from './responseState.ts';

/** xAI's unit of cost is 1e-10 USD. */
const ticksPerNanoUsd = 10;

/**
 * What a usage object says was charged, or null. OpenRouter: `cost` in USD, to which the upstream's own bill is added where the user
 * brought the key for it (`is_byok`). xAI: `cost_in_usd_ticks`. A cost that is no finite, non-negative number is reported.
 */
export function readBilled(state: ResponseState, usage: JsonObject): NanoUsd | null {
  const cost = amount(state, usage, 'cost');
  if (cost === null) {
    const ticks = state.count(usage, 'cost_in_usd_ticks', Number.MAX_SAFE_INTEGER);
    return ticks === null ? null : Math.round(ticks / ticksPerNanoUsd);
  }
  if (field(usage, 'is_byok') !== true) return nanoUsdOf(cost);
  return nanoUsdOf(cost + (amount(state, objectField(usage, 'cost_details'), 'upstream_inference_cost') ?? 0));
}

function amount(state: ResponseState, object: JsonObject | null, name: string): number | null {
  const value = field(object, name);
  // Some resellers send an object here, whose members have no agreed meaning.
  if (value === undefined || value === null || typeof value === 'object') return null;
  if (typeof value === 'number' && nanoUsdOf(value) !== null) return value;
  state.problem('bad-count', `${name} is no amount of money`);
  return null;
}
