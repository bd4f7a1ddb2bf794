import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Upstream } from '../gateway/contract.ts';

const FILE_NAME = 'workspaces.json';
const KEPT_WORKSPACES = 1000;

export interface WorkspaceEntry {
  readonly title: string;
  /** Accepted upstreams by route id. */
  readonly upstreams: Readonly<Record<string, Upstream>>;
}

/**
 * Which upstreams a user had set for which workspace. Kept on disk, so that a terminal whose window is gone (a detached tmux)
 * still reaches its own upstream after the meter was restarted by another window.
 */
export class WorkspaceRegistry {
  readonly #path: string;
  readonly #entries = new Map<string, WorkspaceEntry>();
  readonly #log: (line: string) => void;

  constructor(dataDir: string, log: (line: string) => void) {
    this.#path = join(dataDir, FILE_NAME);
    this.#log = log;
    for (const [id, entry] of readEntries(this.#path)) this.#entries.set(id, entry);
  }

  set(workspaceId: string, entry: WorkspaceEntry): void {
    const known = this.#entries.get(workspaceId);
    if (known && JSON.stringify(known) === JSON.stringify(entry)) return;
    this.#entries.delete(workspaceId);
    this.#entries.set(workspaceId, entry);
    const oldest = this.#entries.keys().next();
    if (this.#entries.size > KEPT_WORKSPACES && !oldest.done) this.#entries.delete(oldest.value);
    this.#save();
  }

  upstream(workspaceId: string, routeId: string): Upstream | null {
    const upstreams = this.#entries.get(workspaceId)?.upstreams;
    return upstreams && Object.hasOwn(upstreams, routeId) ? (upstreams[routeId] ?? null) : null;
  }

  #save(): void {
    const draft = `${this.#path}.${process.pid}`;
    try {
      writeFileSync(draft, JSON.stringify(Object.fromEntries(this.#entries)), { mode: 0o600 });
      renameSync(draft, this.#path);
    } catch (error) {
      this.#log(`workspaces are not kept: ${String(error)}`);
    }
  }
}

function readEntries(path: string): readonly [string, WorkspaceEntry][] {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof value !== 'object' || value === null) return [];
    return Object.entries(value).filter((entry): entry is [string, WorkspaceEntry] => isEntry(entry[1]));
  } catch {
    return [];
  }
}

function isEntry(value: unknown): value is WorkspaceEntry {
  if (typeof value !== 'object' || value === null) return false;
  const { title, upstreams }: Partial<Record<keyof WorkspaceEntry, unknown>> = value;
  if (typeof title !== 'string' || typeof upstreams !== 'object' || upstreams === null) return false;
  return Object.values(upstreams).every(isUpstream);
}

function isUpstream(value: unknown): value is Upstream {
  if (typeof value !== 'object' || value === null) return false;
  const { provider, origin, basePath }: Partial<Record<keyof Upstream, unknown>> = value;
  return typeof provider === 'string' && typeof origin === 'string' && typeof basePath === 'string';
}
