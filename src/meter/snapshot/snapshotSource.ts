import type { CallRecord } from '../../domain/call.ts';
import type { Clock } from '../../domain/clock.ts';
import type { LogCorrection } from '../../domain/logCorrection.ts';
import type { NanoUsd } from '../../domain/money.ts';
import type { ReportRow } from '../../ledger/contract.ts';
import type { LiveCall, MeterFacts, ModelMark, Notice, NowSnapshot, ProviderQuota } from '../../protocol/snapshot.ts';
import type { TasksSnapshot } from '../../protocol/tasks.ts';
import { localDayOf, weekStartOf } from './localDays.ts';
import { type PeriodRows, periodSpend, unreadablePeriod } from './periodSpend.ts';
import { spendRate } from './spendRate.ts';

/** At most four snapshots a second. */
const MIN_INTERVAL_MS = 250;
/** Without any change a snapshot still comes now and then, so that midnight, the rate and a lost message mend themselves. */
const IDLE_INTERVAL_MS = 15_000;
/** Far longer than a booking takes; a call that is not booked by then is not waited for. */
const SETTLING_MS = 3000;
const RATE_WINDOW_MS = 10 * 60 * 1000;

/** What the books say, read in one go. */
export interface Books {
  readonly today: PeriodRows;
  readonly week: PeriodRows;
  readonly recent: readonly CallRecord[];
  /** What was learned of how far logs tell too little; none where left out. */
  readonly corrections?: readonly LogCorrection[];
  /** Of calls that are no subscription use. */
  readonly billedOfWindowNanoUsd: NanoUsd;
}

export interface SnapshotSourceOptions {
  readonly clock: Clock;
  /** The books as of an instant. May reject: what was read before is shown then, or else that nothing is known. */
  readonly readBooks: (nowMs: number, windowStartMs: number) => Promise<Books>;
  readonly meter: () => MeterFacts;
  /** What is shown of tasks, given what else the snapshot shows. */
  readonly tasks: (moment: {
    readonly live: readonly LiveCall[];
    readonly recent: readonly CallRecord[];
    readonly sessionsToday: readonly ReportRow[];
  }) => TasksSnapshot;
  readonly notices: () => readonly Notice[];
  readonly quotas: () => readonly ProviderQuota[];
  readonly marks: () => readonly ModelMark[];
  /** Told with each `booksChanged`. */
  readonly onBooksChanged?: () => void;
}

/**
 * Makes whole snapshots for whoever listens: one at once, then at most four a second while something changes. The books are read
 * again only after they changed, and nothing is read while nobody listens.
 */
export class SnapshotSource {
  readonly #options: SnapshotSourceOptions;
  readonly #listeners = new Set<(snapshot: NowSnapshot) => void>();
  #live: readonly LiveCall[] = [];
  /** Calls that have ended and whose rows may not be read yet; without them a total would dip for a moment. */
  readonly #settling = new Map<string, { readonly call: LiveCall; readonly untilMs: number }>();
  /** Calls that were booked a moment ago, and whether the books were read since. What is live may lag behind them. */
  readonly #booked = new Map<string, { readonly untilMs: number; isRead: boolean }>();
  #books: Books | null = null;
  #booksAreStale = true;
  #booksReadMs = Number.NEGATIVE_INFINITY;
  #booksDay = '';
  #revision = 0;
  #timer: NodeJS.Timeout | null = null;
  #dueMs = Number.POSITIVE_INFINITY;
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
    // Nobody may look for hours, and then no snapshot is made that would forget them.
    this.#forgetSettled();
    const untilMs = this.#options.clock.monotonicMs() + SETTLING_MS;
    const running = new Set(calls.map((call) => call.id));
    for (const call of this.#live) if (!running.has(call.id)) this.#settling.set(call.id, { call, untilMs });
    this.#live = calls;
    this.changed();
  }

