import type { CalibrationState } from '../domain/calibration.ts';
import type { CallCost, CallRecord } from '../domain/call.ts';
import type { Accounts } from './accounts.ts';
import type { Bookings } from './bookings.ts';
import type { BothWays } from './bothWays.ts';
import { callColumns, keyOf, partColumns, recordOf, selectCalls } from './callRow.ts';
import type { ImportBatch, ImportCounts, PriceImported } from './importContract.ts';
import type { DayOf } from './localDay.ts';
import { saveLogs } from './logIndex.ts';
import type { Names } from './names.ts';
import type { Owner } from './owner.ts';
import { pruneNames } from './pruneNames.ts';
import { partRowsOf, type Rollups } from './rollups.ts';
import { Sightings } from './sightings.ts';
import { integerOf, integerOrNull, type SqlRow, type SqlValue, type Statements, textOf } from './sqlite.ts';
import type { TaskStore } from './taskStore.ts';
import { ToldCalls } from './toldCalls.ts';
import { ToldSums } from './toldSums.ts';
import { WireCover } from './wireCover.ts';

export interface BooksOptions {
  readonly statements: Statements;
  readonly names: Names;
  readonly dayOf: DayOf;
  readonly owner: Owner;
  readonly accounts: Accounts;
  readonly bookings: Bookings;
  readonly rollups: Rollups;
  readonly tasks: TaskStore;
  readonly bothWays: BothWays;
  /** For calls of logs; without it they are unpriced. */
  readonly price?: PriceImported | undefined;
  readonly nowMs: () => number;
}

/** The writes of one connection. Everything but `transaction` must run inside one. */
export class CallBooks {
  readonly #options: BooksOptions;
  readonly #rollups: Rollups;
  readonly #told: ToldCalls;
  readonly #cover: WireCover;
  readonly #sums: ToldSums;

  constructor(options: BooksOptions) {
    this.#options = options;
    const { statements, names, dayOf, bookings, rollups } = options;
    this.#rollups = rollups;
    const price = options.price ?? (() => noCost);
    const markStale = (day: number, session: number) => rollups.markStale(day, session);
    const sightings = new Sightings({
      statements,
      names,
      price,
      onSession: (session) => options.bothWays.noteSession(session),
    });
    this.#cover = new WireCover({ statements, names, bookings, sightings, price, markStale });
    const sums = new ToldSums({ statements, names, dayOf, price, markStale });
    const onSighted = (seq: number): void => {
      this.#cover.fillIn(seq);
      options.bothWays.noteCall(seq);
      sums.noteSighted(seq);
    };
    this.#sums = sums;
    this.#told = new ToldCalls({ statements, names, dayOf, price, markStale, rollups, sightings, sums, onSighted });
  }

  /** Runs work in one write transaction: all of it is committed, or nothing is and the error is thrown. */
  transaction<T>(work: () => T): T {
    const { db } = this.#options.statements;
    db.exec('BEGIN IMMEDIATE');
    try {
      this.#options.accounts.forget();
      const result = work();
      this.#sums.settle();
      this.#rollups.settle();
      this.#options.accounts.write();
      db.exec('COMMIT');
      this.#sums.forget(true);
      return result;
    } catch (error) {
      this.#sums.forget(false);
      this.#options.bothWays.forget();
      this.#options.names.forget();
      this.#rollups.forget();
      // Some failures (a full disk) have rolled back already.
      if (db.isTransaction) db.exec('ROLLBACK');
      throw error;
    } finally {
      this.#options.accounts.forget();
    }
  }

