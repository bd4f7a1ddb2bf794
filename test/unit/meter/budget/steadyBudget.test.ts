import { describe, expect, it } from 'vitest';
import { windowAccountKeys } from '../../../../src/budget/accountKeys.ts';
import { noLimits } from '../../../../src/domain/budget.ts';
import { noPolicy } from '../../../../src/meter/budget/budgetPolicy.ts';
import { call, callId, usage } from '../../ledger/callFixtures.ts';
import { budgetsOn, budgetsWithAnswers, headOf, never, nowMs, passOf, requestOf, usd } from './budgetsRig.ts';

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

  it('is not said to be used up by a call that was over, and settled, when its last count came', async () => {
    const answers: Promise<unknown>[] = [];
    const { budgets, ledger, newTask } = await budgetsOn((books) => ({
      ...books,
      topUp: (...question) => {
        const answer = books.topUp(...question);
        answers.push(answer);
        return answer;
      },
    }));
    const { id } = (await newTask({ outputTokens: 100_000 }, { mode: 'steady' })).view.task;
    const pass = passOf(await budgets.gate.admit(headOf(1), requestOf(64_000), never));
    pass.ended();
    const end = { taskId: id, workspaceId: 'ws-1', startedAtMs: nowMs, usage: usage({ outputTokens: 20_000 }) };
    ledger.writer.finish(call({ id: callId(1), ...end }));
    budgets.counted([
      { id: callId(1), amounts: { costNanoUsd: 0, thinkingTokens: 0, outputTokens: 20_000, toolCalls: 0, calls: 1 } },
    ]);
    expect(await Promise.all(answers)).toMatchObject([{ kind: 'refused' }]);
    const { events } = await budgets.office.close({ id, outcome: 'passed', because: '', by: 'you' });
    expect(events.map(({ kind }) => kind)).not.toContain('stopped');
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
