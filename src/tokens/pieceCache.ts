import { hashBytes } from './rankTable.ts';

/** Longer pieces are rare, and rarely the same twice. */
const MAX_BYTES = 32;
const SLOTS = 8192;

/**
 * Remembers the token counts of short pieces that are no token themselves: names and jargon, which a text repeats.
 *
 * Direct-mapped: a newer piece takes the slot of an older one. That needs no list of recent use, allocates nothing while counting and
 * can never outgrow its 300 kB, whatever the input.
 */
export class PieceCache {
  readonly #bytes = new Uint8Array(SLOTS * MAX_BYTES);
  readonly #lengths = new Uint8Array(SLOTS);
  readonly #counts = new Uint8Array(SLOTS);

  /** The count remembered for exactly the first `length` of `bytes`, or 0. */
  get(bytes: Uint8Array, length: number): number {
    if (length > MAX_BYTES) return 0;
    const slot = slotOf(bytes, length);
    if (this.#lengths[slot] !== length) return 0;
    const offset = slot * MAX_BYTES;
    for (let i = 0; i < length; i++) if (this.#bytes[offset + i] !== bytes[i]) return 0;
    return this.#counts[slot] as number;
  }

  set(bytes: Uint8Array, length: number, count: number): void {
    if (length > MAX_BYTES) return;
    const slot = slotOf(bytes, length);
    const offset = slot * MAX_BYTES;
    for (let i = 0; i < length; i++) this.#bytes[offset + i] = bytes[i] as number;
    this.#lengths[slot] = length;
    this.#counts[slot] = count;
  }
}

function slotOf(bytes: Uint8Array, length: number): number {
  const hash = hashBytes(bytes, 0, length);
  return (hash ^ (hash >>> 13)) & (SLOTS - 1);
}
