import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../src/domain/clock.ts';
import { type Ledger, openLedger } from '../../../src/ledger/openLedger.ts';
import { admission, dime, limits, noon, spent, task, taskId } from './budgetFixtures.ts';
import { callId } from './callFixtures.ts';

function open(): Ledger {
  const ledger = openLedger({ path: ':memory:', timeZone: 'UTC', clock: systemClock, log: () => undefined });
  onTestFinished(() => ledger.close());
  return ledger;
}

const spentOf = ({ budget }: Ledger, index: number) => budget.task(taskId(index))?.account.spent.costNanoUsd;
const heldOf = ({ budget }: Ledger, index: number) => budget.task(taskId(index))?.account.held.costNanoUsd;

describe('tasks', () => {
  it('come back as they were saved, every field', () => {
    const { budget } = open();
    const plain = task({ id: taskId(2), workspaceId: null, folder: null, branch: null, checkCommand: null });
    const full = task({
      state: 'passed',
      endedAtMs: noon + 1,
      limits: { costNanoUsd: 1, thinkingTokens: 2, outputTokens: 3, toolCalls: 4, calls: 0 },
      mode: 'steady',
      countsSubscription: true,
      outcomeBy: 'you',
      proposal: { outcome: 'failed', because: 'the branch was reverted', atMs: noon + 2 },
    });
    budget.saveTask(full);
    budget.saveTask(plain);
    expect(budget.loadTasks().tasks.map((entry) => entry.task)).toEqual([full, plain]);
    budget.saveTask({ ...full, title: 'Other' });
    expect(budget.task(taskId(1))?.task).toEqual({ ...full, title: 'Other' });
    expect(budget.task(taskId(3))).toBeNull();
  });

  it('keep their account when their fields are replaced', () => {
    const ledger = open();
    ledger.budget.saveTask(task());
    ledger.writer.finish(spent(1, 7));
    ledger.budget.saveTask(task({ title: 'Other' }));
    expect(spentOf(ledger, 1)).toBe(7);
  });

  it('are extended twice by two who extend at once', () => {
    const { budget } = open();
    budget.saveTask(task({ limits: limits({ costNanoUsd: 100 }) }));
    budget.extendTask(taskId(1), 'costNanoUsd', 25);
    expect(budget.extendTask(taskId(1), 'costNanoUsd', 25)?.limits.costNanoUsd).toBe(150);
  });

  it('are not extended where there is no limit, nor beyond what a number holds', () => {
    const { budget } = open();
    budget.saveTask(task({ limits: limits({ calls: 1 }) }));
    expect(budget.extendTask(taskId(1), 'toolCalls', 5)?.limits.toolCalls).toBeNull();
    expect(budget.extendTask(taskId(1), 'calls', Number.MAX_SAFE_INTEGER)?.limits.calls).toBe(Number.MAX_SAFE_INTEGER);
    expect(budget.extendTask(taskId(9), 'calls', 1)).toBeNull();
  });

  it.each([0, -1, 1.5, Number.NaN, 1e99])('refuse to be extended by %s', (by) => {
    const { budget } = open();
    budget.saveTask(task({ limits: limits({ calls: 1 }) }));
    expect(() => budget.extendTask(taskId(1), 'calls', by)).toThrow('whole number above 0');
  });

  it('name their sessions, newest first', () => {
    const ledger = open();
    ledger.budget.saveTask(task());
    ledger.writer.finish(spent(1, 1, { session: 'old', startedAtMs: noon }));
    ledger.writer.finish(spent(2, 1, { session: 'new', startedAtMs: noon + 2 }));
    ledger.writer.finish(spent(3, 1, { session: 'old', startedAtMs: noon + 1 }));
    ledger.writer.finish(spent(4, 1, { session: 'none', taskId: null }));
    expect(ledger.budget.task(taskId(1))?.sessions).toEqual([
      { session: 'new', agent: 'claude-code', lastCallAtMs: noon + 2 },
      { session: 'old', agent: 'claude-code', lastCallAtMs: noon + 1 },
    ]);
  });

  it('that are deleted leave their calls without a task, and their holds in the other accounts', () => {
    const ledger = open();
    const { budget } = ledger;
    budget.saveTask(task());
    budget.setActive('w1', taskId(1));
    budget.bindSession('s1', taskId(1), false);
    budget.addEvent({ taskId: taskId(1), atMs: noon, kind: 'created', text: 'Created.', by: 'you' });
    ledger.writer.finish(spent(1, 7));
    budget.admit(admission(2));
    budget.deleteTask(taskId(1));
    budget.deleteTask(taskId(1));
    // The session stays out of every task: an address that names an older one must not take it back.
    const bindings = [{ session: 's1', taskId: null, isMoved: false }];
    expect(budget.loadTasks()).toEqual({ tasks: [], bindings, active: [] });
    expect(budget.events(null, 10)).toEqual([]);
    expect(ledger.reader.calls({}).map((record) => record.taskId)).toEqual([null]);
    ledger.writer.finish(spent(2, 3));
    budget.saveTask(task());
    expect(budget.task(taskId(1))?.account).toMatchObject({ spent: { calls: 0 }, openHolds: 0 });
    expect(budget.accounts(['machine day 2026-11-22'])[0]).toMatchObject({ spent: { costNanoUsd: 10 }, openHolds: 0 });
  });

  it('are active in one workspace each, until another is or none', () => {
    const { budget } = open();
    budget.saveTask(task());
    budget.saveTask(task({ id: taskId(2) }));
    budget.setActive('w1', taskId(1));
    budget.setActive('w2', taskId(1));
    budget.setActive('w1', taskId(2));
    budget.setActive('w2', null);
    expect(budget.loadTasks().active).toEqual([{ workspaceId: 'w1', taskId: taskId(2) }]);
    expect(() => budget.setActive('w1', taskId(9))).toThrow('no such task');
  });
});

