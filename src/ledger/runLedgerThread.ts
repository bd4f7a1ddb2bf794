import type { MessagePort } from 'node:worker_threads';
import { systemClock } from '../domain/clock.ts';
import { TurnBatch } from '../domain/turnBatch.ts';
import type { LedgerMessage, LedgerRequest, LedgerWorkerOptions } from './messages.ts';
import { type LedgerPrices, serveLedger } from './serveLedger.ts';

/** Serves the ledger on a thread's port until its starter asks it to close. Both ways, messages travel as lists. */
export function runLedgerThread(port: MessagePort, options: LedgerWorkerOptions, prices?: LedgerPrices): void {
  const { path, timeZone, isSuccessor } = options;
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
    prices,
  });
  port.on('message', (requests: readonly LedgerRequest[]) => {
    for (const request of requests) {
      receive(request);
      if (request.name === 'close') port.unref();
    }
  });
}
