import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export const homesDir = join(import.meta.dirname, '../../fixtures/homes');

const writtenAt = new Date(Date.UTC(2026, 9, 2));

export interface BuiltHome {
  readonly homeDir: string;
  /** Of an agent whose logs lie nowhere unless a variable says where: `environment.json` names files of the home. */
  readonly env: Readonly<Record<string, string>>;
  remove(): void;
}

/** A copy of `<agent>` of the fixtures' homes in which each `<name>.sql` has become the database that it describes. */
export function buildHome(agent: string): BuiltHome {
  const homeDir = mkdtempSync(join(tmpdir(), 'outlay-home-'));
  cpSync(join(homesDir, agent), homeDir, { recursive: true });
  for (const entry of readdirSync(homeDir, { recursive: true, encoding: 'utf8' })) {
    // Some logs tell no time of their own.
    utimesSync(join(homeDir, entry), writtenAt, writtenAt);
    if (!entry.endsWith('.db.sql') && !entry.endsWith('.vscdb.sql')) continue;
    const path = join(homeDir, entry);
    const db = new DatabaseSync(path.slice(0, -'.sql'.length));
    db.exec(readFileSync(path, 'utf8'));
    db.close();
    rmSync(path);
  }
  const named = join(homesDir, agent, 'environment.json');
  const variables = existsSync(named) ? (JSON.parse(readFileSync(named, 'utf8')) as Record<string, string>) : {};
  const env = Object.fromEntries(Object.entries(variables).map(([name, file]) => [name, join(homeDir, file)]));
  return { homeDir, env, remove: () => rmSync(homeDir, { recursive: true, force: true }) };
}
