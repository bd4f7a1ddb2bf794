import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxAmount } from '../../../src/budget/amounts.ts';
import { firstOutputTokens, steadyHold } from '../../../src/budget/steadyHold.ts';
import { type PriceOf, unknownModelMaxOutputTokens, worstCaseHold } from '../../../src/budget/worstCase.ts';
import { dimensions } from '../../../src/domain/budget.ts';
import { totalInputTokens } from '../../../src/domain/usage.ts';

/** $5 in, $6.25 and $10 to write, $25 out, in nano-USD a token; all of it twice as dear above 200,000 tokens of input. */
const price: PriceOf = (usage) => {
  const tier = (totalInputTokens(usage) ?? 0) > 200_000 ? 2 : 1;
  const input = (usage.inputTokens ?? 0) * 5000 + usage.cacheWrite5mTokens * 6250 + usage.cacheWrite1hTokens * 10_000;
  return tier * (input + (usage.outputTokens ?? 0) * 25_000);
};
const question = { facts: { maxOutputTokens: 1000 }, bodyBytes: 300, modelMaxOutputTokens: 64_000, price };

describe('the worst case', () => {
  it('is a token for every byte at the dearest way to bill it, and the request’s max output, all of it thinking', () => {
    expect(worstCaseHold(question)).toEqual({
      costNanoUsd: 300 * 10_000 + 1000 * 25_000,
      thinkingTokens: 1000,
      outputTokens: 1000,
      toolCalls: 1,
      calls: 1,
    });
  });

  it('takes the dearest billing wherever that is', () => {
    const dearFresh: PriceOf = (usage) => (usage.inputTokens ?? 0) * 9;
    const dearThinking: PriceOf = (usage) => (usage.outputTokens ?? 0) + (usage.thinkingTokens ?? 0) * 3;
    expect(worstCaseHold({ ...question, price: dearFresh })).toMatchObject({ costNanoUsd: 2700 });
    expect(worstCaseHold({ ...question, price: dearThinking })).toMatchObject({ costNanoUsd: 4000 });
  });

  it('comes with the price tier that so many bytes may reach', () => {
    const hold = worstCaseHold({ ...question, bodyBytes: 200_001 });
    expect(hold).toMatchObject({ costNanoUsd: 2 * (200_001 * 10_000 + 1000 * 25_000) });
  });

  it('takes the model’s ceiling where the request names no max, and 128,000 where nobody does', () => {
    const without = { ...question, facts: { maxOutputTokens: null } };
    expect(worstCaseHold(without)).toMatchObject({ outputTokens: 64_000 });
    expect(worstCaseHold({ ...without, modelMaxOutputTokens: null })).toMatchObject({
      outputTokens: unknownModelMaxOutputTokens,
    });
  });

  it('is unpriced where any part of it has no price', () => {
    expect(worstCaseHold({ ...question, price: () => null })).toBe('unpriced');
    expect(worstCaseHold({ ...question, price: (usage) => (usage.cacheWrite1hTokens > 0 ? null : 1) })).toBe(
      'unpriced',
    );
  });

  it('can be booked whatever a request names', () => {
    for (const maxOutputTokens of [-5, 1e300, Number.POSITIVE_INFINITY]) {
      const hold = worstCaseHold({ ...question, facts: { maxOutputTokens } });
      if (hold === 'unpriced') throw new Error('the price is known');
      expect(dimensions.every((name) => hold[name] >= 0 && hold[name] <= maxAmount)).toBe(true);
    }
  });
});

describe('a steady hold', () => {
  const steady = { ...question, facts: { maxOutputTokens: 64_000 }, recentOutputs: [], isUnseen: false };

  it('starts at 16,384 output tokens, or the worst case where that is less, until there is experience', () => {
    const few = Array.from({ length: 19 }, () => 10);
    expect(steadyHold({ ...steady, recentOutputs: few })).toMatchObject({ outputTokens: firstOutputTokens });
    expect(steadyHold({ ...steady, facts: { maxOutputTokens: 500 } })).toMatchObject({ outputTokens: 500 });
  });

  it.each([
    [20, 20],
    [99, 99],
    [100, 99],
    [200, 198],
  ])('is the nearest rank of 99 %% of %i calls', (samples, expected) => {
    const recentOutputs = Array.from({ length: samples }, (_, index) => samples - index);
    expect(steadyHold({ ...steady, recentOutputs })).toMatchObject({ outputTokens: expected });
  });

  it('takes a token for three bytes of input, rounded up', () => {
    const recentOutputs = Array.from({ length: 20 }, () => 100);
    expect(steadyHold({ ...steady, bodyBytes: 301, recentOutputs })).toMatchObject({
      costNanoUsd: 101 * 10_000 + 100 * 25_000,
    });
  });

  it('is the worst case where thinking is hidden', () => {
    expect(steadyHold({ ...steady, isUnseen: true })).toEqual(worstCaseHold(steady));
  });

  it('is unpriced where the worst case is', () => {
    expect(steadyHold({ ...steady, price: () => null })).toBe('unpriced');
  });

  it('is never above the worst case', () => {
    const outputs = fc.array(fc.nat({ max: 200_000 }), { maxLength: 60 });
    fc.assert(
      fc.property(
        outputs,
        fc.nat({ max: 1_000_000 }),
        fc.option(fc.nat({ max: 100_000 })),
        (recentOutputs, bodyBytes, max) => {
          const asked = { ...steady, recentOutputs, bodyBytes, facts: { maxOutputTokens: max } };
          const [worst, hold] = [worstCaseHold(asked), steadyHold(asked)];
          if (worst === 'unpriced' || hold === 'unpriced') throw new Error('the price is known');
          for (const dimension of dimensions) expect(hold[dimension]).toBeLessThanOrEqual(worst[dimension]);
        },
      ),
    );
  });
});
