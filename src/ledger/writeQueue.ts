import type { CalibrationState } from '../domain/calibration.ts';
import type { Disposable } from '../domain/disposable.ts';
import type { LedgerHealth } from './contract.ts';
import { LedgerReadOnly, type LedgerWrite } from './openLedger.ts';
import { faultOf, isFileError, type SqliteFault } from './sqlite.ts';

/** What the queue writes to. `ready` opens it where that has not succeeded yet; all of it throws what SQLite throws. */
export interface WriteTarget {
  ready(): void;
  apply(writes: readonly LedgerWrite[]): void;
  deleteBefore(beforeMs: number | null): number;
}

export interface WriteQueueOptions {
  readonly target: WriteTarget;
  readonly after: (delayMs: number, work: () => void) => Disposable;
  readonly log: (sentence: string) => void;
  /** Calls that may wait in memory while the disk refuses. */
  readonly limit?: number;
}

interface Entry {
  readonly write: LedgerWrite;
  readonly resolve: readonly (() => void)[];
}

const commitDelayMs = 20;
const commitRows = 50;
const chunkRows = 500;
const firstRetryMs = 100;
const longestRetryMs = 5000;

/**
 * Collects writes for a moment and commits them together; a promise resolves after its commit. Only the latest figures of a call
 * are kept. Where the disk refuses, writes wait in memory and are tried again; promises resolve then too, and `health` says so.
 */
export class WriteQueue {
  readonly #options: WriteQueueOptions;
  readonly #limit: number;
  /** One entry a call, oldest first, and one for calibration. */
  readonly #entries = new Map<string, Entry>();
  #timer: Disposable | null = null;
  #retryMs = firstRetryMs;
  #waitingFor: string | null = null;
  #fault: unknown = null;
  #dropped = 0;

  constructor(options: WriteQueueOptions) {
    this.#options = options;
    this.#limit = options.limit ?? 50_000;
  }

  write(write: LedgerWrite): Promise<void> {
    return new Promise((resolve) => {
      if (this.#waitingFor !== null) {
        this.#put(write, []);
        this.#trim();
        resolve();
        return;
      }
      this.#put(write, [resolve]);
      if (this.#entries.size >= commitRows) this.flush();
      else this.#timer ??= this.#options.after(commitDelayMs, () => this.flush());
    });
  }

  /** Commits what is there now; returns whether nothing is left waiting. */
  flush(): boolean {
    this.#timer?.dispose();
    this.#timer = null;
    try {
      this.#options.target.ready();
      while (this.#entries.size > 0) this.#commit([...this.#entries].slice(0, chunkRows));
    } catch (error) {
      this.#wait(error);
      return false;
    }
    if (this.#waitingFor !== null) this.#options.log('The ledger can be written again; nothing waits in memory.');
    this.#waitingFor = null;
    this.#retryMs = firstRetryMs;
    return true;
  }

  /** Writes what waits, then deletes. Throws a sentence where the disk refuses: nothing was deleted then. */
  deleteBefore(beforeMs: number | null): number {
    if (!this.flush()) throw new Error(`Nothing was deleted. ${this.#waitingFor}`);
    return this.#options.target.deleteBefore(beforeMs);
  }

  /** Null while writes go through. */
  waiting(): LedgerHealth | null {
    if (this.#waitingFor === null) return null;
    const waiting = this.#entries.size - (this.#entries.has(calibrationKey) ? 1 : 0);
    return { state: 'waiting', reason: this.#waitingFor, waiting, dropped: this.#dropped };
  }

  /** Why the last commit failed; null while writes go through. */
  fault(): unknown {
    return this.#waitingFor === null ? null : this.#fault;
  }

  dispose(): void {
    this.#timer?.dispose();
    this.#timer = null;
  }

  #put(write: LedgerWrite, resolve: Entry['resolve']): void {
    const key = keyOfWrite(write);
    const before = this.#entries.get(key);
    const merged = before === undefined ? write : mergeWrites(before.write, write);
    this.#entries.set(key, { write: merged, resolve: [...(before?.resolve ?? []), ...resolve] });
  }

  #commit(chunk: readonly (readonly [string, Entry])[]): void {
    try {
      this.#options.target.apply(chunk.map(([, entry]) => entry.write));
    } catch (error) {
      if (error instanceof LedgerReadOnly) {
        this.#drop(chunk);
        return;
      }
      // A ledger that was set aside is opened anew by what is written next: no row is at fault where that fails.
      if (faultOf(error) !== 'statement' || isFileError(error)) throw error;
      if (chunk.length > 1) {
        for (const item of chunk) this.#commit([item]);
        return;
      }
      this.#options.log(`A row was left out of the ledger: ${messageOf(error)}.`);
      this.#drop(chunk);
      return;
    }
    for (const [key, entry] of chunk) this.#remove(key, entry);
  }

  #drop(chunk: readonly (readonly [string, Entry])[]): void {
    this.#dropped += chunk.length;
    for (const [key, entry] of chunk) this.#remove(key, entry);
  }

  #remove(key: string, entry: Entry): void {
    this.#entries.delete(key);
    for (const resolve of entry.resolve) resolve();
  }

  #wait(error: unknown): void {
    const reason = sentenceOf(faultOf(error), error);
    if (reason !== this.#waitingFor) this.#options.log(reason);
    this.#waitingFor = reason;
    this.#fault = error;
    this.#settleAll();
    this.#trim();
    this.#timer = this.#options.after(this.#retryMs, () => this.flush());
    this.#retryMs = Math.min(longestRetryMs, this.#retryMs * 2);
  }

  #settleAll(): void {
    for (const [key, entry] of this.#entries) {
      if (entry.resolve.length === 0) continue;
      for (const resolve of entry.resolve) resolve();
      this.#entries.set(key, { write: entry.write, resolve: [] });
    }
  }

