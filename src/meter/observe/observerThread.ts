import { Worker } from 'node:worker_threads';
import type { AuthKind, ProviderId } from '../../domain/api.ts';
import type { CalibrationState } from '../../domain/calibration.ts';
import type { CallRecord } from '../../domain/call.ts';
import type { QuotaWindow } from '../../domain/quota.ts';
import type { CallHead, CallTap, GatewayObserver } from '../../gateway/contract.ts';
import type { LiveCall } from '../../protocol/snapshot.ts';
import { CallCopies, type CopyQueue } from './callCopies.ts';
import type { BookingStage, CountedCall, FromObserver, ObservedItem, RepeatedRequest, ToObserver } from './messages.ts';

/**
 * How long copies are collected before they are handed over. Waking the worker for every chunk would make two threads compete for
 * the processor just when bytes are to be passed on; nobody sees figures of a fiftieth of a second.
 */
const FLUSH_EVERY_MS = 20;
/** Copies that may wait for the worker before bytes of further chunks are left out. */
const MAX_WAITING_BYTES = 256 * 1024 * 1024;
/** So much is copied in one go; while the worker has as much to read, what is over that waits uncopied. */
const WINDOW_BYTES = 256 * 1024;
/** Bodies of requests that wait to have been sent on; those on top of that are read as they come. */
const MAX_HELD_BYTES = 64 * 1024 * 1024;
/** What is decoded lives for milliseconds: a larger young generation only holds more of it once it is done with. */
const resourceLimits = { maxYoungGenerationSizeMb: 6 };
/** So many deaths without any work between them, and the next worker waits. */
const DEATHS_IN_A_ROW = 5;
const PAUSE_MS = 30_000;

export interface ObserverThreadOptions {
  /** Path of the bundled worker. */
  readonly workerPath: string;
  readonly onRecord: (stage: BookingStage, record: CallRecord) => void;
  readonly onLive: (calls: readonly LiveCall[]) => void;
  readonly onCounted: (counts: readonly CountedCall[]) => void;
  readonly onRepeated: (repeat: RepeatedRequest) => void;
  readonly onCalibration: (states: readonly CalibrationState[]) => void;
  /** A response told of subscription windows. */
  readonly onQuota: (provider: ProviderId, auth: AuthKind, windows: readonly QuotaWindow[]) => void;
  readonly onUnmetered: (routeId: string, method: string, pathShape: string) => void;
  /** The worker died; it has been started anew and the calls it held are given up. */
  readonly onCrash: (reason: string, lost: readonly CallRecord[]) => void;
  readonly log: (line: string) => void;
}

/**
 * The gateway's observer: copies what passes and hands it to the observe worker fifty times a second, after the bytes have been
 * written on. It never waits and never throws into the byte path. A worker that dies is replaced.
 */
