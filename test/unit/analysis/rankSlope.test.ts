import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareRuns } from '../../../src/analysis/compareRuns.ts';
import { defaultCompareOptions } from '../../../src/analysis/contract.ts';
import type { Run } from '../../../src/domain/run.ts';
import { makeRun, price } from './runFixture.ts';

const run = (model: string, task: string, usd: number | null): Run =>
  makeRun({
    ...{ model, task, listPrice: price(model.charCodeAt(0) - 96, 0) },
    ...(usd === null ? { costNanoUsd: null } : { usd }),
  });
const slopeOf = (runs: readonly Run[]) => compareRuns(runs, { ...defaultCompareOptions, resamples: 0 }).slope;
const ranks = (runs: readonly Run[]) =>
  slopeOf(runs).models.map(({ model, listRank, costRank }) => [JSON.parse(model)[0], listRank, costRank]);

describe('the slope from list price to cost', () => {
  it('ranks both sides over the tasks that all did, not over each one’s own', () => {
    // On its own tasks a costs far more a task than b; on the one that both did it costs less.
    const runs = [run('a', 't1', 1), run('b', 't1', 2), run('a', 'hard', 50), run('a', 'harder', 90)];
    expect(ranks(runs)).toEqual([
      ['a', 1, 1],
      ['b', 2, 2],
    ]);
    expect(slopeOf(runs)).toMatchObject({ tasks: 1, leftOut: [] });
    expect(slopeOf(runs).sentences.join(' ')).toMatch(/same 1 task .* its state counts, not the lines/);
  });

  it('crosses where the cheaper-listed model costs more, and not for equal figures', () => {
    const crossed = [run('a', 't', 3), run('b', 't', 1), run('c', 't', 3)];
    expect(ranks(crossed)).toEqual([
      ['a', 1, 2],
      ['b', 2, 1],
      ['c', 3, 2],
    ]);
  });

  it('drops and names a model that would take the tasks away', () => {
    const tasks = ['1', '2', '3', '4', '5', '6'];
    const runs = [
      ...tasks.flatMap((task) => [run('a', task, 2), run('b', task, 1)]),
      run('c', '1', 1),
      run('d', 'x', null),
    ];
    const { tasks: common, models, leftOut, sentences } = slopeOf(runs);
    expect([common, models.length]).toEqual([6, 2]);
    expect(leftOut.map(({ because }) => because)).toEqual([
      'd has no list price or no known cost.',
      'c attempted too few of the tasks that the others share.',
    ]);
    expect(sentences.filter((sentence) => sentence.startsWith('Not in the chart'))).toHaveLength(2);
  });

  it('is none of unlike work, of one model, and of nothing', () => {
    expect(slopeOf([run('a', 't1', 1), run('b', 't2', 2)])).toMatchObject({ tasks: 0, models: [] });
    expect(slopeOf([run('a', 't1', 1), run('b', 't2', 2)]).sentences[0]).toContain('different work');
    expect(slopeOf([run('a', 't1', 1)]).sentences[0]).toContain('No two models');
    expect(slopeOf([]).models).toEqual([]);
  });

  it('agrees with the pairs on a table without gaps', () => {
    const costs = fc.array(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 3, maxLength: 3 }), {
      minLength: 2,
      maxLength: 5,
    });
    fc.assert(
      fc.property(costs, (table) => {
        const runs = table.flatMap((row, model) =>
          row.map((usd, task) => run(String.fromCharCode(97 + model), `t${task}`, usd)),
        );
        const { slope, pairs } = compareRuns(runs, { ...defaultCompareOptions, resamples: 0 });
        const rank = new Map(slope.models.map(({ model, costRank }) => [model, costRank]));
        for (const { a, b, state } of pairs) {
          const isCrossed = (rank.get(a) ?? 0) > (rank.get(b) ?? 0);
          expect(isCrossed).toBe(state === 'reversed' || state === 'possibly');
        }
      }),
    );
  });
});
