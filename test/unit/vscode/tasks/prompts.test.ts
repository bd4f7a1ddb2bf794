import { describe, expect, it } from 'vitest';
import { noLimits } from '../../../../src/domain/budget.ts';
import { exactFigure } from '../../../../src/domain/figure.ts';
import { budgetChoices, remarkOnLimit } from '../../../../src/vscode/tasks/budgetPrompt.ts';
import { quarterOf } from '../../../../src/vscode/tasks/extendPrompt.ts';
import { lineOf, USD, viewOf } from '../../../support/taskStates.ts';

describe('the list of budgets', () => {
  const question = { title: 'New Task', byDefault: noLimits, similar: null, mode: 'steady', current: null } as const;
  const labels = (change: Partial<Parameters<typeof budgetChoices>[0]>) =>
    budgetChoices({ ...question, ...change }, 'steady').map(({ label, description }) => `${label} (${description})`);

  it('offers none and custom where nothing is known', () => {
    expect(labels({})).toEqual([
      'No budget (nothing is ever refused)',
      'Custom... (dollars, tokens, calls in any mix)',
      'How it is kept... (now steady: reserves what such calls usually come to)',
    ]);
  });

  it('offers the default of the settings, and what similar tasks cost, in whole cents rounded up', () => {
    const similar = { tasks: 7, medianNanoUsd: 1.2301 * USD, p90NanoUsd: 4 * USD };
    const offered = labels({ byDefault: { ...noLimits, costNanoUsd: 5 * USD }, similar });
    expect(offered).toContain('$5.00 (the default of your settings)');
    expect(offered).toContain('$1.24 (the median of 7 tasks of this kind)');
    expect(offered).toContain('$4.00 (what nine in ten stayed below, of 7 tasks of this kind)');
  });

  it('offers the budget that a task has as it is', () => {
    expect(labels({ current: viewOf({}, { limits: [lineOf()] }) })[0]).toBe('$5.00 (as it is)');
  });
});

describe('a limit that is typed', () => {
  const task = viewOf({}, { limits: [lineOf({ spent: exactFigure(4.98 * USD) })] });

  it('is refused with the sentence of the parser', () => {
    expect(remarkOnLimit('costNanoUsd', '5 dollars', null)?.severity).toBe('error');
    expect(remarkOnLimit('costNanoUsd', '', null)).toBeNull();
    expect(remarkOnLimit('costNanoUsd', '5', null)).toBeNull();
  });

  it('says what a limit of 0 means before it is taken', () => {
    expect(remarkOnLimit('costNanoUsd', '0', null)).toEqual({
      severity: 'warning',
      text: 'A limit of $0.00 refuses every call that costs anything. Enter confirms.',
    });
    expect(remarkOnLimit('toolCalls', '0', null)?.text).toBe('A limit of 0 tool calls allows none. Enter confirms.');
  });

  it('says what a limit below what is spent means', () => {
    expect(remarkOnLimit('costNanoUsd', '3', task)).toEqual({
      severity: 'warning',
      text: "$4.98 is spent already: with this limit the task's next call is refused. Enter confirms.",
    });
    expect(remarkOnLimit('calls', '41', task)?.severity).toBe('warning');
    expect(remarkOnLimit('calls', '43', task)).toBeNull();
  });
});

describe('a quarter', () => {
  it('is whole, in cents for dollars, and never nothing', () => {
    expect(quarterOf(lineOf())).toBe(1.25 * USD);
    expect(quarterOf({ dimension: 'costNanoUsd', limit: 0.01 * USD })).toBe(0.01 * USD);
    expect(quarterOf({ dimension: 'calls', limit: 1 })).toBe(1);
    expect(quarterOf({ dimension: 'calls', limit: 0 })).toBeNull();
  });
});
