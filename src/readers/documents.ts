import { asObject, type JsonObject, parseJson } from '../wire/json.ts';
import type { ReadSink } from './contract.ts';

/** JSON of a whole file in UTF-8, or undefined, of which the sink is told. A file that is just being rewritten may be cut. */
export function parseDocument(bytes: Uint8Array, sink: ReadSink): unknown {
  const value = jsonOf(bytes);
  if (value === undefined) sink.problem({ code: 'malformed-json', detail: 'the file is no JSON' });
  return value;
}

/** JSON of a file beside a log, or undefined; whether it is there or not is no problem of the log. */
export function besideObject(bytes: Uint8Array | null): JsonObject | null {
  return bytes === null ? null : asObject(jsonOf(bytes));
}

export function jsonOf(bytes: Uint8Array): unknown {
  const text = textOfBytes(bytes);
  return text.trim() === '' ? undefined : parseJson(text);
}

export function textOfBytes(bytes: Uint8Array): string {
  return new TextDecoder('utf-8').decode(bytes);
}

/** The part of a path at a place, counted from the end with negative numbers. */
export function pathPart(relativePath: string, at: number): string | null {
  return relativePath.split('/').at(at) || null;
}
