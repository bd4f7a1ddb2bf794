import { describe, expect, it, onTestFinished } from 'vitest';
import { taskAccountKey } from '../../../src/budget/accountKeys.ts';
import { systemClock } from '../../../src/domain/clock.ts';
import { type Ledger, openLedger } from '../../../src/ledger/openLedger.ts';
import { admission, amounts, dime, limits, machineDay, noon, spent, task, taskId, taskKey } from './budgetFixtures.ts';
import { call, callId, unpriced, usage } from './callFixtures.ts';

function open(): Ledger {
  const ledger = openLedger({ path: ':memory:', timeZone: 'UTC', clock: systemClock, log: () => undefined });
  onTestFinished(() => ledger.close());
  return ledger;
}

function openWithTask(change: Parameters<typeof task>[0] = {}): Ledger {
  const ledger = open();
  ledger.budget.saveTask(task({ limits: limits({ costNanoUsd: 50 * dime }), ...change }));
  return ledger;
}

const accountOf = ({ budget }: Ledger, key = taskKey) => budget.accounts([key])[0];

describe('admission', () => {
  it('holds in the task, and in day and month of folder and machine', () => {
    const ledger = openWithTask();
    expect(ledger.budget.admit(admission(1))).toEqual({ kind: 'admitted' });
    const keys = [taskKey, ...admission(1).accountKeys];
    expect(keys).toHaveLength(5);
    for (const account of ledger.budget.accounts(keys)) {
      expect(account).toMatchObject({ held: { costNanoUsd: dime, outputTokens: 100, calls: 1 }, openHolds: 1 });
      expect(account.spent.costNanoUsd).toBe(0);
    }
  });

  it('admits up to the limit and refuses what comes after, with the numbers of the sentence', () => {
    const ledger = openWithTask({ limits: limits({ costNanoUsd: 3 * dime }) });
    const answers = [1, 2, 3, 4].map((index) => ledger.budget.admit(admission(index)));
    expect(answers.map(({ kind }) => kind)).toEqual(['admitted', 'admitted', 'admitted', 'refused']);
    expect(answers[3]).toEqual({
      kind: 'refused',
      refusal: {
        reason: 'reserved',
        scope: { kind: 'task', taskId: taskId(1), title: 'Fix login' },
        dimension: 'costNanoUsd',
        limit: 3 * dime,
        spent: 0,
        held: 3 * dime,
        needed: dime,
        openHolds: 3,
      },
    });
  });

  it('of a call that has a hold keeps that hold', () => {
    const ledger = openWithTask({ limits: limits({ costNanoUsd: dime }) });
    ledger.budget.admit(admission(1));
    expect(ledger.budget.admit(admission(1, { hold: amounts({ costNanoUsd: 9 * dime }) })).kind).toBe('admitted');
    expect(accountOf(ledger)).toMatchObject({ held: { costNanoUsd: dime }, openHolds: 1 });
  });

  it('of a call that asks twice holds once, though there is room for both', () => {
    const ledger = openWithTask();
    ledger.budget.admit(admission(1));
    expect(ledger.budget.admit(admission(1, { hold: amounts({ costNanoUsd: 9 * dime }) }))).toEqual({
      kind: 'admitted',
    });
    expect(accountOf(ledger)).toMatchObject({ held: { costNanoUsd: dime }, openHolds: 1 });
  });

  it('holds in the accounts that limit the call as well, each once', () => {
    const ledger = openWithTask();
    const [first = ''] = admission(1).accountKeys;
    const tomorrow = machineDay({ calls: 9 }, { accountKey: 'machine day 2026-11-23' });
    ledger.budget.admit(admission(1, { limits: [tomorrow, machineDay({ calls: 9 }, { accountKey: first })] }));
    expect(accountOf(ledger, tomorrow.accountKey)?.openHolds).toBe(1);
    expect(accountOf(ledger, first)?.openHolds).toBe(1);
  });

  it('of a call that was released may hold again', () => {
    const ledger = openWithTask();
    ledger.budget.admit(admission(1));
    ledger.budget.release(callId(1));
    ledger.budget.admit(admission(1, { hold: amounts({ costNanoUsd: 2 * dime }) }));
    expect(accountOf(ledger)?.held.costNanoUsd).toBe(2 * dime);
  });

  it('keeps the limits of the machine as well, and reports the gravest reason', () => {
    const ledger = openWithTask({ limits: limits({ costNanoUsd: dime }) });
    ledger.budget.admit(admission(1));
    const answer = ledger.budget.admit(admission(2, { limits: [machineDay({ calls: 0 })] }));
    expect(answer).toMatchObject({ refusal: { reason: 'used-up', scope: { kind: 'machine' }, dimension: 'calls' } });
    expect(accountOf(ledger, 'machine day 2026-11-22')?.openHolds).toBe(1);
  });

  it('limits nothing for a task that is not in the books, and holds without it', () => {
    const ledger = open();
    expect(ledger.budget.admit(admission(1))).toEqual({ kind: 'admitted' });
    expect(accountOf(ledger)?.openHolds).toBe(0);
    expect(accountOf(ledger, 'machine day 2026-11-22')?.openHolds).toBe(1);
  });

  it('books a hold that is no number at the most, and one below zero at nothing', () => {
    const ledger = openWithTask({ limits: limits({ outputTokens: 5 }) });
    const hold = amounts({ costNanoUsd: -5, outputTokens: Number.NaN });
    expect(ledger.budget.admit(admission(1, { hold }))).toMatchObject({ refusal: { reason: 'too-large' } });
    ledger.budget.admit(admission(2, { hold: amounts({ costNanoUsd: -5 }) }));
    expect(accountOf(ledger)?.held.costNanoUsd).toBe(0);
  });

  it('refuses nothing in a warn-only task', () => {
    const ledger = openWithTask({ limits: limits({ calls: 0 }), mode: 'warn' });
    expect(ledger.budget.admit(admission(1)).kind).toBe('admitted');
  });
});

