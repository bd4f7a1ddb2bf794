import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dimensions, noLimits } from '../../../src/domain/budget.ts';
import { atLeastFigure, exactFigure } from '../../../src/domain/figure.ts';
import { parseAmount } from '../../../src/domain/parseAmount.ts';
import {
  budgetWords,
  editableAmount,
  limitLineView,
  limitsText,
  printShortAmount,
} from '../../../src/protocol/limitView.ts';
import { lineOf, USD, viewOf } from '../../support/taskStates.ts';

describe('a limit in words', () => {
  it('says percent, spent, reserved and free', () => {
    const view = limitLineView(lineOf());
    expect([view.text, view.detail, view.mark]).toEqual([
      '62% of $5.00',
      '$2.60 spent, $0.50 reserved, $1.90 free',
      null,
    ]);
    expect([view.spentShare, view.heldShare].map((share) => share.toFixed(2))).toEqual(['0.52', '0.10']);
  });

  it('names its unit where it is no money', () => {
    const line = lineOf({ dimension: 'thinkingTokens', limit: 80_000, spent: atLeastFigure(61_000), held: 0 });
    const view = limitLineView(line);
    expect([view.text, view.bare]).toEqual(['76% of 80K thinking tokens', '76% of 80K']);
    expect(view.detail).toBe('≥61K spent, nothing reserved, 19K free');
  });

  it.each([
    [3.7, 'above 75%', 'warning'],
    [4.5, 'above 90%', 'strong'],
    [5, 'used up', 'strong'],
    [6, 'used up', 'strong'],
  ] as const)('says of $%d of $5 that it is %s', (spent, mark, level) => {
    const view = limitLineView(lineOf({ spent: exactFigure(spent * USD), held: spent === 3.7 ? 0.1 * USD : 0 }));
    expect([view.mark, view.level]).toEqual([mark, level]);
  });

  it('tells what is reserved from what is used up', () => {
    expect(limitLineView(lineOf({ held: 2.4 * USD })).mark).toBe('all spent or reserved');
  });

  it('shows a limit of 0 as reached', () => {
    const view = limitLineView(lineOf({ limit: 0, spent: exactFigure(0), held: 0 }));
    expect([view.text, view.mark, view.spentShare]).toEqual(['100% of $0.00', 'used up', 1]);
  });

  it('never draws more than the whole bar', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.nat(), (limit, spent, held) => {
        const view = limitLineView(lineOf({ dimension: 'calls', limit, spent: exactFigure(spent), held }));
        expect(view.spentShare + view.heldShare).toBeLessThanOrEqual(1 + 1e-9);
        expect(Math.min(view.spentShare, view.heldShare)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('a budget in few words', () => {
  it('is that of the limit nearest to its line', () => {
    const calls = lineOf({ dimension: 'calls', limit: 10, spent: exactFigure(9), held: 0 });
    expect(budgetWords(viewOf({}, { limits: [lineOf(), calls] }))).toBe('90% of 10 calls, above 90%');
    expect(budgetWords(viewOf({ mode: 'warn' }, { limits: [lineOf()] }))).toBe('62% of $5.00, warn only');
    expect(budgetWords(viewOf())).toBe('no budget');
  });

  it('names every limit of a choice', () => {
    expect(limitsText({ ...noLimits, costNanoUsd: 5 * USD, calls: 50 })).toBe('$5.00, 50 calls');
    expect(limitsText(noLimits)).toBe('no budget');
    expect(printShortAmount('outputTokens', 200_000)).toBe('200K output tokens');
  });
});

describe('an amount that is put into an input box', () => {
  it('is read back as the same amount', () => {
    fc.assert(
      fc.property(fc.constantFrom(...dimensions), fc.nat({ max: 1e12 }), (dimension, amount) => {
        expect(parseAmount(dimension, editableAmount(dimension, amount))).toEqual({ ok: true, value: amount });
      }),
    );
    expect(editableAmount('costNanoUsd', 5 * USD)).toBe('5');
    expect(editableAmount('costNanoUsd', 100 * USD)).toBe('100');
    expect(editableAmount('costNanoUsd', 1)).toBe('0.000000001');
  });
});
