/** Steps larger than this are a changed clock or a replayed snapshot, not the noise of a message's way. */
const STEP_MS = 5_000;

/**
 * The present by the meter's clock, which may run on another machine than the webview. Every snapshot is late by an unknown
 * moment, so the smallest lateness seen is the best guess, and time never runs backwards between two snapshots.
 */
export class MeterClock {
  #offsetMs: number | null = null;

  /** `localMs` is the local moment of arrival. */
  heard(generatedAtMs: number, localMs: number): void {
    const offsetMs = localMs - generatedAtMs;
    const known = this.#offsetMs;
    if (known === null || offsetMs < known || offsetMs - known > STEP_MS) this.#offsetMs = offsetMs;
  }

  nowMs(localMs: number): number {
    return localMs - (this.#offsetMs ?? 0);
  }
}
