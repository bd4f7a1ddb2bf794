import type { CallEnd, CallHead, CallTap, ResponseHead } from '../../gateway/contract.ts';
import type { ObservedItem } from './messages.ts';
import { RunCutter } from './runCutter.ts';

/** A longer piece is cut, so that none is more than what is copied in one go. */
const pieceBytesMax = 256 * 1024;

/** The queue to the worker, which all calls share. */
export interface CopyQueue {
  push(item: ObservedItem): void;
  /** Makes room for bytes until the worker has read them; false where there is none left. */
  keep(bytes: number): boolean;
  /** Of those, makes room for bytes that wait for the end of their request; false where there is none left. */
  hold(bytes: number): boolean;
  letGo(bytes: number): void;
}

/**
 * What passed of one call. The body of a request waits, uncopied, until it has been sent on: reading 32 MB takes as much of the
 * processor as forwarding them does, and nobody needs what they say before their last byte. Where there is no room for that, it is
 * read as it comes. Of an image in it only the beginning is copied.
 */
export class CallCopies implements CallTap {
  readonly #id: string;
  readonly #queue: CopyQueue;
  /** Null once the body is no longer held. */
  #held: Uint8Array[] | null = [];
  #heldBytes = 0;
  #hasGap = false;
  /** Null for a compressed body, of which every byte is needed. */
  readonly #cutter: RunCutter | null;

  constructor(head: Pick<CallHead, 'id' | 'requestEncoding'>, queue: CopyQueue) {
    this.#id = head.id;
    this.#queue = queue;
    this.#cutter = (head.requestEncoding ?? 'identity') === 'identity' ? new RunCutter() : null;
  }

  requestBytes(chunk: Uint8Array): void {
    if (this.#cutter === null) this.#keepBody(chunk);
    else for (const piece of this.#cutter.push(chunk)) this.#keepBody(piece);
  }

  #keepBody(chunk: Uint8Array): void {
    if (!this.#mayKeep(chunk)) return;
    if (this.#held !== null && this.#queue.hold(chunk.length)) {
      this.#held.push(chunk);
      this.#heldBytes += chunk.length;
      return;
    }
    this.#release();
    this.#pushBody(chunk);
  }

  requestEnd(): void {
    this.#push({ kind: 'requestEnd', id: this.#id });
  }

  responseHead(head: ResponseHead): void {
    this.#push({ kind: 'responseHead', id: this.#id, head });
  }

  responseBytes(chunk: Uint8Array, atMs: number): void {
    if (this.#mayKeep(chunk)) this.#push({ kind: 'responseBytes', id: this.#id, bytes: chunk, atMs });
  }

  end(end: CallEnd, atMs: number): void {
    this.#push({ kind: 'end', id: this.#id, end, atMs });
  }

  gap(): void {
    this.#push({ kind: 'gap', id: this.#id });
  }

  /** Says nothing of the body, which can go on waiting. */
  named(agent: string): void {
    this.#queue.push({ kind: 'named', id: this.#id, agent });
  }

  /** Once bytes had to be left out, all that follow are. */
  #mayKeep(chunk: Uint8Array): boolean {
    if (this.#hasGap) return false;
    if (this.#queue.keep(chunk.length)) return true;
    this.#hasGap = true;
    this.gap();
    return false;
  }

  #push(item: ObservedItem): void {
    this.#release();
    this.#queue.push(item);
  }

  #release(): void {
    const held = this.#held;
    if (held === null) return;
    this.#held = null;
    this.#queue.letGo(this.#heldBytes);
    for (const chunk of held) this.#pushBody(chunk);
  }

  /** Nobody writes into a chunk that was read from a socket, so that it can wait uncopied. */
  #pushBody(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; at += pieceBytesMax) {
      this.#queue.push({ kind: 'requestBytes', id: this.#id, bytes: chunk.subarray(at, at + pieceBytesMax) });
    }
  }
}
