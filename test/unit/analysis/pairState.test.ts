import { describe, expect, it } from 'vitest';
import { isCounted, isReversal, type PairFigures, pairState } from '../../../src/analysis/pairState.ts';

const figures = (changes: Partial<PairFigures>): PairFigures => ({
  listA: 1,
  listB: 2,
  commonTasks: 5,
  costA: 3,
  costB: 2,
  isEstablished: true,
  ...changes,
});

describe('the state of a pair', () => {
  it('is reversed where the cheaper-listed one cost more and that is established', () => {
    expect(pairState(figures({}))).toBe('reversed');
    expect(pairState(figures({ isEstablished: false }))).toBe('possibly');
    expect(pairState(figures({ costA: 1 }))).toBe('not reversed');
  });

  it('does not depend on which of the two comes first', () => {
    expect(pairState(figures({ listA: 2, listB: 1, costA: 2, costB: 3 }))).toBe('reversed');
    expect(pairState(figures({ listA: 2, listB: 1 }))).toBe('not reversed');
  });

  it('looks for ties in list first, then in cost', () => {
    expect(pairState(figures({ listA: 2 }))).toBe('tie in list');
    expect(pairState(figures({ listA: 0.1 + 0.2, listB: 0.3 }))).toBe('tie in list');
    expect(pairState(figures({ costB: 3 }))).toBe('tie in cost');
    expect(pairState(figures({ listA: 2, costB: 3 }))).toBe('tie in list');
    expect(pairState(figures({ costA: 0, costB: 0 }))).toBe('tie in cost');
  });

  it('is not comparable without a common task or a list price', () => {
    expect(pairState(figures({ commonTasks: 0 }))).toBe('not comparable');
    expect(pairState(figures({ listA: null }))).toBe('not comparable');
    expect(pairState(figures({ listB: null }))).toBe('not comparable');
  });

  it('counts "possibly" as a reversal, and list ties nowhere', () => {
    expect(isReversal('possibly')).toBe(true);
    expect(isReversal('tie in cost')).toBe(false);
    expect(isCounted('tie in cost')).toBe(true);
    expect(isCounted('tie in list')).toBe(false);
    expect(isCounted('not comparable')).toBe(false);
  });
});
