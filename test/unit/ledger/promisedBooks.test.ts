import { describe, expect, it } from 'vitest';
import { promisedBooks } from '../../../src/ledger/promisedBooks.ts';
import { admission, dime, limits, spent, task, taskId, taskKey } from './budgetFixtures.ts';
import { callId } from './callFixtures.ts';
import { openBooks } from './importFixtures.ts';

describe('books without a thread', () => {
  it('do all that is asked of tasks and budgets', async () => {
    const ledger = openBooks();
    const books = promisedBooks(ledger.budget);
    await books.saveTask(task({ limits: limits({ calls: 2 }) }));
    await books.setActive('w1', taskId(1));
    await books.savePolicy({ mode: 'steady' });
    expect(await books.loadPolicy()).toEqual({ mode: 'steady' });
    await books.addEvent({ taskId: taskId(1), atMs: 1, kind: 'created', text: 'Created.', by: 'you' });
    expect(await books.events(taskId(1), 5)).toMatchObject([{ text: 'Created.' }]);
    expect(await books.admit(admission(1))).toEqual({ kind: 'admitted' });
    expect(await books.admit(admission(2))).toEqual({ kind: 'admitted' });
    expect(await books.admit(admission(3))).toMatchObject({ kind: 'refused' });
    expect((await books.extendTask(taskId(1), 'calls', 3))?.limits.calls).toBe(5);
    expect(await books.topUp(callId(1), { ...admission(1).hold, costNanoUsd: 3 * dime }, [])).toEqual({
      kind: 'admitted',
    });
    expect(await books.accounts([taskKey])).toMatchObject([{ held: { costNanoUsd: 4 * dime }, openHolds: 2 }]);
    await books.chargeWhole(callId(1));
    await books.release(callId(2));
    expect(await books.task(taskId(1))).toMatchObject({
      account: { spent: { costNanoUsd: 3 * dime }, openHolds: 0, estimatedCharges: 1 },
    });
    ledger.writer.finish(spent(4, dime));
    expect(await books.recentOutputs(5)).toMatchObject([{ outputTokens: 40 }]);
    expect(await books.bindSession('s1', null, true)).toBe(1);
    expect(await books.loadTasks()).toMatchObject({
      tasks: [{ account: { spent: { costNanoUsd: 3 * dime } } }],
      bindings: [{ session: 's1', taskId: null }],
      active: [{ workspaceId: 'w1', taskId: taskId(1) }],
    });
    await books.deleteTask(taskId(1));
    expect(await books.task(taskId(1))).toBeNull();
    ledger.close();
  });

  it('reject what cannot be done', async () => {
    const ledger = openBooks();
    const answer = promisedBooks(ledger.budget).setActive('w1', taskId(1));
    await expect(answer).rejects.toThrow('There is no such task');
    ledger.close();
  });
});
