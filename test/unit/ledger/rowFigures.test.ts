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
  });
});

describe('sumRows', () => {
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
