import { beforeAll, describe, expect, it } from 'vitest';
import type { CallCost } from '../../../src/domain/call.ts';
import { type Usage, unknownUsage } from '../../../src/domain/usage.ts';
import type { PriceOverride, PriceQuery, Pricer } from '../../../src/pricing/contract.ts';
import { createPricer } from '../../../src/pricing/createPricer.ts';
import { loadPriceBook, type PriceBook } from '../../../src/pricing/priceBook.ts';

let book: PriceBook;
let pricer: Pricer;

beforeAll(async () => {
  book = await loadPriceBook();
  pricer = createPricer({ book });
});

const usage: Usage = { ...unknownUsage, inputTokens: 1_000_000, outputTokens: 1_000_000, thinkingTokens: 0 };

function price(query: Partial<PriceQuery>, overrides: readonly PriceOverride[] = []): CallCost {
  const engine = overrides.length === 0 ? pricer : createPricer({ book, overrides });
  const nothingSaid = { serviceTier: null, speed: null, inferenceGeo: null, billedNanoUsd: null };
  return engine.price({
    provider: 'ollama',
    model: 'qwen3:8b',
    usage,
    atMs: Date.UTC(2026, 10, 20),
    ...nothingSaid,
    ...query,
  });
}

describe('a model on this machine', () => {
  it.each(['ollama', 'lmstudio', 'local', 'Ollama'])('costs exactly nothing with %s, and says why', (provider) => {
    const cost = price({ provider });
    expect(cost).toMatchObject({ costNanoUsd: 0, provenance: 'priced' });
    expect(cost.split).toEqual({ inputNanoUsd: 0, cacheNanoUsd: 0, thinkingNanoUsd: 0, outputNanoUsd: 0 });
    expect(cost.rates.map(({ modifiers }) => modifiers)).toEqual([['local model']]);
  });

  it('costs nothing also under the name of a model that others sell', () => {
    for (const model of ['gpt-4o', 'claude-opus-5-5', 'deepseek-chat', 'mistral-large-latest'])
      expect(price({ model }).costNanoUsd).toBe(0);
  });

  it('costs nothing also where its tokens are unknown', () => {
    expect(price({ usage: unknownUsage })).toMatchObject({ costNanoUsd: 0, provenance: 'priced' });
  });

  it.each(['gpt-oss:120b-cloud', 'glm-4.6:cloud', 'gpt-4o-cloud', ' glm-4.6:cloud '])(
    'is none where Ollama passes %s on to its own servers, whose price no call tells',
    (model) => {
      expect(price({ model })).toMatchObject({ costNanoUsd: null, provenance: 'unpriced' });
    },
  );

  it('may be given a price by its user', () => {
    const own = [{ match: 'ollama/*', inputUsdPerMtok: 0.1, outputUsdPerMtok: 0.2 }];
    expect(price({}, own)).toMatchObject({ costNanoUsd: 300_000_000, priceVersion: 'own price (ollama/*)' });
    // Half a price is none.
    expect(price({}, [{ match: 'ollama/*', inputUsdPerMtok: 0.1 }]).costNanoUsd).toBe(0);
  });

  it('costs what its server says that it charged', () => {
    expect(price({ billedNanoUsd: 7 })).toMatchObject({ costNanoUsd: 7, provenance: 'billed' });
  });
});

describe('models by their seller', () => {
  it('on Vertex cost more in one region than in all', () => {
    const vertex = { provider: 'google-vertex', model: 'claude-opus-5-5' };
    const everywhere = price({ ...vertex, inferenceGeo: 'global' }).costNanoUsd;
    const regional = price({ ...vertex, inferenceGeo: 'us-east5' });
    expect(everywhere).toBe(24_000_000_000);
    expect(regional.costNanoUsd).toBe(26_400_000_000);
    expect(regional.rates[0]?.modifiers).toEqual(['regional x1.1']);
  });

  it("on Bedrock cost what the profile's region does", () => {
    const on = (model: string) => price({ provider: 'aws', model }).costNanoUsd;
    expect(on('global.anthropic.claude-sonnet-4-5-20250929-v1:0')).toBe(18_000_000_000);
    expect(on('us.anthropic.claude-sonnet-4-5-20250929-v1:0')).toBe(19_800_000_000);
  });
});
