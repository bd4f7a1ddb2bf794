import type { Clock } from '../../domain/clock.ts';

/** So many times the same request within the window, and it is told; then at each doubling. */
const TOLD_FROM = 5;
const WINDOW_MS = 10 * 60_000;
const KEPT_REQUESTS = 2000;

interface Seen {
  readonly sinceMs: number;
  readonly times: number;
}

/**
 * Notices that a session sends the very same request again and again. Agents add to their history with every turn, so that equal
 * bytes mean a loop or a storm of retries. Only digests are kept, the newest 2,000.
 */
export class RepeatWatch {
  readonly #clock: Clock;
  readonly #seen = new Map<string, Seen>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Notes a request by its digest; the number of times that it came, where that is to be told, else null. */
  note(session: string, digest: string): number | null {
    const key = `${session} ${digest}`;
    const nowMs = this.#clock.monotonicMs();
    const before = this.#seen.get(key);
    const isRecent = before !== undefined && nowMs - before.sinceMs < WINDOW_MS;
    const seen = isRecent ? { sinceMs: before.sinceMs, times: before.times + 1 } : { sinceMs: nowMs, times: 1 };
    this.#seen.delete(key);
    this.#seen.set(key, seen);
    const oldest = this.#seen.keys().next();
    if (this.#seen.size > KEPT_REQUESTS && !oldest.done) this.#seen.delete(oldest.value);
    const { times } = seen;
    return times >= TOLD_FROM && Number.isInteger(Math.log2(times / TOLD_FROM)) ? times : null;
  }
}
