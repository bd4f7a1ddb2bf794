import { describe, expect, it } from 'vitest';
import { noLimits } from '../../../../src/domain/budget.ts';
import { noPolicy } from '../../../../src/meter/budget/budgetPolicy.ts';
import { call, callId, priced } from '../../ledger/callFixtures.ts';
import { budgetsOn, headOf, never, nowMs, passOf, requestOf, usd } from './budgetsRig.ts';

describe('A call without a hard budget', () => {
  it('is never held up: no task, a task without limits, or one that only warns', async () => {
    const { budgets, newTask } = await budgetsOn();
    await budgets.gate.admit(headOf(1), requestOf(10), never);
    expect(budgets.gate.concerns(headOf(1))).toBe(false);
    await newTask({});
    expect(budgets.gate.concerns(headOf(2, { session: 'another' }))).toBe(false);
    await newTask({ costNanoUsd: 0 }, { mode: 'warn' });
    expect(budgets.gate.concerns(headOf(3, { session: 'a third' }))).toBe(false);
  });
});

describe('A call under a hard budget', () => {
  it('holds its worst case, and its charge takes the hold’s place', async () => {
    const { budgets, books, newTask, finish } = await budgetsOn();
    const { id } = (await newTask({ costNanoUsd: usd(5) })).view.task;
    expect(budgets.gate.concerns(headOf(1))).toBe(true);
    expect(passOf(await budgets.gate.admit(headOf(1), requestOf(4000), never)).taskId).toBe(id);
    expect((await books.task(id))?.account).toMatchObject({ openHolds: 1, held: { costNanoUsd: usd(0.04), calls: 1 } });
    finish(1, id, 1000);
    expect((await books.task(id))?.account).toMatchObject({
      ...{ openHolds: 0, held: { costNanoUsd: 0 } },
      spent: { costNanoUsd: usd(0.01), outputTokens: 1000, calls: 1 },
    });
  });

  it('gives its hold back when its client left before anything was sent', async () => {
    const { budgets, books, newTask } = await budgetsOn();
    const { id } = (await newTask({ calls: 1 })).view.task;
    const pass = passOf(await budgets.gate.admit(headOf(1), requestOf(10), never));
    pass.release();
    pass.ended();
    await expect.poll(async () => (await books.task(id))?.account.openHolds).toBe(0);
    expect((await books.task(id))?.account.spent.calls).toBe(0);
  });

  it('waits for the holds of others and is admitted as soon as one is settled for less', async () => {
    const { budgets, newTask, finish } = await budgetsOn();
    const { id } = (await newTask({ outputTokens: 1000 })).view.task;
    passOf(await budgets.gate.admit(headOf(1), requestOf(800), never));
    const waiting = budgets.gate.admit(headOf(2), requestOf(800), never);
    finish(1, id, 100);
    expect((await waiting).kind).toBe('admitted');
  });

  it('is refused with the model’s name and the ways out where a dollar limit meets no price', async () => {
    const { budgets, newTask } = await budgetsOn();
    await newTask({ costNanoUsd: usd(5) });
    const answer = await budgets.gate.admit(headOf(1), requestOf(10, { model: 'nobody-sells-this' }), never);
    expect(answer).toMatchObject({ kind: 'refused', isTemporary: false });
    expect(answer.kind === 'refused' && answer.message).toMatch(
      /nobody-sells-this has no price.*Set a price.*or drop the dollar limit/,
    );
  });

  it('needs no price where only tokens are limited', async () => {
    const { budgets, newTask } = await budgetsOn();
    await newTask({ outputTokens: 100 });
    const answer = await budgets.gate.admit(headOf(1), requestOf(10, { model: 'nobody-sells-this' }), never);
    expect(answer.kind).toBe('admitted');
  });

  it('is refused for now, with the reason, while the books cannot be written', async () => {
    const { budgets, newTask } = await budgetsOn((books) => ({
      ...books,
      admit: () => Promise.reject(new Error('The disk is full.')),
    }));
    await newTask({ costNanoUsd: usd(5) });
    expect(await budgets.gate.admit(headOf(1), requestOf(10), never)).toMatchObject({
      ...{ kind: 'refused', isTemporary: true },
      message: expect.stringContaining('ledger cannot be written'),
    });
  });

  it('belongs to the task of the session that its body names', async () => {
    const { budgets, books, newTask } = await budgetsOn();
    const first = (await newTask({ calls: 5 })).view.task;
    passOf(await budgets.gate.admit(headOf(1, { session: 'in-body' }), requestOf(10), never));
    await newTask({ calls: 5 });
    const head = headOf(2, { session: null });
    expect(budgets.gate.concerns(head)).toBe(true);
    const pass = passOf(await budgets.gate.admit(head, requestOf(10, { session: 'in-body' }), never));
    expect(pass.taskId).toBe(first.id);
    expect((await books.task(first.id))?.account.openHolds).toBe(2);
  });

  it('is stopped by its own machine’s limit as well as by its task’s', async () => {
    const { budgets, newTask } = await budgetsOn();
    await newTask({ costNanoUsd: usd(5) });
    const day = { ...noLimits, calls: 0 };
    expect(await budgets.setPolicy({ ...noPolicy, machine: { ...noPolicy.machine, day } })).toEqual([]);
    const answer = await budgets.gate.admit(headOf(1), requestOf(10), never);
    expect(answer.kind === 'refused' && answer.message).toContain("this machine's limit for today (0 calls)");
  });
});

