import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Titles of workspaces by id, as the meter keeps them; empty where it has kept none. Two workspaces of one title keep their ids. */
export function workspaceTitles(dataDir: string): ReadonlyMap<string, string> {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(join(dataDir, 'workspaces.json'), 'utf8'));
  } catch {
    return new Map();
  }
  if (typeof value !== 'object' || value === null) return new Map();
  const entries = Object.entries(value).flatMap(([id, entry]: [string, unknown]) => {
    const title: unknown = typeof entry === 'object' && entry !== null ? Reflect.get(entry, 'title') : undefined;
    return typeof title === 'string' && title !== '' ? [[id, title] as const] : [];
  });
  return new Map(entries.filter(([id, title]) => !entries.some(([other, same]) => other !== id && same === title)));
}
