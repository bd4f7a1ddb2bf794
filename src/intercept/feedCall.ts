import type { HostBegin, HostCallEnd, HostItem } from '../protocol/hostFeed.ts';
import { itemFrame, maxPieceBytes, requestFrame, responseFrame } from '../protocol/hostFrames.ts';

/** Beyond this a call is not kept whole: told again, it has a gap. */
const MAX_KEPT_BYTES = 1024 * 1024;
/** An answer that came whole at once ends before anybody could read it: so long its end is kept for the name of its reader. */
const NAMED_WITHIN_MS = 1_000;

export interface FeedCallPorts {
  /** False where it was left out, which only happens to what may be left out. */
  readonly send: (pieces: readonly Uint8Array[], mayBeLeftOut: boolean) => boolean;
  readonly mayKeep: (bytes: number) => boolean;
  /** Told of bytes that are kept now, and with a negative number of those that are not any more. */
  readonly onKept: (bytes: number) => void;
  readonly onEnd: () => void;
}

/** One observed call on its way to the meter. It keeps what it told, within bounds, so that it can tell it again. */
export class FeedCall {
  readonly #begin: HostBegin;
  readonly #ports: FeedCallPorts;
  /** Everything in order; null once it is too much. */
  #told: Uint8Array[] | null = [];
  #keptBytes = 0;
  /** What a gap does not take along: the head of the response, and the end. */
  readonly #landmarks: HostItem[] = [];
  #isCut = false;
  #isForgotten = false;
  #awaitsName = false;
  #keptEnd: { readonly end: HostCallEnd; readonly atMs: number; readonly timer: NodeJS.Timeout } | null = null;
  isOver = false;

  constructor(begin: HostBegin, ports: FeedCallPorts) {
    this.#begin = begin;
    this.#ports = ports;
  }

  get no(): number {
    return this.#begin.no;
  }

  start(): void {
    this.#tellItem(this.#begin);
  }

  requestBytes(bytes: Uint8Array): void {
    for (const piece of piecesOf(bytes)) this.#tellBytes(requestFrame(this.no, piece));
  }

  requestEnd(): void {
    this.#tellItem({ kind: 'requestEnd', no: this.no });
  }

  responseHead(httpStatus: number, fields: Readonly<Record<string, string>>, atMs: number): void {
    this.#tellLandmark({ kind: 'responseHead', no: this.no, httpStatus, fields, atMs });
  }

  responseBytes(bytes: Uint8Array, atMs: number): void {
    for (const piece of piecesOf(bytes)) this.#tellBytes(responseFrame(this.no, piece, atMs));
  }

  /** The caller is not known yet, and will be told by `named` where somebody reads the answer. */
  awaitName(): void {
    this.#awaitsName = true;
  }

  named(caller: string): void {
    this.#tellLandmark({ kind: 'named', no: this.no, caller });
    this.settle();
  }

  /** Waits for no name any more: an end that was kept is told. */
  settle(): void {
    this.#awaitsName = false;
    const kept = this.#keptEnd;
    this.#keptEnd = null;
    if (kept === null) return;
    clearTimeout(kept.timer);
    this.end(kept.end, kept.atMs);
  }

  /** Tells no byte of this call any more. */
  leaveOut(): void {
    if (this.isOver || this.#isCut) return;
    this.#isCut = true;
    this.#letGo();
    this.gap();
  }

  gap(): void {
    this.#tellItem({ kind: 'gap', no: this.no });
  }

  end(end: HostCallEnd, atMs: number): void {
    if (this.isOver || this.#keptEnd !== null) return;
    if (this.#awaitsName && end === 'complete') {
      const timer = setTimeout(() => this.settle(), NAMED_WITHIN_MS);
      timer.unref();
      this.#keptEnd = { end, atMs, timer };
      return;
    }
    this.#tellLandmark({ kind: 'end', no: this.no, end, atMs });
    this.isOver = true;
    this.#ports.onEnd();
  }

  /** Tells a meter that knows nothing of this call all that is still known. */
  tellAgain(): void {
    if (this.#told !== null) {
      this.#ports.send(this.#told, false);
      return;
    }
    const gap: HostItem = { kind: 'gap', no: this.no };
    for (const item of [this.#begin, gap, ...this.#landmarks]) this.#ports.send([itemFrame(item)], false);
  }

  /** Lets go of everything; the number of bytes that were kept. */
  forget(): number {
    if (this.#keptEnd !== null) clearTimeout(this.#keptEnd.timer);
    this.#keptEnd = null;
    const bytes = this.#keptBytes;
    this.#isForgotten = true;
    this.isOver = true;
    this.#told = null;
    this.#keptBytes = 0;
    return bytes;
  }

  #tellLandmark(item: HostItem): void {
    if (!this.isOver) this.#landmarks.push(item);
    this.#tellItem(item);
  }

  #tellItem(item: HostItem): void {
    if (this.isOver) return;
    const pieces = [itemFrame(item)];
    this.#keep(pieces);
    this.#ports.send(pieces, false);
  }

  #tellBytes(pieces: readonly Uint8Array[]): void {
    if (this.isOver || this.#isCut) return;
    this.#keep(pieces);
    if (this.#ports.send(pieces, true)) return;
    // From here on nothing can be read: a part of a stream would be taken for the whole.
    this.leaveOut();
  }

  #keep(pieces: readonly Uint8Array[]): void {
    if (this.#told === null || this.#isForgotten) return;
    const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
    if (this.#keptBytes + bytes > MAX_KEPT_BYTES || !this.#ports.mayKeep(bytes)) {
      this.#letGo();
      return;
    }
    this.#told.push(...pieces);
    this.#keptBytes += bytes;
    this.#ports.onKept(bytes);
  }

  #letGo(): void {
    this.#told = null;
    this.#ports.onKept(-this.#keptBytes);
    this.#keptBytes = 0;
  }
}

function* piecesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += maxPieceBytes) yield bytes.subarray(at, at + maxPieceBytes);
}
