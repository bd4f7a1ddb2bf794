import type { Clock } from '../domain/clock.ts';
import type { Disposable } from '../domain/disposable.ts';

export interface QuietWorkOptions {
  readonly clock: Clock;
  readonly after: (delayMs: number, work: () => void) => Disposable;
  /** How long nothing must have been asked. */
  readonly quietMs: number;
  readonly work: () => void;
}

/** Does its work once nothing was asked for a while, so that nobody waits for it; then not again until something was asked. */
export class QuietWork {
  readonly #options: QuietWorkOptions;
  #lastMs = 0;
  #timer: Disposable | null = null;

  constructor(options: QuietWorkOptions) {
    this.#options = options;
  }

  /** Something is asked now. Costs a look at the clock while a timer runs. */
  touch(): void {
    this.#lastMs = this.#options.clock.monotonicMs();
    this.#timer ??= this.#wait(this.#options.quietMs);
  }

  dispose(): void {
    this.#timer?.dispose();
    this.#timer = null;
  }

  #wait(delayMs: number): Disposable {
    return this.#options.after(delayMs, () => {
      this.#timer = null;
      const sinceMs = this.#options.clock.monotonicMs() - this.#lastMs;
      if (sinceMs >= this.#options.quietMs) this.#options.work();
      else this.#timer = this.#wait(this.#options.quietMs - sinceMs);
    });
  }
}