describe('a hold', () => {
  it('is settled by the record of its call, which is charged to every account of the hold', () => {
    const ledger = openWithTask();
    ledger.budget.admit(admission(1));
    ledger.writer.begin(spent(1, 0));
    ledger.writer.finish(spent(1, 7));
    for (const account of ledger.budget.accounts([taskKey, ...admission(1).accountKeys])) {
      expect(account).toMatchObject({
        spent: { costNanoUsd: 7, thinkingTokens: 10, outputTokens: 40, toolCalls: 1, calls: 1 },
        held: amounts({ calls: 0 }),
        openHolds: 0,
        estimatedCharges: 0,
      });
    }
  });

  it('is charged in the windows that it was admitted in, though its call ends in the next', () => {
    const ledger = openWithTask();
    ledger.budget.admit(admission(1));
    ledger.writer.finish(spent(1, 7, { startedAtMs: noon + 86_400_000 }));
    expect(accountOf(ledger, 'machine day 2026-11-22')?.spent.costNanoUsd).toBe(7);
    expect(accountOf(ledger, 'machine day 2026-11-23')?.spent.costNanoUsd).toBe(0);
  });

  it('is released without a charge', () => {
    const ledger = openWithTask();
    ledger.budget.admit(admission(1));
    ledger.budget.release(callId(1));
    ledger.budget.release(callId(1));
    expect(accountOf(ledger)).toMatchObject({ spent: { calls: 0 }, held: { calls: 0 }, openHolds: 0 });
  });

  it('is charged whole and as an estimate where no record comes, once', () => {
    const ledger = openWithTask();
    ledger.budget.admit(admission(1));
    ledger.budget.chargeWhole(callId(1));
    ledger.budget.chargeWhole(callId(1));
    ledger.budget.release(callId(1));
    expect(accountOf(ledger)).toMatchObject({
      spent: { costNanoUsd: dime, outputTokens: 100, calls: 1 },
      openHolds: 0,
      estimatedCharges: 1,
    });
  });

  it('that was charged whole gives way to the record when that comes after all', () => {
    const ledger = openWithTask();
    ledger.budget.admit(admission(1));
    ledger.budget.chargeWhole(callId(1));
    ledger.writer.finish(spent(1, 7));
    expect(accountOf(ledger)).toMatchObject({ spent: { costNanoUsd: 7, calls: 1 }, estimatedCharges: 0 });
  });

  it('comes to the same however often its call is finished, unpriced and unseen calls too', () => {
    const ledger = openWithTask();
    ledger.budget.admit(admission(1));
    ledger.budget.admit(admission(2));
    const blank = call({ id: callId(1), taskId: taskId(1), cost: unpriced, usage: usage({}), status: 'aborted' });
    const costless = spent(2, 0, { cost: unpriced });
    for (let round = 0; round < 3; round += 1) {
      ledger.writer.finish(blank);
      ledger.writer.finish(costless);
      expect(accountOf(ledger)).toMatchObject({
        spent: { costNanoUsd: 2 * dime, outputTokens: 140, calls: 2 },
        openHolds: 0,
        estimatedCharges: 2,
        unpricedCalls: 0,
      });
    }
  });

  it('of a call that was booked before is charged in place of that, once', () => {
    const ledger = openWithTask();
    ledger.writer.finish(spent(1, 7));
    ledger.budget.admit(admission(1));
    ledger.budget.chargeWhole(callId(1));
    expect(accountOf(ledger)).toMatchObject({ spent: { costNanoUsd: dime, calls: 1 }, openHolds: 0 });
  });

  it('of a call of the host’s ends with the charge of the gateway’s, whose call it was', () => {
    const ledger = openWithTask();
    ledger.budget.admit(admission(2));
    ledger.writer.finish(spent(1, 7));
    ledger.writer.finish(spent(2, 9, { source: 'host' }));
    expect(accountOf(ledger)).toMatchObject({ spent: { costNanoUsd: 7, calls: 1 }, openHolds: 0 });
    ledger.budget.chargeWhole(callId(2));
    expect(accountOf(ledger)?.spent.costNanoUsd).toBe(7);
  });

  it('that was settled is not held by the task that its call is moved to', () => {
    const ledger = openWithTask();
    ledger.budget.saveTask(task({ id: taskId(2) }));
    ledger.budget.admit(admission(1));
    ledger.writer.finish(spent(1, 7));
    expect(ledger.budget.bindSession('s1', taskId(2), true)).toBe(1);
    const [from, to] = ledger.budget.accounts([taskKey, taskAccountKey(taskId(2))]);
    expect(from).toMatchObject({ spent: { costNanoUsd: 0, calls: 0 }, held: { costNanoUsd: 0 }, openHolds: 0 });
    expect(to).toMatchObject({ spent: { costNanoUsd: 7, calls: 1 }, held: { costNanoUsd: 0 }, openHolds: 0 });
    // Binding it once more moves nothing.
    expect(ledger.budget.bindSession('s1', taskId(2), true)).toBe(0);
    expect(accountOf(ledger, taskAccountKey(taskId(2)))?.spent.calls).toBe(1);
  });

  it('of subscription use is kept apart from billed dollars', () => {
    const ledger = openWithTask({ limits: limits({ costNanoUsd: 1 }) });
    expect(ledger.budget.admit(admission(1, { auth: 'subscription' })).kind).toBe('admitted');
    expect(accountOf(ledger)).toMatchObject({ held: { costNanoUsd: 0, calls: 1 }, heldSubscriptionNanoUsd: dime });
    ledger.writer.finish(spent(1, 7, { auth: 'subscription' }));
    expect(accountOf(ledger)).toMatchObject({ spent: { costNanoUsd: 0, calls: 1 }, spentSubscriptionNanoUsd: 7 });
    expect(accountOf(ledger)?.heldSubscriptionNanoUsd).toBe(0);
  });

  it('is topped up while the limits allow, and stays as it was where they do not', () => {
    const ledger = openWithTask({ limits: limits({ costNanoUsd: 3 * dime }) });
    ledger.budget.admit(admission(1));
    ledger.budget.admit(admission(2));
    const raise = (costNanoUsd: number) => ledger.budget.topUp(callId(1), amounts({ costNanoUsd }), []);
    expect(raise(2 * dime)).toEqual({ kind: 'admitted' });
    expect(raise(3 * dime)).toMatchObject({
      refusal: { reason: 'reserved', held: dime, needed: 3 * dime, openHolds: 1 },
    });
    expect(raise(4 * dime)).toMatchObject({ refusal: { reason: 'too-large' } });
    expect(accountOf(ledger)).toMatchObject({ held: { costNanoUsd: 3 * dime }, openHolds: 2 });
  });

  it('is topped up within the limits of the day that it was admitted in', () => {
    const ledger = openWithTask();
    ledger.budget.admit(admission(1));
    const today = machineDay({ costNanoUsd: 2 * dime });
    const tomorrow = machineDay({ costNanoUsd: 0 }, { accountKey: 'machine day 2026-11-23' });
    const raise = (costNanoUsd: number) => ledger.budget.topUp(callId(1), amounts({ costNanoUsd }), [today, tomorrow]);
    expect(raise(2 * dime).kind).toBe('admitted');
    expect(raise(2 * dime + 1)).toMatchObject({ refusal: { scope: { kind: 'machine' } } });
  });

  it('of a call without a task is topped up in its other accounts, within their limits', () => {
    const ledger = openWithTask({ limits: limits({ costNanoUsd: dime }) });
    ledger.budget.admit(admission(1, { taskId: null }));
    const today = machineDay({ costNanoUsd: 3 * dime });
    const raise = (costNanoUsd: number) => ledger.budget.topUp(callId(1), amounts({ costNanoUsd }), [today]);
    expect(raise(3 * dime)).toEqual({ kind: 'admitted' });
    expect(raise(4 * dime)).toMatchObject({ kind: 'refused', refusal: { scope: { kind: 'machine' } } });
    expect(accountOf(ledger, today.accountKey)).toMatchObject({ held: { costNanoUsd: 3 * dime }, openHolds: 1 });
    expect(accountOf(ledger)).toMatchObject({ held: { costNanoUsd: 0 }, openHolds: 0 });
  });

  it('is never lowered by a top-up', () => {
    const ledger = openWithTask();
    ledger.budget.admit(admission(1, { hold: amounts({ costNanoUsd: 2 * dime }) }));
    ledger.budget.topUp(callId(1), amounts({ costNanoUsd: dime, outputTokens: 7 }), []);
    expect(accountOf(ledger)).toMatchObject({ held: { costNanoUsd: 2 * dime, outputTokens: 7 } });
  });

  it('that is gone cannot be topped up, in the words of what limits the call', () => {
    const ledger = openWithTask();
    const topUp = (...scopes: Parameters<typeof ledger.budget.topUp>[2]) =>
      ledger.budget.topUp(callId(9), amounts({ outputTokens: 70 }), scopes);
    const refusal = {
      reason: 'unavailable',
      dimension: 'outputTokens',
      limit: 0,
      spent: 0,
      held: 0,
      needed: 70,
      openHolds: 0,
    };
    expect(topUp()).toEqual({ kind: 'refused', refusal: { ...refusal, scope: { kind: 'machine', period: 'day' } } });
    const month = machineDay({}, { scope: { kind: 'machine', period: 'month' } });
    expect(topUp(month)).toEqual({ kind: 'refused', refusal: { ...refusal, scope: month.scope } });
    ledger.budget.admit(admission(9));
    ledger.budget.chargeWhole(callId(9));
    expect(topUp()).toMatchObject({ kind: 'refused', refusal });
  });
});

