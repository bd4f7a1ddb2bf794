import * as fc from 'fast-check';
import { chargeOf, wholeHoldCharge } from '../../../src/budget/chargeOf.ts';
import { type AccountState, type Amounts, dimensions, noLimits, zeroAmounts } from '../../../src/domain/budget.ts';
import type { CallRecord } from '../../../src/domain/call.ts';
import { systemClock } from '../../../src/domain/clock.ts';
import { type Ledger, openLedger } from '../../../src/ledger/openLedger.ts';
import { admission, machineDay, noon, task, taskId } from './budgetFixtures.ts';
import { call, callId, priced, unpriced, usage } from './callFixtures.ts';
import { failAfter, isInjected } from './statementFaults.ts';

/** One step of a random life of the books. Numbers pick from what is there; fields that a step does not need are not looked at. */
export interface Step {
  readonly kind:
    | 'admit'
    | 'admitAgain'
    | 'topUp'
    | 'begin'
    | 'finish'
    | 'finishAgain'
    | 'release'
    | 'chargeWhole'
    | 'crash'
    | 'move'
    | 'extend'
    | 'deleteTask'
    | 'deleteCalls';
  readonly pick: number;
  readonly size: number;
  readonly session: number;
  /** The disk refuses while the step runs, after so many statements; null where it does not. */
  readonly faultAfter: number | null;
}

const weights: readonly (readonly [number, Step['kind']])[] = [
  [30, 'admit'],
  [3, 'admitAgain'],
  [8, 'topUp'],
  [15, 'begin'],
  [25, 'finish'],
  [6, 'finishAgain'],
  [4, 'release'],
  [3, 'chargeWhole'],
  [1, 'crash'],
  [3, 'move'],
  [2, 'extend'],
  [1, 'deleteTask'],
  [1, 'deleteCalls'],
];

export const steps: fc.Arbitrary<Step> = fc.record({
  kind: fc.oneof(...weights.map(([weight, kind]) => ({ weight, arbitrary: fc.constant(kind) }))),
  pick: fc.nat({ max: 1000 }),
  size: fc.nat({ max: 30 }),
  session: fc.nat({ max: 2 }),
  faultAfter: fc.option(fc.nat({ max: 25 }), { nil: null, freq: 4 }),
});

interface ModelCall {
  readonly index: number;
  task: number | null;
  /** What its records say, which a move does not change. */
  recordedTask: number | null;
  readonly session: number;
  state: 'held' | 'begun' | 'ended' | 'deleted';
  /** The last hold; null once released. */
  hold: Amounts | null;
  isOpen: boolean;
  /** What was booked last; null before. */
  charge: Amounts | null;
  record: CallRecord | null;
}

const cap = 100;
const dayCap = 250;
const tasks = [1, 2, 3];

/**
 * Drives a ledger through steps with a plain model beside it. Every call is charged at most what it holds, as a strict budget has it, so that
 * spent and held together may never pass a limit. Throws where books and model differ.
 */
export class BudgetLife {
  readonly ledger: Ledger;
  readonly #calls: ModelCall[] = [];
  readonly #limits = new Map(tasks.map((index) => [index, cap]));
  #next = 1;

  constructor(path: string) {
    this.ledger = openLedger({ path, timeZone: 'UTC', clock: systemClock, log: () => undefined });
    for (const index of tasks) this.#saveTask(index);
  }

