import type { CallRecord } from '../../domain/call.ts';
import type { Clock } from '../../domain/clock.ts';
import { amountOf, estimatedFigure, exactFigure } from '../../domain/figure.ts';
import type { NanoUsd } from '../../domain/money.ts';
import type { LiveCall, MeterFacts, Notice, NowSnapshot } from '../../protocol/snapshot.ts';
import { type PeriodRows, periodSpend } from './periodSpend.ts';

/** At most four snapshots a second. */
const MIN_INTERVAL_MS = 250;
/** Without any change a snapshot still comes now and then, so that midnight, the rate and a lost message mend themselves. */
const IDLE_INTERVAL_MS = 15_000;
const RATE_WINDOW_MS = 10 * 60 * 1000;
const MS_PER_HOUR = 3_600_000;

/** What the books say, read in one go. */
export interface Books {
  readonly today: PeriodRows;
  readonly week: PeriodRows;
  readonly recent: readonly CallRecord[];
  readonly costOfWindowNanoUsd: NanoUsd;
}

export interface SnapshotSourceOptions {
  readonly clock: Clock;
  readonly readBooks: (windowStartMs: number) => Promise<Books>;
  readonly meter: () => MeterFacts;
  readonly notices: () => readonly Notice[];
}

/**
 * Makes whole snapshots for whoever listens: one at once, then at most four a second while something changes. The books are read
 * again only after they changed, and nothing is read while nobody listens.
 */
export class SnapshotSource {
  readonly #options: SnapshotSourceOptions;
  readonly #listeners = new Set<(snapshot: NowSnapshot) => void>();
  #live: readonly LiveCall[] = [];
  #books: Books | null = null;
  #booksAreStale = true;
  #revision = 0;
  #timer: NodeJS.Timeout | null = null;
  #lastSentMs = Number.NEGATIVE_INFINITY;
  #making: Promise<NowSnapshot> | null = null;

  constructor(options: SnapshotSourceOptions) {
    this.#options = options;
  }

  subscribe(onSnapshot: (snapshot: NowSnapshot) => void): () => void {
    this.#listeners.add(onSnapshot);
    void this.current().then((snapshot) => {
      if (this.#listeners.has(onSnapshot)) onSnapshot(snapshot);
    });
    this.#schedule(IDLE_INTERVAL_MS);
    return () => {
      this.#listeners.delete(onSnapshot);
    };
  }

  liveChanged(calls: readonly LiveCall[]): void {
    this.#live = calls;
    this.changed();
  }

  booksChanged(): void {
    this.#booksAreStale = true;
    this.changed();
  }

  changed(): void {
    const waitMs = Math.max(0, this.#lastSentMs + MIN_INTERVAL_MS - this.#options.clock.monotonicMs());
    this.#schedule(waitMs);
  }

  /** A snapshot of this moment, shared by all who ask while it is being made. */
  current(): Promise<NowSnapshot> {
    this.#making ??= this.#make().finally(() => {
      this.#making = null;
    });
    return this.#making;
  }

  close(): void {
    this.#listeners.clear();
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #dueMs = Number.POSITIVE_INFINITY;

  #schedule(waitMs: number): void {
    if (this.#listeners.size === 0) return;
    const dueMs = this.#options.clock.monotonicMs() + waitMs;
    if (this.#timer && this.#dueMs <= dueMs) return;
    if (this.#timer) clearTimeout(this.#timer);
    this.#dueMs = dueMs;
    this.#timer = setTimeout(() => void this.#send(), waitMs);
    this.#timer.unref();
  }

  async #send(): Promise<void> {
    this.#timer = null;
    this.#lastSentMs = this.#options.clock.monotonicMs();
    if (this.#options.clock.monotonicMs() - this.#booksReadMs >= IDLE_INTERVAL_MS) this.#booksAreStale = true;
    const snapshot = await this.current();
    for (const listener of this.#listeners) listener(snapshot);
    this.#schedule(IDLE_INTERVAL_MS);
  }

  #booksReadMs = Number.NEGATIVE_INFINITY;

  async #make(): Promise<NowSnapshot> {
    const nowMs = this.#options.clock.nowMs();
    if (this.#booksAreStale || !this.#books) {
      this.#booksAreStale = false;
      this.#booksReadMs = this.#options.clock.monotonicMs();
      this.#books = await this.#options.readBooks(nowMs - RATE_WINDOW_MS);
    }
    const books = this.#books;
    // A call that has just been booked may still be in the last live list; it must not count twice.
    const booked = new Set(books.recent.map((call) => call.id));
    const live = this.#live.filter((call) => !booked.has(call.id));
    return {
      revision: ++this.#revision,
      generatedAtMs: nowMs,
      meter: this.#options.meter(),
      today: periodSpend(books.today, live),
      week: periodSpend(books.week, live),
      rateNanoUsdPerHour: rateOf(books.costOfWindowNanoUsd, live),
      live,
      recent: books.recent,
      notices: this.#options.notices(),
    };
  }
}

function rateOf(costOfWindowNanoUsd: NanoUsd, live: readonly LiveCall[]): NowSnapshot['rateNanoUsdPerHour'] {
  const liveNanoUsd = live.reduce((sum, call) => sum + amountOf(call.costNanoUsd), 0);
  const perHour = Math.round(((costOfWindowNanoUsd + liveNanoUsd) * MS_PER_HOUR) / RATE_WINDOW_MS);
  return liveNanoUsd > 0 ? estimatedFigure(perHour) : exactFigure(perHour);
}
