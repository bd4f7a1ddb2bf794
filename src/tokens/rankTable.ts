/** The part of a js-tiktoken rank file that counting needs: lines of `! FIRST_RANK base64 base64 ...`, ranks counting up. */
export interface RankSource {
  readonly bpe_ranks: string;
}

const FNV_OFFSET = 0x811c9dc5 | 0;
const FNV_PRIME = 0x01000193;
const SPACE = 0x20;
const PADDING = 0x3d;
/** Four of base64 and a space. */
const MIN_CHARS_PER_TOKEN = 5;

/** FNV-1a of a range of bytes. */
export function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = FNV_OFFSET;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), FNV_PRIME);
  return hash;
}

/**
 * Token bytes to rank, as one open-addressing hash table over flat typed arrays. A `Map` with two hundred thousand strings costs a
 * multiple of the memory and of the load time, and needs a string cut out of the text for every question.
 */
export class RankTable {
  /** A longer run of bytes is never one token (128 in o200k), which bounds the work of a look-up. */
  readonly maxTokenBytes: number;
  readonly #tokens: DecodedTokens;
  /** Pairs of (hash, token number + 1); 0 marks a free slot. */
  readonly #slots: Int32Array;
  readonly #mask: number;

  constructor(source: RankSource) {
    const tokens = decodeTokens(source.bpe_ranks);
    const capacity = 2 ** Math.ceil(Math.log2(Math.max(2, tokens.count * 2)));
    this.#tokens = tokens;
    this.#mask = capacity - 1;
    this.#slots = new Int32Array(capacity * 2);
    let maxTokenBytes = 0;
    for (let token = 0; token < tokens.count; token++) {
      const start = tokens.borders[token] as number;
      const end = tokens.borders[token + 1] as number;
      if (end - start > maxTokenBytes) maxTokenBytes = end - start;
      this.#insert(token, hashBytes(tokens.bytes, start, end));
    }
    this.maxTokenBytes = maxTokenBytes;
  }

  /** Rank of the token with exactly the bytes from `start` to `end`, or -1. */
  rankOf(bytes: Uint8Array, start: number, end: number): number {
    if (end - start > this.maxTokenBytes) return -1;
    const { bytes: tokenBytes, borders, ranks } = this.#tokens;
    const hash = hashBytes(bytes, start, end);
    for (let slot = slotOf(hash) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const token = (this.#slots[slot * 2 + 1] as number) - 1;
      if (token < 0) return -1;
      if (this.#slots[slot * 2] !== hash) continue;
      const shift = (borders[token] as number) - start;
      if ((borders[token + 1] as number) - shift !== end) continue;
      let at = start;
      while (at < end && bytes[at] === tokenBytes[at + shift]) at++;
      if (at === end) return ranks[token] as number;
    }
  }

  #insert(token: number, hash: number): void {
    let slot = slotOf(hash) & this.#mask;
    while (this.#slots[slot * 2 + 1] !== 0) slot = (slot + 1) & this.#mask;
    this.#slots[slot * 2] = hash;
    this.#slots[slot * 2 + 1] = token + 1;
  }
}

/** The low bits of FNV alone depend too little on the last byte. */
function slotOf(hash: number): number {
  return hash ^ (hash >>> 15);
}

interface DecodedTokens {
  readonly count: number;
  /** All tokens' bytes, one after another; token i lies from `borders[i]` to `borders[i + 1]`. */
  readonly bytes: Uint8Array;
  readonly borders: Int32Array;
  readonly ranks: Int32Array;
}

/** Decodes all base64 in one pass: a `Buffer.from` a token takes several times as long. */
function decodeTokens(text: string): DecodedTokens {
  const bytes = new Uint8Array(Math.ceil(text.length * 0.75));
  const borders = new Int32Array(Math.ceil(text.length / MIN_CHARS_PER_TOKEN) + 2);
  const ranks = new Int32Array(borders.length);
  let count = 0;
  let filled = 0;
  for (const line of text.split('\n')) {
    const rankAt = line.indexOf(' ') + 1;
    const tokensAt = line.indexOf(' ', rankAt) + 1;
    if (rankAt === 0 || tokensAt === 0) continue;
    let rank = Number.parseInt(line.slice(rankAt, tokensAt), 10);
    let bits = 0;
    let pending = 0;
    for (let i = tokensAt; i <= line.length; i++) {
      const code = i < line.length ? line.charCodeAt(i) : SPACE;
      if (code === SPACE) {
        ranks[count++] = rank++;
        borders[count] = filled;
        bits = 0;
      } else if (code !== PADDING) {
        pending = (pending << 6) | (BASE64_VALUES[code] as number);
        bits += 6;
        if (bits >= 8) {
          bits -= 8;
          bytes[filled++] = pending >> bits;
        }
      }
    }
  }
  return { count, bytes: bytes.slice(0, filled), borders: borders.slice(0, count + 1), ranks: ranks.slice(0, count) };
}

const BASE64_VALUES = new Uint8Array(128);
for (const [value, char] of [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].entries()) {
  BASE64_VALUES[char.charCodeAt(0)] = value;
}
