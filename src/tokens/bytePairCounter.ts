import type { RankTable } from './rankTable.ts';

/** Work done so far, for tests that hold the counter to its complexity without timing anything. */
export interface MergeWork {
  /** Pairs looked at: scans of the short merge, heap moves and rank look-ups of the long one. */
  steps: number;
}

/** Up to here the quadratic merge over a small array is faster than a heap; beyond, it would let hostile input stall the process. */
const SHORT_PIECE_BYTES = 48;
const NO_PAIR = 0x7fffffff;

/** Counts the tokens that byte-pair merging makes of one piece: always the lowest rank first, the leftmost of equals first. */
export class BytePairCounter {
  readonly #ranks: RankTable;
  readonly #work: MergeWork;
  readonly #starts = new Int32Array(SHORT_PIECE_BYTES + 1);
  readonly #pairs = new Int32Array(SHORT_PIECE_BYTES + 1);

  constructor(ranks: RankTable, work: MergeWork) {
    this.#ranks = ranks;
    this.#work = work;
  }

  /** Tokens of the first `length` of `bytes`. */
  count(bytes: Uint8Array, length: number): number {
    if (length <= 1) return length;
    return length <= SHORT_PIECE_BYTES ? this.#countShort(bytes, length) : this.#countLong(bytes, length);
  }

  #rank(bytes: Uint8Array, start: number, end: number): number {
    const rank = this.#ranks.rankOf(bytes, start, end);
    return rank < 0 ? NO_PAIR : rank;
  }

  #countShort(bytes: Uint8Array, length: number): number {
    const starts = this.#starts;
    const pairs = this.#pairs;
    let parts = length;
    for (let i = 0; i < length; i++) {
      starts[i] = i;
      pairs[i] = i + 1 < length ? this.#rank(bytes, i, i + 2) : NO_PAIR;
    }
    starts[length] = length;
    for (;;) {
      let best = NO_PAIR;
      let at = 0;
      for (let i = 0; i < parts - 1; i++) {
        if ((pairs[i] as number) < best) {
          best = pairs[i] as number;
          at = i;
        }
      }
      this.#work.steps += parts;
      if (best === NO_PAIR) return parts;
      starts.copyWithin(at + 1, at + 2, parts + 1);
      pairs.copyWithin(at + 1, at + 2, parts);
      parts--;
      pairs[at] = at + 1 < parts ? this.#rank(bytes, starts[at] as number, starts[at + 2] as number) : NO_PAIR;
      if (at > 0) pairs[at - 1] = this.#rank(bytes, starts[at - 1] as number, starts[at + 1] as number);
    }
  }

  /** Linked list of parts and a heap of pairs: n log n. A pair that has changed since it was pushed is skipped when it comes up. */
  #countLong(bytes: Uint8Array, length: number): number {
    const nexts = new Int32Array(length + 1);
    const previous = new Int32Array(length + 1);
    const pairs = new Int32Array(length + 1).fill(NO_PAIR);
    const heap = new PairHeap(this.#work);
    for (let i = 0; i < length; i++) {
      nexts[i] = i + 1;
      previous[i + 1] = i;
      if (i + 1 < length) pairs[i] = this.#rank(bytes, i, i + 2);
    }
    previous[0] = -1;
    for (let i = 0; i < length; i++) if (pairs[i] !== NO_PAIR) heap.push(pairs[i] as number, i);
    let parts = length;
    const update = (start: number): void => {
      const middle = nexts[start] as number;
      const rank = middle < length ? this.#rank(bytes, start, nexts[middle] as number) : NO_PAIR;
      pairs[start] = rank;
      this.#work.steps++;
      if (rank !== NO_PAIR) heap.push(rank, start);
    };
    while (heap.pop()) {
      const start = heap.position;
      if (pairs[start] !== heap.rank) continue;
      const swallowed = nexts[start] as number;
      const next = nexts[swallowed] as number;
      pairs[swallowed] = NO_PAIR;
      nexts[start] = next;
      previous[next] = start;
      parts--;
      update(start);
      const before = previous[start] as number;
      if (before >= 0) update(before);
    }
    return parts;
  }
}

/** Binary min-heap of (rank, position), packed into one exact double each: rank x 2^32 + position. */
class PairHeap {
  rank = 0;
  position = 0;
  readonly #work: MergeWork;
  readonly #keys: number[] = [];

  constructor(work: MergeWork) {
    this.#work = work;
  }

  push(rank: number, position: number): void {
    const keys = this.#keys;
    const key = rank * 2 ** 32 + position;
    let at = keys.length;
    keys.push(key);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      this.#work.steps++;
      if ((keys[parent] as number) <= key) break;
      keys[at] = keys[parent] as number;
      at = parent;
    }
    keys[at] = key;
  }

  /** Moves the least pair into `rank` and `position`; false when there is none. */
  pop(): boolean {
    const keys = this.#keys;
    const top = keys[0];
    const last = keys.pop();
    if (top === undefined || last === undefined) return false;
    if (keys.length > 0) this.#sink(last);
    this.rank = Math.floor(top / 2 ** 32);
    this.position = top - this.rank * 2 ** 32;
    return true;
  }

  #sink(key: number): void {
    const keys = this.#keys;
    const size = keys.length;
    let at = 0;
    for (let child = 1; child < size; child = at * 2 + 1) {
      if (child + 1 < size && (keys[child + 1] as number) < (keys[child] as number)) child++;
      this.#work.steps++;
      if ((keys[child] as number) >= key) break;
      keys[at] = keys[child] as number;
      at = child;
    }
    keys[at] = key;
  }
}
