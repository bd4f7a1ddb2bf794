import type { WireProblem } from './contract.ts';
import { asObject, type JsonObject, parseJson } from './json.ts';

export interface JsonBodySink {
  /** The whole body, where it is one object. */
  onBody(body: JsonObject): void;
  /** One element of a top-level array, as soon as it is closed. */
  onElement(value: unknown): void;
  /** The top-level array was closed. */
  onArrayEnd(): void;
  onProblem(problem: WireProblem): void;
}

/** Reads a JSON body that is pushed as text in any pieces: an object as a whole, an array element by element. Linear, bounded. */
export interface JsonBody {
  push(text: string): void;
  end(): void;
  /** True once nothing more will be read. */
  done(): boolean;
}

/** The longest body or array element that is read, in UTF-16 units. */
const maxLength = 64 * 1024 * 1024;

export function createJsonBody(sink: JsonBodySink): JsonBody {
  let scan: JsonBody | null = null;
  return {
    push(text) {
      scan ??= text.startsWith('[') ? createArrayBody(sink) : createWholeBody(sink);
      if (!scan.done()) scan.push(text);
    },
    end() {
      if (scan !== null && !scan.done()) scan.end();
    },
    done: () => scan?.done() ?? false,
  };
}

const malformed: WireProblem = { code: 'malformed-json', detail: 'the body is no JSON or was cut' };
const noObject: WireProblem = { code: 'unexpected-shape', detail: 'the body is no object' };
const tooLarge: WireProblem = { code: 'too-large', detail: 'the JSON body is too large' };

function createWholeBody(sink: JsonBodySink): JsonBody {
  const pieces: string[] = [];
  let length = 0;
  let done = false;
  return {
    push(text) {
      length += text.length;
      pieces.push(text);
      if (length <= maxLength) return;
      pieces.length = 0;
      done = true;
      sink.onProblem(tooLarge);
    },
    end() {
      done = true;
      const value = parseJson(pieces.join(''));
      const body = asObject(value);
      if (body !== null) sink.onBody(body);
      else sink.onProblem(value === undefined ? malformed : noObject);
    },
    done: () => done,
  };
}

/** Splits a top-level array at the commas of its first level. Cutting needs only strings and brackets; JSON.parse judges each piece. */
function createArrayBody(sink: JsonBodySink): JsonBody {
  let pieces: string[] = [];
  let length = 0;
  let depth = 0;
  let quoted = false;
  let escaped = false;
  let done = false;

  function fail(problem: WireProblem): void {
    done = true;
    pieces = [];
    sink.onProblem(problem);
  }

  function keep(piece: string): void {
    length += piece.length;
    if (piece !== '') pieces.push(piece);
    if (length > maxLength) fail(tooLarge);
  }

  function cut(): void {
    const text = pieces.join('').trim();
    pieces = [];
    length = 0;
    if (text === '') return;
    const value = parseJson(text);
    if (value === undefined) fail(malformed);
    else sink.onElement(value);
  }

  function scan(text: string): void {
    let from = 0;
    for (let at = 0; at < text.length && !done; at++) {
      const code = text.charCodeAt(at);
      if (quoted) {
        if (escaped) escaped = false;
        else if (code === 0x5c) escaped = true;
        else if (code === 0x22) quoted = false;
      } else if (code === 0x22) quoted = true;
      else if (code === 0x5b || code === 0x7b) {
        depth++;
        if (depth === 1) from = at + 1;
      } else if (code === 0x5d || code === 0x7d || code === 0x2c) {
        const ends = code === 0x2c ? depth === 1 : depth === 2;
        if (code !== 0x2c) depth--;
        const closesArray = depth === 0;
        if (!ends && !closesArray) continue;
        // A closing bracket belongs to the element that it ends, a comma and the array's own bracket to none.
        keep(text.slice(from, at + (depth === 1 && code !== 0x2c ? 1 : 0)));
        from = at + 1;
        if (!done) cut();
        if (closesArray && !done) {
          done = true;
          sink.onArrayEnd();
        }
      }
    }
    if (!done) keep(text.slice(from));
  }

  return {
    push: scan,
    end() {
      fail(malformed);
    },
    done: () => done,
  };
}
