import { bookableAmounts, mapAmounts } from '../budget/amounts.ts';
import { decideAdmission, graver } from '../budget/decideAdmission.ts';
import type { Amounts, Refusal, ScopedLimits } from '../domain/budget.ts';
import type { Accounts } from './accounts.ts';
import type { Bookings } from './bookings.ts';
import { keyOf } from './callRow.ts';
import type { AdmitAnswer, AdmitRequest } from './contract.ts';
import { amountValues, type HoldRow, nameOfKeys } from './holdRow.ts';
import type { Names } from './names.ts';
import type { Owner } from './owner.ts';
import { integerOf, type SqlRow, type Statements } from './sqlite.ts';
import { taskLimitsOf } from './taskRow.ts';

export interface HoldBooksOptions {
  readonly statements: Statements;
  readonly names: Names;
  readonly accounts: Accounts;
  readonly bookings: Bookings;
  readonly owner: Owner;
}

/** Something that is asked about a hold. Those that arrive together are decided in one transaction, in their order. */
export type HoldOperation =
  | { readonly kind: 'admit'; readonly request: AdmitRequest }
  | {
      readonly kind: 'topUp';
      readonly callId: string;
      readonly hold: Amounts;
      readonly limits: readonly ScopedLimits[];
    }
  | { readonly kind: 'release' | 'chargeWhole'; readonly callId: string };

interface LimitedTask {
  readonly seq: number;
  readonly limits: ScopedLimits;
}

const admitted: AdmitAnswer = { kind: 'admitted' };

/** Decides about holds. Everything must run inside a transaction. */
export class HoldBooks {
  readonly #options: HoldBooksOptions;
  readonly #tasks = new Map<string, LimitedTask | null>();

  constructor(options: HoldBooksOptions) {
    this.#options = options;
  }

  /** Decides about operations in their order; null for those that have no answer. */
  run(operations: readonly HoldOperation[]): readonly (AdmitAnswer | null)[] {
    this.#tasks.clear();
    return operations.map((operation) => this.#run(operation));
  }

  #run(operation: HoldOperation): AdmitAnswer | null {
    switch (operation.kind) {
      case 'admit':
        return this.#admit(operation.request);
      case 'topUp':
        return this.#topUp(operation);
      case 'release':
        this.#options.bookings.release(keyOf(operation.callId));
        return null;
      case 'chargeWhole':
        this.#options.bookings.chargeWhole(keyOf(operation.callId));
        return null;
    }
  }

  /** A task that is not in the books (deleted a moment ago) limits nothing, and the call is booked without it. */
  #admit(request: AdmitRequest): AdmitAnswer {
    const { bookings, accounts } = this.#options;
    const callKey = keyOf(request.callId);
    const task = request.taskId === null ? null : this.#taskOf(request.taskId);
    const scopes = task === null ? request.limits : [task.limits, ...request.limits];
    const held = { amounts: bookableAmounts(request.hold), isSubscription: request.auth === 'subscription' };
    const refusal = this.#refusal(scopes, (scoped) => ({
      scoped,
      account: accounts.state(scoped.accountKey),
      hold: held.amounts,
      isSubscription: held.isSubscription,
    }));
    if (refusal !== null) return bookings.hold(callKey) === null ? { kind: 'refused', refusal } : admitted;
    const keys = [...new Set([...request.accountKeys, ...request.limits.map((scoped) => scoped.accountKey)])];
    const isNew = this.#insert(request, { callKey, task: task?.seq ?? null, accountKeys: keys, held });
    if (isNew) accounts.hold(task === null ? keys : [task.limits.accountKey, ...keys], held);
    return admitted;
  }

  /** Only accounts that the call is booked in can refuse: one of another day has none of its hold. */
  #topUp({ callId, hold, limits }: HoldOperation & { readonly kind: 'topUp' }): AdmitAnswer {
    const { bookings, accounts, statements } = this.#options;
    const row = bookings.hold(keyOf(callId));
    if (row?.isOpen !== true) return { kind: 'refused', refusal: withoutHold(limits, hold) };
    const task = row.task === null ? null : this.#task('seq', row.task);
    const keys = task === null ? row.accountKeys : [task.limits.accountKey, ...row.accountKeys];
    const scopes = limits.filter((scoped) => scoped.scope.kind !== 'task' && keys.includes(scoped.accountKey));
    // Never lower than it was: what the call is known to have come to may be all of it.
    const larger = mapAmounts(row.held.amounts, bookableAmounts(hold), Math.max);
    const held = { amounts: larger, isSubscription: row.held.isSubscription };
    const refusal = this.#refusal(task === null ? scopes : [task.limits, ...scopes], (scoped) => ({
      scoped,
      account: accounts.state(scoped.accountKey),
      hold: held.amounts,
      alreadyHeld: row.held.amounts,
      isSubscription: held.isSubscription,
    }));
    if (refusal !== null) return { kind: 'refused', refusal };
    accounts.unhold(keys, row.held);
    accounts.hold(keys, held);
    statements.run(
      `UPDATE holds SET nano_usd = ?, thinking_tokens = ?, output_tokens = ?, tool_calls = ?, calls = ? WHERE call_id = ?`,
      ...amountValues(held.amounts),
      row.callKey,
    );
    return admitted;
  }

  #refusal(
    scopes: readonly ScopedLimits[],
    questionOf: (scoped: ScopedLimits) => Parameters<typeof decideAdmission>[0],
  ): Refusal | null {
    let gravest: Refusal | null = null;
    for (const scoped of scopes) {
      const refusal = decideAdmission(questionOf(scoped));
      if (refusal !== null) gravest = graver(gravest, refusal);
    }
    return gravest;
  }

  /** Whether there was no hold of the call yet. */
  #insert(request: AdmitRequest, row: Pick<HoldRow, 'callKey' | 'task' | 'accountKeys' | 'held'>): boolean {
    const { statements, names, owner } = this.#options;
    const inserted = statements.run(
      `INSERT INTO holds VALUES (?, 'held', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      row.callKey,
      Math.round(request.atMs),
      row.task,
      names.idOf(nameOfKeys(row.accountKeys)),
      names.idOf(request.provider),
      names.idOf(request.model),
      names.idOrNull(request.priceVersion),
      Number(row.held.isSubscription),
      ...amountValues(row.held.amounts),
      owner.pid,
      owner.bootId,
    );
    return inserted > 0;
  }

  /** Read once for all that is decided together. */
  #taskOf(taskId: string): LimitedTask | null {
    const known = this.#tasks.get(taskId);
    if (known !== undefined) return known;
    const task = this.#task('id', taskId);
    this.#tasks.set(taskId, task);
    return task;
  }

  #task(column: 'id' | 'seq', value: string | number): LimitedTask | null {
    const row: SqlRow | undefined = this.#options.statements.get(`SELECT * FROM tasks WHERE ${column} = ?`, value);
    return row === undefined ? null : { seq: integerOf(row, 'seq'), limits: taskLimitsOf(row) };
  }
}

/** What a call is told whose hold is gone: its stream is to end, since nothing more can be reserved for it. */
function withoutHold(limits: readonly ScopedLimits[], hold: Amounts): Refusal {
  return {
    reason: 'unavailable',
    scope: limits[0]?.scope ?? { kind: 'machine', period: 'day' },
    dimension: 'outputTokens',
    limit: 0,
    spent: 0,
    held: 0,
    needed: hold.outputTokens,
    openHolds: 0,
  };
}
