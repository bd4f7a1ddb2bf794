import type { Pricer } from '../../pricing/contract.ts';
import { createPricer } from '../../pricing/createPricer.ts';
import { parseOverrides } from '../../pricing/overrides.ts';
import { loadPriceBook } from '../../pricing/priceBook.ts';

/**
 * The price book for reserving, on the meter's main thread. It is read when the first call under a hard budget asks, since most
 * meters never need it there: prices of what was used are looked up in the observe thread.
 */
export class LazyPricer {
  #overrides: unknown = [];
  #pricer: Promise<Pricer> | null = null;

  get(): Promise<Pricer> {
    this.#pricer ??= this.#load();
    return this.#pricer;
  }

  /** Problems of overrides are reported by the observe thread, which reads the same value. */
  setOverrides(overrides: unknown): void {
    this.#overrides = overrides;
    this.#pricer = null;
  }

  async #load(): Promise<Pricer> {
    const { overrides } = parseOverrides(this.#overrides);
    return createPricer({ book: await loadPriceBook(), overrides });
  }
}
