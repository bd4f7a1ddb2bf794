import { describe, expect, it } from 'vitest';
import { modelMarks } from '../../../../src/meter/dashboard/markDesk.ts';
import { comparisonOf, studyRuns, trialRuns } from '../../../support/dashboardHarness/dashboardStates.ts';

describe('marks of models', () => {
  it('say against whom a model is reversed, and whether it is on the frontier', () => {
    const marks = new Map(modelMarks(comparisonOf(trialRuns)).map(({ model, text }) => [model, text]));
    expect(marks.get('gemini-3-flash-preview')).toBe(
      'lists less than claude-haiku-4-5 and costs more; not on the cost-success frontier',
    );
    expect(marks.get('gpt-5.4')).toBe('on the cost-success frontier');
  });

  it('say of which effort they are where a model was compared at several', () => {
    const runs = trialRuns.map((run) =>
      run.model === 'gpt-5.4' || run.model === 'gemini-3-flash-preview'
        ? { ...run, effort: run.model === 'gpt-5.4' ? 'high' : null, model: 'gpt-5.4' }
        : run,
    );
    const marks = modelMarks(comparisonOf(runs)).filter(({ model }) => model === 'gpt-5.4');
    expect(marks.map(({ text }) => text.split(': ')[0]).toSorted()).toEqual(['(effort unknown)', '(high)']);
  });

  it('say nothing of frontiers where no outcome is known, and nothing of models of which nothing is to be said', () => {
    const marks = modelMarks(comparisonOf(studyRuns()));
    expect(marks.map(({ model }) => model).toSorted()).toEqual(['Gemini 3 Flash', 'Gemini 3.1 Pro', 'Kimi K2.5']);
    for (const { text } of marks) expect(text).not.toContain('frontier');
  });

  it('are none where there is nothing to compare with', () => {
    expect(modelMarks(comparisonOf([]))).toEqual([]);
    expect(modelMarks(comparisonOf(trialRuns.filter(({ model }) => model === 'gpt-5.4')))).toEqual([]);
  });
});