describe('a session', () => {
  it('moves with its calls, their charges and what they hold', () => {
    const ledger = open();
    const { budget } = ledger;
    budget.saveTask(task());
    budget.saveTask(task({ id: taskId(2) }));
    ledger.writer.finish(spent(1, 7));
    ledger.writer.finish(spent(2, 5, { session: 'other' }));
    budget.admit(admission(3));
    ledger.writer.begin(spent(3, 1));
    expect(budget.bindSession('s1', taskId(2), true)).toBe(2);
    expect([spentOf(ledger, 1), spentOf(ledger, 2)]).toEqual([5, 7]);
    expect([heldOf(ledger, 1), heldOf(ledger, 2)]).toEqual([0, dime]);
    expect(budget.bindSession('s1', taskId(2), true)).toBe(0);
    ledger.writer.finish(spent(3, 2));
    expect([spentOf(ledger, 1), spentOf(ledger, 2), heldOf(ledger, 2)]).toEqual([5, 9, 0]);
    expect(ledger.reader.calls({ id: callId(3) })[0]?.taskId).toBe(taskId(2));
    expect(budget.accounts(['machine day 2026-11-22'])[0]?.spent.costNanoUsd).toBe(14);
  });

  it('that is taken out of its task stays out, the call that was in flight too', () => {
    const ledger = open();
    ledger.budget.saveTask(task());
    ledger.budget.admit(admission(1));
    ledger.writer.begin(spent(1, 1));
    expect(ledger.budget.bindSession('s1', null, true)).toBe(1);
    ledger.writer.finish(spent(1, 2));
    expect([spentOf(ledger, 1), heldOf(ledger, 1)]).toEqual([0, 0]);
    expect(ledger.reader.calls({})[0]?.taskId).toBeNull();
    expect(ledger.budget.loadTasks().bindings).toEqual([{ session: 's1', taskId: null, isMoved: true }]);
  });

  it('is put into a task without what it did before', () => {
    const ledger = open();
    ledger.budget.saveTask(task());
    ledger.writer.finish(spent(1, 7, { taskId: null }));
    expect(ledger.budget.bindSession('s1', taskId(1), false)).toBe(0);
    expect(spentOf(ledger, 1)).toBe(0);
    expect(ledger.budget.loadTasks().bindings).toEqual([{ session: 's1', taskId: taskId(1), isMoved: false }]);
    expect(() => ledger.budget.bindSession('s1', taskId(9), false)).toThrow('no such task');
  });

  it('keeps its name in the books when old calls are deleted', () => {
    const ledger = open();
    ledger.budget.saveTask(task());
    ledger.writer.finish(spent(1, 7));
    ledger.budget.bindSession('s1', taskId(1), false);
    ledger.budget.setActive('w9', taskId(1));
    ledger.writer.deleteBefore(null);
    expect(ledger.budget.loadTasks()).toMatchObject({ bindings: [{ session: 's1' }], active: [{ workspaceId: 'w9' }] });
  });
});

describe('events', () => {
  it('come newest first, of one task or of all, the newest thousand', () => {
    const { budget } = open();
    budget.saveTask(task());
    budget.saveTask(task({ id: taskId(2) }));
    for (let at = 0; at < 1100; at += 1) {
      budget.addEvent({ taskId: taskId(1), atMs: at, kind: 'refused', text: `Refused ${at}.`, by: 'Outlay' });
    }
    budget.addEvent({ taskId: taskId(2), atMs: 5000, kind: 'extended', text: 'Extended.', by: 'you (VS Code)' });
    budget.addEvent({ taskId: taskId(9), atMs: 6000, kind: 'extended', text: 'Nobody’s.', by: 'you (VS Code)' });
    expect(budget.events(taskId(1), 2).map(({ text }) => text)).toEqual(['Refused 1099.', 'Refused 1098.']);
    expect(budget.events(taskId(1), 5000)).toHaveLength(1000);
    expect(budget.events(null, 1)).toEqual([
      { taskId: taskId(2), atMs: 5000, kind: 'extended', text: 'Extended.', by: 'you (VS Code)' },
    ]);
  });
});

describe('what the meter keeps', () => {
  it('has the outputs of the newest calls that ended well', () => {
    const ledger = open();
    const output = (index: number, outputTokens: number | null) => ({ ...spent(index, 1).usage, outputTokens });
    ledger.writer.finish(spent(1, 1, { startedAtMs: noon, usage: output(1, 11) }));
    ledger.writer.finish(spent(2, 1, { startedAtMs: noon + 2, usage: output(2, 22) }));
    ledger.writer.finish(spent(3, 1, { startedAtMs: noon + 3, usage: output(3, null) }));
    ledger.writer.finish(spent(4, 1, { startedAtMs: noon + 4, status: 'aborted', usage: output(4, 44) }));
    ledger.writer.begin(spent(5, 1, { startedAtMs: noon + 5 }));
    expect(ledger.budget.recentOutputs(10).map(({ outputTokens }) => outputTokens)).toEqual([22, 11]);
    expect(ledger.budget.recentOutputs(1)).toEqual([
      { agent: 'claude-code', model: 'claude-opus-4-6', outputTokens: 22 },
    ]);
  });

  it('has the policy that was saved last', () => {
    const { budget } = open();
    expect(budget.loadPolicy()).toBeNull();
    budget.savePolicy({ a: 1 });
    budget.savePolicy({ mode: 'strict', limits: [1, null] });
    expect(budget.loadPolicy()).toEqual({ mode: 'strict', limits: [1, null] });
  });
});
