import { parentPort, workerData } from 'node:worker_threads';
import { readers } from '../../readers/registry.ts';
import { LogBench, type ReadingPlace, type ReadJob } from './logReading.ts';
import type { LogAnswer } from './logThreads.ts';

// The entry of a thread that reads logs, started by `startLogThreads`.
if (parentPort !== null) {
  const port = parentPort;
  const bench = new LogBench(readers, workerData as ReadingPlace);
  port.on('message', (job: ReadJob) => {
    let answer: LogAnswer;
    try {
      answer = { read: bench.read(job) };
    } catch (error) {
      answer = { failure: error instanceof Error ? error.message : String(error) };
    }
    port.postMessage(answer);
  });
}
