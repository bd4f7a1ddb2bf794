import type { ProviderId } from '../../domain/api.ts';
import type { CallRecord } from '../../domain/call.ts';
import { printWhole } from '../../domain/format.ts';
import { type Usage, zeroUsage } from '../../domain/usage.ts';
import type { CallsQuery } from '../../ledger/contract.ts';
import { LazyPricer } from '../../meter/budget/lazyPricer.ts';
import type { Contender } from '../../protocol/trials.ts';
import type { PriceRange } from '../../trials/trialBooks.ts';

/** Sessions below which the past says too little. */
const FEWEST_SESSIONS = 3;
const NEWEST_CALLS = 20_000;

/** Agents' work as it commonly is: a small edit, and an afternoon's worth. Rough on purpose, and said to be. */
const small: Usage = { ...zeroUsage, inputTokens: 20_000, cacheReadTokens: 150_000, outputTokens: 3_000 };
const large: Usage = { ...zeroUsage, inputTokens: 250_000, cacheReadTokens: 4_000_000, outputTokens: 60_000 };

/** What one run of a contender may cost: from sessions with its model in the books, else from its list price. */
export async function priceRange(
  { model, effort }: Contender,
  readCalls: (query: CallsQuery) => readonly CallRecord[],
): Promise<PriceRange> {
  const costs = sessionCosts(readCalls({ limit: NEWEST_CALLS }), withoutProvider(model), effort);
  if (costs.length >= FEWEST_SESSIONS) {
    const at = (share: number): number => costs[Math.min(costs.length - 1, Math.floor(share * costs.length))] ?? 0;
    return {
      lowNanoUsd: at(0.25),
      highNanoUsd: at(0.9),
      basis: `${printWhole(costs.length)} sessions with it on this machine`,
    };
  }
  const [lowNanoUsd, highNanoUsd] = await Promise.all([small, large].map((usage) => listCost(model, usage)));
  if (lowNanoUsd == null || highNanoUsd == null)
    return { lowNanoUsd: null, highNanoUsd: null, basis: 'no price is known' };
  return { lowNanoUsd, highNanoUsd, basis: 'a guess from its list price, 3,000 to 60,000 output tokens' };
}

/** Whole costs of sessions in which the model was used, lowest first. */
function sessionCosts(calls: readonly CallRecord[], model: string, effort: string | null): readonly number[] {
  const sessions = new Map<string, { readonly cost: number | null; readonly hasModel: boolean }>();
  for (const call of calls) {
    const known = sessions.get(call.session) ?? { cost: 0, hasModel: false };
    const isSame = call.model === model || call.requestedModel === model;
    const cost = call.status === 'error' ? 0 : call.cost.costNanoUsd;
    sessions.set(call.session, {
      cost: known.cost === null || cost === null ? null : known.cost + cost,
      hasModel: known.hasModel || (isSame && (effort === null || call.effort === effort)),
    });
  }
  return [...sessions.values()]
    .flatMap(({ cost, hasModel }) => (!hasModel || cost === null || cost === 0 ? [] : [cost]))
    .toSorted((a, b) => a - b);
}

const pricer = new LazyPricer();

async function listCost(model: string, usage: Usage): Promise<number | null> {
  const book = await pricer.get();
  const rest = { atMs: Date.now(), serviceTier: null, speed: null, inferenceGeo: null, billedNanoUsd: null };
  const named = withoutProvider(model);
  for (const provider of providersOf(model)) {
    const { costNanoUsd } = book.price({ provider, model: named, usage, ...rest });
    if (costNanoUsd !== null) return costNanoUsd;
  }
  return null;
}

function providersOf(model: string): readonly ProviderId[] {
  const cut = model.indexOf('/');
  return [...(cut > 0 ? [model.slice(0, cut)] : []), 'anthropic', 'openai', 'google'];
}

/** OpenCode and aider write provider/model. */
function withoutProvider(model: string): string {
  return model.slice(model.lastIndexOf('/') + 1);
}