  run(step: Step): void {
    const before = this.#calls.map((entry) => ({ ...entry }));
    const limitsBefore = new Map(this.#limits);
    const nextBefore = this.#next;
    const disarm = step.faultAfter === null ? null : failAfter(step.faultAfter);
    try {
      this.#step(step);
    } catch (error) {
      if (!isInjected(error)) throw error;
      // Nothing of a step that the disk refused may be left.
      this.#calls.splice(0, this.#calls.length, ...before);
      for (const [index, limit] of limitsBefore) this.#limits.set(index, limit);
      this.#next = nextBefore;
    } finally {
      disarm?.();
    }
    this.#restoreTasks();
    this.#compare();
  }

  /** Ends what is open, as a crash would have it, and returns how much is held after it. */
  end(): number {
    this.#step({ kind: 'crash', pick: 0, size: 0, session: 0, faultAfter: null });
    this.#compare();
    const held = this.ledger.budget.accounts(['machine day 2026-11-22'])[0];
    this.ledger.close();
    return (held?.openHolds ?? -1) + dimensions.reduce((sum, name) => sum + (held?.held[name] ?? 0), 0);
  }

  #step({ kind, pick, size, session }: Step): void {
    const { budget, writer } = this.ledger;
    const of = (...states: ModelCall['state'][]): ModelCall | undefined => {
      const found = this.#calls.filter((entry) => states.includes(entry.state));
      return found[pick % Math.max(1, found.length)];
    };
    switch (kind) {
      case 'admit':
        this.#admit(pick % 4, size, session);
        return;
      case 'admitAgain': {
        const entry = of('held', 'begun');
        if (entry) budget.admit(this.#request(entry.index, entry.task, amountsOf(size)));
        return;
      }
      case 'topUp':
        this.#topUp(of('held', 'begun'), size);
        return;
      case 'begin': {
        const entry = of('held', 'begun');
        if (!entry) return;
        // Interim figures come with what was seen so far, or with nothing yet.
        entry.record = recordOf(entry, Math.min(size, entry.hold?.outputTokens ?? 0), pick % 3 === 0);
        entry.state = 'begun';
        writer.begin(entry.record);
        return;
      }
      case 'finish':
      case 'finishAgain':
        this.#finish(kind === 'finish' ? of('held', 'begun') : of('ended'), { pick, size });
        return;
      case 'release': {
        const entry = of('held');
        if (!entry) return;
        budget.release(callId(entry.index));
        if (entry.isOpen) this.#calls.splice(this.#calls.indexOf(entry), 1);
        return;
      }
      case 'chargeWhole': {
        const entry = of('held', 'begun');
        if (!entry) return;
        budget.chargeWhole(callId(entry.index));
        this.#chargeWhole(entry);
        return;
      }
      case 'crash':
        this.#crash();
        return;
      case 'move':
        this.#move(pick, session);
        return;
      case 'extend': {
        const index = tasks[pick % tasks.length] ?? 1;
        budget.extendTask(taskId(index), 'costNanoUsd', 1 + size);
        this.#limits.set(index, (this.#limits.get(index) ?? 0) + 1 + size);
        return;
      }
      case 'deleteTask':
        this.#deleteTask(tasks[pick % tasks.length] ?? 1);
        return;
      case 'deleteCalls':
        writer.deleteBefore(null);
        for (const entry of this.#calls) {
          if (entry.state === 'ended' || (entry.state === 'held' && !entry.isOpen)) entry.state = 'deleted';
        }
        return;
    }
  }

  #admit(taskIndex: number, size: number, session: number): void {
    const index = this.#next++;
    const task = taskIndex === 0 ? null : taskIndex;
    const hold = amountsOf(size);
    const fits = this.#used(task) + size <= this.#limitOf(task) && this.#used('day') + size <= dayCap;
    const answer = this.ledger.budget.admit(this.#request(index, task, hold));
    if ((answer.kind === 'admitted') !== fits) throw new Error(`admitted ${answer.kind}, but fits is ${fits}`);
    if (!fits) return;
    this.#calls.push({
      index,
      task,
      recordedTask: task,
      session,
      state: 'held',
      hold,
      isOpen: true,
      charge: null,
      record: null,
    });
  }

  #topUp(entry: ModelCall | undefined, size: number): void {
    if (!entry?.isOpen || entry.hold === null) return;
    const own = entry.hold.costNanoUsd;
    const grows = size - own;
    const fits =
      (own > 0 && grows <= 0) ||
      (this.#used(entry.task) + grows <= this.#limitOf(entry.task) && this.#used('day') + grows <= dayCap);
    const answer = this.ledger.budget.topUp(callId(entry.index), amountsOf(size), [dayLimit]);
    if ((answer.kind === 'admitted') !== fits) throw new Error(`topped up ${answer.kind}, but fits is ${fits}`);
    if (fits && grows > 0) entry.hold = amountsOf(size);
  }

  #finish(entry: ModelCall | undefined, { pick, size }: { readonly pick: number; readonly size: number }): void {
    if (!entry) return;
    const most = entry.hold?.outputTokens ?? 0;
    // A call that is finished again comes with the record that it had, or after a crash with the true one, which is no more.
    const again = entry.state === 'ended' ? (entry.charge?.costNanoUsd ?? 0) : most;
    entry.record = recordOf(entry, Math.min(size, again), pick % 5 === 0 && entry.state !== 'ended');
    this.ledger.writer.finish(entry.record);
    entry.charge = chargeOf(entry.record, entry.hold).amounts;
    entry.isOpen = false;
    entry.state = 'ended';
  }

  #crash(): void {
    this.ledger.writer.sweepLost(() => false);
    for (const entry of this.#calls) {
      if (entry.state === 'begun' && entry.record !== null) {
        entry.charge = chargeOf({ ...entry.record, status: 'lost', provenance: 'partial' }, entry.hold).amounts;
        entry.isOpen = false;
        entry.state = 'ended';
      } else if (entry.isOpen) this.#chargeWhole(entry);
    }
  }

  #chargeWhole(entry: ModelCall): void {
    if (!entry.isOpen || entry.hold === null) return;
    entry.charge = wholeHoldCharge(entry.hold, false).amounts;
    entry.isOpen = false;
  }

  /** Only where the other task has room, since moving asks no limit. */
  #move(pick: number, session: number): void {
    const target = pick % 4 === 0 ? null : pick % 4;
    const moving = this.#calls.filter(
      (entry) =>
        entry.session === session && entry.task !== target && (entry.state === 'begun' || entry.state === 'ended'),
    );
    const sum = moving.reduce((total, entry) => total + costOf(entry), 0);
    if (this.#used(target) + sum > this.#limitOf(target)) return;
    const moved = this.ledger.budget.bindSession(`session-${session}`, target === null ? null : taskId(target), true);
    if (moved !== moving.length) throw new Error(`moved ${moved} calls, not ${moving.length}`);
    for (const entry of moving) entry.task = target;
  }

  #deleteTask(index: number): void {
    this.ledger.budget.deleteTask(taskId(index));
    for (const entry of this.#calls) {
      if (entry.task === index) entry.task = null;
      if (entry.recordedTask === index) entry.recordedTask = null;
    }
  }

  /** A task that is deleted is there again for the next step, with nothing spent in it. */
  #restoreTasks(): void {
    for (const index of tasks) {
      if (this.ledger.budget.task(taskId(index)) !== null) continue;
      this.#saveTask(index);
      this.#limits.set(index, cap);
    }
  }

  #saveTask(index: number): void {
    const limits = { ...noLimits, costNanoUsd: cap };
    this.ledger.budget.saveTask(task({ id: taskId(index), limits }));
  }

  #request(index: number, taskIndex: number | null, hold: Amounts) {
    const id = taskIndex === null ? null : taskId(taskIndex);
    return admission(index, { taskId: id, hold, limits: [dayLimit] });
  }

  #limitOf(task: number | null): number {
    return task === null ? Number.POSITIVE_INFINITY : (this.#limits.get(task) ?? 0);
  }

  #used(of: number | null | 'day'): number {
    if (of === null) return 0;
    return this.#calls.reduce((sum, entry) => sum + (of === 'day' || entry.task === of ? costOf(entry) : 0), 0);
  }

  #compare(): void {
    const keys = ['machine day 2026-11-22', ...tasks.map((index) => `task ${taskId(index)}`)];
    const states = this.ledger.budget.accounts(keys);
    states.forEach((state, position) => {
      const index = position === 0 ? null : (tasks[position - 1] ?? null);
      const entries = this.#calls.filter((entry) => index === null || entry.task === index);
      expectSame(state, entries);
      const limit = index === null ? dayCap : this.#limitOf(index);
      const used = state.spent.costNanoUsd + state.held.costNanoUsd;
      if (used > limit) throw new Error(`${state.key} is at ${used} of ${limit}`);
    });
  }
}

