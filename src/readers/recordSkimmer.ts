import type { JsonObject } from '../wire/json.ts';
import type { JsonKernel } from './jsonKernel.ts';

/**
 * The fields of a record that somebody looks at: true for a whole value, else those of the object that stands there, or of each object
 * of the list that does. A value that is neither is given as it is.
 */
export interface WantedFields {
  readonly [name: string]: true | WantedFields;
}

interface Wanted {
  readonly name: string;
  readonly key: Uint8Array;
  /** Null for a whole value. */
  readonly fields: WantedObject | null;
  /** Bytes of a whole value that was met before, and the value: most lines of a log repeat much of the line before. */
  lastBytes: Uint8Array;
  lastValue: unknown;
}

/** Fields by the length of their names. */
type WantedObject = readonly (readonly Wanted[])[];

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const lineBreak = 0x0a;

/** Lists in lists; deeper records are for a parser that bounds depth. */
const maxDepth = 64;
const mostRememberedBytes = 1024;
const refused = -1;
const none: readonly Wanted[] = [];

/** 1 for a byte that stands for itself in a key. */
const isPlain = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number(byte >= 0x20 && byte !== quote && byte !== backslash),
);

/**
 * Takes the wanted fields out of records of JSON in UTF-8, and passes over the rest without making anything of it: most of a log is text
 * that nobody wants. Every byte is checked all the same, so that what is accepted is exactly a part of what JSON.parse accepts, and
 * comes to the same values. Values may be shared between records.
 */
export class RecordSkimmer {
  readonly #kernel: JsonKernel;
  readonly #wanted: WantedObject;
  readonly #heap: Uint8Array;
  readonly #text: Buffer;
  /** What was read last. */
  #value: unknown;

  constructor(kernel: JsonKernel, wanted: WantedFields) {
    this.#kernel = kernel;
    this.#wanted = wantedOf(wanted);
    this.#heap = kernel.heap;
    this.#text = Buffer.from(kernel.heap.buffer);
  }

  /**
   * Of bytes in the kernel's text with a line break behind them. Null for what is no object, for what lies elsewhere, and for the few that
   * are left to JSON.parse: keys with escapes, and deep nesting.
   */
  skim(bytes: Buffer): JsonObject | null {
    const heap = this.#heap;
    if (bytes.buffer !== heap.buffer) return null;
    const start = bytes.byteOffset;
    const end = start + bytes.length;
    if (heap[start] !== openBrace || heap[end] !== lineBreak) return null;
    const after = this.#object(start, this.#wanted, 1);
    return after < 0 || this.#afterSpace(after) !== end ? null : (this.#value as JsonObject);
  }

  /** Each of these returns the place after what begins at one, or `refused`. */
  #object(start: number, wanted: WantedObject, depth: number): number {
    const heap = this.#heap;
    const object: Record<string, unknown> = {};
    let at = this.#afterSpace(start + 1);
    if (heap[at] !== closeBrace) {
      for (;;) {
        if (heap[at] !== quote) return refused;
        const keyStart = ++at;
        while (isPlain[heap[at] ?? 0] === 1) at++;
        if (heap[at] !== quote) return refused;
        const field = this.#fieldAt(keyStart, at, wanted);
        at = this.#afterSpace(at + 1);
        if (heap[at] !== colon) return refused;
        at = this.#afterSpace(at + 1);
        if (field === undefined) at = this.#kernel.pass(at);
        else {
          at = field.fields === null ? this.#whole(at, field) : this.#part(at, field.fields, depth);
          object[field.name] = this.#value;
        }
        if (at < 0) return refused;
        at = this.#afterSpace(at);
        if (heap[at] === closeBrace) break;
        if (heap[at] !== comma) return refused;
        at = this.#afterSpace(at + 1);
      }
    }
    this.#value = object;
    return at + 1;
  }

  #list(start: number, wanted: WantedObject, depth: number): number {
    const heap = this.#heap;
    const list: unknown[] = [];
    let at = this.#afterSpace(start + 1);
    if (heap[at] !== closeBracket) {
      for (;;) {
        at = this.#part(at, wanted, depth);
        if (at < 0) return refused;
        list.push(this.#value);
        at = this.#afterSpace(at);
        if (heap[at] === closeBracket) break;
        if (heap[at] !== comma) return refused;
        at = this.#afterSpace(at + 1);
      }
    }
    this.#value = list;
    return at + 1;
  }

  #part(at: number, wanted: WantedObject, depth: number): number {
    if (depth > maxDepth) return refused;
    const first = this.#heap[at];
    if (first === openBrace) return this.#object(at, wanted, depth + 1);
    if (first === openBracket) return this.#list(at, wanted, depth + 1);
    const end = this.#kernel.pass(at);
    if (end >= 0) this.#value = JSON.parse(this.#text.toString('utf8', at, end));
    return end;
  }

  #whole(at: number, field: Wanted): number {
    const { lastBytes } = field;
    const lastEnd = at + lastBytes.length;
    if (lastBytes.length > 0 && this.#hasHere(at, lastBytes) && this.#isBehindValue(lastEnd)) {
      this.#value = field.lastValue;
      return lastEnd;
    }
    const end = this.#kernel.pass(at);
    if (end < 0) return refused;
    this.#value = this.#isPlainText(at, end)
      ? this.#text.toString('utf8', at + 1, end - 1)
      : JSON.parse(this.#text.toString('utf8', at, end));
    if (end - at <= mostRememberedBytes) {
      field.lastBytes = this.#heap.slice(at, end);
      field.lastValue = this.#value;
    }
    return end;
  }

  #isPlainText(start: number, end: number): boolean {
    const heap = this.#heap;
    if (heap[start] !== quote) return false;
    for (let at = start + 1; at < end; at++) if (heap[at] === backslash) return false;
    return true;
  }

  #hasHere(at: number, wanted: Uint8Array): boolean {
    const heap = this.#heap;
    for (let index = 0; index < wanted.length; index++) if (heap[at + index] !== wanted[index]) return false;
    return true;
  }

  /** A longer number may begin with a shorter one. */
  #isBehindValue(at: number): boolean {
    const byte = this.#heap[at];
    return byte === comma || byte === closeBrace;
  }

  #fieldAt(start: number, end: number, wanted: WantedObject): Wanted | undefined {
    for (const field of wanted[end - start] ?? none) if (this.#hasHere(start, field.key)) return field;
    return undefined;
  }

  #afterSpace(at: number): number {
    return (this.#heap[at] ?? 0) <= 0x20 ? this.#kernel.space(at) : at;
  }
}

function wantedOf(fields: WantedFields): WantedObject {
  const byLength: Wanted[][] = [];
  for (const [name, value] of Object.entries(fields)) {
    const key = Buffer.from(name);
    const wanted = value === true ? null : wantedOf(value);
    while (byLength.length <= key.length) byLength.push([]);
    byLength[key.length]?.push({ name, key, fields: wanted, lastBytes: new Uint8Array(0), lastValue: undefined });
  }
  return byLength;
}
