import { parentPort, workerData } from 'node:worker_threads';
import type { LedgerWorkerOptions } from './messages.ts';
import { runLedgerThread } from './runLedgerThread.ts';

// The ledger's thread without prices for calls of logs, for whoever books calls that are priced already. The meter's has them.
if (parentPort !== null) runLedgerThread(parentPort, workerData as LedgerWorkerOptions);