  /** The row of a call that ended is in the books: whoever reads them from now on has it. */
  booked(callId: string): void {
    this.#booked.set(callId, { untilMs: this.#options.clock.monotonicMs() + SETTLING_MS, isRead: false });
    this.booksChanged();
  }

  booksChanged(): void {
    this.#booksAreStale = true;
    this.#options.onBooksChanged?.();
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
    const snapshot = await this.current();
    for (const listener of this.#listeners) listener(snapshot);
    // What was booked while these books were being read is not in them yet.
    this.#schedule(this.#booksAreStale ? MIN_INTERVAL_MS : IDLE_INTERVAL_MS);
  }

  /** Never rejects. */
  async #make(): Promise<NowSnapshot> {
    const nowMs = this.#options.clock.nowMs();
    await this.#refreshBooks(nowMs);
    const books = this.#books;
    const live = this.#notYetBooked(new Set(books?.recent.map((call) => call.id)));
    // A call belongs to the day that it started on, as in the books.
    const today = localDayOf(nowMs);
    const weekStart = weekStartOf(nowMs);
    const since = (day: string): readonly LiveCall[] => live.filter((call) => localDayOf(call.startedAtMs) >= day);
    return {
      revision: ++this.#revision,
      generatedAtMs: nowMs,
      meter: this.#options.meter(),
      today: books ? periodSpend(books.today, since(today), books.corrections) : unreadablePeriod,
      week: books ? periodSpend(books.week, since(weekStart), books.corrections) : unreadablePeriod,
      rateNanoUsdPerHour: spendRate(books, live, { windowStartMs: nowMs - RATE_WINDOW_MS, windowMs: RATE_WINDOW_MS }),
      quotas: this.#options.quotas(),
      live,
      tasks: this.#options.tasks({
        live,
        recent: books?.recent ?? [],
        sessionsToday: books?.today.bySession ?? [],
      }),
      recent: books?.recent ?? [],
      notices: this.#options.notices(),
      marks: this.#options.marks(),
    };
  }

  /** A call counts once: in flight or just ended until its row is in the books that were read, and from then on there. */
  #notYetBooked(recent: ReadonlySet<string>): readonly LiveCall[] {
    this.#forgetSettled();
    const isInBooks = (id: string): boolean => recent.has(id) || this.#booked.get(id)?.isRead === true;
    for (const id of this.#settling.keys()) if (isInBooks(id)) this.#settling.delete(id);
    const settling = [...this.#settling.values()].map(({ call }) => call);
    return [...this.#live.filter(({ id }) => !isInBooks(id)), ...settling];
  }

  /** Calls are in the order in which their time ends. */
  #forgetSettled(): void {
    const atMs = this.#options.clock.monotonicMs();
    for (const [id, { untilMs }] of this.#settling) {
      if (untilMs >= atMs) break;
      this.#settling.delete(id);
    }
    for (const [id, { untilMs }] of this.#booked) {
      if (untilMs >= atMs) return;
      this.#booked.delete(id);
    }
  }

  /** Reads the books again where they changed, are old, or are of another day. */
  async #refreshBooks(nowMs: number): Promise<void> {
    const { clock, readBooks } = this.#options;
    const atMs = clock.monotonicMs();
    const day = localDayOf(nowMs);
    const isFresh = !this.#booksAreStale && day === this.#booksDay && atMs - this.#booksReadMs < IDLE_INTERVAL_MS;
    if (isFresh) return;
    this.#booksAreStale = false;
    this.#booksReadMs = atMs;
    try {
      this.#books = await readBooks(nowMs, nowMs - RATE_WINDOW_MS);
      // The ledger answers in order: what it said to have booked by now is in what it read.
      for (const booking of this.#booked.values()) booking.isRead = true;
      this.#booksDay = day;
    } catch {
      // Tried again with the next snapshot that is due anyway. Yesterday's books must not stand as today's.
      if (this.#booksDay !== day) this.#books = null;
    }
  }
}
