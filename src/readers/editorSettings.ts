import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { asObject, field, nameField, parseJson } from '../wire/json.ts';
import type { Place, Reader } from './contract.ts';
import { editorUserFolders } from './homePaths.ts';

const maxBytes = 1024 * 1024;

/**
 * A place of the user's own with what the settings of their editors say of the readers' folders; any other place is left as it is, so that
 * nothing leads out of it. The files are opened for reading only. One that is missing or no JSON says nothing.
 */
export function withEditorSettings(place: Place, readers: readonly Reader[]): Place {
  const wanted = new Set(readers.flatMap(({ settings = [] }) => settings));
  if (place.isOwn !== true || wanted.size === 0) return place;
  const settings: Record<string, string[]> = {};
  for (const folder of editorUserFolders(place)) {
    const found = asObject(parseJson(withoutComments(textOf(join(folder, 'settings.json')))));
    for (const name of wanted) {
      const values = valuesOf(field(found, name));
      if (values.length > 0) settings[name] = [...(settings[name] ?? []), ...values];
    }
  }
  return { ...place, settings };
}

/** The absolute folders that a setting names, each once; editors may differ. */
export function settingFolders({ settings = {} }: Place, name: string): readonly string[] {
  return [...new Set(settings[name] ?? [])].filter((path) => isAbsolute(path));
}

/** What a setting that lists `{ "name", "value" }` gives a variable. */
export function settingVariables({ settings = {} }: Place, setting: string, variable: string): readonly string[] {
  const prefix = `${variable}=`;
  return (settings[setting] ?? []).filter((text) => text.startsWith(prefix)).map((text) => text.slice(prefix.length));
}

/** A text, or a list of variables as "NAME=value". */
function valuesOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return value.trim() === '' ? [] : [value.trim()];
  if (!Array.isArray(value)) return [];
  return value.slice(0, 1000).flatMap((item: unknown) => {
    const [name, text] = [nameField(asObject(item), 'name'), nameField(asObject(item), 'value')];
    return name === null || text === null ? [] : [`${name}=${text}`];
  });
}

function textOf(path: string): string {
  try {
    const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const stats = fstatSync(file);
      return stats.isFile() && stats.size <= maxBytes ? readFileSync(file, 'utf8') : '';
    } finally {
      closeSync(file);
    }
  } catch {
    return '';
  }
}

/** JSON of a text in which editors allow comments, and commas before an end. */
export function withoutComments(text: string): string {
  let plain = '';
  let comma = -1;
  for (let at = 0; at < text.length; ) {
    const character = text.charAt(at);
    const end = endOfToken(text, at);
    const isComment = character === '/' && end > at + 1;
    if (!isComment) {
      if ((character === '}' || character === ']') && comma >= 0)
        plain = plain.slice(0, comma) + plain.slice(comma + 1);
      if (character === ',') comma = plain.length;
      else if (!/\s/.test(character)) comma = -1;
      plain += text.slice(at, end);
    }
    at = end;
  }
  return plain.replace(/^\uFEFF/, '');
}

/** The end of the string or comment that begins here, else of one character. */
function endOfToken(text: string, at: number): number {
  if (text.startsWith('//', at)) return orEnd(text, text.indexOf('\n', at));
  if (text.startsWith('/*', at)) {
    const end = text.indexOf('*/', at + 2);
    return end < 0 ? text.length : end + 2;
  }
  if (text.charAt(at) !== '"') return at + 1;
  for (let end = at + 1; end < text.length; end++) {
    if (text.charAt(end) === '\\') end++;
    else if (text.charAt(end) === '"') return end + 1;
  }
  return text.length;
}

function orEnd(text: string, at: number): number {
  return at < 0 ? text.length : at;
}
