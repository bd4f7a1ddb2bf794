import type { WireProblem } from './contract.ts';
import { asObject, type JsonObject, parseJson } from './json.ts';

export interface JsonLinesSink {
  onObject(object: JsonObject): void;
  onProblem(problem: WireProblem): void;
}

/**
 * Reads a sequence of JSON objects that is pushed as text in any pieces. They are told apart by their braces, not by line ends, so
 * that one object printed over several lines is read too. Linear, bounded.
 */
export interface JsonLines {
  push(text: string): void;
  end(): void;
  /** True once nothing more will be read. */
  done(): boolean;
}

/** The longest object that is read, in UTF-16 units. */
const maxLength = 16 * 1024 * 1024;

const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;

export function createJsonLines(sink: JsonLinesSink): JsonLines {
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
    pieces.push(piece);
    if (length > maxLength) fail({ code: 'too-large', detail: 'one object of the stream is too large' });
  }

  function cut(): void {
    const object = asObject(parseJson(pieces.join('')));
    pieces = [];
    length = 0;
    if (object === null) fail({ code: 'malformed-json', detail: 'an object of the stream is no JSON' });
    else sink.onObject(object);
  }

  function push(text: string): void {
    let from = 0;
    for (let at = 0; at < text.length && !done; at++) {
      const code = text.charCodeAt(at);
      if (quoted) {
        if (escaped) escaped = false;
        else if (code === backslash) escaped = true;
        else if (code === quote) quoted = false;
      } else if (code === openBrace) {
        if (depth === 0) from = at;
        depth++;
      } else if (depth === 0) {
        if (code > 0x20) fail({ code: 'malformed-json', detail: 'something else than objects stands in the stream' });
      } else if (code === quote) quoted = true;
      else if (code === closeBrace) {
        depth--;
        if (depth > 0) continue;
        keep(text.slice(from, at + 1));
        if (!done) cut();
      }
    }
    if (depth > 0 && !done) keep(text.slice(from));
  }

  return {
    push,
    end() {
      if (depth > 0 && !done) fail({ code: 'malformed-json', detail: 'the stream was cut inside an object' });
      done = true;
    },
    done: () => done,
  };
}
