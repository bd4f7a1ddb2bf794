import type { BudgetNews } from '../../protocol/tasks.ts';

const KEPT_NEWS = 50;
const KEPT_MS = 3_600_000;
/** Refusals of one kind within this time are one piece of news: an agent that tries again must not fill the screen. */
const SAME_NEWS_MS = 30_000;

/** What windows tell their users about budgets, newest first. */
export class NewsBoard {
  readonly #nowMs: () => number;
  readonly #onChange: () => void;
  #news: readonly BudgetNews[] = [];
  /** When each kind was last posted. */
  readonly #posted = new Map<string, number>();

  constructor(nowMs: () => number, onChange: () => void) {
    this.#nowMs = nowMs;
    this.#onChange = onChange;
  }

  /** Posts news unless the same kind about the same thing was posted a moment ago. Returns whether it was posted. */
  post(about: string, news: Omit<BudgetNews, 'id' | 'atMs'>): boolean {
    const atMs = this.#nowMs();
    const key = `${news.kind} ${about}`;
    const lastMs = this.#posted.get(key) ?? Number.NEGATIVE_INFINITY;
    if (Math.abs(atMs - lastMs) < SAME_NEWS_MS) return false;
    this.#posted.set(key, atMs);
    if (this.#posted.size > 1000) this.#posted.clear();
    this.#news = [{ ...news, id: `${atMs} ${key}`, atMs }, ...this.#news].slice(0, KEPT_NEWS);
    this.#onChange();
    return true;
  }

  all(): readonly BudgetNews[] {
    const sinceMs = this.#nowMs() - KEPT_MS;
    return this.#news.filter(({ atMs }) => atMs >= sinceMs);
  }
}
