import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readers } from '../../readers/registry.ts';
import { LogBench, type LogReading, type ReadingPlace } from './logReading.ts';
import { startLogThreads } from './logThreads.ts';

/** Less than this is read before a thread has started. */
const worthThreadsBytes = 24 * 1024 * 1024;
/** What is read must be booked by the thread that asks, which takes about as long: more threads would only hold more memory. */
const threads = 1;

/** Reads in a thread beside this one, or in this one where there is little to read or no folder with the thread's program. */
export function startReading(workerDir: string | null): (place: ReadingPlace, bytes: number) => LogReading {
  return (place, bytes) =>
    workerDir === null || bytes < worthThreadsBytes
      ? readHere(place)
      : startLogThreads(join(workerDir, 'logWorker.js'), threads, place);
}

function readHere(place: ReadingPlace): LogReading {
  const bench = new LogBench(readers, place);
  return { width: 1, read: async (job) => bench.read(job), close: async () => undefined };
}

/** A file is read in one go, so that what else the machine has to do comes in between. */
const pauseMs = 20;

/** Reads in this thread, with a pause after each log while calls are in flight. */
export function readWithPauses(isBusy: () => boolean): (place: ReadingPlace) => LogReading {
  return (place) => {
    const bench = new LogBench(readers, place);
    return {
      width: 1,
      async read(job) {
        if (isBusy()) await delay(pauseMs);
        // Messages, a cancel among them, are received between two logs.
        else await new Promise((resolve) => setImmediate(resolve));
        return bench.read(job);
      },
      close: async () => undefined,
    };
  };
}