const dayLimit = machineDay({ costNanoUsd: dayCap });

function amountsOf(size: number): Amounts {
  return { ...zeroAmounts, costNanoUsd: size, outputTokens: size, thinkingTokens: size, calls: 1 };
}

function recordOf(entry: ModelCall, size: number, isBlank: boolean): CallRecord {
  const base = {
    id: callId(entry.index),
    startedAtMs: noon + entry.index,
    session: `session-${entry.session}`,
    taskId: entry.recordedTask === null ? null : taskId(entry.recordedTask),
  };
  if (isBlank) return call({ ...base, status: 'aborted', usage: usage({}), cost: unpriced, provenance: 'partial' });
  return call({
    ...base,
    usage: usage({ inputTokens: 1, outputTokens: size, thinkingTokens: size }),
    cost: priced(size, 0),
  });
}

function costOf(entry: ModelCall): number {
  return (entry.charge?.costNanoUsd ?? 0) + (entry.isOpen ? (entry.hold?.costNanoUsd ?? 0) : 0);
}

function expectSame(state: AccountState, entries: readonly ModelCall[]): void {
  const open = entries.filter((entry) => entry.isOpen);
  for (const name of dimensions) {
    const spent = entries.reduce((sum, entry) => sum + (entry.charge?.[name] ?? 0), 0);
    const held = open.reduce((sum, entry) => sum + (entry.hold?.[name] ?? 0), 0);
    if (state.spent[name] !== spent || state.held[name] !== held || state.openHolds !== open.length) {
      throw new Error(
        `${state.key}: ${name} spent ${state.spent[name]} held ${state.held[name]} (${state.openHolds}), not ${spent} and ${held} (${open.length})`,
      );
    }
  }
}
