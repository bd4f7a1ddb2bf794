import { asObject, type JsonObject, parseJson } from '../wire/json.ts';

/** Short texts cannot nest deep enough to harm anybody, so that they are spared the look at their depth. */
const harmlessLength = 65_536;
const triedStarts = 64;

/** JSON of a whole text, or undefined; bounded in depth, never throws. */
export function parseBounded(text: string): unknown {
  if (text.length > harmlessLength) return parseJson(text);
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function parseRecord(text: string): JsonObject | null {
  return asObject(parseBounded(text));
}

/**
 * A record that was appended to a torn one without a line break between them: the rest of the line from the first place from which it
 * is an object. Null where there is none among the first few places.
 */
export function weldedRecord(text: string): JsonObject | null {
  let at = text.indexOf('{"', 1);
  for (let tried = 0; at >= 0 && tried < triedStarts; tried++) {
    const record = parseRecord(text.slice(at));
    if (record !== null) return record;
    at = text.indexOf('{"', at + 1);
  }
  return null;
}
