import type { MessagePort } from 'node:worker_threads';
import { systemClock } from '../domain/clock.ts';
import type { LedgerMessage, LedgerRequest, LedgerWorkerOptions } from './messages.ts';
import { type LedgerPrices, serveLedger } from './serveLedger.ts';

/** Serves the ledger on a thread's port until its starter asks it to close. */
export function runLedgerThread(port: MessagePort, options: LedgerWorkerOptions, prices?: LedgerPrices): void {
  const { path, timeZone, isSuccessor } = options;
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
    prices,
  });
  port.on('message', (request: LedgerRequest) => {
    receive(request);
    if (request.name === 'close') port.unref();
  });
}
