import { describe, expect, it } from 'vitest';
import { type PairWords, pairSentence } from '../../../src/analysis/sentences.ts';

const words: PairWords = {
  a: 'A',
  b: 'B',
  state: 'reversed',
  verdict: 'established',
  listRatio: 0.25,
  costRatio: 1.5,
  commonTasks: 6,
  ratios: 6,
  task: null,
  interval: [1.2, 1.9],
  why: { method: 'LMDI', logCostRatio: Math.log(1.5), factors: [], thinkingShareOfIncrease: 0.91, tasks: 6 },
};

const because = (change: Partial<NonNullable<PairWords['why']>>): PairWords => ({
  ...words,
  why: words.why && { ...words.why, ...change },
});

describe('the sentence of a pair', () => {
  it('says what lists less, what cost more, and how much of that is thinking', () => {
    expect(pairSentence(words)).toBe(
      'A lists 75% below B and cost 50% more on these 6 tasks; thinking tokens explain 91% of it.',
    );
  });

  it('says on how many tasks that rests where not all have token counts', () => {
    expect(pairSentence(because({ tasks: 4 }))).toContain('explain 91% of it on the 4 tasks with token counts');
  });

  it('explains no increase by tasks on which there was none', () => {
    expect(pairSentence(because({ tasks: 4, logCostRatio: -0.5 }))).toBe(
      'A lists 75% below B and cost 50% more on these 6 tasks.',
    );
  });

  it('says that nothing is common, and that few tasks say little', () => {
    expect(pairSentence({ ...words, commonTasks: 0 })).toBe('A and B share no task with known costs.');
    expect(pairSentence({ ...words, state: 'possibly', verdict: 'too few to say', commonTasks: 2, ratios: 2 })).toMatch(
      /; too few to say with 2 common tasks\.$/,
    );
    expect(pairSentence({ ...words, state: 'possibly', verdict: 'too few to say', ratios: 2 })).toMatch(
      /; too few to say with 6 common tasks, 4 of them without a cost ratio\.$/,
    );
  });
});
