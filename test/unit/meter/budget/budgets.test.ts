import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { windowAccountKeys } from '../../../../src/budget/accountKeys.ts';
import { type Limits, noLimits } from '../../../../src/domain/budget.ts';
import type { CallHead, GateAnswer, GatePass, GateRequest } from '../../../../src/gateway/contract.ts';
import type { AdmitAnswer, BudgetBooks } from '../../../../src/ledger/contract.ts';
import { openLedger } from '../../../../src/ledger/openLedger.ts';
import { promisedBooks } from '../../../../src/ledger/promisedBooks.ts';
import { noPolicy } from '../../../../src/meter/budget/budgetPolicy.ts';
import { Budgets } from '../../../../src/meter/budget/budgets.ts';
import type { NewTask, TaskDetails } from '../../../../src/protocol/tasks.ts';
import { call, callId, priced, usage } from '../../ledger/callFixtures.ts';
import { tempDir } from '../../ledger/tempDir.ts';

const nowMs = Date.UTC(2026, 10, 22, 12);
const clock = { nowMs: () => nowMs, monotonicMs: () => performance.now() };
const never = new AbortController().signal;

/** $10 per million tokens of output, nothing for input. */
const prices = [
  {
    match: 'made-up',
    ...{ inputUsdPerMtok: 0, cacheReadUsdPerMtok: 0, cacheWrite5mUsdPerMtok: 0, cacheWrite1hUsdPerMtok: 0 },
    outputUsdPerMtok: 10,
  },
];
const usd = (dollars: number): number => Math.round(dollars * 1e9);

async function budgetsOn(change: (books: BudgetBooks) => BudgetBooks = (books) => books) {
  const ledger = openLedger({ path: join(tempDir(), 'ledger.sqlite'), clock, timeZone: 'UTC', log: () => undefined });
  const books = change(promisedBooks(ledger.budget));
  const budgets = new Budgets({
    ...{ books, clock, log: () => undefined, onChange: () => undefined },
    isOn: () => true,
    baseUrls: (id) => ({ anthropic: `http://127.0.0.1/token/${id}/anthropic` }),
  });
  budgets.setPriceOverrides(prices);
  onTestFinished(() => {
    budgets.close();
    ledger.close();
  });
  await books.loadTasks().catch(() => undefined);
  const newTask = (limits: Partial<Limits>, fields: Partial<NewTask> = {}): Promise<TaskDetails> =>
    budgets.office.create({
      title: 'Fix login',
      ...{ workspaceId: 'ws-1', folder: null, branch: null, checkCommand: null },
      limits: { ...noLimits, ...limits },
      mode: 'strict',
      countsSubscription: false,
      activate: true,
      by: 'you',
      ...fields,
    });
  /** Books the end of a call that was admitted. */
  const finish = (index: number, taskId: string | null, outputTokens: number): void => {
    const record = call({
      id: callId(index),
      ...{ taskId, session: 's', workspaceId: 'ws-1', startedAtMs: nowMs },
      usage: usage({ outputTokens, thinkingTokens: 0 }),
      cost: priced(0, outputTokens * 10_000),
    });
    ledger.writer.finish(record);
    budgets.booked(record);
  };
  return { budgets, books, ledger, newTask, finish };
}

/** With what the books answered to each question, in their order. */
async function budgetsWithAnswers() {
  const answers: AdmitAnswer[] = [];
  const made = await budgetsOn((books) => ({
    ...books,
    admit: async (request) => {
      const answer = await books.admit(request);
      answers.push(answer);
      return answer;
    },
  }));
  return { ...made, answers };
}

const headOf = (index: number, fields: Partial<CallHead> = {}): CallHead => ({
  id: callId(index),
  startedAtMs: nowMs,
  ...{ workspaceId: 'ws-1', taskId: null, isWatched: false, routeId: 'anthropic', provider: 'anthropic' },
  api: 'anthropic-messages',
  ...{ pathModel: null, pathStream: null, auth: 'key', agent: 'claude-code', session: 's', subAgent: null },
  requestEncoding: null,
  ...fields,
});

const requestOf = (maxOutputTokens: number | null, fields: Partial<GateRequest['facts']> = {}): GateRequest => ({
  facts: {
    model: 'made-up',
    stream: true,
    effort: null,
    maxOutputTokens,
    ...{ serviceTier: null, speed: null, session: null, textBytes: 10, problems: [] },
    ...fields,
  },
  bodyBytes: 100,
});

function passOf(answer: GateAnswer): GatePass {
  if (answer.kind !== 'admitted') throw new Error(`refused: ${answer.message}`);
  return answer;
}

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