describe('What windows are told', () => {
  it('is each refusal once with the extension that helps, and the marks as they are passed', async () => {
    const { budgets, newTask, finish } = await budgetsOn();
    await budgets.readBoard();
    const { id } = (await newTask({ costNanoUsd: usd(0.04) })).view.task;
    passOf(await budgets.gate.admit(headOf(1), requestOf(3200), never));
    finish(1, id, 3200);
    await budgets.readBoard();
    for (const index of [2, 3, 4]) await budgets.gate.admit(headOf(index), requestOf(4000), never);
    const { news, tasks, active } = budgets.view({ live: [], recent: [], sessionsToday: [] });
    expect(news.map(({ kind, extend }) => [kind, extend])).toEqual([
      ['refused', { taskId: id, dimension: 'costNanoUsd', quarter: usd(0.01) }],
      ['soft75', { taskId: id, dimension: 'costNanoUsd', quarter: usd(0.01) }],
    ]);
    expect(news[1]?.text).toBe('75% of $0.04 is spent: the budget of “Fix login”.');
    expect(active).toEqual({ 'ws-1': id });
    expect(tasks[0]?.limits).toEqual([
      {
        ...{ dimension: 'costNanoUsd', limit: usd(0.04), spent: { kind: 'exact', value: usd(0.032) } },
        ...{ held: 0, free: usd(0.008), percent: 80, mark: 'soft75' },
      },
    ]);
  });

  it('is the median and the 90th percentile of tasks that ended, from five on', async () => {
    const { budgets, newTask, finish } = await budgetsOn();
    const similar = async () => {
      await budgets.readBoard();
      return budgets.view({ live: [], recent: [], sessionsToday: [] }).similar;
    };
    for (let index = 1; index <= 5; index++) {
      const { id } = (await newTask({})).view.task;
      finish(index, id, index * 1000);
      expect(await similar()).toBeNull();
      await budgets.office.close({ id, outcome: index % 2 ? 'passed' : 'failed', because: '', by: 'you' });
    }
    expect(await similar()).toEqual({ tasks: 5, medianNanoUsd: usd(0.03), p90NanoUsd: usd(0.05) });
  });
});

describe('What happens to a task', () => {
  it('is written down with who did it', async () => {
    const { budgets, newTask } = await budgetsOn();
    const { id } = (await newTask({ costNanoUsd: usd(5) })).view.task;
    await budgets.office.extend({ id, dimension: 'costNanoUsd', amount: usd(1.25), by: 'you (VS Code)' });
    await budgets.office.propose({ id, outcome: 'passed', because: 'branch fix was merged' });
    const { view, events } = await budgets.office.close({
      id,
      outcome: 'passed',
      because: 'branch fix was merged',
      by: 'you',
    });
    expect(view.task).toMatchObject({ state: 'passed', outcomeBy: 'branch fix was merged', proposal: null });
    expect(events.map(({ text, by }) => `${text} ${by}`)).toEqual([
      'Marked passed (branch fix was merged). you',
      'Extended by $1.25 to $6.25. you (VS Code)',
      'Created with a budget of $5.00. you',
    ]);
  });

  it('is another outcome where its work was reverted after it passed, and no word where it is the same', async () => {
    const { budgets, newTask } = await budgetsOn();
    const { id } = (await newTask({})).view.task;
    await budgets.office.close({ id, outcome: 'passed', because: '', by: 'you' });
    const propose = async (outcome: 'passed' | 'failed') =>
      (await budgets.office.propose({ id, outcome, because: 'git' })).view.task.proposal?.outcome ?? null;
    expect([await propose('passed'), await propose('failed')]).toEqual([null, 'failed']);
  });

  it('counts both of two extensions at once', async () => {
    const { budgets, newTask } = await budgetsOn();
    const { id } = (await newTask({ costNanoUsd: usd(5) })).view.task;
    const extend = () => budgets.office.extend({ id, dimension: 'costNanoUsd', amount: usd(1), by: 'you' });
    await Promise.all([extend(), extend()]);
    expect((await budgets.office.show(id)).view.task.limits.costNanoUsd).toBe(usd(7));
  });

  it('goes on while calls are in flight: closing or deleting it stops none of them', async () => {
    const { budgets, books, newTask, finish } = await budgetsOn();
    const [a, b] = [(await newTask({ calls: 9 })).view.task, (await newTask({ calls: 9 })).view.task];
    passOf(await budgets.gate.admit(headOf(1, { taskId: a.id, session: 'a' }), requestOf(10), never));
    passOf(await budgets.gate.admit(headOf(2, { taskId: b.id, session: 'b' }), requestOf(10), never));
    await budgets.office.close({ id: a.id, outcome: 'abandoned', because: '', by: 'you' });
    await budgets.office.delete(b.id);
    finish(1, a.id, 5);
    finish(2, b.id, 5);
    expect((await books.task(a.id))?.account).toMatchObject({ openHolds: 0, spent: { calls: 1 } });
    expect(await books.task(b.id)).toBeNull();
    expect(budgets.view({ live: [], recent: [], sessionsToday: [] }).active).toEqual({});
  });

  it('refuses everything once its limit was lowered below what is spent, and says so', async () => {
    const { budgets, newTask, finish } = await budgetsOn();
    const { id } = (await newTask({ costNanoUsd: usd(5) })).view.task;
    passOf(await budgets.gate.admit(headOf(1), requestOf(4000), never));
    finish(1, id, 4000);
    await budgets.office.change({ id, by: 'you', limits: { ...noLimits, costNanoUsd: usd(0.01) } });
    const answer = await budgets.gate.admit(headOf(2), requestOf(10), never);
    expect(answer.kind === 'refused' && answer.message).toContain('($0.01) is used up: $0.04 spent');
  });
});

