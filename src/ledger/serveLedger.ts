import { dirname } from 'node:path';
import type { Clock } from '../domain/clock.ts';
import type { Disposable } from '../domain/disposable.ts';
import type { BudgetCore } from './budgetCore.ts';
import { budgetFaultSentence } from './budgetFaultSentence.ts';
import type { AdmitAnswer, BudgetBooks, LedgerHealth, RunBooks } from './contract.ts';
import type { HoldOperation } from './holdBooks.ts';
import { HoldQueue } from './holdQueue.ts';
import type { ImportBatch, ImportCounts, PriceImported } from './importContract.ts';
import type {
  LedgerMessage,
  LedgerRequest,
  LedgerRequestName,
  LedgerRequests,
  LedgerWorkerOptions,
  NowAnswer,
  NowQuery,
} from './messages.ts';
import { type Ledger, openLedger } from './openLedger.ts';
import { type Owner, ownerAlive, thisProcess } from './owner.ts';
import { emptyQueries, type LedgerQueries } from './queries.ts';
import { QuietWork } from './quietWork.ts';
import { readStagedRuns, sweepStagedRuns } from './stagedRuns.ts';
import { WriteQueue } from './writeQueue.ts';

export interface ServeLedgerOptions extends LedgerWorkerOptions {
  readonly clock: Clock;
  readonly after: (delayMs: number, work: () => void) => Disposable;
  /** Runs work after the requests that have arrived by now. */
  readonly soon: (work: () => void) => void;
  readonly send: (message: LedgerMessage) => void;
  /** Prices calls of logs; they are unpriced without it. */
  readonly prices?: LedgerPrices | undefined;
}

/** Prices that may change while the ledger is open. */
export interface LedgerPrices {
  readonly price: PriceImported;
  /** Takes the user's own prices as they were written. */
  set(overrides: unknown): void;
}

type Handlers<Names extends LedgerRequestName = LedgerRequestName> = {
  readonly [Name in Names]: (
    params: LedgerRequests[Name]['params'],
  ) => LedgerRequests[Name]['result'] | Promise<LedgerRequests[Name]['result']>;
};

/** The ledger's thread without the thread: takes requests, answers through `send`. Opens the ledger at once, or when it can. */
export function serveLedger(options: ServeLedgerOptions): (request: LedgerRequest) => void {
  const server = new LedgerServer(options);
  return (request) => server.receive(request);
}

/** Long enough that a pause between two calls of an agent is seldom taken for quiet. */
const tidyAfterMs = 500;

class LedgerServer {
  readonly #options: ServeLedgerOptions;
  readonly #queue: WriteQueue;
  readonly #holds: HoldQueue;
  readonly #handlers: Handlers;
  readonly #tidying: QuietWork;
  #ledger: Ledger | null = null;
  #toldHealth = '';

