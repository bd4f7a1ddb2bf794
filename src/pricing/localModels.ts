import type { CallCost } from '../domain/call.ts';
import type { PriceQuery } from './contract.ts';
import { normaliseModelId } from './normaliseModelId.ts';

/** Servers that run models on the user's own machine. */
const LOCAL_PROVIDERS = new Set(['local', 'ollama', 'lmstudio']);

/** Ollama passes such models on to its own servers, where they are paid for in a way that no call tells. */
const CLOUD_MODEL = /[:-]cloud$/i;

/** No price book of other sellers says anything about what such a server serves. */
export function isLocalProvider(provider: string): boolean {
  return LOCAL_PROVIDERS.has(provider.toLowerCase());
}

export function isLocalModel({ provider, model }: Pick<PriceQuery, 'provider' | 'model'>): boolean {
  return isLocalProvider(provider) && !CLOUD_MODEL.test(model.trim());
}

/** Exactly nothing, and says why. Whatever the tokens came to, and also where they are unknown. */
export function localCost(model: string): CallCost {
  return {
    costNanoUsd: 0,
    provenance: 'priced',
    split: { inputNanoUsd: 0, cacheNanoUsd: 0, thinkingNanoUsd: 0, outputNanoUsd: 0 },
    rates: [
      {
        model: normaliseModelId(model).id,
        inputNanoUsdPerMtok: 0,
        cacheReadNanoUsdPerMtok: 0,
        cacheWrite5mNanoUsdPerMtok: 0,
        cacheWrite1hNanoUsdPerMtok: 0,
        outputNanoUsdPerMtok: 0,
        webSearchNanoUsdPerThousand: 0,
        modifiers: ['local model'],
      },
    ],
    priceVersion: null,
  };
}
