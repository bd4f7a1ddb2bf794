/** A JSON object read by own properties only, so that keys such as `__proto__` or `constructor` are inert. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Nobody's API nests this deep; whatever does is an attack on whoever walks it. */
const maxDepth = 512;

/** Parses JSON, or returns undefined for what is no JSON or is nested deeper than 512 levels. Never throws. */
export function parseJson(text: string): unknown {
  if (text.length > 2 * maxDepth && isTooDeep(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** True when arrays and objects nest deeper than the limit; one pass, strings skipped by `indexOf`. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) at = endOfString(text, at);
    else if (code === 0x7b || code === 0x5b) {
      depth++;
      if (depth > maxDepth) return true;
    } else if (code === 0x7d || code === 0x5d) depth--;
  }
  return false;
}

/** The index of the quote that closes the string which opens at `start`, or the text's length. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === 0x5c) slashes++;
    if (slashes % 2 === 0) return end;
  }
  return text.length;
}

export function asObject(value: unknown): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
}

export function field(object: JsonObject | null, name: string): unknown {
  return object !== null && Object.hasOwn(object, name) ? object[name] : undefined;
}

export function objectField(object: JsonObject | null, name: string): JsonObject | null {
  return asObject(field(object, name));
}

export function arrayField(object: JsonObject | null, name: string): readonly unknown[] {
  const value = field(object, name);
  return Array.isArray(value) ? value : [];
}

/** A string that is not empty, else null. */
export function textField(object: JsonObject | null, name: string): string | null {
  const value = field(object, name);
  return typeof value === 'string' && value !== '' ? value : null;
}

/** Names, ids and types are short. A longer one is somebody's mistake and is not kept. */
const maxNameLength = 512;

/** A string as `textField` gives it, if it is short enough to be kept as a name or an id. */
export function nameField(object: JsonObject | null, name: string): string | null {
  const value = textField(object, name);
  return value !== null && value.length <= maxNameLength ? value : null;
}
