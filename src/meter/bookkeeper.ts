import type { CallRecord } from '../domain/call.ts';
import type { LedgerWriter } from '../ledger/contract.ts';
import type { BookingStage } from './observe/messages.ts';

/** Where finished calls go once this meter has given its ledger away. */
export type Successor = (records: readonly CallRecord[]) => Promise<void>;

export interface BookkeeperOptions {
  /** The record with the task that it belongs to. */
  readonly assign: (record: CallRecord) => CallRecord;
  /** A finished call is durable, or waits in memory where the disk refuses. */
  readonly onBooked: (record: CallRecord) => void;
  readonly log: (line: string) => void;
}

/**
 * Takes records from the observer to the ledger, or, after a handover, to the successor that owns the ledger now. Nothing here is
 * awaited by the byte path; `settled` tells when everything taken so far is durable.
 */
export class Bookkeeper {
  #ledger: LedgerWriter | null;
  #successor: Successor | null = null;
  readonly #open = new Set<Promise<void>>();
  readonly #options: BookkeeperOptions;

  constructor(ledger: LedgerWriter, options: BookkeeperOptions) {
    this.#ledger = ledger;
    this.#options = options;
  }

  take(stage: BookingStage, record: CallRecord): void {
    const work: Promise<void> = this.#book(stage, this.#options.assign(record))
      .catch((error: unknown) => this.#options.log(`booking ${record.id}: ${String(error)}`))
      .finally(() => this.#open.delete(work));
    this.#open.add(work);
  }

  /** From now on finished calls go to the successor; interim figures are dropped, since it has its own rows of them. */
  handOver(successor: Successor): void {
    this.#ledger = null;
    this.#successor = successor;
  }

  async settled(): Promise<void> {
    while (this.#open.size > 0) await Promise.all(this.#open);
  }

  async #book(stage: BookingStage, record: CallRecord): Promise<void> {
    if (this.#successor) {
      if (stage === 'finish') await this.#successor([record]);
      return;
    }
    if (stage === 'begin') await this.#ledger?.begin(record);
    else if (stage === 'update') await this.#ledger?.update(record);
    else await this.#ledger?.finish(record);
    if (stage === 'finish') this.#options.onBooked(record);
  }
}
