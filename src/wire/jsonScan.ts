import { buildPaths, forgetValues, type PathNode } from './jsonPaths.ts';

/** A value at a wanted path. Containers have no value of their own, and strings too long to be a setting are null. */
export interface ScannedValue {
  readonly kind: 'string' | 'number' | 'boolean' | 'null' | 'object' | 'array';
  readonly value: string | number | boolean | null;
  /** Byte offsets in the whole input: first byte, and the byte after the last. */
  readonly start: number;
  readonly end: number;
}

export interface JsonScan {
  readonly status: 'whole' | 'unfinished' | 'malformed' | 'too-deep';
  readonly topLevel: ScannedValue['kind'] | null;
  /** The offset just after the brace that opens a top-level object, else -1. */
  readonly objectStart: number;
  /** Found values by path. Of duplicates the last one counts, as with JSON.parse. */
  readonly values: ReadonlyMap<string, ScannedValue>;
  /** Bytes of string values once unescaped, unbroken ASCII runs over 2,000 bytes left out. Keys are not counted. */
  readonly textBytes: number;
}

/** Scans JSON that is pushed in pieces, cut anywhere. One pass, memory independent of the input, never throws. */
export interface JsonScanner {
  push(chunk: Uint8Array): void;
  end(): JsonScan;
}

const maxDepth = 512;
const maxKeyBytes = 256;
const maxValueBytes = 8192;
const maxLiteralBytes = 64;
/** Most values are short, and a scanner is made for every request. */
const firstCaptureBytes = 256;
/** A longer run of ASCII without a blank is an image or a file, not words. Other scripts may do without blanks, so only ASCII counts. */
const maxRunBytes = 2000;

const number = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
const longNumber = /^[-+.\deE]+$/;

/** In front of everything it may stand, as JSON.parse's callers strip it. */
const byteOrderMark = [0xef, 0xbb, 0xbf];

const atValue = 0;
const atFirstItem = 1;
const atFirstKey = 2;
const atKey = 3;
const atColon = 4;
const afterValue = 5;
const inString = 6;
const inLiteral = 7;
const atEnd = 8;
const failed = 9;

