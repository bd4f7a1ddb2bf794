import type { Disposable } from '../domain/disposable.ts';

/** Passes on the newest of many values: the first at once, then at most one an interval, the last one always. */
export class LatestThrottle<T> implements Disposable {
  readonly #send: (value: T) => void;
  readonly #intervalMs: number;
  #pending: { readonly value: T } | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(intervalMs: number, send: (value: T) => void) {
    this.#intervalMs = intervalMs;
    this.#send = send;
  }

  push(value: T): void {
    if (this.#timer !== null) {
      this.#pending = { value };
      return;
    }
    this.#send(value);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      const pending = this.#pending;
      this.#pending = null;
      if (pending !== null) this.push(pending.value);
    }, this.#intervalMs);
  }

  dispose(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#pending = null;
  }
}
