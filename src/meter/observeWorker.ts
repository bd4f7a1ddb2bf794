import { parentPort } from 'node:worker_threads';
import { systemClock } from '../domain/clock.ts';
import { TurnBatch } from '../domain/turnBatch.ts';
import { createPricer } from '../pricing/createPricer.ts';
import { parseOverrides } from '../pricing/overrides.ts';
import { loadPriceBook } from '../pricing/priceBook.ts';
import { createCalibrator } from '../tokens/calibrator.ts';
import { createO200kTokenizer } from '../tokens/o200kTokenizer.ts';
import { createRequestReader } from '../wire/requestReader.ts';
import { createResponseReader } from '../wire/responseReader.ts';
import type { FromObserver, ToObserver } from './observe/messages.ts';
import { ObserveDesk } from './observe/observeDesk.ts';

/**
 * The worker thread in which everything that was copied from the byte path is decoded, counted and priced. It shares no thread with
 * the gateway, so no decoding ever delays a byte, and none with SQLite.
 */
async function runObserveWorker(): Promise<void> {
  const port = parentPort;
  if (!port) throw new Error('observeWorker must run as a worker thread');
  // Messages that come before the desk is ready wait in the port.
  const book = await loadPriceBook();
  const outbox = new TurnBatch<FromObserver>(
    (work) => void setImmediate(work),
    (messages) => port.postMessage(messages),
  );
  const send = (message: FromObserver): void => outbox.add(message);
  const desk = new ObserveDesk({
    clock: systemClock,
    send,
    tokenizer: createO200kTokenizer(),
    calibrator: createCalibrator(),
    createPricer: (overrides) => createPricer({ book, overrides }),
    parseOverrides,
    createRequestReader,
    createResponseReader,
  });
  port.on('message', (message: ToObserver) => desk.receive(message));
  send({ type: 'ready', bookVersion: desk.bookVersion });
}

void runObserveWorker();