  constructor(options: ServeLedgerOptions) {
    this.#options = options;
    this.#queue = new WriteQueue({
      after: (delayMs, work) =>
        options.after(delayMs, () => {
          work();
          this.#tellHealth();
        }),
      log: (sentence) => this.#log(sentence),
      target: {
        ready: () => void this.#open(),
        apply: (writes) => this.#open().writer.apply(writes),
        deleteBefore: (beforeMs) => this.#open().writer.deleteBefore(beforeMs),
      },
    });
    this.#holds = new HoldQueue({
      soon: options.soon,
      run: (operations) => this.#onBooked((budget) => budget.runHolds(operations)),
    });
    this.#handlers = this.#makeHandlers();
    const { clock, after } = options;
    this.#tidying = new QuietWork({ clock, after, quietMs: tidyAfterMs, work: () => this.#ledger?.tidy() });
    this.#queue.flush();
    this.#tellHealth();
  }

  receive(request: LedgerRequest): void {
    this.#tidying.touch();
    this.#answer(request).then(
      (result) => this.#options.send({ type: 'answer', seq: request.seq, result }),
      (error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        this.#options.send({ type: 'failure', seq: request.seq, message });
      },
    );
    this.#tellHealth();
  }

  async #answer(request: LedgerRequest): Promise<unknown> {
    const handler = this.#handlers[request.name] as (params: unknown) => unknown;
    return handler(request.params);
  }

  #makeHandlers(): Handlers {
    const queue = this.#queue;
    return {
      begin: (record) => queue.write({ kind: 'begin', record }).then(() => null),
      update: (record) => queue.write({ kind: 'update', record }).then(() => null),
      finish: (record) => queue.write({ kind: 'finish', record }).then(() => null),
      saveCalibration: (states) => queue.write({ kind: 'saveCalibration', states }).then(() => null),
      loadCalibration: () => this.#ledger?.writer.loadCalibration() ?? [],
      deleteBefore: (beforeMs) => queue.deleteBefore(beforeMs),
      bookImport: (batch) => this.#import(batch),
      loadLogs: () => this.#open().writer.loadLogs(),
      setPrices: (overrides) => {
        this.#options.prices?.set(overrides);
        return null;
      },
      report: (query) => this.#read().report(query),
      calls: (query) => this.#read().calls(query),
      reconcile: (session) => this.#read().reconcile(session),
      sessionsBothWays: (limit) => this.#read().sessionsBothWays(limit),
      now: (query) => this.#now(query),
      health: () => this.#health(),
      ...this.#runHandlers(),
      ...this.#budgetHandlers(),
      close: () => this.#close(),
    };
  }

  #runHandlers(): Handlers<keyof RunBooks> {
    const write = <T>(work: (ledger: Ledger) => T): T => {
      try {
        if (!this.#queue.flush()) throw this.#queue.fault();
        return work(this.#open());
      } catch (error) {
        throw new Error(budgetFaultSentence(error), { cause: error });
      }
    };
    const { path } = this.#options;
    return {
      importStaged: (staged) => write(({ writer }) => writer.importRuns(readStagedRuns(dirname(path), staged))),
      removeImport: (name) => write(({ writer }) => writer.removeImport(name)),
    };
  }

  /** Throws a sentence where the disk refuses: the logs stay, and are read again. */
  #import(batch: ImportBatch): ImportCounts {
    if (!this.#queue.flush()) throw new Error(budgetFaultSentence(this.#queue.fault()));
    return this.#open().writer.bookImport(batch);
  }

  #budgetHandlers(): Handlers<keyof BudgetBooks> {
    const ask = (operation: HoldOperation) =>
      this.#holds.ask(operation).catch((error: unknown) => {
        throw new Error(budgetFaultSentence(error), { cause: error });
      });
    const decide = async (operation: HoldOperation): Promise<AdmitAnswer> => {
      const answer = await ask(operation);
      if (answer === null) throw new Error('A hold was not decided about.');
      return answer;
    };
    return {
      admit: ([request]) => decide({ kind: 'admit', request }),
      topUp: ([callId, hold, limits]) => decide({ kind: 'topUp', callId, hold, limits }),
      release: ([callId]) => ask({ kind: 'release', callId }).then(() => undefined),
      chargeWhole: ([callId]) => ask({ kind: 'chargeWhole', callId }).then(() => undefined),
      loadTasks: () => this.#budget((budget) => budget.loadTasks()),
      task: (params) => this.#budget((budget) => budget.task(...params)),
      saveTask: (params) => this.#budget((budget) => budget.saveTask(...params)),
      extendTask: (params) => this.#budget((budget) => budget.extendTask(...params)),
      deleteTask: (params) => this.#budget((budget) => budget.deleteTask(...params)),
      setActive: (params) => this.#budget((budget) => budget.setActive(...params)),
      bindSession: (params) => this.#budget((budget) => budget.bindSession(...params)),
      addEvent: (params) => this.#budget((budget) => budget.addEvent(...params)),
      events: (params) => this.#budget((budget) => budget.events(...params)),
      accounts: (params) => this.#budget((budget) => budget.accounts(...params)),
      recentOutputs: (params) => this.#budget((budget) => budget.recentOutputs(...params)),
      savePolicy: (params) => this.#budget((budget) => budget.savePolicy(...params)),
      loadPolicy: () => this.#budget((budget) => budget.loadPolicy()),
    };
  }

  /** Runs work after what was asked about holds before it. Throws a sentence where the disk refuses. */
  #budget<T>(work: (budget: BudgetCore) => T): T {
    this.#holds.flush();
    try {
      return this.#onBooked(work);
    } catch (error) {
      throw new Error(budgetFaultSentence(error), { cause: error });
    }
  }

  /** Runs work on books in which every call that was handed in is committed, so that what is spent is exact. */
  #onBooked<T>(work: (budget: BudgetCore) => T): T {
    if (!this.#queue.flush()) throw this.#queue.fault();
    return work(this.#open().budget);
  }

  /** Reads see what was written before them, unless the disk refuses. */
  #read(): LedgerQueries {
    if (this.#queue.waiting() === null) this.#queue.flush();
    return this.#ledger?.reader ?? emptyQueries;
  }

  #now({ today, weekSince, recentLimit, costSinceMs }: NowQuery): NowAnswer {
    const read = this.#read();
    const rows = (sinceDay: string) => ({
      byModel: read.report({ by: 'model', sinceDay }),
      bySession: read.report({ by: 'session', sinceDay }),
    });
    return {
      today: rows(today),
      week: rows(weekSince),
      recent: read.calls({ limit: recentLimit }),
      costSince: read.costSince(costSinceMs),
      corrections: read.corrections(),
      health: this.#health(),
    };
  }

  #open(): Ledger {
    if (this.#ledger !== null) return this.#ledger;
    const { path, timeZone, clock } = this.#options;
    const log = (sentence: string) => this.#log(sentence);
    const price = this.#options.prices?.price;
    const ledger = openLedger({ path, timeZone: timeZone ?? undefined, clock, log, price });
    try {
      if (ledger.health().state !== 'newer-schema') this.#sweep(ledger);
    } catch (error) {
      ledger.close();
      throw error;
    }
    this.#ledger = ledger;
    return ledger;
  }

  #sweep(ledger: Ledger): void {
    const lost = ledger.writer.sweepLost((owner) => this.#isAlive(owner));
    if (lost > 0) this.#log(`${lost} calls were in flight when the last meter ended; they are booked as lost.`);
    sweepStagedRuns(dirname(this.#options.path));
  }

  /** A thread that was started again goes on with what this process has in flight. */
  #isAlive(owner: Owner): boolean {
    const own = thisProcess();
    const isOwn = owner.pid === own.pid && owner.bootId === own.bootId;
    return (this.#options.isSuccessor && isOwn) || ownerAlive(owner);
  }

  /** Answers a turn later, so that the answers to the rows just written go out first. */
  #close(): Promise<null> {
    this.#holds.flush();
    if (!this.#queue.flush()) this.#log('The ledger was closed while calls were waiting in memory.');
    this.#queue.dispose();
    this.#tidying.dispose();
    this.#ledger?.close();
    return new Promise((resolve) => this.#options.after(0, () => resolve(null)));
  }

  /** Where nothing waits, the ledger is open: the queue opens it before it writes, and waits where that fails. */
  #health(): LedgerHealth {
    return this.#queue.waiting() ?? this.#open().health();
  }

  /** Tells changes of the state, not of how many calls wait: that figure comes with every answer to `now`. */
  #tellHealth(): void {
    const health = this.#health();
    const text = JSON.stringify(health.state === 'waiting' ? { ...health, waiting: 0 } : health);
    if (text === this.#toldHealth) return;
    this.#toldHealth = text;
    this.#options.send({ type: 'health', health });
  }

  #log(sentence: string): void {
    this.#options.send({ type: 'log', sentence });
  }
}
