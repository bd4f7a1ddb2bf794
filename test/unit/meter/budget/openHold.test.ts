import { describe, expect, it } from 'vitest';
import { type Amounts, type Refusal, zeroAmounts } from '../../../../src/domain/budget.ts';
import type { AdmitAnswer } from '../../../../src/ledger/contract.ts';
import { OpenHold } from '../../../../src/meter/budget/openHold.ts';

const amounts = (outputTokens: number): Amounts => ({ ...zeroAmounts, outputTokens, calls: 1 });

/** A call whose output tokens are limited to `line` in all, others holding nothing. */
function followed({ hold, ceiling, line }: { hold: number; ceiling: number; line: number }) {
  const asked: number[] = [];
  const stops: Refusal[] = [];
  const open = new OpenHold({
    callId: 'c',
    hold: amounts(hold),
    ceiling: amounts(ceiling),
    limits: () => [],
    books: {
      topUp: (_id, { outputTokens }): Promise<AdmitAnswer> => {
        asked.push(outputTokens);
        if (outputTokens <= line) return Promise.resolve({ kind: 'admitted' });
        return Promise.resolve({
          kind: 'refused',
          refusal: {
            reason: 'used-up',
            scope: { kind: 'machine', period: 'day' },
            dimension: 'outputTokens',
            limit: line,
            spent: 0,
            held: 0,
            needed: outputTokens,
            openHolds: 1,
          },
        });
      },
    },
    onLine: (refusal) => stops.push(refusal),
    log: () => undefined,
  });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return { open, asked, stops, settle };
}

describe('The hold of a call in flight', () => {
  it('is raised ahead of what was counted, and not before it is nearly used', async () => {
    const { open, asked, stops, settle } = followed({ hold: 1000, ceiling: 10_000, line: 100_000 });
    open.counted(amounts(800));
    await settle();
    expect(asked).toEqual([]);
    open.counted(amounts(801));
    await settle();
    expect(asked).toEqual([1458]);
    expect(stops).toEqual([]);
  });

  it('takes what is left where more is refused, and ends the stream when that is used, once', async () => {
    const { open, asked, stops, settle } = followed({ hold: 1000, ceiling: 10_000, line: 1200 });
    open.counted(amounts(900));
    await settle();
    expect(asked).toEqual([1606, 1200]);
    open.counted(amounts(1199));
    expect(stops).toEqual([]);
    open.counted(amounts(1200));
    open.counted(amounts(1300));
    expect(stops).toHaveLength(1);
  });

  it('is never raised above the most that the call can come to, and an answer that long is not cut', async () => {
    const { open, asked, stops, settle } = followed({ hold: 1000, ceiling: 1000, line: 1000 });
    open.counted(amounts(1000));
    await settle();
    expect(asked).toEqual([]);
    expect(stops).toEqual([]);
  });

  it('is raised above that all the same when the answer turns out longer, and stopped where that is refused', async () => {
    const { open, stops, settle } = followed({ hold: 1000, ceiling: 1000, line: 1000 });
    open.counted(amounts(1001));
    await settle();
    expect(stops).toHaveLength(1);
  });

  it('asks again after limits were raised', async () => {
    const { open, asked, settle } = followed({ hold: 1000, ceiling: 10_000, line: 1100 });
    open.counted(amounts(900));
    await settle();
    const before = asked.length;
    open.counted(amounts(950));
    await settle();
    expect(asked).toHaveLength(before);
    open.limitsChanged();
    open.counted(amounts(950));
    await settle();
    expect(asked.length).toBeGreaterThan(before);
  });
});
