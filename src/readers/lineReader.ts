/** Where reading a log of lines stands. */
export interface LinePosition {
  readonly offset: number;
  /** Lines before the offset. */
  readonly lines: number;
}

/** Bytes that are handed on are only good during the call. `line` counts from 1. */
export interface LineSink {
  /** A line that holds a needle, without its break. */
  line(bytes: Buffer, line: number): void;
  /** A line without a needle, to be checked cheaply. */
  skipped(bytes: Buffer, line: number): void;
  /** A line over the limit, which is not read. */
  tooLong(line: number): void;
  /** What follows the last line break. */
  tail(bytes: Buffer, line: number): void;
}

/** Where something begins in bytes, from an index on; -1 where it does not. */
export type Needle = (bytes: Buffer, from: number) => number;

export interface ReadLinesOptions {
  /** Fills the buffer from a place of the file; returns the bytes read, 0 at its end. */
  readonly read: (into: Buffer, at: number) => number;
  readonly from: LinePosition;
  readonly needles: readonly Needle[] | null;
  readonly maxLineBytes: number;
  /** Used as long as lines fit into it; overwritten. */
  readonly buffer: Buffer;
}

const newline = 0x0a;

/**
 * Reads whole lines from a place of a file to its end and returns the place after the last line break. Bytes are searched for breaks
 * and needles by native code; only lines with a needle cost more than that.
 */
export function readLines(options: ReadLinesOptions, sink: LineSink): LinePosition {
  return new LineReader(options, sink).run();
}

class LineReader {
  readonly #options: ReadLinesOptions;
  readonly #sink: LineSink;
  /** Where each needle was found last, so that all lines of a buffer cost one search. */
  readonly #nearest: number[];
  #buffer: Buffer;
  #offset: number;
  #lines: number;
  /** Bytes at the start of the buffer that are not consumed; they stand at `#offset` of the file. */
  #kept = 0;
  /** In a line over the limit. */
  #isSkipping = false;

  constructor(options: ReadLinesOptions, sink: LineSink) {
    this.#options = options;
    this.#sink = sink;
    this.#buffer = options.buffer;
    this.#offset = options.from.offset;
    this.#lines = options.from.lines;
    this.#nearest = (options.needles ?? []).map(() => -1);
  }

  run(): LinePosition {
    for (;;) {
      if (this.#kept === this.#buffer.length) this.#makeRoom();
      const got = this.#options.read(this.#buffer.subarray(this.#kept), this.#offset + this.#kept);
      if (got === 0) break;
      const bytes = this.#buffer.subarray(0, this.#kept + got);
      const done = this.#isSkipping ? this.#skip(bytes) : this.#eachLine(bytes, 0, this.#kept);
      this.#offset += done;
      this.#kept = bytes.length - done;
      if (this.#kept > 0 && done > 0) this.#buffer.copyWithin(0, done, bytes.length);
    }
    // The rest of an overlong line is met again from where this ended, and is no line of ours then either.
    if (this.#isSkipping) this.#sink.tooLong(this.#lines + 1);
    else if (this.#kept > 0) this.#sink.tail(this.#buffer.subarray(0, this.#kept), this.#lines + 1);
    return { offset: this.#offset, lines: this.#lines };
  }

  #makeRoom(): void {
    const { maxLineBytes } = this.#options;
    if (this.#kept > maxLineBytes) {
      this.#isSkipping = true;
      this.#offset += this.#kept;
      this.#kept = 0;
      return;
    }
    const larger = Buffer.allocUnsafeSlow(Math.min(this.#buffer.length * 4, maxLineBytes + 1));
    this.#buffer.copy(larger, 0, 0, this.#kept);
    this.#buffer = larger;
  }

  #skip(bytes: Buffer): number {
    const end = bytes.indexOf(newline);
    if (end < 0) return bytes.length;
    this.#isSkipping = false;
    this.#sink.tooLong(++this.#lines);
    return this.#eachLine(bytes, end + 1, end + 1);
  }

  /** Hands on the whole lines of the bytes; returns the index after the last of them. */
  #eachLine(bytes: Buffer, from: number, searchFrom: number): number {
    this.#nearest.fill(-1);
    let start = from;
    for (let end = bytes.indexOf(newline, searchFrom); end >= 0; end = bytes.indexOf(newline, start)) {
      const line = ++this.#lines;
      if (end - start > this.#options.maxLineBytes) this.#sink.tooLong(line);
      else if (end > start) {
        const content = bytes.subarray(start, end);
        if (this.#hasNeedle(bytes, start, end)) this.#sink.line(content, line);
        else this.#sink.skipped(content, line);
      }
      start = end + 1;
    }
    return start;
  }

  #hasNeedle(bytes: Buffer, start: number, end: number): boolean {
    const { needles } = this.#options;
    if (needles === null) return true;
    return needles.some((needle, index) => {
      let found = this.#nearest[index] ?? -1;
      if (found < start) {
        const next = needle(bytes, start);
        found = next < 0 ? Number.POSITIVE_INFINITY : next;
        this.#nearest[index] = found;
      }
      return found < end;
    });
  }
}
