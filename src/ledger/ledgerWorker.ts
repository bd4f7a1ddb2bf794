import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../domain/clock.ts';
import { TurnBatch } from '../domain/turnBatch.ts';
import type { LedgerMessage, LedgerRequest, LedgerWorkerOptions } from './messages.ts';
import { serveLedger } from './serveLedger.ts';

// The entry of the ledger's thread, started by `startLedgerWorker`. It ends when its starter asks it to close.
if (parentPort !== null) {
  const port = parentPort;
  const { path, timeZone, isSuccessor } = workerData as LedgerWorkerOptions;
  // Promises that settle with one commit are all through before the next tick, so that their answers travel together.
  const outbox = new TurnBatch<LedgerMessage>(
    (work) => process.nextTick(work),
    (messages) => port.postMessage(messages),
  );
  const receive = serveLedger({
    path,
    timeZone,
    isSuccessor,
    clock: systemClock,
    after: (delayMs, work) => {
      const timer = setTimeout(work, delayMs);
      return { dispose: () => clearTimeout(timer) };
    },
    soon: (work) => void setImmediate(work),
    send: (message) => outbox.add(message),
  });
  port.on('message', (requests: readonly LedgerRequest[]) => {
    for (const request of requests) {
      receive(request);
      if (request.name === 'close') port.unref();
    }
  });
}
