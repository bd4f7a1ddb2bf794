const IDLE_GAP_MS = 30 * 60 * 1000;
const KEPT_GROUPS = 10_000;

interface Group {
  readonly id: string;
  lastSeenMs: number;
}

/**
 * Names the session of an agent that sends no session id: calls of one agent in one workspace belong together until half an
 * hour passes without one. The id is readable and says that it is ours: "gemini-cli@a1b2c3#2026-11-22T18:05:09Z".
 */
export class SessionGroups {
  readonly #groups = new Map<string, Group>();

  sessionOf(workspaceId: string, agent: string, atMs: number): string {
    const key = `${workspaceId}\n${agent}`;
    const known = this.#groups.get(key);
    if (known && Math.abs(atMs - known.lastSeenMs) <= IDLE_GAP_MS) {
      known.lastSeenMs = Math.max(known.lastSeenMs, atMs);
      return known.id;
    }
    const started = new Date(atMs).toISOString().replace(/\.\d+Z$/, 'Z');
    const group = { id: `${agent}@${workspaceId}#${started}`, lastSeenMs: atMs };
    this.#groups.delete(key);
    this.#groups.set(key, group);
    const oldest = this.#groups.keys().next();
    if (this.#groups.size > KEPT_GROUPS && !oldest.done) this.#groups.delete(oldest.value);
    return group.id;
  }
}
