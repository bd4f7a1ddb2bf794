import type { HostItem } from './hostFeed.ts';

/**
 * Frames between a window and the meter: one byte that says what it is, four for the length of what follows, and that. An item is JSON;
 * bytes of a body begin with the call's number, and those of a response with the instant that they came at too.
 */
export type HostFrame =
  | { readonly kind: 'item'; readonly item: HostItem }
  | { readonly kind: 'request'; readonly no: number; readonly bytes: Uint8Array }
  | { readonly kind: 'response'; readonly no: number; readonly bytes: Uint8Array; readonly atMs: number };

const ITEM = 1;
const REQUEST = 2;
const RESPONSE = 3;
const headBytes = 5;
/** Longer pieces of a body are split. */
export const maxPieceBytes = 256 * 1024;
const maxFrameBytes = maxPieceBytes + 64 * 1024;

export function itemFrame(item: HostItem): Buffer {
  const body = Buffer.from(JSON.stringify(item));
  return Buffer.concat([head(ITEM, body.length), body]);
}

/** The frame's own bytes and then the piece, which is not copied. At most `maxPieceBytes` long. */
export function requestFrame(no: number, piece: Uint8Array): readonly Uint8Array[] {
  const start = Buffer.concat([head(REQUEST, piece.length + 4), Buffer.alloc(4)]);
  start.writeUInt32BE(no, headBytes);
  return [start, piece];
}

export function responseFrame(no: number, piece: Uint8Array, atMs: number): readonly Uint8Array[] {
  const start = Buffer.concat([head(RESPONSE, piece.length + 12), Buffer.alloc(12)]);
  start.writeUInt32BE(no, headBytes);
  start.writeDoubleBE(atMs, headBytes + 4);
  return [start, piece];
}

function head(kind: number, length: number): Buffer {
  const start = Buffer.alloc(headBytes);
  start.writeUInt8(kind, 0);
  start.writeUInt32BE(length, 1);
  return start;
}

/** Puts frames together again, whatever pieces they come in. Holds at most one frame. */
export class FrameReader {
  readonly #onFrame: (frame: HostFrame) => void;
  #pieces: Uint8Array[] = [];
  #length = 0;

  constructor(onFrame: (frame: HostFrame) => void) {
    this.#onFrame = onFrame;
  }

  /** False once something comes that is no frame; nothing can be read after it. */
  push(chunk: Uint8Array): boolean {
    this.#pieces.push(chunk);
    this.#length += chunk.length;
    let wanted = this.#wanted();
    while (wanted !== null && wanted <= this.#length) {
      if (wanted > maxFrameBytes + headBytes) return false;
      const all = this.#whole();
      const frame = readFrame(all.subarray(0, wanted));
      if (frame === null) return false;
      this.#pieces = wanted === all.length ? [] : [all.subarray(wanted)];
      this.#length = all.length - wanted;
      this.#onFrame(frame);
      wanted = this.#wanted();
    }
    return wanted === null || wanted <= maxFrameBytes + headBytes;
  }

  /** The bytes of the frame that begins here; null while that is not known. */
  #wanted(): number | null {
    if (this.#length < headBytes) return null;
    const first = this.#pieces[0];
    const start = first !== undefined && first.length >= headBytes ? first : this.#whole();
    return headBytes + Buffer.from(start.buffer, start.byteOffset, headBytes).readUInt32BE(1);
  }

  #whole(): Uint8Array {
    const [only, ...others] = this.#pieces;
    if (only !== undefined && others.length === 0) return only;
    const all = Buffer.concat(this.#pieces);
    this.#pieces = [all];
    return all;
  }
}

function readFrame(bytes: Uint8Array): HostFrame | null {
  const frame = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const body = frame.subarray(headBytes);
  switch (frame.readUInt8(0)) {
    case ITEM:
      return readItem(body);
    case REQUEST:
      return body.length < 4 ? null : { kind: 'request', no: body.readUInt32BE(0), bytes: body.subarray(4) };
    case RESPONSE:
      if (body.length < 12) return null;
      return { kind: 'response', no: body.readUInt32BE(0), atMs: body.readDoubleBE(4), bytes: body.subarray(12) };
    default:
      return null;
  }
}

/** Items come from our own code over an authorised channel; who takes one checks what it uses. */
function readItem(body: Buffer): HostFrame | null {
  try {
    const item: unknown = JSON.parse(body.toString('utf8'));
    const isItem = typeof item === 'object' && item !== null && 'kind' in item && typeof item.kind === 'string';
    return isItem ? { kind: 'item', item: item as HostItem } : null;
  } catch {
    return null;
  }
}
