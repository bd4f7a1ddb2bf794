import type { ImportBatch, ImportCounts, ImportedLog } from '../../ledger/importContract.ts';
import type { ImportBooks } from './importLogs.ts';
import type { FromImporter, ToImporter } from './importMessages.ts';

interface Pending {
  resolve(value: never): void;
  reject(error: Error): void;
}

/** The books from within the thread that imports: asks by messages. */
export class PortBooks implements ImportBooks {
  readonly #send: (message: FromImporter) => void;
  readonly #pending = new Map<number, Pending>();
  #seq = 0;

  constructor(send: (message: FromImporter) => void) {
    this.#send = send;
  }

  loadLogs(): Promise<readonly ImportedLog[]> {
    return this.#ask((seq) => ({ type: 'loadLogs', seq }));
  }

  book(batch: ImportBatch): Promise<ImportCounts> {
    return this.#ask((seq) => ({ type: 'book', seq, batch }));
  }

  receive(message: Extract<ToImporter, { readonly seq: number }>): void {
    const pending = this.#pending.get(message.seq);
    this.#pending.delete(message.seq);
    if (message.type === 'logs') pending?.resolve(message.logs as never);
    else if (message.type === 'booked') pending?.resolve(message.counts as never);
    else pending?.reject(new Error(message.sentence));
  }

  #ask<T>(message: (seq: number) => FromImporter): Promise<T> {
    return new Promise((resolve, reject) => {
      const seq = ++this.#seq;
      this.#pending.set(seq, { resolve, reject });
      this.#send(message(seq));
    });
  }
}
