import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export const homesDir = join(import.meta.dirname, '../../fixtures/homes');

export interface BuiltHome {
  readonly homeDir: string;
  remove(): void;
}

/** A copy of `<agent>/home` of the fixtures in which each `<name>.sql` has become the database that it describes. */
export function buildHome(agent: string): BuiltHome {
  const homeDir = mkdtempSync(join(tmpdir(), 'outlay-home-'));
  cpSync(join(homesDir, agent, 'home'), homeDir, { recursive: true });
  for (const entry of readdirSync(homeDir, { recursive: true, encoding: 'utf8' })) {
    if (!entry.endsWith('.db.sql') && !entry.endsWith('.vscdb.sql')) continue;
    const path = join(homeDir, entry);
    const db = new DatabaseSync(path.slice(0, -'.sql'.length));
    db.exec(readFileSync(path, 'utf8'));
    db.close();
    rmSync(path);
  }
  return { homeDir, remove: () => rmSync(homeDir, { recursive: true, force: true }) };
}
