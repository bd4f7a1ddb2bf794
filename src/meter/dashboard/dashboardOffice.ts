import { Worker } from 'node:worker_threads';
import type { Clock } from '../../domain/clock.ts';
import type { DashboardAnswer, DashboardData, DashboardQuery } from '../../protocol/dashboard.ts';
import type { DashboardJob, DashboardThreadData, FromDashboardThread } from './messages.ts';

export interface DashboardOfficeOptions {
  /** Path of the bundled `dashboardWorker.ts`. */
  readonly workerPath: string;
  readonly dataDir: string;
  readonly clock: Clock;
  readonly priceOverrides: () => unknown;
}

/** Whoever asks waits so long for work that is nearly done; who asks again goes on waiting. */
const WAIT_MS = 200;
/** A thread that nobody asks anything holds memory for nothing. */
const IDLE_MS = 60_000;
const MOST_KEPT = 8;
/** Of the young generation, and of a comparison of 20,000 runs with its resamples. */
const resourceLimits = { maxOldGenerationSizeMb: 1024 };

interface Work {
  readonly id: number;
  readonly books: number;
  doneShare: number;
  readonly done: Promise<DashboardData>;
  readonly settle: { readonly resolve: (data: DashboardData) => void; readonly reject: (error: Error) => void };
}

/**
 * Works out dashboards in a thread that is started when one is asked for. The same question about the same books is answered from
 * memory; several windows that ask it at once wait for one piece of work. Cancelling ends the thread, since a bootstrap cannot be
 * interrupted in any other way; other questions that it had are asked of the next thread.
 */
export class DashboardOffice {
  readonly #options: DashboardOfficeOptions;
  readonly #kept = new Map<string, { readonly books: number; readonly data: DashboardData }>();
  readonly #works = new Map<string, Work>();
  #worker: Worker | null = null;
  #idle: NodeJS.Timeout | null = null;
  #seq = 0;
  #books = 0;

  constructor(options: DashboardOfficeOptions) {
    this.#options = options;
  }

  /** The books have changed: what is kept is old. */
  booksChanged(): void {
    this.#books += 1;
  }

  /** The data, or how far it is after a short wait. Rejects with a sentence where it cannot be worked out. */
  async ask(query: DashboardQuery, isAgain = false): Promise<DashboardAnswer> {
    const key = JSON.stringify(query);
    if (isAgain) this.#kept.delete(key);
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.books === this.#books) return { state: 'ready', data: kept.data };
    // Work that began before the last call was booked is good enough for who waits for it: a busy agent would keep it from ever ending.
    const work = this.#works.get(key) ?? this.#begin(key, query);
    const waited = await Promise.race([work.done, waitFor(WAIT_MS)]);
    return waited === null ? { state: 'working', doneShare: work.doneShare } : { state: 'ready', data: waited };
  }

  async cancel(query: DashboardQuery): Promise<void> {
    const key = JSON.stringify(query);
    const work = this.#works.get(key);
    if (work === undefined) return;
    this.#works.delete(key);
    work.settle.reject(new Error('It was cancelled.'));
    const others = [...this.#works];
    this.#works.clear();
    await this.#end();
    for (const [otherKey, other] of others) this.#begin(otherKey, JSON.parse(otherKey) as DashboardQuery, other);
  }

  async close(): Promise<void> {
    for (const { settle } of this.#works.values()) settle.reject(new Error('The meter ends.'));
    this.#works.clear();
    await this.#end();
  }

  #begin(key: string, query: DashboardQuery, before?: Work): Work {
    const work = before === undefined ? newWork(++this.#seq, this.#books) : { ...before, id: ++this.#seq };
    this.#works.set(key, work);
    const job: DashboardJob = {
      id: work.id,
      query,
      nowMs: this.#options.clock.nowMs(),
      priceOverrides: this.#options.priceOverrides(),
    };
    this.#thread().postMessage(job);
    return work;
  }

  #thread(): Worker {
    if (this.#idle !== null) clearTimeout(this.#idle);
    this.#idle = null;
    if (this.#worker !== null) return this.#worker;
    const data: DashboardThreadData = { dataDir: this.#options.dataDir };
    const worker = new Worker(this.#options.workerPath, { workerData: data, resourceLimits });
    worker.unref();
    worker.on('message', (message: FromDashboardThread) => this.#take(message));
    worker.on('error', (error) => this.#died(worker, error.message));
    worker.on('exit', () => this.#died(worker, 'the thread ended'));
    this.#worker = worker;
    return worker;
  }

  #take(message: FromDashboardThread): void {
    const entry = [...this.#works].find(([, { id }]) => id === message.id);
    if (entry === undefined) return;
    const [key, work] = entry;
    if (message.type === 'progress') {
      work.doneShare = message.doneShare;
      return;
    }
    this.#works.delete(key);
    if (message.type === 'failed') {
      work.settle.reject(new Error(message.sentence));
    } else {
      this.#keep(key, work.books, message.data);
      work.settle.resolve(message.data);
    }
    if (this.#works.size === 0) this.#idle = setTimeout(() => void this.#end(), IDLE_MS).unref();
  }

  #keep(key: string, books: number, data: DashboardData): void {
    this.#kept.delete(key);
    this.#kept.set(key, { books, data });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MOST_KEPT && oldest !== undefined) this.#kept.delete(oldest);
  }

  #died(worker: Worker, reason: string): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    for (const { settle } of this.#works.values()) settle.reject(new Error(`The comparison failed: ${reason}.`));
    this.#works.clear();
  }

  async #end(): Promise<void> {
    if (this.#idle !== null) clearTimeout(this.#idle);
    this.#idle = null;
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
  }
}

function newWork(id: number, books: number): Work {
  let settle: Work['settle'] = { resolve: () => undefined, reject: () => undefined };
  const done = new Promise<DashboardData>((resolve, reject) => {
    settle = { resolve, reject };
  });
  // Whoever asked may have gone; then nobody hears of a failure, and that is fine.
  done.catch(() => undefined);
  return { id, books, doneShare: 0, done, settle };
}

function waitFor(ms: number): Promise<null> {
  return new Promise((resolve) => setTimeout(() => resolve(null), ms));
}
