const GAP_MS = 10_000;

/** Decides when a polite live region may speak: at most every ten seconds, and only news. */
export class Announcer {
  #spoken = '';
  #spokenAtMs = Number.NEGATIVE_INFINITY;

  /** The text that the region shall hold at this moment. */
  textFor(news: string, localMs: number): string {
    if (news !== this.#spoken && localMs - this.#spokenAtMs >= GAP_MS) {
      this.#spoken = news;
      this.#spokenAtMs = localMs;
    }
    return this.#spoken;
  }

  /** Whether news was held back and waits for its turn. */
  isBehind(news: string): boolean {
    return news !== this.#spoken;
  }
}
