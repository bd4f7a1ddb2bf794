import type { CalibrationState } from '../domain/calibration.ts';
import type { CallRecord } from '../domain/call.ts';
import type { Clock } from '../domain/clock.ts';
import { Accounts } from './accounts.ts';
import { Bookings } from './bookings.ts';
import { BothWays } from './bothWays.ts';
import { type BudgetCore, budgetCore } from './budgetCore.ts';
import { BudgetZone } from './budgetZone.ts';
import { CallBooks, calibrationOf } from './callBooks.ts';
import type { ImportRequest, ImportResult, LedgerHealth, LedgerReader } from './contract.ts';
import { HoldBooks } from './holdBooks.ts';
import type { ImportBatch, ImportCounts, ImportedLog, PriceImported } from './importContract.ts';
import { type DayOf, localDays } from './localDay.ts';
import { loadLogs } from './logIndex.ts';
import { type Migration, migrations } from './migrations.ts';
import { Names } from './names.ts';
import { type Connection, openConnection, prepareFile, setAside } from './openConnection.ts';
import { type Owner, thisProcess } from './owner.ts';
import { type LedgerQueries, ledgerQueries } from './queries.ts';
import { Rollups } from './rollups.ts';
import { importRuns, removeImport } from './runStore.ts';
import { faultOf, Statements } from './sqlite.ts';
import { TaskStore } from './taskStore.ts';

export interface LedgerOptions {
  readonly path: string;
  readonly clock: Clock;
  /** Days are those of this zone; the machine's own where left out. */
  readonly timeZone?: string | undefined;
  readonly log: (sentence: string) => void;
  /** Whose calls in flight these are; this process where left out. */
  readonly owner?: Owner | undefined;
  /** Prices what logs tell of; unpriced without it. */
  readonly price?: PriceImported | undefined;
  /** For tests of migrations. */
  readonly migrations?: readonly Migration[] | undefined;
  /** For tests of the fallback to a rollback journal. */
  readonly sqliteVersion?: string | undefined;
}

export type LedgerWrite =
  | { readonly kind: 'begin' | 'update' | 'finish'; readonly record: CallRecord }
  | { readonly kind: 'saveCalibration'; readonly states: readonly CalibrationState[] };

/** Synchronous writes, each a transaction. Throws what SQLite throws (`faultOf` sorts it), except that damage is mended first. */
export interface LedgerCore {
  begin(record: CallRecord): void;
  update(record: CallRecord): void;
  finish(record: CallRecord): void;
  /** All of it in one transaction. */
  apply(writes: readonly LedgerWrite[]): void;
  /** Also resolves the open holds of owners that are gone, each once. Returns the calls that were in flight. */
  sweepLost(ownerAlive: (owner: Owner) => boolean): number;
  deleteBefore(beforeMs: number | null): number;
  /** All of an import in one transaction. */
  importRuns(request: ImportRequest): ImportResult;
  removeImport(name: string): number | null;
  loadCalibration(): readonly CalibrationState[];
  /** Books what logs tell of, and how far they were read, in one transaction. */
  bookImport(batch: ImportBatch): ImportCounts;
  /** What is known of every log. */
  loadLogs(): readonly ImportedLog[];
}

export interface Ledger {
  readonly reader: LedgerReader;
  readonly writer: LedgerCore;
  readonly budget: BudgetCore;
  health(): LedgerHealth;
  /** Takes the log into the file, for a moment in which nobody waits. Nothing is lost where it cannot. */
  tidy(): void;
  close(): void;
}

/** Writes to a ledger of a newer Outlay, which is only read. */
export class LedgerReadOnly extends Error {}

interface Session {
  readonly connection: Connection;
  readonly statements: Statements;
  readonly names: Names;
  readonly books: CallBooks;
  readonly holds: HoldBooks;
  readonly tasks: TaskStore;
  readonly accounts: Accounts;
  readonly queries: LedgerQueries;
}

/** Budgets of a ledger that is only in memory, which would be forgotten with it. */
export class LedgerInMemory extends Error {}

/**
 * Opens the books for their one writer (see `acquireOwnerLock`). A folder that cannot be written gives a ledger in memory, a
 * damaged file is set aside and a new one begun, both said by `health`. Throws only where waiting may help: a full or busy disk.
 */
export function openLedger(options: LedgerOptions): Ledger {
  return new OpenedLedger(options).ledger();
}