export class ObserverThread implements GatewayObserver {
  readonly #options: ObserverThreadOptions;
  #worker: Worker;
  readonly #queue: CopyQueue = {
    push: (item) => this.#push(item),
    keep: (bytes) => this.#keep(bytes),
    hold: (bytes) => this.#hold(bytes),
    letGo: (bytes) => {
      this.#heldBytes -= bytes;
    },
  };
  #pending: ObservedItem[] = [];
  #scheduled = false;
  /** The worker has as much to read as it may have, and gets more once it has read that. */
  #isBehind = false;
  /** Bytes that the worker has not read yet; of those, what it has been handed and what waits for the end of a request. */
  #waitingBytes = 0;
  #postedBytes = 0;
  #heldBytes = 0;
  #closed = false;
  #deaths = 0;
  #pause: NodeJS.Timeout | null = null;
  #nextRequestId = 1;
  readonly #answers = new Map<number, (problems: readonly string[]) => void>();
  /** The last known record of each call in flight, for the case that the worker dies. */
  readonly #inFlight = new Map<string, CallRecord>();
  readonly #calibration = new Map<string, CalibrationState>();
  #overrides: unknown = [];
  #bookVersion = '';
  readonly #ready: Promise<void>;

  constructor(options: ObserverThreadOptions) {
    this.#options = options;
    let markReady: () => void = () => undefined;
    this.#ready = new Promise((resolve) => {
      markReady = resolve;
    });
    this.#worker = this.#start(() => markReady());
  }

  /** Resolves when the first worker is up; the book's version is known then. */
  ready(): Promise<void> {
    return this.#ready;
  }

  get bookVersion(): string {
    return this.#bookVersion;
  }

  begin(head: CallHead): CallTap {
    this.#push({ kind: 'begin', head });
    return new CallCopies(head, this.#queue);
  }

  unmetered(routeId: string, method: string, pathShape: string): void {
    this.#options.onUnmetered(routeId, method, pathShape);
  }

  setPriceOverrides(overrides: unknown): Promise<readonly string[]> {
    this.#overrides = overrides;
    return this.#ask((requestId) => ({ type: 'priceOverrides', overrides, requestId }));
  }

  restoreCalibration(states: readonly CalibrationState[]): void {
    for (const state of states) this.#calibration.set(state.model, state);
    this.#post({ type: 'calibration', states });
  }

  /** Resolves when every call that has ended on the byte path has been handed to `onRecord`. */
  async drain(): Promise<void> {
    while (this.#pending.length > 0) this.#postWindow();
    await this.#ask((requestId) => ({ type: 'drain', requestId }));
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#pause) clearTimeout(this.#pause);
    await this.#worker.terminate();
  }

  #keep(bytes: number): boolean {
    if (this.#waitingBytes >= MAX_WAITING_BYTES) return false;
    this.#waitingBytes += bytes;
    return true;
  }

  #hold(bytes: number): boolean {
    if (this.#heldBytes + bytes > MAX_HELD_BYTES) return false;
    this.#heldBytes += bytes;
    return true;
  }

  #push(item: ObservedItem): void {
    this.#pending.push(item);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setTimeout(() => {
      this.#scheduled = false;
      this.#flush();
    }, FLUSH_EVERY_MS);
  }

  #flush(): void {
    while (this.#pending.length > 0 && this.#postedBytes < WINDOW_BYTES) this.#postWindow();
    this.#isBehind = this.#pending.length > 0;
  }

  /** All chunks of a batch are copied into one block, whose memory is handed over: one allocation instead of one a chunk. */
  #postWindow(): void {
    const { items, bytes } = this.#takeWindow();
    if (this.#pause || this.#closed) {
      // There is no worker, and the next one knows nothing of these calls.
      this.#waitingBytes -= bytes;
      return;
    }
    this.#postedBytes += bytes;
    const block = Buffer.allocUnsafeSlow(bytes);
    let filled = 0;
    const copied = items.map((item): ObservedItem => {
      if (item.kind !== 'requestBytes' && item.kind !== 'responseBytes') return item;
      const from = filled;
      filled += item.bytes.length;
      block.set(item.bytes, from);
      return { ...item, bytes: new Uint8Array(block.buffer, from, item.bytes.length) };
    });
    this.#post({ type: 'items', items: copied }, [block.buffer]);
  }

  /** As many items as fit into a window, and one at least. */
  #takeWindow(): { readonly items: readonly ObservedItem[]; readonly bytes: number } {
    let bytes = bytesOf(this.#pending[0]);
    let count = 1;
    while (count < this.#pending.length && bytes + bytesOf(this.#pending[count]) <= WINDOW_BYTES) {
      bytes += bytesOf(this.#pending[count]);
      count += 1;
    }
    const items = this.#pending;
    this.#pending = items.slice(count);
    items.length = count;
    return { items, bytes };
  }

  #post(message: ToObserver, transfer: readonly ArrayBuffer[] = []): void {
    if (!this.#closed) this.#worker.postMessage(message, transfer);
  }

  #ask(make: (requestId: number) => ToObserver): Promise<readonly string[]> {
    // Without a worker there is nothing to wait for.
    if (this.#closed || this.#pause) return Promise.resolve([]);
    const requestId = this.#nextRequestId++;
    return new Promise((resolve) => {
      this.#answers.set(requestId, resolve);
      this.#post(make(requestId));
    });
  }

  #start(onReady: () => void): Worker {
    const worker = new Worker(this.#options.workerPath, { name: 'outlay-observe', resourceLimits });
    worker.on('message', (messages: readonly FromObserver[]) => {
      for (const message of messages) this.#receive(message, onReady);
    });
    worker.on('error', (error) => this.#options.log(`observe worker: ${nameOf(error)}`));
    worker.on('exit', (code) => this.#restart(worker, code));
    return worker;
  }

  #restart(worker: Worker, code: number): void {
    if (this.#closed || worker !== this.#worker) return;
    const lost = [...this.#inFlight.values()];
    this.#inFlight.clear();
    // What it had been handed is lost with it.
    this.#waitingBytes -= this.#postedBytes;
    this.#postedBytes = 0;
    for (const answer of this.#answers.values()) answer([]);
    this.#answers.clear();
    // Calls that the dead worker followed end nowhere: none of them may stay on screen.
    this.#options.onLive([]);
    if (++this.#deaths <= DEATHS_IN_A_ROW) this.#startAgain();
    else {
      this.#pause = setTimeout(() => this.#startAgain(), PAUSE_MS);
      this.#pause.unref();
    }
    this.#options.onCrash(`the observe worker ended with code ${code}`, lost);
  }

  #startAgain(): void {
    this.#pause = null;
    this.#worker = this.#start(() => undefined);
    this.#post({ type: 'calibration', states: [...this.#calibration.values()] });
    void this.setPriceOverrides(this.#overrides);
    this.#flush();
  }

  #receive(message: FromObserver, onReady: () => void): void {
    switch (message.type) {
      case 'ready':
        this.#bookVersion = message.bookVersion;
        onReady();
        return;
      case 'record':
        if (message.stage === 'finish') this.#inFlight.delete(message.record.id);
        else this.#inFlight.set(message.record.id, message.record);
        this.#options.onRecord(message.stage, message.record);
        return;
      case 'live':
        this.#options.onLive(message.calls);
        return;
      case 'counted':
        this.#options.onCounted(message.counts);
        return;
      case 'repeated':
        this.#options.onRepeated(message.repeat);
        return;
      case 'calibration':
        for (const state of message.states) this.#calibration.set(state.model, state);
        this.#options.onCalibration(message.states);
        return;
      case 'quota':
        this.#options.onQuota(message.provider, message.auth, message.windows);
        return;
      case 'consumed':
        this.#deaths = 0;
        this.#waitingBytes -= message.bytes;
        this.#postedBytes -= message.bytes;
        if (this.#isBehind) this.#flush();
        return;
      case 'answer': {
        const answer = this.#answers.get(message.requestId);
        this.#answers.delete(message.requestId);
        answer?.(message.problems);
        return;
      }
    }
  }
}

function bytesOf(item: ObservedItem | undefined): number {
  return item?.kind === 'requestBytes' || item?.kind === 'responseBytes' ? item.bytes.length : 0;
}

/** The message is left out: it could quote what the worker was reading. */
function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