describe('A call that an extension host makes itself', () => {
  it('is counted against what is left by its window, until the books know of it', async () => {
    const { budgets, ledger, newTask } = await budgetsOn();
    const { id: taskId } = (await newTask({ costNanoUsd: usd(1) }, { mode: 'steady' })).view.task;
    await budgets.readBoard();
    const rooms = () => budgets.hostOrders('ws-1').rooms.map(({ calls, onlyEnded }) => ({ calls, onlyEnded }));
    // Nothing is known yet of what a call comes to.
    expect([budgets.hostOrders('ws-1').taskId, rooms()]).toEqual([taskId, [{ calls: 8, onlyEnded: true }]]);
    const record = call({
      ...{ id: callId(1), taskId, workspaceId: 'ws-1', startedAtMs: nowMs, source: 'host' },
      cost: priced(0, usd(0.25)),
    });
    ledger.writer.finish(record);
    budgets.booked(record);
    budgets.booked({ ...record, id: callId(2), source: 'gateway' });
    expect(await budgets.readBoard()).toEqual([record.id]);
    expect(rooms()).toEqual([{ calls: 3, onlyEnded: false }]);
    expect(await budgets.readBoard()).toEqual([]);
    // Another task has no call yet: those of this month tell what one comes to.
    await newTask({ costNanoUsd: usd(2) }, { mode: 'steady' });
    await budgets.readBoard();
    expect(rooms()).toEqual([{ calls: 8, onlyEnded: false }]);
  });

  it('is told of as refused for good, and for the moment only where its agent cannot say so', async () => {
    const { budgets, ledger, newTask } = await budgetsOn();
    const { id: taskId } = (await newTask({ costNanoUsd: usd(1), calls: 2 }, { mode: 'steady' })).view.task;
    const record = call({ id: callId(1), taskId, workspaceId: 'ws-1', startedAtMs: nowMs, cost: priced(0, usd(0.5)) });
    ledger.writer.finish(record);
    await budgets.readBoard();
    const news = () => budgets.view({ live: [], recent: [], sessionsToday: [] }).news.map(({ text }) => text);
    const refused = { kind: 'refused', caller: 'some.agent' } as const;
    budgets.hostRefused('ws-1', { ...refused, how: 'answered', filled: 'costNanoUsd' });
    budgets.hostRefused('ws-1', { ...refused, how: 'aborted' });
    budgets.hostRefused('ws-1', { ...refused, how: 'aborted', filled: 'toolCalls' });
    expect(news()).toEqual([]);
    budgets.hostRefused('ws-1', { ...refused, how: 'aborted', filled: 'costNanoUsd' });
    expect(news()).toEqual([
      "Outlay: the budget of 'Fix login' ($1.00) is reserved by 1 call in flight: $0.50 spent, $0.50 held. Wait for them to end, or extend it in the Outlay sidebar. some.agent was stopped and cannot say so itself.",
    ]);
    budgets.hostRefused('ws-1', { ...refused, how: 'answered', filled: 'calls' });
    expect(news()[0]).toBe(
      "Outlay: the budget of 'Fix login' (2 calls) is used up: 2 calls spent. Extend it in the Outlay sidebar.",
    );
  });
});
