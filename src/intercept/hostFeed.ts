import type { Disposable } from '../domain/disposable.ts';
import type { HostBegin, HostItem, HostOrders } from '../protocol/hostFeed.ts';
import type { HostLink, HostLinkEvents } from '../protocol/hostFeedClient.ts';
import { itemFrame } from '../protocol/hostFrames.ts';
import { isUnbilledCall } from '../protocol/llmHosts.ts';
import type { CallsWanted } from './contract.ts';
import { FeedCall } from './feedCall.ts';

/** Copies go out that often: nobody sees figures of a fiftieth of a second, and work in bulk costs less. */
const FLUSH_EVERY_MS = 20;
/** What may wait for a meter that cannot keep up; beyond it bytes are left out and their call is marked. */
const MAX_WAITING_BYTES = 32 * 1024 * 1024;
/** So much of calls in flight is kept in all, to tell it again to a meter that was started anew. */
const MAX_KEPT_BYTES = 32 * 1024 * 1024;
const MAX_KEPT_CALLS = 500;
/** A call that has ended is kept so long: a meter that dies now may not have booked it. Telling it twice books it once. */
const KEPT_AFTER_END_MS = 5_000;

export interface HostFeedOptions {
  readonly workspaceId: () => string;
  readonly onOrders: (orders: HostOrders) => void;
  readonly log: (sentence: string) => void;
}

interface Unbooked {
  readonly call: FeedCall;
  readonly isUnbilled: boolean;
  readonly taskId: string | null;
}

/**
 * Takes what was observed to the meter: in bulk, in order, and never more than a bounded amount. While no meter is there, calls are kept,
 * and told when one is. Nothing here waits, and nothing is read of what passes.
 */
export class HostFeed implements Disposable {
  readonly #options: HostFeedOptions;
  readonly #calls = new Map<number, FeedCall>();
  #link: HostLink | null = null;
  #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #keptBytes = 0;
  #isFlowing = true;
  #timer: NodeJS.Timeout | null = null;
  #nextNo = 1;
  /** Calls by their id that the meter has not told of as booked. */
  readonly #unbooked = new Map<string, Unbooked>();

  constructor(options: HostFeedOptions) {
    this.#options = options;
  }

  /** Calls that have not ended. */
  get inFlight(): number {
    return [...this.#calls.values()].filter((call) => !call.isOver).length;
  }

  /** Bytes that wait to be sent. */
  get waitingBytes(): number {
    return this.#queuedBytes;
  }

  /** `taskId` is the task that the orders named last; null for none. */
  begin(about: Omit<HostBegin, 'kind' | 'no'>, taskId: string | null = null): FeedCall {
    const no = this.#nextNo;
    this.#nextNo = (no % 0xffff_fffe) + 1;
    const call = new FeedCall(
      { ...about, kind: 'begin', no },
      {
        send: (pieces, mayBeLeftOut) => this.#send(pieces, mayBeLeftOut),
        mayKeep: (bytes) => this.#keptBytes + bytes <= MAX_KEPT_BYTES,
        onKept: (bytes) => {
          this.#keptBytes += bytes;
        },
        onEnd: () => this.#forgetLater(call),
      },
    );
    this.#calls.set(no, call);
    const isUnbilled = isUnbilledCall(about.origin, about.fields['authorization']);
    this.#unbooked.set(about.id, { call, isUnbilled, taskId });
    const [oldest] = this.#calls.values();
    if (this.#calls.size > MAX_KEPT_CALLS && oldest !== undefined) this.#forget(oldest);
    call.start();
    return call;
  }

  /** Calls of which the meter's orders know nothing yet. */
  unbookedCalls(wanted: CallsWanted): number {
    let count = 0;
    for (const { call, isUnbilled, taskId } of this.#unbooked.values()) {
      if (wanted.onlyBilled && isUnbilled) continue;
      if (wanted.onlyEnded && !call.isOver) continue;
      if (wanted.taskId === null || wanted.taskId === taskId) count += 1;
    }
    return count;
  }

  /** The meter's newest orders know of these calls. */
  booked(ids: readonly string[]): void {
    for (const id of ids) this.#unbooked.delete(id);
  }

  /** Tells something that belongs to no call; lost where no meter is there. */
  tell(item: HostItem): void {
    if (this.#link !== null) this.#send([itemFrame(item)], false);
  }

  /** Goes over to another meter, or the same one anew, and tells it every call that it cannot know. */
  connect(open: (events: HostLinkEvents) => HostLink): void {
    this.disconnect();
    const events: HostLinkEvents = {
      onOrders: (orders) => {
        if (this.#link === link) this.#options.onOrders(orders);
      },
      onFlushed: () => {
        if (this.#link !== link) return;
        this.#isFlowing = true;
        this.#plan();
      },
      onEnd: (reason) => {
        if (this.#link !== link) return;
        this.#options.log(`What is observed does not reach the meter any more (${reason}).`);
        this.#drop();
      },
    };
    const link = open(events);
    this.#link = link;
    this.#isFlowing = true;
    this.#send([itemFrame({ kind: 'hello', workspaceId: this.#options.workspaceId() })], false);
    for (const call of this.#calls.values()) call.tellAgain();
  }

  get isConnected(): boolean {
    return this.#link !== null;
  }

  /** Leaves the meter. What is in flight is told to the next one. */
  disconnect(): void {
    const link = this.#link;
    if (link === null) return;
    this.#send([itemFrame({ kind: 'moved' })], false);
    this.#flush(true);
    this.#drop();
    link.close();
  }

  /** Ends for good: calls in flight are not followed any more, and the meter books them as far as they came. */
  dispose(): void {
    const link = this.#link;
    for (const call of this.#calls.values()) call.settle();
    this.#flush(true);
    this.#drop();
    link?.close();
    for (const call of this.#calls.values()) this.#forget(call);
  }

  #drop(): void {
    this.#link = null;
    this.#queue = [];
    this.#queuedBytes = 0;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** False where these bytes were left out. */
  #send(pieces: readonly Uint8Array[], mayBeLeftOut: boolean): boolean {
    if (this.#link === null) return true;
    const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
    if (mayBeLeftOut && this.#queuedBytes + bytes > MAX_WAITING_BYTES) return false;
    this.#queue.push(...pieces);
    this.#queuedBytes += bytes;
    this.#plan();
    return true;
  }

  #plan(): void {
    if (this.#timer !== null || !this.#isFlowing || this.#queue.length === 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#flush(false);
    }, FLUSH_EVERY_MS);
  }

  #flush(isLast: boolean): void {
    if (this.#link === null || this.#queue.length === 0 || !(this.#isFlowing || isLast)) return;
    const pieces = this.#queue;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#isFlowing = false;
    this.#link.write(pieces);
  }

  #forgetLater(call: FeedCall): void {
    setTimeout(() => {
      // Without a meter nobody has been told: it is kept for the next one, as long as there is room.
      if (this.#link === null) this.#forgetLater(call);
      else this.#forget(call);
    }, KEPT_AFTER_END_MS).unref();
  }

  #forget(call: FeedCall): void {
    if (!this.#calls.delete(call.no)) return;
    this.#keptBytes -= call.forget();
    for (const [id, each] of this.#unbooked) if (each.call === call) this.#unbooked.delete(id);
  }
}