/** `paths` are dotted member names from the top level, for example "reasoning.effort"; array items have no path. */
export function createJsonScanner(paths: readonly string[]): JsonScanner {
  const root = buildPaths(paths);
  const values = new Map<string, ScannedValue>();
  let captured = Buffer.allocUnsafe(firstCaptureBytes);
  const isObject: boolean[] = [];
  const starts: number[] = [];
  /** By depth: the node whose members an open object's are, and the node that the container itself sits at. */
  const nodes: (PathNode | null)[] = [];
  const opened: (PathNode | null)[] = [];

  let state = atValue;
  let tooDeep = false;
  let depth = 0;
  let offset = 0;
  let objectStart = -1;
  let topLevel: ScannedValue['kind'] | null = null;
  /** The node of the value that comes next or is being read. */
  let node: PathNode | null = root;
  let valueStart = 0;
  let keyString = false;
  let captureLimit = 0;
  let capturedBytes = 0;
  /** 0 outside of an escape, 1 after a backslash, 2 to 5 before the hex digits of \u. */
  let escaping = 0;
  let codeUnit = 0;
  let textBytes = 0;
  let runBytes = 0;
  /** How much of a byte order mark there was: one that is not whole is no JSON. */
  let markBytes = 0;

  function fail(): void {
    state = failed;
  }

  function endRun(): void {
    if (runBytes <= maxRunBytes) textBytes += runBytes;
    runBytes = 0;
  }

  function capture(byte: number): void {
    if (capturedBytes < captureLimit) {
      makeRoom(capturedBytes + 1);
      captured[capturedBytes] = byte;
    }
    capturedBytes++;
  }

  function makeRoom(bytes: number): void {
    if (bytes <= captured.length) return;
    const larger = Buffer.allocUnsafe(Math.min(maxValueBytes, Math.max(bytes, captured.length * 4)));
    larger.set(captured);
    captured = larger;
  }

  function finishValue(kind: ScannedValue['kind'], value: ScannedValue['value'], end: number): void {
    if (depth === 0) topLevel = kind;
    if (node?.path) values.set(node.path, { kind, value, start: valueStart, end });
    state = depth === 0 ? atEnd : afterValue;
  }

  function startValue(byte: number, at: number): void {
    valueStart = at;
    if (node !== null) forgetValues(node, values);
    if (byte === 0x22) {
      startString(false);
      return;
    }
    if (byte === 0x7b || byte === 0x5b) {
      open(byte === 0x7b, at);
      return;
    }
    state = inLiteral;
    captureLimit = maxLiteralBytes;
    capturedBytes = 0;
    capture(byte);
  }

  function startString(key: boolean): void {
    state = inString;
    keyString = key;
    escaping = 0;
    capturedBytes = 0;
    if (key) captureLimit = nodes[depth] ? maxKeyBytes : 0;
    else captureLimit = node?.path ? maxValueBytes : 0;
  }

  function endString(end: number): void {
    endRun();
    const isHeld = captureLimit > 0 && capturedBytes <= captureLimit;
    const whole = isHeld ? decodeCaptured(captured, capturedBytes) : null;
    if (keyString) {
      node = whole === null ? null : (nodes[depth]?.children.get(whole) ?? null);
      state = atColon;
    } else finishValue('string', whole, end);
  }

  function open(object: boolean, at: number): void {
    if (depth === maxDepth) {
      tooDeep = true;
      fail();
      return;
    }
    if (depth === 0 && object) objectStart = at + 1;
    depth++;
    isObject[depth] = object;
    starts[depth] = at;
    nodes[depth] = object ? node : null;
    opened[depth] = node;
    node = null;
    state = object ? atFirstKey : atFirstItem;
  }

  function close(byte: number, at: number): void {
    const object = isObject[depth] === true;
    if ((byte === 0x7d) !== object) {
      fail();
      return;
    }
    node = opened[depth] ?? null;
    valueStart = starts[depth] ?? 0;
    depth--;
    finishValue(object ? 'object' : 'array', null, at + 1);
  }

  function endLiteral(end: number): void {
    const text = captured.toString('latin1', 0, Math.min(capturedBytes, maxLiteralBytes));
    if (text === 'true' || text === 'false') finishValue('boolean', text === 'true', end);
    else if (text === 'null') finishValue('null', null, end);
    else {
      const isLong = capturedBytes > maxLiteralBytes;
      if ((isLong ? longNumber : number).test(text)) finishValue('number', isLong ? null : Number(text), end);
      else fail();
    }
  }

  /** Reads one byte of a string that is not plain: a quote, a backslash, a part of an escape, a control character. */
  function stringByte(byte: number, at: number): void {
    if (escaping === 0 && byte === 0x22) {
      endString(at + 1);
      return;
    }
    if (byte < 0x20) {
      fail();
      return;
    }
    capture(byte);
    if (escaping === 0) escaping = 1;
    else if (escaping === 1) {
      if (byte === 0x75) {
        escaping = 2;
        codeUnit = 0;
      } else {
        escaping = 0;
        if (byte === 0x6e || byte === 0x74 || byte === 0x72) countBlank();
        else if (byte === 0x22 || byte === 0x5c || byte === 0x2f || byte === 0x62 || byte === 0x66) countPlain();
        else fail();
      }
    } else {
      const digit = hexDigit(byte);
      if (digit < 0) {
        fail();
        return;
      }
      codeUnit = codeUnit * 16 + digit;
      escaping = escaping === 5 ? 0 : escaping + 1;
      if (escaping === 0) countCodeUnit();
    }
  }

  function countBlank(): void {
    if (keyString) return;
    endRun();
    textBytes++;
  }

  function countPlain(): void {
    if (!keyString) runBytes++;
  }

  function countCodeUnit(): void {
    if (keyString) return;
    if (codeUnit > 0x20 && codeUnit < 0x80) {
      countPlain();
      return;
    }
    endRun();
    // A surrogate is half of a pair that takes four bytes.
    if (codeUnit < 0x80) textBytes += 1;
    else textBytes += codeUnit < 0x800 || (codeUnit >= 0xd800 && codeUnit <= 0xdfff) ? 2 : 3;
  }

  /**
   * Runs over plain string bytes; returns the index of the first byte that is not. This is where the time goes, hence the
   * local counters and the bulk copy.
   */
  function plainString(chunk: Uint8Array, from: number): number {
    let at = runBytes > maxRunBytes ? skipRun(chunk, from) : from;
    let run = runBytes + at - from;
    let text = 0;
    for (; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0;
      if (byte > 0x22 && byte < 0x80 && byte !== 0x5c) {
        run++;
        continue;
      }
      if (byte === 0x22 || byte === 0x5c || byte < 0x20) break;
      if (byte === 0x21) {
        run++;
        continue;
      }
      if (run <= maxRunBytes) text += run;
      run = 0;
      text++;
    }
    if (captureLimit > 0) captureAll(chunk, from, at);
    if (keyString) return at;
    runBytes = run;
    textBytes += text;
    return at;
  }

  function captureAll(chunk: Uint8Array, from: number, to: number): void {
    const room = captureLimit - capturedBytes;
    if (room > 0) {
      const piece = chunk.subarray(from, Math.min(to, from + room));
      makeRoom(capturedBytes + piece.length);
      captured.set(piece, capturedBytes);
    }
    capturedBytes += to - from;
  }

  function structure(byte: number, at: number): void {
    if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) return;
    switch (state) {
      case atFirstItem:
        if (byte === 0x5d) {
          close(byte, at);
          return;
        }
        startValue(byte, at);
        return;
      case atValue:
        startValue(byte, at);
        return;
      case atFirstKey:
        if (byte === 0x7d) {
          close(byte, at);
          return;
        }
        if (byte === 0x22) startString(true);
        else fail();
        return;
      case atKey:
        if (byte === 0x22) startString(true);
        else fail();
        return;
      case atColon:
        if (byte !== 0x3a) {
          fail();
          return;
        }
        state = atValue;
        return;
      case afterValue:
        if (byte === 0x7d || byte === 0x5d) {
          close(byte, at);
          return;
        }
        if (byte !== 0x2c) {
          fail();
          return;
        }
        node = null;
        state = isObject[depth] === true ? atKey : atValue;
        return;
      default:
        fail();
        return;
    }
  }

  return {
    push(chunk) {
      const base = offset;
      offset += chunk.length;
      let at = 0;
      while (at < chunk.length && state !== failed) {
        const byte = chunk[at] ?? 0;
        if (state === inString) {
          if (escaping === 0) {
            at = plainString(chunk, at);
            if (at === chunk.length) return;
          }
          stringByte(chunk[at] ?? 0, base + at);
        } else if (state === inLiteral && !endsLiteral(byte)) capture(byte);
        else {
          if (state === inLiteral) endLiteral(base + at);
          if (markBytes === base + at && byte === byteOrderMark[markBytes]) markBytes++;
          else if (markBytes % byteOrderMark.length !== 0) fail();
          else structure(byte, base + at);
        }
        at++;
      }
    },
    end() {
      if (state === inLiteral) endLiteral(offset);
      endRun();
      let status: JsonScan['status'] = 'unfinished';
      if (tooDeep) status = 'too-deep';
      else if (state === failed) status = 'malformed';
      else if (state === atEnd) status = 'whole';
      return { status, topLevel, objectStart, values, textBytes };
    },
  };
}