class OpenedLedger {
  readonly #options: LedgerOptions;
  readonly #dayOf: DayOf;
  #health: LedgerHealth = { state: 'ok' };
  #session: Session;
  /** A damaged ledger was closed, and none could be opened in its place yet. */
  #isWithout = false;

  constructor(options: LedgerOptions) {
    this.#options = options;
    this.#dayOf = localDays(options.timeZone);
    this.#session = this.#open();
  }

  ledger(): Ledger {
    const read = <T>(work: (queries: LedgerQueries) => T): T => this.#mending((session) => work(session.queries));
    const write = <T>(work: (books: CallBooks) => T): T => this.#mending((session) => this.#write(session, work));
    const close = () => {
      if (this.#session.connection.db.isOpen) this.#session.connection.db.close();
    };
    return {
      reader: {
        report: (query) => read((queries) => queries.report(query)),
        calls: (query) => read((queries) => queries.calls(query)),
        costSince: (sinceMs) => read((queries) => queries.costSince(sinceMs)),
        reconcile: (session) => read((queries) => queries.reconcile(session)),
        sessionsBothWays: (limit) => read((queries) => queries.sessionsBothWays(limit)),
        taskHeads: (find, limit) => read((queries) => queries.taskHeads(find, limit)),
        taskUsage: (taskId) => read((queries) => queries.taskUsage(taskId)),
        newestRequests: (limit) => read((queries) => queries.newestRequests(limit)),
        corrections: () => read((queries) => queries.corrections()),
        sessionParts: (query) => read((queries) => queries.sessionParts(query)),
        imports: () => read((queries) => queries.imports()),
        importedRuns: (name) => read((queries) => queries.importedRuns(name)),
        taskRuns: () => read((queries) => queries.taskRuns()),
        latestPrices: () => read((queries) => queries.latestPrices()),
        modelUsage: () => read((queries) => queries.modelUsage()),
        history: (by) => read((queries) => queries.history(by)),
        taskTitles: () => read((queries) => queries.taskTitles()),
        close,
      },
      writer: {
        begin: (record) => write((books) => books.keepInFlight(record)),
        update: (record) => write((books) => books.keepInFlight(record)),
        finish: (record) => write((books) => books.finish(record)),
        apply: (writes) => write((books) => applyAll(books, writes)),
        sweepLost: (alive) =>
          write((books) => {
            const lost = books.sweepLost(alive);
            books.sweepHolds(alive);
            return lost;
          }),
        deleteBefore: (beforeMs) => {
          const deleted = write((books) => books.deleteBefore(beforeMs));
          this.#shrink(beforeMs === null);
          return deleted;
        },
        importRuns: (request) =>
          this.#mending((session) => this.#writeRuns(session, (statements) => importRuns(statements, request))),
        removeImport: (name) =>
          this.#mending((session) => this.#writeRuns(session, (statements) => removeImport(statements, name))),
        loadCalibration: () => this.#mending((session) => calibrationOf(session.statements)),
        bookImport: (batch) => write((books) => books.bookImport(batch)),
        loadLogs: () => this.#mending((session) => loadLogs(session.statements, session.names)),
      },
      budget: budgetCore({
        write: (work) => this.#mending((session) => this.#writeBudget(session, work)),
        read: (work) =>
          this.#mending((session) => {
            session.accounts.forget();
            return work(session.tasks);
          }),
      }),
      health: () => this.#health,
      tidy: () => this.#tidy(),
      close,
    };
  }

  #open(): Session {
    const { path } = this.#options;
    if (path === ':memory:') return this.#connect(path);
    try {
      prepareFile(path);
    } catch (error) {
      return this.#openInMemory(error);
    }
    try {
      return this.#connect(path);
    } catch (error) {
      if (faultOf(error) === 'corrupt') return this.#startAnew(error);
      throw error;
    }
  }

  #openInMemory(error: unknown): Session {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    // A full disk may have room again; a folder that is closed to us stays so.
    if (code === 'ENOSPC' || code === 'EDQUOT') throw error;
    const reason = `The data folder cannot be written (${code}), so calls are counted in memory and forgotten at the end.`;
    this.#health = { state: 'memory', reason };
    this.#options.log(reason);
    return this.#connect(':memory:');
  }

  #startAnew(error: unknown): Session {
    const { path, clock, log } = this.#options;
    const setAsidePath = setAside(path, clock.nowMs());
    this.#health = { state: 'recovered', setAsidePath };
    prepareFile(path);
    const session = this.#connect(path);
    log(`The ledger was damaged (${messageOf(error)}); it was set aside as ${setAsidePath} and a new one begun.`);
    return session;
  }

  #connect(path: string): Session {
    const { clock, owner, sqliteVersion } = this.#options;
    const connection = openConnection({
      path,
      nowMs: clock.nowMs(),
      migrations: this.#options.migrations ?? migrations,
      sqliteVersion,
    });
    if (connection.newerVersion !== null) {
      const reason = `The ledger was written by a newer Outlay (schema ${connection.newerVersion}), so it is read but not written; update Outlay to record calls again.`;
      this.#health = { state: 'newer-schema', reason };
      this.#options.log(reason);
    }
    const statements = new Statements(connection.db);
    const names = new Names(statements);
    const accounts = new Accounts(statements);
    const zone = new BudgetZone(this.#options.timeZone ?? null);
    if (connection.newerVersion === null) zone.read(statements);
    const bookings = new Bookings({ statements, names, accounts, zone });
    const rollups = new Rollups(statements, names);
    const shared = { statements, names, accounts, bookings, rollups, zone, owner: owner ?? thisProcess() };
    const tasks = new TaskStore(shared);
    const bothWays = new BothWays(statements, names);
    return {
      connection,
      statements,
      names,
      books: new CallBooks({
        ...shared,
        dayOf: this.#dayOf,
        tasks,
        bothWays,
        price: this.#options.price,
        nowMs: () => clock.nowMs(),
      }),
      holds: new HoldBooks(shared),
      tasks,
      accounts,
      queries: ledgerQueries(statements, names, bothWays),
    };
  }

  #write<T>(session: Session, work: (books: CallBooks) => T): T {
    if (session.connection.newerVersion !== null) throw new LedgerReadOnly('The ledger is of a newer schema.');
    return session.books.transaction(() => work(session.books));
  }

  /** Imports of a ledger in memory would be forgotten with it. */
  #writeRuns<T>(session: Session, work: (statements: Statements) => T): T {
    if (this.#health.state === 'memory') throw new LedgerInMemory(this.#health.reason);
    return this.#write(session, () => work(session.statements));
  }

  #writeBudget<T>(session: Session, work: (holds: HoldBooks, tasks: TaskStore) => T): T {
    if (this.#health.state === 'memory') throw new LedgerInMemory(this.#health.reason);
    return this.#write(session, () => work(session.holds, session.tasks));
  }

  /**
   * Runs work; where the file turns out to be damaged, it is set aside and the work runs once more on the new one. Where there is no room
   * for a new one, it is opened by whatever is asked once there is.
   */
  #mending<T>(work: (session: Session) => T): T {
    if (this.#isWithout) this.#replace(() => this.#open());
    try {
      return work(this.#session);
    } catch (error) {
      if (faultOf(error) !== 'corrupt' || this.#options.path === ':memory:' || this.#health.state === 'memory')
        throw error;
      const { db } = this.#session.connection;
      if (db.isOpen) db.close();
      this.#replace(() => this.#startAnew(error));
      return work(this.#session);
    }
  }

  #replace(open: () => Session): void {
    this.#isWithout = true;
    this.#session = open();
    this.#isWithout = false;
  }

  /** A busy or full disk only puts this off; a damaged file is found by whatever reads or writes next. */
  #tidy(): void {
    try {
      this.#session.connection.db.exec('PRAGMA wal_checkpoint(PASSIVE)');
    } catch (error) {
      this.#options.log(`The ledger’s log was not taken into its file: ${messageOf(error)}.`);
    }
  }

  /** Takes deleted rows out of the log and, after everything was deleted, out of the file. Not essential: they are overwritten. */
  #shrink(all: boolean): void {
    try {
      const { db } = this.#session.connection;
      if (all) db.exec('VACUUM');
      db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch (error) {
      this.#options.log(`The ledger could not be shrunk after a deletion: ${messageOf(error)}.`);
    }
  }
}

function applyAll(books: CallBooks, writes: readonly LedgerWrite[]): void {
  for (const write of writes) {
    if (write.kind === 'finish') books.finish(write.record);
    else if (write.kind === 'saveCalibration') books.saveCalibration(write.states);
    else books.keepInFlight(write.record);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
