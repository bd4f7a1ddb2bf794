import { Worker } from 'node:worker_threads';
import type { CallRecord } from '../domain/call.ts';
import type { ReconciledCall, SessionBothWays } from '../domain/reconcile.ts';
import { TurnBatch } from '../domain/turnBatch.ts';
import type {
  BudgetBooks,
  CallsQuery,
  LedgerHealth,
  LedgerWriter,
  ReportQuery,
  ReportRow,
  RunBooks,
} from './contract.ts';
import type { ImportBatch, ImportCounts, ImportedLog } from './importContract.ts';
import type {
  LedgerMessage,
  LedgerRequest,
  LedgerRequestName,
  LedgerRequests,
  LedgerWorkerOptions,
  NowAnswer,
  NowQuery,
} from './messages.ts';

export interface StartLedgerOptions {
  /** The bundled `ledgerWorker.ts`. */
  readonly workerUrl: URL | string;
  /** The ledger file; see `ledgerPathOf`. Its folder's owner lock must be held. */
  readonly path: string;
  readonly timeZone?: string | undefined;
  readonly log: (sentence: string) => void;
  /** Called whenever the health changes, with the new one. */
  readonly onHealth?: (health: LedgerHealth) => void;
}

/** The books in a thread of their own. Writes as `LedgerWriter` says; `deleteBefore` and all of `BudgetBooks` reject with a sentence where the disk refuses. */
export interface LedgerWorker extends LedgerWriter, BudgetBooks, RunBooks {
  now(query: NowQuery): Promise<NowAnswer>;
  report(query: ReportQuery): Promise<readonly ReportRow[]>;
  calls(query: CallsQuery): Promise<readonly CallRecord[]>;
  reconcile(session: string): Promise<readonly ReconciledCall[]>;
  sessionsBothWays(limit: number): Promise<readonly SessionBothWays[]>;
  /** Rejects with a sentence where the disk refuses. */
  bookImport(batch: ImportBatch): Promise<ImportCounts>;
  loadLogs(): Promise<readonly ImportedLog[]>;
  setPrices(overrides: unknown): Promise<null>;
}

/**
 * Starts the ledger's thread; returns at once, requests wait until the ledger is open. A thread that dies is started again and
 * gets every unanswered request once more, which is harmless since writes are idempotent; those that are not are rejected instead.
 */
export function startLedgerWorker(options: StartLedgerOptions): LedgerWorker {
  const client = new LedgerClient(options);
  return {
    begin: (record) => client.write('begin', record),
    update: (record) => client.write('update', record),
    finish: (record) => client.write('finish', record),
    saveCalibration: (states) => client.write('saveCalibration', states),
    loadCalibration: () => client.ask('loadCalibration', null),
    deleteBefore: (beforeMs) => client.ask('deleteBefore', beforeMs),
    report: (query) => client.ask('report', query),
    calls: (query) => client.ask('calls', query),
    reconcile: (session) => client.ask('reconcile', session),
    sessionsBothWays: (limit) => client.ask('sessionsBothWays', limit),
    now: (query) => client.ask('now', query),
    bookImport: (batch) => client.ask('bookImport', batch),
    loadLogs: () => client.ask('loadLogs', null),
    setPrices: (overrides) => client.ask('setPrices', overrides),
    health: () => client.ask('health', null),
    importStaged: (staged) => client.ask('importStaged', staged),
    removeImport: (name) => client.ask('removeImport', name),
    ...budgetRequests(client),
    close: () => client.close(),
  };
}

function budgetRequests(client: LedgerClient): BudgetBooks {
  return {
    admit: (...params) => client.ask('admit', params),
    topUp: (...params) => client.ask('topUp', params),
    release: (...params) => client.ask('release', params),
    chargeWhole: (...params) => client.ask('chargeWhole', params),
    loadTasks: (...params) => client.ask('loadTasks', params),
    task: (...params) => client.ask('task', params),
    saveTask: (...params) => client.ask('saveTask', params),
    extendTask: (...params) => client.ask('extendTask', params),
    deleteTask: (...params) => client.ask('deleteTask', params),
    setActive: (...params) => client.ask('setActive', params),
    bindSession: (...params) => client.ask('bindSession', params),
    addEvent: (...params) => client.ask('addEvent', params),
    events: (...params) => client.ask('events', params),
    accounts: (...params) => client.ask('accounts', params),
    recentOutputs: (...params) => client.ask('recentOutputs', params),
    savePolicy: (...params) => client.ask('savePolicy', params),
    loadPolicy: (...params) => client.ask('loadPolicy', params),
  };
}

