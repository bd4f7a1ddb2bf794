import type { AdmitAnswer } from './contract.ts';
import type { HoldOperation } from './holdBooks.ts';
import { faultOf } from './sqlite.ts';

export interface HoldQueueOptions {
  /** Runs work once everything that has arrived in this turn is there. */
  readonly soon: (work: () => void) => void;
  /** Runs operations in one transaction, on books in which all that came before them is committed. Throws where it cannot. */
  readonly run: (operations: readonly HoldOperation[]) => readonly (AdmitAnswer | null)[];
}

interface Entry {
  readonly operation: HoldOperation;
  readonly resolve: (answer: AdmitAnswer | null) => void;
  readonly reject: (error: unknown) => void;
}

/** Operations in a transaction; more would keep the first of them waiting. */
const mostTogether = 256;

/**
 * Collects what is asked about holds in one turn of the thread, and decides it in one transaction, in its order, so that many calls that
 * ask at the same moment cost one commit. Never waits for more to come. A promise settles after the commit.
 */
export class HoldQueue {
  readonly #options: HoldQueueOptions;
  #entries: Entry[] = [];

  constructor(options: HoldQueueOptions) {
    this.#options = options;
  }

  ask(operation: HoldOperation): Promise<AdmitAnswer | null> {
    return new Promise((resolve, reject) => {
      this.#entries.push({ operation, resolve, reject });
      if (this.#entries.length === 1) this.#options.soon(() => this.flush());
    });
  }

  /** Decides what is there now. */
  flush(): void {
    const entries = this.#entries;
    this.#entries = [];
    for (let first = 0; first < entries.length; first += mostTogether) {
      this.#decide(entries.slice(first, first + mostTogether));
    }
  }

  /** An operation that SQLite does not take must not take the others with it. */
  #decide(entries: readonly Entry[]): void {
    try {
      const answers = this.#options.run(entries.map(({ operation }) => operation));
      entries.forEach(({ resolve }, index) => {
        resolve(answers[index] ?? null);
      });
    } catch (error) {
      if (faultOf(error) === 'statement' && entries.length > 1) for (const entry of entries) this.#decide([entry]);
      else for (const { reject } of entries) reject(error);
    }
  }
}