describe('A steady budget', () => {
  const hidden = { api: 'openai-responses', provider: 'openai' } as const;

  it('holds what is left where the usual amount does not fit, and stops the stream when that is used', async () => {
    const { budgets, books, newTask } = await budgetsOn();
    const { id } = (await newTask({ outputTokens: 2000 }, { mode: 'steady' })).view.task;
    const pass = passOf(await budgets.gate.admit(headOf(1), requestOf(64_000), never));
    expect((await books.task(id))?.account.held.outputTokens).toBe(2000);
    const stops: string[] = [];
    pass.onStop((message) => stops.push(message));
    const counted = (outputTokens: number) =>
      budgets.counted([
        { id: callId(1), amounts: { costNanoUsd: 0, thinkingTokens: 0, outputTokens, toolCalls: 0, calls: 1 } },
      ]);
    counted(1999);
    await expect.poll(async () => (await books.task(id))?.account.held.outputTokens).toBe(2000);
    expect(stops).toEqual([]);
    counted(2001);
    await expect.poll(() => stops).toHaveLength(1);
    expect(stops[0]).toContain("the budget of 'Fix login' (2,000 output tokens) is used up: 2,001 output tokens spent");
  });

  it('follows a limit of the day that is raised while a stream runs', async () => {
    const { budgets, books } = await budgetsOn();
    const limited = (outputTokens: number) =>
      budgets.setPolicy({ ...noPolicy, machine: { ...noPolicy.machine, day: { ...noLimits, outputTokens } } });
    await limited(2000);
    const pass = passOf(await budgets.gate.admit(headOf(1), requestOf(64_000), never));
    const stops: string[] = [];
    pass.onStop((message) => stops.push(message));
    await limited(50_000);
    const amounts = { costNanoUsd: 0, thinkingTokens: 0, outputTokens: 1900, toolCalls: 0, calls: 1 };
    budgets.counted([{ id: callId(1), amounts }]);
    const day = windowAccountKeys({ workspaceId: 'ws-1', atMs: nowMs, timeZone: null })[0] ?? '';
    await expect.poll(async () => (await books.accounts([day]))[0]?.held.outputTokens).toBeGreaterThan(2500);
    budgets.counted([{ id: callId(1), amounts: { ...amounts, outputTokens: 2100 } }]);
    expect(stops).toEqual([]);
  });

  it('holds the worst case where thinking is hidden', async () => {
    const { budgets, books, newTask } = await budgetsOn();
    const { id } = (await newTask({ outputTokens: 500_000 }, { mode: 'steady' })).view.task;
    passOf(await budgets.gate.admit(headOf(1, hidden), requestOf(64_000), never));
    expect((await books.task(id))?.account.held.outputTokens).toBe(64_000);
  });

  it.each([
    ['anthropic-messages', {}, { omitsThinking: true }, 64_000],
    ['anthropic-messages', { countsThinking: true }, { omitsThinking: true }, 16_384],
    ['anthropic-messages', {}, {}, 16_384],
    ['bedrock-converse', {}, { omitsThinking: true }, 64_000],
    ['bedrock-converse', {}, {}, 16_384],
  ] as const)('of Claude (%s, %j, %j) holds %i tokens', async (api, head, facts, held) => {
    const { budgets, books, newTask } = await budgetsOn();
    const { id } = (await newTask({ outputTokens: 500_000 }, { mode: 'steady' })).view.task;
    passOf(await budgets.gate.admit(headOf(1, { api, ...head }), requestOf(64_000, facts), never));
    expect((await books.task(id))?.account.held.outputTokens).toBe(held);
  });

  it('holds the worst case where the answer comes in one piece, and refuses what does not fit', async () => {
    const { budgets, books, newTask } = await budgetsOn();
    const { id } = (await newTask({ outputTokens: 40_000 }, { mode: 'steady' })).view.task;
    passOf(await budgets.gate.admit(headOf(1), requestOf(32_000, { stream: false }), never));
    expect((await books.task(id))?.account.held.outputTokens).toBe(32_000);
    const larger = await budgets.gate.admit(headOf(2), requestOf(64_000, { stream: false }), never);
    expect(larger).toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('may need 64,000 output tokens'),
    });
  });

  it('lets a call wait that others keep out, although its usual amount is above what is left', async () => {
    const { budgets, books, newTask, finish, answers } = await budgetsWithAnswers();
    const { id } = (await newTask({ outputTokens: 10_000 }, { mode: 'steady' })).view.task;
    passOf(await budgets.gate.admit(headOf(1), requestOf(64_000), never));
    const waiting = budgets.gate.admit(headOf(2), requestOf(64_000), never);
    await expect.poll(() => answers.at(-1)).toMatchObject({ kind: 'refused', refusal: { reason: 'reserved' } });
    finish(1, id, 2000);
    passOf(await waiting);
    expect((await books.task(id))?.account).toMatchObject({
      spent: { outputTokens: 2000 },
      held: { outputTokens: 8000 },
      openHolds: 1,
    });
  });

  it('refuses a call at once for which too little is left even without the others', async () => {
    const { budgets, newTask, finish } = await budgetsOn();
    const { id } = (await newTask({ outputTokens: 3000 }, { mode: 'steady' })).view.task;
    passOf(await budgets.gate.admit(headOf(1), requestOf(1000), never));
    passOf(await budgets.gate.admit(headOf(2), requestOf(1000), never));
    finish(1, id, 2000);
    const answer = await budgets.gate.admit(headOf(3), requestOf(64_000), never);
    expect(answer).toMatchObject({ kind: 'refused', message: expect.stringContaining('this one call is too large') });
  });

  it('holds the 99th percentile of what such calls came to, once there are twenty', async () => {
    const { budgets, books, newTask, finish } = await budgetsOn();
    for (let index = 100; index < 130; index++) {
      const record = call({
        ...{ id: callId(index), agent: 'claude-code', model: 'made-up' },
        usage: usage({ outputTokens: index }),
      });
      budgets.booked(record);
    }
    const { id } = (await newTask({ outputTokens: 500_000 }, { mode: 'steady' })).view.task;
    passOf(await budgets.gate.admit(headOf(1), requestOf(64_000), never));
    expect((await books.task(id))?.account.held.outputTokens).toBe(129);
    finish(1, id, 1);
  });
});