  /** Keeps the latest figures of a call in flight; one that has finished stays as it finished. */
  keepInFlight(record: CallRecord): void {
    const before = this.#find(record.id);
    if (before !== undefined && before['owner_pid'] === null) return;
    if (before === undefined && this.#cover.isSighting(record)) return;
    this.#write(record, { owner: this.#options.owner, before });
  }

  /** Books a finished call with its rollups, charges its accounts and settles its hold; finishing it again replaces all of that. */
  finish(record: CallRecord): void {
    const before = this.#find(record.id);
    if (this.#cover.takesHost(record, before)) return;
    const finished = before?.['owner_pid'] === null ? recordOfSeq(this.#options, integerOf(before, 'seq')) : null;
    const { seq, day, session, task } = this.#write(record, { owner: null, before });
    this.#observe(record, seq);
    this.#told.noteSeen();
    this.#cover.cover(record, seq);
    this.#options.bothWays.noteCall(seq);
    this.#sums.noteSeen(record, seq);
    this.#options.bookings.finish(record, task, { finished });
    if (before === undefined || before['owner_pid'] !== null) {
      this.#rollups.add(recordOfSeq(this.#options, seq), seq, { day, task });
      return;
    }
    this.#rollups.markStale(integerOf(before, 'day'), integerOf(before, 'session'));
    this.#rollups.markStale(day, session);
  }

  /** Ends the calls in flight whose owner is gone, with what was last known of them. Returns how many. */
  sweepLost(ownerAlive: (owner: Owner) => boolean): number {
    const { statements, names } = this.#options;
    const rows = statements.all(`${selectCalls} WHERE owner_pid IS NOT NULL`);
    const dead = rows.filter(
      (row) => !ownerAlive({ pid: integerOf(row, 'owner_pid'), bootId: textOf(row, 'owner_boot') }),
    );
    for (const row of dead) {
      const record = recordOf(row, partRowsOf(statements, row), names);
      this.finish({ ...record, status: 'lost', provenance: 'partial' });
    }
    return dead.length;
  }

  /** Charges the open holds of owners that are gone, of which no call was begun. After `sweepLost`, which settles the others. */
  sweepHolds(ownerAlive: (owner: Owner) => boolean): number {
    return this.#options.bookings.sweep(ownerAlive);
  }

  /** Deletes finished calls that started before the instant, all when null, and keeps the rollups exact. Calls in flight stay, and so does what was spent of budgets. */
  deleteBefore(beforeMs: number | null): number {
    const { statements, names } = this.#options;
    const where = `owner_pid IS NULL AND started_at_ms < ?`;
    const before = beforeMs ?? Number.MAX_SAFE_INTEGER;
    const days = statements.all(`SELECT DISTINCT day FROM calls WHERE ${where}`, before);
    const deleted = statements.run(`DELETE FROM calls WHERE ${where}`, before);
    rememberForgotten(statements, Math.min(before, this.#options.nowMs()));
    this.#options.bothWays.forget();
    this.#sums.noteDeleted();
    this.#sums.settle();
    for (const row of days) this.#rollups.rebuild(integerOf(row, 'day'), null);
    // Names that nothing refers to go, and rollups are where they are looked for.
    this.#rollups.settle();
    this.#options.bookings.deleteBefore(before);
    if (deleted > 0) pruneNames(statements);
    names.forget();
    return deleted;
  }

  /** Books what logs told of, and how far they were read. */
  bookImport({ calls, logs, retracted = [] }: ImportBatch): ImportCounts {
    this.#told.retract(retracted);
    if (retracted.length > 0) this.#options.bothWays.forget();
    const counts = this.#told.book(calls);
    saveLogs(this.#options.statements, this.#options.names, logs);
    return counts;
  }

  saveCalibration(states: readonly CalibrationState[]): void {
    const statement = this.#options.statements.prepare('INSERT OR REPLACE INTO calibration VALUES (?, ?, ?, ?, ?, ?)');
    for (const state of states) {
      const { model, logRatioSum, weight, variance, samples, updatedAtMs } = state;
      statement.run(model, logRatioSum, weight, variance, Math.round(samples), Math.round(updatedAtMs));
    }
  }

  #find(id: string): SqlRow | undefined {
    return this.#options.statements.get('SELECT seq, day, session, task, owner_pid FROM calls WHERE id = ?', keyOf(id));
  }

  #write(
    record: CallRecord,
    { owner, before }: { readonly owner: Owner | null; readonly before: SqlRow | undefined },
  ): { seq: number; day: number; session: number; task: number | null } {
    const { statements, names, dayOf, tasks } = this.#options;
    const task = tasks.taskOfCall(record, before, keyOf(record.id));
    const tookMs = Number.isFinite(record.durationMs) ? (record.durationMs ?? 0) : 0;
    const columns: Record<string, SqlValue> = {
      ...callColumns(record, names),
      ended_at_ms: Math.round(record.startedAtMs + tookMs),
      day: dayOf(record.startedAtMs),
      task,
      owner_pid: owner?.pid ?? null,
      owner_boot: owner?.bootId ?? null,
    };
    const row = statements.prepare(upsertSql(Object.keys(columns))).get(columns) ?? {};
    const seq = integerOf(row, 'seq');
    statements.run('DELETE FROM call_parts WHERE call = ?', seq);
    record.parts.forEach((part, ordinal) => {
      const cost = record.partCosts[ordinal] ?? noCost;
      const values = { call: seq, ordinal, ...partColumns(part, cost, names) };
      statements.prepare(insertSql('call_parts', Object.keys(values))).run(values);
    });
    return { seq, day: integerOf(row, 'day'), session: integerOf(row, 'session'), task };
  }

  /**
   * Notes the provider's own ids of a call. A key is unique for a source and a call, never over calls: two calls that the gateway
   * saw stay two whatever ids their responses carry, and another source that brings the same key finds its call here.
   */
  #observe(record: CallRecord, seq: number): void {
    const { statements, names } = this.#options;
    const provider = names.idOf(record.provider);
    statements.run('DELETE FROM observations WHERE call = ? AND source = ?', seq, record.source);
    const keys = [
      ['request', record.requestId],
      ['response', record.responseId],
    ] as const;
    for (const [kind, key] of keys) {
      if (key === null) continue;
      statements.run('INSERT INTO observations VALUES (?, ?, ?, ?, ?)', key, kind, provider, record.source, seq);
    }
  }
}

/** The calibration states that were saved, by model. */
export function calibrationOf(statements: Statements): readonly CalibrationState[] {
  return statements.all('SELECT * FROM calibration ORDER BY model').map((row) => ({
    model: textOf(row, 'model'),
    logRatioSum: integerOf(row, 'log_ratio_sum'),
    weight: integerOf(row, 'weight'),
    variance: integerOf(row, 'variance'),
    samples: integerOf(row, 'samples'),
    updatedAtMs: integerOrNull(row, 'updated_at_ms') ?? 0,
  }));
}

/** What is deleted must not come back from a log. A time to come is not forgotten in advance. */
function rememberForgotten(statements: Statements, beforeMs: number): void {
  statements.run(
    'INSERT INTO forgotten VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET before_ms = max(before_ms, excluded.before_ms)',
    Math.ceil(beforeMs),
  );
}

const noCost: CallCost = { costNanoUsd: null, provenance: 'unpriced', split: null, rates: [], priceVersion: null };

function recordOfSeq({ statements, names }: BooksOptions, seq: number): CallRecord {
  const row = statements.get(`${selectCalls} WHERE seq = ?`, seq) ?? {};
  return recordOf(row, partRowsOf(statements, row), names);
}

function insertSql(table: string, columns: readonly string[]): string {
  return `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map((name) => `:${name}`).join(', ')})`;
}

function upsertSql(columns: readonly string[]): string {
  const changes = columns.filter((name) => name !== 'id').map((name) => `${name} = excluded.${name}`);
  return `${insertSql('calls', columns)} ON CONFLICT (id) DO UPDATE SET ${changes.join(', ')} RETURNING seq, day, session`;
}
