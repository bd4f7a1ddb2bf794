import { describe, expect, it } from 'vitest';
import { admission, spent, task, taskId, taskKey } from './budgetFixtures.ts';
import { callId } from './callFixtures.ts';
import { openBooks } from './importFixtures.ts';

describe('the budgets of an open ledger', () => {
  it('keep what is said of tasks, sessions and limits, and forget what is deleted', () => {
    const { budget, writer, close } = openBooks();
    budget.saveTask(task());
    budget.setActive('w1', taskId(1));
    budget.savePolicy({ mode: 'steady' });
    budget.addEvent({ taskId: taskId(1), atMs: 1, kind: 'created', text: 'Created.', by: 'you' });
    budget.admit(admission(1));
    budget.release(callId(1));
    writer.finish(spent(2, 7));
    expect(budget.accounts([taskKey])).toMatchObject([{ spent: { costNanoUsd: 7 }, openHolds: 0 }]);
    expect(budget.bindSession('s1', null, true)).toBe(1);
    expect(budget.loadTasks()).toMatchObject({
      bindings: [{ session: 's1', taskId: null }],
      active: [{ workspaceId: 'w1', taskId: taskId(1) }],
    });
    expect(budget.recentOutputs(5)).toMatchObject([{ outputTokens: 40 }]);
    expect(budget.events(null, 5)).toMatchObject([{ text: 'Created.' }]);
    expect(budget.loadPolicy()).toEqual({ mode: 'steady' });
    budget.deleteTask(taskId(1));
    expect(budget.task(taskId(1))).toBeNull();
    close();
  });
});
