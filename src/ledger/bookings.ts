import { taskAccountKey, windowAccountKeys } from '../budget/accountKeys.ts';
import { type Charge, chargeOf, wholeHoldCharge } from '../budget/chargeOf.ts';
import type { CallRecord } from '../domain/call.ts';
import type { Accounts } from './accounts.ts';
import type { BudgetZone } from './budgetZone.ts';
import { keyOf } from './callRow.ts';
import { amountValues, type ChargeRow, chargeRowOf, type HoldRow, holdOf, nameOfKeys } from './holdRow.ts';
import type { Names } from './names.ts';
import type { Owner } from './owner.ts';
import { type SqlValue, type Statements, textOf } from './sqlite.ts';

export interface BookingsOptions {
  readonly statements: Statements;
  readonly names: Names;
  readonly accounts: Accounts;
  /** Whose days and months calls without a hold are booked in. */
  readonly zone: BudgetZone;
}

/** What a call was, before the record that is booked now. */
export interface BookedBefore {
  /** The record that had finished before, null where none had. */
  readonly finished: CallRecord | null;
}

/**
 * Holds that become charges. What a call adds to its accounts is kept with it, so that booking it again takes exactly that out before
 * it adds the new. Everything must run inside a transaction.
 */
export class Bookings {
  readonly #options: BookingsOptions;

  constructor(options: BookingsOptions) {
    this.#options = options;
  }

  /** Books what a finished call comes to and settles its hold. The accounts are those that its hold was admitted in. */
  finish(record: CallRecord, task: number | null, before: BookedBefore): void {
    const callKey = keyOf(record.id);
    const hold = this.hold(callKey);
    const old = this.charge(callKey) ?? this.#chargeBeforeBudgets(before.finished);
    const accountKeys = hold?.accountKeys ?? old?.accountKeys ?? this.#windowKeys(record);
    const charge = chargeOf(record, hold?.held.amounts ?? null);
    if (hold?.isOpen) this.#settle(hold);
    if (old !== null) this.#uncharge(old);
    this.#charge({ callKey, atMs: Math.round(record.startedAtMs), task, accountKeys, charge });
  }

  /** Charges an open hold whole; does nothing to any other. */
  chargeWhole(callKey: SqlValue): void {
    const hold = this.hold(callKey);
    if (hold?.isOpen !== true) return;
    const { task, accountKeys, atMs, held } = hold;
    const old = this.charge(callKey);
    this.#settle(hold);
    if (old !== null) this.#uncharge(old);
    this.#charge({ callKey, atMs, task, accountKeys, charge: wholeHoldCharge(held.amounts, held.isSubscription) });
  }

  /** Ends an open hold without a charge; does nothing to any other. */
  release(callKey: SqlValue): void {
    const hold = this.hold(callKey);
    if (hold?.isOpen !== true) return;
    this.#options.accounts.unhold(this.#allKeys(hold), hold.held);
    this.#options.statements.run('DELETE FROM holds WHERE call_id = ?', callKey);
  }

  /** Takes back what a call holds and was charged: it turned out to be another call's, which is booked by itself. */
  cancel(callKey: SqlValue): void {
    const hold = this.hold(callKey);
    const old = this.charge(callKey);
    if (hold?.isOpen) this.#settle(hold);
    if (old !== null) this.#uncharge(old);
    this.#options.statements.run('DELETE FROM charges WHERE call_id = ?', callKey);
  }

  /** Charges the open holds whose owner is gone and whose calls were never begun: whether anything was sent is not known. Returns how many. */
  sweep(ownerAlive: (owner: Owner) => boolean): number {
    const { statements, names } = this.#options;
    const rows = statements.all(`SELECT * FROM holds WHERE state = 'held'`).map((row) => holdOf(row, names));
    const dead = rows.filter((hold) => !ownerAlive(hold.owner));
    for (const hold of dead) this.chargeWhole(hold.callKey);
    return dead.length;
  }

