import type { StreamingCounter } from './contract.ts';
import { pieceEnd } from './pieceScanner.ts';
import type { TextCounter } from './textCounter.ts';

/** New characters that make another look at the tail worth its while. */
const SCAN_EVERY_CHARS = 64;
/** A tail that is still longer than this holds one giant piece, of which all but the end is settled by force. */
export const FORCED_SETTLE_CHARS = 4096;
const KEPT_AFTER_FORCE_CHARS = 64;
const CHARS_PER_TOKEN = 4;

/**
 * Counts a text that arrives in deltas, exactly as if it had come whole.
 *
 * What follows can still change the last two pieces of a text, never those before them (a line break joins the blanks before it, a
 * small letter joins capitals to the word before them, an `'` may become `'re`). So those two are held back, and a high surrogate at
 * the end is not looked at before its other half has come.
 *
 * The one exception: a piece of more than 4,096 characters (a line of base64 or `=` without an end) is cut 64 characters before its
 * present end and settled, so that neither memory nor a rescan grows with it. Merging cannot cross such a cut. That changes the count
 * by about one token a cut; the worst found was just under three (`=-=-=-` without an end), and the tests allow five.
 */
export function createHoldBackCounter(loadCounter: () => TextCounter): StreamingCounter {
  return new HoldBackCounter(loadCounter);
}

class HoldBackCounter implements StreamingCounter {
  readonly #loadCounter: () => TextCounter;
  #settled = 0;
  #tail = '';
  #scanAtChars = SCAN_EVERY_CHARS;

  constructor(loadCounter: () => TextCounter) {
    this.#loadCounter = loadCounter;
  }

  get tokens(): number {
    return this.#settled + Math.ceil(this.#tail.length / CHARS_PER_TOKEN);
  }

  push(text: string): void {
    this.#tail += text;
    if (this.#tail.length < this.#scanAtChars) return;
    this.#settleStablePieces();
    if (this.#tail.length > FORCED_SETTLE_CHARS) this.#settleByForce();
    this.#scanAtChars = this.#tail.length + SCAN_EVERY_CHARS;
  }

  /** May be called again; text pushed after it is counted as a new text. */
  finish(): number {
    if (this.#tail !== '') this.#settled += this.#loadCounter().count(this.#tail);
    this.#tail = '';
    this.#scanAtChars = SCAN_EVERY_CHARS;
    return this.#settled;
  }

  #settleStablePieces(): void {
    const tail = this.#tail;
    const complete = isHighSurrogate(tail, tail.length - 1) ? tail.slice(0, -1) : tail;
    const counter = this.#loadCounter();
    let beforeLast = 0;
    let last = 0;
    for (let at = 0; at < complete.length; ) {
      if (last > beforeLast) this.#settled += counter.countPiece(complete, beforeLast, last);
      beforeLast = last;
      last = at;
      at = pieceEnd(complete, at);
    }
    this.#tail = tail.slice(beforeLast);
  }

  #settleByForce(): void {
    const tail = this.#tail;
    let cut = tail.length - KEPT_AFTER_FORCE_CHARS;
    if (isHighSurrogate(tail, cut - 1)) cut--;
    this.#settled += this.#loadCounter().count(tail.slice(0, cut));
    this.#tail = tail.slice(cut);
  }
}

function isHighSurrogate(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0xd800 && code <= 0xdbff;
}
