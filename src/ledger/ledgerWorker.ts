import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../domain/clock.ts';
import type { LedgerMessage, LedgerRequest, LedgerWorkerOptions } from './messages.ts';
import { serveLedger } from './serveLedger.ts';

// The entry of the ledger's thread, started by `startLedgerWorker`. It ends when its starter asks it to close.
if (parentPort !== null) {
  const port = parentPort;
  const { path, timeZone, isSuccessor } = workerData as LedgerWorkerOptions;
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
    send: (message: LedgerMessage) => port.postMessage(message),
  });
  port.on('message', (request: LedgerRequest) => {
    receive(request);
    if (request.name === 'close') port.unref();
  });
}
