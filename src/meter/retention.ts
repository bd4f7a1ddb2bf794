import type { Clock } from '../domain/clock.ts';
import type { LedgerWriter } from '../ledger/contract.ts';

const MS_PER_DAY = 24 * 3_600_000;
const EVERY_MS = 6 * 3_600_000;

export interface RetentionOptions {
  readonly ledger: Pick<LedgerWriter, 'deleteBefore'>;
  readonly clock: Clock;
  readonly onDeleted: () => void;
  readonly log: (line: string) => void;
}

/** Forgets calls that are older than the user wants to keep: at once when told so, and four times a day. 0 days keeps everything. */
export class Retention {
  readonly #options: RetentionOptions;
  #days = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  setDays(days: number): void {
    this.#days = days;
    this.#timer ??= setInterval(() => void this.#forgetOld(), EVERY_MS).unref();
    void this.#forgetOld();
  }

  close(): void {
    if (this.#timer) clearInterval(this.#timer);
  }

  async #forgetOld(): Promise<void> {
    if (this.#days === 0) return;
    const { ledger, clock, onDeleted, log } = this.#options;
    try {
      if ((await ledger.deleteBefore(clock.nowMs() - this.#days * MS_PER_DAY)) > 0) onDeleted();
    } catch (error) {
      log(`old calls were not deleted: ${String(error)}`);
    }
  }
}