describe('a call without a hold', () => {
  it('is charged to its task and to the windows of its start', () => {
    const ledger = openWithTask();
    ledger.writer.finish(spent(1, 7));
    const keys = [taskKey, ...admission(1).accountKeys];
    expect(ledger.budget.accounts(keys).map((account) => account.spent.costNanoUsd)).toEqual([7, 7, 7, 7, 7]);
  });

  it('is charged in days and months of the zone that the user’s limits name', () => {
    const ledger = openWithTask();
    ledger.budget.savePolicy({ timeZone: 'Pacific/Kiritimati' });
    ledger.writer.finish(spent(1, 7));
    const days = ledger.budget.accounts(['machine day 2026-11-22', 'machine day 2026-11-23']);
    expect(days.map((account) => account.spent.costNanoUsd)).toEqual([0, 7]);
    ledger.budget.savePolicy({ timeZone: 'Mars/Olympus' });
    ledger.writer.finish(spent(2, 5));
    expect(ledger.budget.accounts(['machine day 2026-11-22'])[0]?.spent.costNanoUsd).toBe(5);
  });

  it('is charged anew where it is finished again, in whatever day', () => {
    const ledger = openWithTask();
    ledger.writer.finish(spent(1, 7));
    ledger.writer.finish(spent(1, 9, { startedAtMs: noon + 86_400_000 }));
    expect(accountOf(ledger)).toMatchObject({ spent: { costNanoUsd: 9, calls: 1 } });
  });

  it('of which nobody told the thinking is charged all of its answer as thinking, until somebody tells', () => {
    const ledger = openWithTask();
    const unknown = { usage: usage({ inputTokens: 10, outputTokens: 40 }) };
    ledger.writer.finish(spent(1, 7, unknown));
    ledger.writer.finish(spent(2, 7, unknown));
    expect(accountOf(ledger)).toMatchObject({ spent: { thinkingTokens: 80 }, guessedThinkingTokens: 80 });
    ledger.writer.finish(spent(1, 7));
    expect(accountOf(ledger)).toMatchObject({ spent: { thinkingTokens: 50 }, guessedThinkingTokens: 40 });
  });

  it('stays spent when it is deleted', () => {
    const ledger = openWithTask();
    ledger.writer.finish(spent(1, 7));
    ledger.budget.admit(admission(2));
    expect(ledger.writer.deleteBefore(null)).toBe(1);
    expect(accountOf(ledger)).toMatchObject({ spent: { costNanoUsd: 7 }, openHolds: 1 });
    ledger.writer.finish(spent(2, 3));
    expect(accountOf(ledger)).toMatchObject({ spent: { costNanoUsd: 10 }, openHolds: 0 });
  });

  it('without a price is counted as such', () => {
    const ledger = openWithTask();
    ledger.writer.finish(spent(1, 0, { cost: unpriced }));
    expect(accountOf(ledger)).toMatchObject({ spent: { costNanoUsd: 0, outputTokens: 40 }, unpricedCalls: 1 });
  });
});

describe('a sweep', () => {
  const dead = () => false;

  it('charges open holds whole, whatever was last known of their calls, once', () => {
    const ledger = openWithTask();
    for (const index of [1, 2, 3]) ledger.budget.admit(admission(index));
    ledger.writer.begin(spent(1, 7));
    ledger.writer.begin(call({ id: callId(2), taskId: taskId(1), usage: usage({}), cost: unpriced }));
    for (let round = 0; round < 2; round += 1) {
      ledger.writer.sweepLost(dead);
      expect(accountOf(ledger)).toMatchObject({
        spent: { costNanoUsd: 3 * dime, calls: 3, outputTokens: 300 },
        held: { costNanoUsd: 0 },
        openHolds: 0,
        estimatedCharges: 3,
      });
    }
    expect(ledger.reader.calls({}).map(({ status, taskId: of }) => [status, of])).toEqual([
      ['lost', taskId(1)],
      ['lost', taskId(1)],
    ]);
  });

  it('leaves the holds of owners that live', () => {
    const ledger = openWithTask();
    ledger.budget.admit(admission(1));
    ledger.writer.sweepLost(() => true);
    expect(accountOf(ledger)).toMatchObject({ spent: { calls: 0 }, openHolds: 1 });
  });
});