  /** Moves what a call holds and has been charged to another task, or out of every task. */
  move(callKey: SqlValue, task: number | null): void {
    const { statements, accounts } = this.#options;
    const hold = this.hold(callKey);
    if (hold !== null && hold.task !== task) {
      if (hold.isOpen) {
        accounts.unhold(this.#taskKeys(hold.task), hold.held);
        accounts.hold(this.#taskKeys(task), hold.held);
      }
      statements.run('UPDATE holds SET task = ? WHERE call_id = ?', task, callKey);
    }
    const old = this.charge(callKey);
    if (old === null || old.task === task) return;
    accounts.uncharge(this.#taskKeys(old.task), old.charge);
    accounts.charge(this.#taskKeys(task), old.charge);
    statements.run('UPDATE charges SET task = ? WHERE call_id = ?', task, callKey);
  }

  /** Forgets a task that is deleted: what it held and was charged stays in the other accounts. */
  forgetTask(task: number): void {
    const { statements, accounts } = this.#options;
    for (const key of this.#taskKeys(task)) accounts.delete(key);
    statements.run('UPDATE holds SET task = NULL WHERE task = ?', task);
    statements.run('UPDATE charges SET task = NULL WHERE task = ?', task);
  }

  /**
   * Deletes what is kept of calls that started before the instant, those in flight left out: what a call was charged must be known until
   * its record has come, or it would be charged twice. The accounts stay as they are: what is spent stays spent.
   */
  deleteBefore(beforeMs: number): void {
    const { statements } = this.#options;
    const isOver = 'call_id NOT IN (SELECT id FROM calls WHERE owner_pid IS NOT NULL)';
    statements.run(`DELETE FROM charges WHERE at_ms < ? AND ${isOver}`, beforeMs);
    statements.run(`DELETE FROM holds WHERE state = 'settled' AND at_ms < ? AND ${isOver}`, beforeMs);
  }

  hold(callKey: SqlValue): HoldRow | null {
    const row = this.#options.statements.get('SELECT * FROM holds WHERE call_id = ?', callKey);
    return row === undefined ? null : holdOf(row, this.#options.names);
  }

  charge(callKey: SqlValue): ChargeRow | null {
    const row = this.#options.statements.get('SELECT * FROM charges WHERE call_id = ?', callKey);
    return row === undefined ? null : chargeRowOf(row, this.#options.names);
  }

  #settle(hold: HoldRow): void {
    this.#options.accounts.unhold(this.#allKeys(hold), hold.held);
    this.#options.statements.run(`UPDATE holds SET state = 'settled' WHERE call_id = ?`, hold.callKey);
  }

  #uncharge(old: ChargeRow): void {
    this.#options.accounts.uncharge(this.#allKeys(old), old.charge);
  }

  #charge(row: ChargeRow): void {
    const { statements, names, accounts } = this.#options;
    const { callKey, atMs, task, accountKeys, charge } = row;
    accounts.charge(this.#allKeys(row), charge);
    statements.run(
      'INSERT OR REPLACE INTO charges VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      callKey,
      atMs,
      task,
      names.idOf(nameOfKeys(accountKeys)),
      Number(charge.isSubscription),
      Number(charge.isEstimated),
      Number(charge.isUnpriced),
      ...amountValues(charge.amounts),
      charge.guessedThinkingTokens,
    );
  }

  /** A call of a ledger from before there were accounts is in them by its migration, without a charge of its own. */
  #chargeBeforeBudgets(finished: CallRecord | null): ChargeRow | null {
    if (finished === null) return null;
    const charge: Charge = chargeOf(finished, null);
    return {
      callKey: keyOf(finished.id),
      atMs: finished.startedAtMs,
      task: null,
      accountKeys: this.#windowKeys(finished),
      charge,
    };
  }

  #windowKeys({ workspaceId, startedAtMs }: CallRecord): readonly string[] {
    return windowAccountKeys({ workspaceId, atMs: startedAtMs, timeZone: this.#options.zone.name });
  }

  #allKeys({ accountKeys, task }: { readonly accountKeys: readonly string[]; readonly task: number | null }): string[] {
    return [...this.#taskKeys(task), ...accountKeys];
  }

  #taskKeys(task: number | null): readonly string[] {
    if (task === null) return [];
    const row = this.#options.statements.get('SELECT id FROM tasks WHERE seq = ?', task);
    return row === undefined ? [] : [taskAccountKey(textOf(row, 'id'))];
  }
}