describe('A day’s work that comes to 60% of its steady budget', () => {
  it('is refused nothing, with four calls in flight at a time and a max output far above what is used', async () => {
    const { budgets, newTask, finish } = await budgetsOn();
    // From 200 to 8,000 tokens, most of them short, as agents’ calls are.
    const outputs = Array.from(
      { length: 400 },
      (_, index) => 200 + Math.round(7800 * (((index * 37) % 101) / 100) ** 3),
    );
    const total = outputs.reduce((sum, outputTokens) => sum + outputTokens, 0);
    const { id } = (await newTask({ costNanoUsd: Math.round((total * 10_000) / 0.6) }, { mode: 'steady' })).view.task;
    let refused = 0;
    for (let first = 0; first < outputs.length; first += 4) {
      const group = outputs.slice(first, first + 4);
      const admitted = group.map((outputTokens, index) =>
        budgets.gate.admit(headOf(first + index), requestOf(32_000), never).then((answer) => {
          if (answer.kind === 'refused') refused++;
          finish(first + index, id, outputTokens);
        }),
      );
      await Promise.all(admitted);
    }
    expect(refused).toBe(0);
  });
});

describe('Lowering the max output', () => {
  it('sends the largest that fits, where the user allows it', async () => {
    const { budgets, books, newTask } = await budgetsOn();
    const { id } = (await newTask({ costNanoUsd: usd(0.02) })).view.task;
    expect((await budgets.gate.admit(headOf(1), requestOf(64_000), never)).kind).toBe('refused');
    await budgets.setPolicy({ ...noPolicy, lowerMaxOutput: true });
    const pass = passOf(await budgets.gate.admit(headOf(2), requestOf(64_000), never));
    expect(pass.maxOutputTokens).toBe(2000);
    expect((await books.task(id))?.account.held.costNanoUsd).toBe(usd(0.02));
  });

  it('waits for others where the least that it may be lowered to fits without them', async () => {
    const { budgets, newTask, finish, answers } = await budgetsWithAnswers();
    const { id } = (await newTask({ costNanoUsd: usd(0.02) })).view.task;
    await budgets.setPolicy({ ...noPolicy, lowerMaxOutput: true });
    expect(passOf(await budgets.gate.admit(headOf(1), requestOf(64_000), never)).maxOutputTokens).toBe(2000);
    const waiting = budgets.gate.admit(headOf(2), requestOf(64_000), never);
    await expect.poll(() => answers.at(-1)).toMatchObject({ kind: 'refused', refusal: { reason: 'reserved' } });
    finish(1, id, 500);
    expect(passOf(await waiting).maxOutputTokens).toBe(1500);
    finish(2, id, 600);
    const answer = await budgets.gate.admit(headOf(3), requestOf(64_000), never);
    expect(answer).toMatchObject({ kind: 'refused', message: expect.stringContaining('this one call is too large') });
  });

  it('never goes below the thinking budget and room for an answer', async () => {
    const { budgets, newTask } = await budgetsOn();
    await newTask({ costNanoUsd: usd(0.02) });
    await budgets.setPolicy({ ...noPolicy, lowerMaxOutput: true });
    const request = requestOf(64_000, { effort: 'budget 1000' });
    expect((await budgets.gate.admit(headOf(1), request, never)).kind).toBe('refused');
    expect((await budgets.gate.admit(headOf(2), requestOf(64_000, { effort: 'budget 900' }), never)).kind).toBe(
      'admitted',
    );
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
