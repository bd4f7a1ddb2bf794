import { BytePairCounter, type MergeWork } from './bytePairCounter.ts';
import { PieceCache } from './pieceCache.ts';
import { pieceEnd } from './pieceScanner.ts';
import { type RankSource, RankTable } from './rankTable.ts';

const encoder = new TextEncoder();
const SCRATCH_BYTES = 4096;

/** Counts texts and single pieces of them; holds the decoded ranks (about 8 MB). */
export class TextCounter {
  readonly #ranks: RankTable;
  readonly #merge: BytePairCounter;
  readonly #cache = new PieceCache();
  readonly #scratch = new Uint8Array(SCRATCH_BYTES);

  constructor(source: RankSource, work: MergeWork) {
    this.#ranks = new RankTable(source);
    this.#merge = new BytePairCounter(this.#ranks, work);
  }

  count(text: string): number {
    let tokens = 0;
    for (let at = 0; at < text.length; ) {
      const end = pieceEnd(text, at);
      tokens += this.countPiece(text, at, end);
      at = end;
    }
    return tokens;
  }

  /** Tokens of the piece of `text` from `start` to `end`, which must be borders that `pieceEnd` gave. */
  countPiece(text: string, start: number, end: number): number {
    if ((end - start) * 3 > SCRATCH_BYTES) {
      const bytes = encoder.encode(text.slice(start, end));
      return this.#merge.count(bytes, bytes.length);
    }
    const bytes = this.#scratch;
    const length = this.#encode(text, start, end);
    if (this.#ranks.rankOf(bytes, 0, length) >= 0) return 1;
    const known = this.#cache.get(bytes, length);
    if (known > 0) return known;
    const count = this.#merge.count(bytes, length);
    this.#cache.set(bytes, length, count);
    return count;
  }

  /** UTF-8 into the scratch buffer, a lone surrogate as U+FFFD. Most pieces are ASCII, too short to be worth a call of the encoder. */
  #encode(text: string, start: number, end: number): number {
    const bytes = this.#scratch;
    for (let at = start; at < end; at++) {
      const code = text.charCodeAt(at);
      if (code >= 0x80) return encoder.encodeInto(text.slice(start, end), bytes).written;
      bytes[at - start] = code;
    }
    return end - start;
  }
}
