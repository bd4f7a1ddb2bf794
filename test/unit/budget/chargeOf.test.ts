import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxAmount } from '../../../src/budget/amounts.ts';
import { chargeOf, wholeHoldCharge } from '../../../src/budget/chargeOf.ts';
import { dimensions } from '../../../src/domain/budget.ts';
import { zeroUsage } from '../../../src/domain/usage.ts';
import { advisedCall, call, calls, priced, unpriced, usage } from '../ledger/callFixtures.ts';

const hold = { costNanoUsd: 900, thinkingTokens: 500, outputTokens: 500, toolCalls: 1, calls: 1 };
const seen = usage({ inputTokens: 10, outputTokens: 40, thinkingTokens: 30, toolCalls: 2 });
const seenAmounts = { costNanoUsd: 70, thinkingTokens: 30, outputTokens: 40, toolCalls: 2, calls: 1 };
const reported = { isSubscription: false, isEstimated: false, isUnpriced: false, guessedThinkingTokens: 0 };

describe('a charge', () => {
  it.each(['ok', 'error', 'truncated', 'aborted'] as const)(
    'of a call that ended %s is what its record says',
    (status) => {
      const record = call({ status, usage: seen, cost: priced(30, 40) });
      expect(chargeOf(record, hold)).toEqual({ ...reported, amounts: seenAmounts });
      expect(chargeOf(record, null)).toEqual({ ...reported, amounts: seenAmounts });
    },
  );

  it('of a call that was lost with its meter is the whole hold, since more may have come than is known', () => {
    const record = call({ status: 'lost', usage: seen, cost: priced(30, 40), provenance: 'partial' });
    // Two tool calls were seen, of which one was held.
    const amounts = { ...hold, toolCalls: 2 };
    expect(chargeOf(record, hold)).toEqual({ ...wholeHoldCharge(hold, false), amounts });
    expect(chargeOf(record, null).amounts).toEqual(seenAmounts);
  });

  it.each(['estimated', 'partial'] as const)('is an estimate where its usage is %s', (provenance) => {
    expect(chargeOf(call({ provenance }), hold).isEstimated).toBe(true);
  });

  it('counts all output as thinking where thinking is unknown', () => {
    const record = call({ usage: { ...seen, thinkingTokens: null }, thinkingAtLeastTokens: 5 });
    expect(chargeOf(record, hold)).toMatchObject({ amounts: { thinkingTokens: 40 }, guessedThinkingTokens: 40 });
  });

  it('counts unknown thinking part by part', () => {
    expect(chargeOf(advisedCall(), null)).toMatchObject({ amounts: { thinkingTokens: 30 }, guessedThinkingTokens: 20 });
  });

  it('of a call without a price is the hold’s cost and its own tokens', () => {
    expect(chargeOf(call({ usage: seen, cost: unpriced }), hold)).toEqual({
      amounts: { ...seenAmounts, costNanoUsd: 900 },
      ...reported,
      isEstimated: true,
    });
  });

  it('of a call without a price or a hold is counted as unpriced', () => {
    expect(chargeOf(call({ usage: seen, cost: unpriced }), null)).toEqual({
      amounts: { ...seenAmounts, costNanoUsd: 0 },
      ...reported,
      isUnpriced: true,
    });
  });

  it.each(['ok', 'error', 'truncated', 'aborted', 'lost'] as const)(
    'of a call of whose answer nothing was seen and that ended %s is the whole hold',
    (status) => {
      const record = call({ status, usage: usage({ inputTokens: 10 }), cost: priced(20, 0), provenance: 'partial' });
      expect(chargeOf(record, hold)).toEqual({
        ...reported,
        amounts: hold,
        isEstimated: true,
        guessedThinkingTokens: 500,
      });
    },
  );

  it('of which nothing was seen is never less than what is known of it', () => {
    const record = call({ usage: usage({ toolCalls: 7 }), cost: priced(2000, 0), status: 'aborted' });
    expect(chargeOf(record, hold).amounts).toEqual({ ...hold, toolCalls: 7, costNanoUsd: 2000 });
  });

  it('of which nothing was seen and that had no hold is what is known, as an estimate', () => {
    const record = call({ usage: usage({ inputTokens: 10 }), cost: priced(20, 0), status: 'aborted' });
    expect(chargeOf(record, null)).toEqual({
      ...reported,
      amounts: { costNanoUsd: 20, thinkingTokens: 0, outputTokens: 0, toolCalls: 0, calls: 1 },
      isEstimated: true,
    });
  });

  it.each([
    [400, priced(0, 0)],
    [529, unpriced],
    [null, unpriced],
  ])('of a refused request (%s) is one call and nothing else, priced or not', (httpStatus, cost) => {
    const record = call({ status: 'error', httpStatus, usage: zeroUsage, cost });
    expect(chargeOf(record, hold)).toEqual({
      ...reported,
      amounts: { costNanoUsd: 0, thinkingTokens: 0, outputTokens: 0, toolCalls: 0, calls: 1 },
    });
  });

  it('is a subscription’s only where the call says so', () => {
    expect(
      ['key', 'subscription', 'unknown'].map((auth) => chargeOf(call({ auth: auth as 'key' }), null).isSubscription),
    ).toEqual([false, true, false]);
  });

  it('of which no record came is the whole hold', () => {
    expect(wholeHoldCharge(hold, true)).toEqual({
      ...reported,
      amounts: hold,
      isSubscription: true,
      isEstimated: true,
      guessedThinkingTokens: 500,
    });
  });

  it('can be booked whatever the record says, and never gives back unseen output', () => {
    fc.assert(
      fc.property(calls, fc.boolean(), (record, hasHold) => {
        const { amounts } = chargeOf(record, hasHold ? hold : null);
        for (const dimension of dimensions) {
          expect(Number.isSafeInteger(amounts[dimension])).toBe(true);
          expect(amounts[dimension]).toBeGreaterThanOrEqual(0);
          expect(amounts[dimension]).toBeLessThanOrEqual(maxAmount);
        }
        if (hasHold && record.usage.outputTokens === null) expect(amounts.outputTokens).toBeGreaterThanOrEqual(500);
      }),
    );
  });
});
