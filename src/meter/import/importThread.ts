import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { ImportReport } from '../../protocol/imports.ts';
import type { Place } from '../../readers/contract.ts';
import type { ImportBooks, ImportProgress } from './importLogs.ts';
import type { FromImporter, ToImporter } from './importMessages.ts';

export interface ImportThreadOptions {
  readonly workerDir: string;
  readonly books: ImportBooks;
  readonly onProgress: (progress: ImportProgress) => void;
  /** Something came into the books. */
  readonly onBooked: () => void;
  readonly log: (sentence: string) => void;
}

interface Pending {
  resolve(report: ImportReport): void;
  reject(error: Error): void;
}

/** The meter's importer in a thread of its own, started with the first thing that is asked of it. */
export class ImportThread {
  readonly #options: ImportThreadOptions;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | null = null;
  #isClosed = false;
  #id = 0;
  #isBusy = false;

  constructor(options: ImportThreadOptions) {
    this.#options = options;
  }

  /** Rejects with a sentence where nothing can be booked. */
  import(place: Place, agent: string | null): Promise<ImportReport> {
    return new Promise((resolve, reject) => {
      const id = ++this.#id;
      this.#pending.set(id, { resolve, reject });
      this.#send({ type: 'import', id, place, agent });
    });
  }

  cancel(): void {
    this.#worker?.postMessage({ type: 'cancel' } satisfies ToImporter);
  }

  follow(place: Place | null): void {
    if (place !== null || this.#worker !== null) this.#send({ type: 'follow', place });
  }

  /** Calls are in flight, which come first. */
  setBusy(isBusy: boolean): void {
    if (isBusy === this.#isBusy) return;
    this.#isBusy = isBusy;
    this.#worker?.postMessage({ type: 'busy', isBusy } satisfies ToImporter);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#worker?.terminate();
    this.#fail('The meter is ending.');
  }

  #send(message: ToImporter): void {
    if (this.#isClosed) {
      this.#fail('The meter is ending.');
      return;
    }
    this.#worker ??= this.#start();
    this.#worker.postMessage(message);
  }

  #start(): Worker {
    const worker = new Worker(join(this.#options.workerDir, 'importWorker.js'), {
      name: 'outlay-import',
      resourceLimits: { maxYoungGenerationSizeMb: 8 },
    });
    worker.unref();
    worker.on('message', (message: FromImporter) => this.#receive(worker, message));
    worker.on('error', (error) => this.#options.log(`reading logs failed: ${error.message}`));
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = null;
      this.#fail('Reading logs failed; what was read is in the books.');
    });
    if (this.#isBusy) worker.postMessage({ type: 'busy', isBusy: true } satisfies ToImporter);
    return worker;
  }

  #receive(worker: Worker, message: FromImporter): void {
    const { books, onProgress, onBooked, log } = this.#options;
    const answer = (reply: ToImporter): void => worker.postMessage(reply);
    switch (message.type) {
      case 'loadLogs': {
        const { seq } = message;
        books.loadLogs().then(
          (logs) => answer({ type: 'logs', seq, logs }),
          (error: unknown) => answer({ type: 'refused', seq, sentence: sentenceOf(error) }),
        );
        return;
      }
      case 'book': {
        const { seq, batch } = message;
        books.book(batch).then(
          (counts) => {
            answer({ type: 'booked', seq, counts });
            if (batch.calls.length > 0) onBooked();
          },
          (error: unknown) => answer({ type: 'refused', seq, sentence: sentenceOf(error) }),
        );
        return;
      }
      case 'progress':
        onProgress(message.progress);
        return;
      case 'log':
        log(message.sentence);
        return;
      default:
        this.#settle(message);
    }
  }

  #settle(message: Extract<FromImporter, { readonly id: number }>): void {
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.type === 'done') pending?.resolve(message.report);
    else pending?.reject(new Error(message.sentence));
  }

  #fail(sentence: string): void {
    for (const { reject } of this.#pending.values()) reject(new Error(sentence));
    this.#pending.clear();
  }
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
