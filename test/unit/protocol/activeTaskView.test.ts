import { describe, expect, it } from 'vitest';
import { taskSectionView } from '../../../src/protocol/activeTaskView.ts';
import { noTasks } from '../../../src/protocol/tasks.ts';
import {
  budgetTasks,
  lineOf,
  newsOf,
  snapshotOfTasks,
  stoppedTasks,
  taskId,
  viewOf,
} from '../../support/taskStates.ts';

const nowMs = 1_800_000_000_000;

describe('the active task of a window', () => {
  it('is none where no task is active, or where the active one is done or gone', () => {
    const done = viewOf({ state: 'passed' });
    for (const tasks of [
      noTasks,
      snapshotOfTasks({ tasks: [done], active: { 'w-1': done.task.id } }),
      snapshotOfTasks({ active: { 'w-1': taskId('gone') } }),
    ]) {
      expect(taskSectionView(tasks, 'w-1', nowMs).task).toBeNull();
    }
  });

  it('says what it spent, its shares, its rate and each limit', () => {
    const { task } = taskSectionView(budgetTasks(nowMs), 'w-1', nowMs);
    expect(task).toMatchObject({ title: 'Fix login', share: '59%', subscription: null, notes: [] });
    expect([task?.spent.text, task?.thinking.text, task?.visible.text, task?.rate?.text]).toEqual([
      '$2.60',
      '61K',
      '43K',
      '≈$8.40',
    ]);
    expect(task?.lines.map(({ bare }) => bare)).toEqual(['62% of $5.00', '76% of 80K', '66% of 50']);
    expect(task?.atWork).toBe('at work: claude-code, codex');
  });

  it('has no share where thinking is unknown, and says what is unpriced or at API prices', () => {
    const { task } = taskSectionView(stoppedTasks(nowMs), 'w-1', nowMs);
    expect([task?.share, task?.thinking.text, task?.subscription?.text]).toEqual([null, '-', '≈$1.12']);
    expect(task?.notes).toEqual(['2 calls unpriced']);
  });

  it('has the limits of the machine and of its own folder', () => {
    const tasks = snapshotOfTasks({
      scopes: [
        { scope: { kind: 'machine', period: 'month' }, mode: 'steady', limits: [lineOf()] },
        { scope: { kind: 'machine', period: 'day' }, mode: 'steady', limits: [] },
        { scope: { kind: 'folder', workspaceId: 'w-1', period: 'day' }, mode: 'steady', limits: [lineOf()] },
        { scope: { kind: 'folder', workspaceId: 'w-2', period: 'day' }, mode: 'steady', limits: [lineOf()] },
      ],
    });
    const names = taskSectionView(tasks, 'w-1', nowMs).scopes.map(({ name }) => name);
    expect(names).toEqual(['This machine this month', 'This folder today']);
  });

  it('shows alarms of its workspace and its task for ten minutes', () => {
    const alarm = { kind: 'alarm' as const, extend: null };
    const news = [
      newsOf({ ...alarm, id: 'own', atMs: nowMs - 1_000, taskId: null }),
      newsOf({ ...alarm, id: 'task', atMs: nowMs - 1_000, workspaceId: 'w-2' }),
      newsOf({ ...alarm, id: 'other', atMs: nowMs - 1_000, workspaceId: 'w-2', taskId: null }),
      newsOf({ ...alarm, id: 'old', atMs: nowMs - 11 * 60_000 }),
      newsOf({ id: 'no alarm', atMs: nowMs }),
    ];
    const { alarms } = taskSectionView({ ...budgetTasks(nowMs), news }, 'w-1', nowMs);
    expect(alarms.map(({ id }) => id)).toEqual(['own', 'task']);
  });
});
