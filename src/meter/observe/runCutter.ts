import { isAscii } from 'node:buffer';

/**
 * So much of a run is kept: more than the readers of requests take for words (2,000 bytes), for a setting (8,192) or for a key (256),
 * so that they read the same in what is left as in the whole.
 */
export const keptRunBytes = 16 * 1024;

/**
 * Leaves out what follows the first 16 KiB of a run: of ASCII without blanks, quotes, backslashes, commas, colons and brackets. An
 * image of 32 MB in a JSON body is one: its copies would cost as much memory and time as forwarding it does, and no reader looks
 * at it. Of valid JSON the rest reads as the whole does, and it is the same wherever the chunks are cut. Only for bodies that are not
 * compressed. Text is passed over in leaps of 16 KiB, and a run at the speed of the platform's own search.
 */
export class RunCutter {
  /** How long the run is that the last chunk ended in, counted up to `keptRunBytes`. */
  #run = 0;

  /** What is left of the next chunk: the chunk itself where that is all of it, else copies, so that its memory can go. */
  push(chunk: Uint8Array): readonly Uint8Array[] {
    const kept: Uint8Array[] = [];
    let keepFrom = 0;
    let runStart = -this.#run;
    for (let limit = runStart + keptRunBytes; limit < chunk.length; limit = runStart + keptRunBytes) {
      const breakAt = lastBreak(chunk, runStart, limit);
      if (breakAt !== null) {
        runStart = breakAt + 1;
        continue;
      }
      const end = runEnd(chunk, limit);
      if (end > limit) {
        if (limit > keepFrom) kept.push(new Uint8Array(chunk.subarray(keepFrom, limit)));
        keepFrom = end;
      }
      if (end === chunk.length) {
        this.#run = keptRunBytes;
        return kept;
      }
      runStart = end + 1;
    }
    this.#run = chunk.length - ((lastBreak(chunk, runStart, chunk.length) ?? runStart - 1) + 1);
    if (keepFrom === 0) return chunk.length === 0 ? [] : [chunk];
    kept.push(new Uint8Array(chunk.subarray(keepFrom)));
    return kept;
  }
}

const breaks: readonly number[] = Array.from(' "\\,:[]{}\n\r\t', (sign) => sign.charCodeAt(0));
const isBreak: readonly boolean[] = Array.from({ length: 256 }, (_, byte) => byte >= 0x80 || breaks.includes(byte));

/** The last place from `from`, which may lie before the chunk, to before `to` that no run goes over; null for none. */
function lastBreak(chunk: Uint8Array, from: number, to: number): number | null {
  for (let at = to - 1; at >= Math.max(0, from); at--) if (isBreak[chunk[at] ?? 0]) return at;
  return null;
}

/** Where the run that goes on at `from` ends. */
function runEnd(chunk: Uint8Array, from: number): number {
  let rest = chunk.subarray(from);
  for (const byte of breaks) {
    const at = rest.indexOf(byte);
    if (at >= 0) rest = rest.subarray(0, at);
  }
  if (isAscii(rest)) return from + rest.length;
  return from + rest.findIndex((byte) => byte >= 0x80);
}
