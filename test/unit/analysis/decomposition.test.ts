import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Decomposition, Factor } from '../../../src/analysis/contract.ts';
import { type CostParts, decompose } from '../../../src/analysis/decomposition.ts';

/** Cost that follows from tokens and prices, so that nothing is left for billing. */
function parts(fields: Partial<CostParts>): CostParts {
  const base = {
    calls: 10,
    promptTokens: 1000,
    thinkingTokens: 500,
    visibleTokens: 200,
    inputNanoUsdPerMtok: 1e9,
    outputNanoUsdPerMtok: 5e9,
    ...fields,
  };
  const promptNanoUsd = fields.promptNanoUsd ?? (base.promptTokens * base.inputNanoUsdPerMtok) / 1e6;
  const output = ((base.thinkingTokens + base.visibleTokens) * base.outputNanoUsdPerMtok) / 1e6;
  return { promptNanoUsd, costNanoUsd: promptNanoUsd + output, ...base };
}

const partOf = (result: Decomposition | null, factor: Factor) =>
  result?.factors.find((entry) => entry.factor === factor)?.logRatio;
const sumOf = (result: Decomposition | null) => result?.factors.reduce((sum, { logRatio }) => sum + logRatio, 0);

describe('the decomposition', () => {
  it('gives all to the list price where only that differs', () => {
    const result = decompose(parts({ inputNanoUsdPerMtok: 2e9, outputNanoUsdPerMtok: 10e9 }), parts({}), 3);
    expect(result?.method).toBe('LMDI');
    expect(partOf(result, 'listPrice')).toBeCloseTo(Math.log(2), 12);
    expect(partOf(result, 'thinking')).toBe(0);
    expect(partOf(result, 'billing')).toBeUndefined();
    expect(result?.tasks).toBe(3);
  });

  it('gives all to calls where twice the calls do twice of everything', () => {
    const doubled = parts({ calls: 20, promptTokens: 2000, thinkingTokens: 1000, visibleTokens: 400 });
    const result = decompose(doubled, parts({}), 1);
    expect(partOf(result, 'calls')).toBeCloseTo(Math.log(2), 12);
    expect(partOf(result, 'inputVolume')).toBeCloseTo(0, 12);
  });

  it('splits one changed volume as worked by hand', () => {
    // Thinking 2,500 -> 5,000 nano-USD of 4,500 -> 7,000: L(5000, 2500) / L(7000, 4500) * ln 2, which is ln(7000 / 4500).
    const result = decompose(parts({ thinkingTokens: 1000 }), parts({}), 1);
    expect(partOf(result, 'thinking')).toBeCloseTo(Math.log(7000 / 4500), 12);
    expect(result?.thinkingShareOfIncrease).toBeCloseTo(1, 12);
  });

  it('takes Shapley values where one of both does not think', () => {
    const result = decompose(parts({}), parts({ thinkingTokens: 0 }), 1);
    expect(result?.method).toBe('Shapley');
    expect(partOf(result, 'thinking')).toBeCloseTo(Math.log(4500 / 2000), 12);
    expect(sumOf(result)).toBeCloseTo(result?.logCostRatio ?? Number.NaN, 12);
  });

  it('leaves a part out that both lack, without a logarithm of 0', () => {
    const result = decompose(parts({ thinkingTokens: 0, visibleTokens: 400 }), parts({ thinkingTokens: 0 }), 1);
    expect(result?.method).toBe('LMDI');
    expect(partOf(result, 'thinking')).toBe(0);
    expect(sumOf(result)).toBeCloseTo(Math.log(3000 / 2000), 12);
  });

  it('shows caching as caching and a discount as billing', () => {
    const cached = parts({ promptNanoUsd: 100 });
    expect(partOf(decompose(cached, parts({}), 1), 'cacheMix')).toBeLessThan(0);
    const half = { ...parts({}), costNanoUsd: parts({}).costNanoUsd / 2 };
    expect(partOf(decompose(half, parts({}), 1), 'billing')).toBeCloseTo(Math.log(0.5), 12);
  });

  it('leaves calls out where they are unknown, and has nothing for a cost of 0', () => {
    expect(partOf(decompose(parts({ calls: null }), parts({}), 1), 'calls')).toBeUndefined();
    expect(decompose({ ...parts({}), costNanoUsd: 0 }, parts({}), 1)).toBeNull();
  });

  it('adds up to the log of the cost ratio exactly, whatever is 0', () => {
    const tokens = fc.integer({ min: 0, max: 100_000 });
    const someParts = fc
      .record({
        calls: fc.integer({ min: 1, max: 200 }),
        promptTokens: tokens,
        thinkingTokens: tokens,
        visibleTokens: fc.integer({ min: 1, max: 100_000 }),
        inputNanoUsdPerMtok: fc.integer({ min: 1, max: 15 }).map((usd) => usd * 1e9),
        outputNanoUsdPerMtok: fc.integer({ min: 1, max: 75 }).map((usd) => usd * 1e9),
        factor: fc.double({ min: 0.1, max: 3, noNaN: true }),
      })
      .map(({ factor, ...fields }) => {
        const whole = parts(fields);
        return { ...whole, costNanoUsd: whole.costNanoUsd * factor };
      });
    fc.assert(
      fc.property(someParts, someParts, (a, b) => {
        const result = decompose(a, b, 1);
        expect(Math.abs((sumOf(result) ?? Number.NaN) - Math.log(a.costNanoUsd / b.costNanoUsd))).toBeLessThan(1e-9);
      }),
    );
  });
});
