import { describe, expect, it } from 'vitest';
import { NewsBoard } from '../../../../src/vscode/tasks/newsBoard.ts';
import { newsOf, taskId } from '../../../support/taskStates.ts';

const window = { workspaceId: 'w-1', activeTaskId: null, nowMs: 1_000_000 };
const fresh = (fields: Parameters<typeof newsOf>[0] = {}) => newsOf({ atMs: window.nowMs, ...fields });
const idsOf = (news: readonly { readonly id: string }[]) => news.map(({ id }) => id);

describe('news of budgets', () => {
  it('are told once, over a reload too', () => {
    const board = new NewsBoard([]);
    const news = [fresh()];
    expect(idsOf(board.take(news, window))).toEqual(['news-1']);
    expect(board.take(news, window)).toEqual([]);
    expect(new NewsBoard(board.told).take(news, window)).toEqual([]);
  });

  it('are told by the window whose workspace or active task they are about, and by no other', () => {
    const elsewhere = [fresh({ workspaceId: 'w-2' })];
    expect(new NewsBoard([]).take(elsewhere, window)).toEqual([]);
    expect(new NewsBoard([]).take(elsewhere, { ...window, activeTaskId: taskId('login') })).toHaveLength(1);
    const ofMachine = [fresh({ workspaceId: 'w-2', taskId: null, extend: null })];
    expect(new NewsBoard([]).take(ofMachine, window)).toEqual([]);
  });

  it('make no storm: of a kind there is one a minute', () => {
    const board = new NewsBoard([]);
    const storm = Array.from({ length: 50 }, (_, index) => fresh({ id: `n-${index}` }));
    expect(idsOf(board.take(storm, window))).toEqual(['n-0']);
    const next = (id: string, kind: 'refused' | 'stopped', afterMs: number) =>
      board.take([fresh({ id, kind, atMs: window.nowMs + afterMs })], { ...window, nowMs: window.nowMs + afterMs });
    expect(next('too soon', 'stopped', 59_000)).toEqual([]);
    expect(idsOf(next('a while later', 'refused', 60_000))).toEqual(['a while later']);
  });

  it('of another task or dimension are another matter', () => {
    const board = new NewsBoard([]);
    const extend = { taskId: taskId('login'), dimension: 'calls', quarter: 1 } as const;
    const news = [fresh(), fresh({ id: 'n-2', extend }), fresh({ id: 'n-3', taskId: taskId('docs') })];
    expect(board.take(news, window)).toHaveLength(3);
  });

  it('leave marks out that a later one has overtaken in the same breath', () => {
    const news = [fresh({ id: 'n-3' }), fresh({ id: 'n-2', kind: 'soft90' }), fresh({ id: 'n-1', kind: 'soft75' })];
    expect(idsOf(new NewsBoard([]).take(news, window))).toEqual(['n-3']);
    expect(idsOf(new NewsBoard([]).take(news.slice(1), window))).toEqual(['n-2']);
    const alarm = fresh({ id: 'n-4', kind: 'alarm' });
    expect(idsOf(new NewsBoard([]).take([alarm, ...news], window))).toEqual(['n-4', 'n-3']);
  });

  it('that are old when they are first seen say nothing', () => {
    expect(new NewsBoard([]).take([fresh({ atMs: window.nowMs - 11 * 60_000 })], window)).toEqual([]);
  });
});
