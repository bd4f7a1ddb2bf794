import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readSettingsFile, writeOwnFile } from './settingsFile.ts';

export const RECORD_FILE_NAME = 'agent-settings.json';

/** What Outlay has put into Cline's settings, and what stood there. It holds base URLs and no key. */
export interface ConnectionRecord {
  /** The file that was changed. */
  readonly path: string;
  /** By provider: the base URL that is ours, and the JSON source of the user's (null: there was none). */
  readonly providers: Readonly<Record<string, { readonly ours: string; readonly usersSource: string | null }>>;
}

/** The record of a data folder; null where there is none, or none that can be used. */
export async function readConnectionRecord(dataDir: string): Promise<ConnectionRecord | null> {
  const found = await readSettingsFile(join(dataDir, RECORD_FILE_NAME));
  if (found.kind !== 'text') return null;
  try {
    return parseRecord(JSON.parse(found.text));
  } catch {
    return null;
  }
}

export async function writeConnectionRecord(dataDir: string, record: ConnectionRecord): Promise<void> {
  await writeOwnFile(join(dataDir, RECORD_FILE_NAME), `${JSON.stringify(record, null, 2)}\n`);
}

export async function removeConnectionRecord(dataDir: string): Promise<void> {
  await rm(join(dataDir, RECORD_FILE_NAME), { force: true });
}

function parseRecord(value: unknown): ConnectionRecord | null {
  if (typeof value !== 'object' || value === null) return null;
  const { path, providers } = value as { readonly path?: unknown; readonly providers?: unknown };
  if (typeof path !== 'string' || typeof providers !== 'object' || providers === null) return null;
  const entries = Object.entries(providers).map(([id, entry]) => [id, parseEntry(entry)] as const);
  const valid = entries.filter((pair): pair is [string, NonNullable<(typeof pair)[1]>] => pair[1] !== null);
  return { path, providers: Object.fromEntries(valid) };
}

function parseEntry(value: unknown): ConnectionRecord['providers'][string] | null {
  if (typeof value !== 'object' || value === null) return null;
  const { ours, usersSource } = value as { readonly ours?: unknown; readonly usersSource?: unknown };
  if (typeof ours !== 'string') return null;
  if (usersSource === null) return { ours, usersSource };
  // It is written into a file of the user's: nothing but one text may come out of it.
  return typeof usersSource === 'string' && isTextSource(usersSource) ? { ours, usersSource } : null;
}

function isTextSource(source: string): boolean {
  try {
    return typeof JSON.parse(source) === 'string';
  } catch {
    return false;
  }
}