  /** Figures of calls in flight go first: their calls may still finish. */
  #trim(): void {
    if (this.#entries.size <= this.#limit) return;
    const keys = [...this.#entries].filter(([key]) => key !== calibrationKey);
    const inFlight = keys.filter(([, entry]) => entry.write.kind !== 'finish');
    const finished = keys.filter(([, entry]) => entry.write.kind === 'finish');
    // A little more than needed, so that a full queue is not sorted anew for every row.
    const excess = this.#entries.size - this.#limit + Math.floor(this.#limit / 100);
    for (const [key] of [...inFlight, ...finished].slice(0, excess)) {
      this.#entries.delete(key);
      this.#dropped++;
    }
  }
}

const calibrationKey = 'calibration';

function keyOfWrite(write: LedgerWrite): string {
  return write.kind === 'saveCalibration' ? calibrationKey : `call ${write.record.id}`;
}

function mergeWrites(before: LedgerWrite, after: LedgerWrite): LedgerWrite {
  if (before.kind === 'saveCalibration' && after.kind === 'saveCalibration') {
    const byModel = new Map<string, CalibrationState>();
    for (const state of [...before.states, ...after.states]) byModel.set(state.model, state);
    return { kind: 'saveCalibration', states: [...byModel.values()] };
  }
  return before.kind === 'finish' && after.kind !== 'finish' ? before : after;
}

const sentences: Readonly<Record<Exclude<SqliteFault, 'statement' | 'corrupt'>, string>> = {
  full: 'The disk is full, so calls wait in memory and are booked as soon as there is room.',
  readonly: 'The ledger cannot be written, so calls wait in memory and are booked as soon as it can.',
  busy: 'Another program is using the ledger, so calls wait in memory and are booked as soon as it is done.',
  io: 'The disk does not take the ledger, so calls wait in memory and are booked as soon as it does.',
};

function sentenceOf(fault: SqliteFault, error: unknown): string {
  if (fault !== 'statement' && fault !== 'corrupt') return sentences[fault];
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
  if (code === 'ENOSPC' || code === 'EDQUOT') return sentences.full;
  return `The ledger does not open (${messageOf(error)}), so calls wait in memory.`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
