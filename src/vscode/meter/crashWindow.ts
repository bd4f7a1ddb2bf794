const WINDOW_MS = 60_000;
const MAX_CRASHES = 3;

/** Counts crashes over the last minute; three are too many to go on restarting at once. */
export class CrashWindow {
  #times: number[] = [];

  /** Notes a crash and says whether there were too many of late. */
  add(nowMs: number): boolean {
    this.#times = [...this.#times.filter((time) => nowMs - time < WINDOW_MS), nowMs];
    return this.#times.length >= MAX_CRASHES;
  }

  clear(): void {
    this.#times = [];
  }
}
