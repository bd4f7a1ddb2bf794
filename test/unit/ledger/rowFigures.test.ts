import { describe, expect, it } from 'vitest';
import { type RowSums, rowFigures, sumRows } from '../../../src/ledger/rowFigures.ts';

const sums: RowSums = {
  calls: 2,
  inputTokens: 100,
  cacheReadTokens: 10,
  cacheWrite5mTokens: 5,
  cacheWrite1hTokens: 1,
  outputTokens: 40,
  thinkingTokens: 15,
  unknownThinkingCalls: 0,
  thinkingAtLeastTokens: 0,
  webSearches: 0,
  costNanoUsd: 900,
  inputNanoUsd: 400,
  cacheNanoUsd: 100,
  thinkingNanoUsd: 150,
  outputNanoUsd: 250,
  unpricedCalls: 0,
  estimatedCalls: 0,
  partialCalls: 0,
};

describe('rowFigures', () => {
  it('marks nothing where everything was reported and priced', () => {
    const figures = rowFigures(sums);
    expect(figures.costNanoUsd).toEqual({ kind: 'exact', value: 900 });
    expect(figures.cacheTokens).toEqual({ kind: 'exact', value: 16 });
    expect(figures.thinkingTokens).toEqual({ kind: 'exact', value: 15 });
    expect(figures.visibleTokens).toEqual({ kind: 'exact', value: 25 });
  });

  it('has no cost, not even zero, where nothing was priced', () => {
    const figures = rowFigures({ ...sums, costNanoUsd: null, inputNanoUsd: 0, unpricedCalls: 2 });
    expect(figures.costNanoUsd).toEqual({ kind: 'unknown' });
    expect(figures.inputNanoUsd).toEqual({ kind: 'unknown' });
  });

  it('gives a lower bound of the cost where a call is unpriced', () => {
    expect(rowFigures({ ...sums, unpricedCalls: 1 }).costNanoUsd).toEqual({ kind: 'atLeast', value: 900 });
  });

  it('estimates where a call was estimated', () => {
    const figures = rowFigures({ ...sums, estimatedCalls: 1 });
    expect(figures.costNanoUsd).toEqual({ kind: 'estimated', value: 900 });
    expect(figures.inputTokens).toEqual({ kind: 'estimated', value: 100 });
  });

  it('gives lower bounds where a call was seen in part, and an estimate where another was estimated', () => {
    const partly = rowFigures({ ...sums, partialCalls: 1 });
    expect(partly.costNanoUsd).toEqual({ kind: 'atLeast', value: 900 });
    expect(partly.outputTokens).toEqual({ kind: 'atLeast', value: 40 });
    expect(rowFigures({ ...sums, partialCalls: 1, estimatedCalls: 1 }).costNanoUsd.kind).toBe('estimated');
  });

  it('gives a lower bound of thinking where a call hid its own, with what was seen of it', () => {
    const partly = rowFigures({ ...sums, unknownThinkingCalls: 1, thinkingAtLeastTokens: 7 });
    expect(partly.thinkingTokens).toEqual({ kind: 'atLeast', value: 22 });
    expect(partly.visibleTokens).toEqual({ kind: 'estimated', value: 18 });
    expect(partly.thinkingNanoUsd).toEqual({ kind: 'atLeast', value: 150 });
    const wholly = rowFigures({ ...sums, thinkingTokens: null, unknownThinkingCalls: 2, thinkingAtLeastTokens: 7 });
    expect(wholly.thinkingTokens).toEqual({ kind: 'atLeast', value: 7 });
    expect(wholly.visibleTokens).toEqual({ kind: 'estimated', value: 33 });
  });

  it('knows nothing of thinking that nobody counted or saw', () => {
    const figures = rowFigures({ ...sums, thinkingTokens: null, unknownThinkingCalls: 2 });
    expect(figures.thinkingTokens).toEqual({ kind: 'unknown' });
    expect(figures.visibleTokens).toEqual({ kind: 'unknown' });
    // Without calls whose thinking is unknown, a row that has none has no calls at all.
    expect(rowFigures({ ...sums, thinkingTokens: null }).thinkingTokens).toEqual({ kind: 'unknown' });
  });

  it('knows that thinking was none where a counted call had none and another hid its own', () => {
    const figures = rowFigures({ ...sums, thinkingTokens: 0, unknownThinkingCalls: 1 });
    expect(figures.thinkingTokens).toEqual({ kind: 'atLeast', value: 0 });
    expect(figures.visibleTokens).toEqual({ kind: 'estimated', value: 40 });
  });

  it('has no cost of thinking where all of it is hidden in that of the output, nor where nothing is priced', () => {
    const hidden = rowFigures({ ...sums, thinkingNanoUsd: 0, unknownThinkingCalls: 1 });
    expect(hidden.thinkingNanoUsd).toEqual({ kind: 'unknown' });
    const priceless = rowFigures({ ...sums, costNanoUsd: null });
    expect([priceless.thinkingNanoUsd, priceless.cacheNanoUsd, priceless.outputNanoUsd]).toEqual([
      { kind: 'unknown' },
      { kind: 'unknown' },
      { kind: 'unknown' },
    ]);
    expect(rowFigures(sums).thinkingNanoUsd).toEqual({ kind: 'exact', value: 150 });
    expect(rowFigures({ ...sums, thinkingNanoUsd: 0 }).thinkingNanoUsd).toEqual({ kind: 'exact', value: 0 });
  });
});

describe('sumRows', () => {
  it('adds each of the sums to its own', () => {
    const names = Object.keys(sums) as (keyof RowSums)[];
    const row = (scale: number) => Object.fromEntries(names.map((name, index) => [name, scale * (index + 1)]));
    expect(sumRows([row(1), row(100), row(10_000)] as unknown as RowSums[])).toEqual(row(10_101));
  });

  it('is null for no rows', () => {
    expect(sumRows([])).toBeNull();
  });

  it('adds every count, and keeps what is known beside what is not', () => {
    const other = { ...sums, thinkingTokens: null, costNanoUsd: null, unknownThinkingCalls: 2, unpricedCalls: 2 };
    expect(sumRows([sums, other])).toMatchObject({
      calls: 4,
      inputTokens: 200,
      thinkingTokens: 15,
      costNanoUsd: 900,
      unknownThinkingCalls: 2,
      unpricedCalls: 2,
    });
  });
});
