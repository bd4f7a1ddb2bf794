import { Worker } from 'node:worker_threads';
import type { CollectedLog } from './collectLog.ts';
import type { LogReading, ReadingPlace, ReadJob } from './logReading.ts';

export type LogAnswer = { readonly read: CollectedLog } | { readonly failure: string };

interface Waiting {
  readonly resolve: (read: CollectedLog) => void;
  readonly reject: (error: Error) => void;
}

/** Jobs that wait in a thread, so that it goes on while what it read is booked; most logs are small. */
const jobsAhead = 48;

/** Reads logs in threads of their own: each job goes to the thread with the fewest. */
export function startLogThreads(workerPath: string, threads: number, place: ReadingPlace): LogReading {
  const all = Array.from({ length: threads }, () => new LogThread(workerPath, place));
  return {
    width: threads * jobsAhead,
    read(job) {
      return all.reduce((least, thread) => (thread.waiting < least.waiting ? thread : least)).read(job);
    },
    close: async () => void (await Promise.all(all.map((thread) => thread.close()))),
  };
}

class LogThread {
  readonly #worker: Worker;
  /** A thread answers in the order in which it was asked. */
  readonly #waiting: Waiting[] = [];

  constructor(workerPath: string, place: ReadingPlace) {
    this.#worker = new Worker(workerPath, {
      workerData: place,
      // What is read lives for one line only: a larger young generation would only hold more of it once it is done with.
      resourceLimits: { maxYoungGenerationSizeMb: 8 },
    });
    this.#worker.on('message', (answer: LogAnswer) => {
      const waiting = this.#waiting.shift();
      if ('read' in answer) waiting?.resolve(answer.read);
      else waiting?.reject(new Error(answer.failure));
    });
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('A thread that reads logs has ended.')));
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  read(job: ReadJob): Promise<CollectedLog> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(job);
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