/**
 * Runs over an image or a file, four bytes at a time: returns where the four begin of which one may be something else than a plain
 * byte above `"`, or where less than four are left.
 */
function skipRun(chunk: Uint8Array, from: number): number {
  const aligned = from + (-(chunk.byteOffset + from) & 3);
  const count = (chunk.length - aligned) >> 2;
  if (count <= 0) return from;
  for (let at = from; at < aligned; at++) if (!isPlain(chunk[at] ?? 0)) return at;
  const words = new Int32Array(chunk.buffer, chunk.byteOffset + aligned, count);
  let index = 0;
  for (; index < count; index++) {
    const word = words[index] ?? 0;
    const backslash = word ^ 0x5c5c5c5c;
    // A byte's high bit is set in the first where it is not ASCII, in the second where it is below `#`, in the third where it is 0.
    const special = word | (word - 0x23232323) | ((backslash - 0x01010101) & ~backslash);
    if ((special & 0x80808080) !== 0) break;
  }
  return aligned + index * 4;
}

function isPlain(byte: number): boolean {
  return byte > 0x22 && byte < 0x80 && byte !== 0x5c;
}

function decodeCaptured(bytes: Buffer, length: number): string | null {
  try {
    const text: unknown = JSON.parse(`"${bytes.toString('utf8', 0, length)}"`);
    return typeof text === 'string' ? text : null;
  } catch {
    return null;
  }
}

/** Below 0 for what is no digit. */
function hexDigit(byte: number): number {
  if (byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

function endsLiteral(byte: number): boolean {
  return byte <= 0x20 || byte === 0x2c || byte === 0x7d || byte === 0x5d || byte === 0x3a || byte === 0x22;
}