/** Requests that would count twice if they were done twice. */
const onceOnly: ReadonlySet<LedgerRequestName> = new Set(['extendTask', 'addEvent']);

interface Pending {
  readonly request: LedgerRequest;
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

const restartLimit = 5;

/** Rows live for milliseconds: a larger young generation only holds more of them once they are done with. */
const resourceLimits = { maxYoungGenerationSizeMb: 6 };

class LedgerClient {
  readonly #options: StartLedgerOptions;
  readonly #pending = new Map<number, Pending>();
  /** Requests of one turn travel together: waking a thread costs more than the request does. */
  readonly #outbox = new TurnBatch<LedgerRequest>(
    (work) => void setImmediate(work),
    (requests) => this.#worker.postMessage(requests),
  );
  #worker: Worker;
  #seq = 0;
  #deaths = 0;
  /** A thread has had the ledger open, and so has ended what earlier processes left behind. */
  #wasOpen = false;
  #closing: Promise<void> | null = null;
  #ended = false;

  constructor(options: StartLedgerOptions) {
    this.#options = options;
    this.#worker = this.#start();
  }

  ask<Name extends LedgerRequestName>(
    name: Name,
    params: LedgerRequests[Name]['params'],
  ): Promise<LedgerRequests[Name]['result']> {
    // What closes it is asked before `#closing` is set.
    if (this.#closing !== null) return Promise.reject(new Error('The ledger is closed.'));
    if (this.#ended) return Promise.reject(new Error('The ledger has stopped.'));
    return new Promise((resolve, reject) => {
      const request = { seq: ++this.#seq, name, params } as LedgerRequest;
      this.#pending.set(request.seq, { request, resolve, reject });
      this.#outbox.add(request);
    });
  }

  /** Writes never reject: what cannot be booked is logged, and the call that it belongs to goes on. */
  async write(name: 'begin' | 'update' | 'finish' | 'saveCalibration', params: unknown): Promise<void> {
    try {
      await this.ask(name, params as LedgerRequests[typeof name]['params']);
    } catch (error) {
      this.#options.log(`A call was not booked: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    try {
      await this.ask('close', null);
    } catch (error) {
      this.#options.log(`The ledger did not close well: ${error instanceof Error ? error.message : String(error)}`);
    }
    this.#ended = true;
    await this.#worker.terminate();
    this.#rejectPending('The ledger is closed.');
  }

  #start(): Worker {
    const { workerUrl, path, timeZone } = this.#options;
    const workerData: LedgerWorkerOptions = { path, timeZone: timeZone ?? null, isSuccessor: this.#wasOpen };
    const worker = new Worker(workerUrl, { workerData, name: 'outlay-ledger', resourceLimits });
    worker.on('message', (messages: readonly LedgerMessage[]) => {
      for (const message of messages) this.#receive(message);
    });
    worker.on('error', (error: unknown) => {
      this.#options.log(`The ledger’s thread failed: ${error instanceof Error ? error.message : String(error)}`);
    });
    worker.on('exit', () => this.#onExit());
    return worker;
  }

  #receive(message: LedgerMessage): void {
    if (message.type === 'log') this.#options.log(message.sentence);
    else if (message.type === 'health') this.#tell(message.health);
    else this.#settle(message);
  }

  #tell(health: LedgerHealth): void {
    if (health.state !== 'waiting') this.#wasOpen = true;
    this.#options.onHealth?.(health);
  }

  #settle(message: LedgerMessage & { readonly type: 'answer' | 'failure' }): void {
    const pending = this.#pending.get(message.seq);
    if (pending === undefined) return;
    this.#pending.delete(message.seq);
    this.#deaths = 0;
    if (message.type === 'answer') pending.resolve(message.result as never);
    else pending.reject(new Error(message.message));
  }

  #onExit(): void {
    if (this.#ended) return;
    if (++this.#deaths > restartLimit) {
      this.#ended = true;
      const reason = 'The ledger stopped several times in a row, so calls are not recorded.';
      this.#options.onHealth?.({ state: 'memory', reason });
      this.#rejectPending(reason);
      return;
    }
    this.#worker = this.#start();
    this.#outbox.clear();
    for (const { request, reject } of this.#pending.values()) {
      if (!onceOnly.has(request.name)) this.#outbox.add(request);
      else if (this.#pending.delete(request.seq)) reject(new Error('The ledger’s thread ended before it was done.'));
    }
  }

  #rejectPending(reason: string): void {
    for (const { reject } of this.#pending.values()) reject(new Error(reason));
    this.#pending.clear();
  }
}
