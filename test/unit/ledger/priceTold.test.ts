import { describe, expect, it } from 'vitest';
import type { CallCost } from '../../../src/domain/call.ts';
import { totalUsage, type UsagePart } from '../../../src/domain/usage.ts';
import type { PriceImported } from '../../../src/ledger/importContract.ts';
import { priceTold } from '../../../src/ledger/priceTold.ts';
import { priced, usage } from './callFixtures.ts';
import { told } from './importFixtures.ts';

/** What the provider billed, else 1 nano-USD a token of input, and a thousand for one of the advisor's. */
const price: PriceImported = ({ model, usage, billedNanoUsd }): CallCost =>
  priced(billedNanoUsd ?? (usage.inputTokens ?? 0) * (model === 'claude-advisor' ? 1000 : 1), 0);

const own: UsagePart = { model: null, usage: usage({ inputTokens: 3, outputTokens: 1 }) };
const advisor: UsagePart = { model: 'claude-advisor', usage: usage({ inputTokens: 5, outputTokens: 1 }) };
const advised = told({ parts: [own, advisor], usage: totalUsage([own, advisor]) });

describe('the price of what logs tell', () => {
  it('is that of its parts, each by its own model, where they add up to the call', () => {
    const asked: string[] = [];
    const { cost, parts, partCosts } = priceTold(advised, (query) => {
      asked.push(query.model);
      return price(query);
    });
    expect(asked).toEqual([advised.model, 'claude-advisor']);
    expect(cost.costNanoUsd).toBe(5003);
    expect(parts).toEqual([own, advisor]);
    expect(partCosts.map(({ costNanoUsd }) => costNanoUsd)).toEqual([3, 5000]);
  });

  it.each([
    ['that tells no parts', told({ usage: usage({ inputTokens: 8 }) })],
    ['whose parts leave something out', { ...advised, usage: usage({ inputTokens: 8, outputTokens: 3 }) }],
  ])('is that of a call in one piece %s', (_, call) => {
    expect(priceTold(call, price)).toEqual({ cost: priced(8, 0), parts: [], partCosts: [] });
  });

  it('is that of the call’s own model where one part is all of it', () => {
    const { cost, parts, partCosts } = priceTold(told({ parts: [advisor], usage: advisor.usage }), price);
    expect([cost.costNanoUsd, parts, partCosts]).toEqual([5, [], []]);
  });

  it('is what was billed, once, however many parts there are', () => {
    const billed = { ...advised, billedNanoUsd: 700 };
    expect(priceTold(billed, price)).toEqual({ cost: priced(700, 0), parts: [], partCosts: [] });
  });
});
