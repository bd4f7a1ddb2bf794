import { parentPort, workerData } from 'node:worker_threads';
import { ledgerPathOf } from '../../ledger/ledgerFiles.ts';
import { openLedgerReader } from '../../ledger/openLedgerReader.ts';
import { trialRuns } from '../../trials/trialRuns.ts';
import { workspaceTitles } from '../workspaceTitles.ts';
import { buildDashboard } from './buildDashboard.ts';
import { type ComparisonShelf, createComparisonShelf } from './comparisonShelf.ts';
import type { DashboardJob, DashboardThreadData, FromDashboardThread } from './messages.ts';
import { createPriceShelf, type PriceShelf } from './priceShelf.ts';

// The entry of the thread that works out the dashboard. It only reads, through a connection of its own; who started it ends it.
const port = parentPort;
if (port !== null) {
  const { dataDir } = workerData as DashboardThreadData;
  const shelf = createPriceShelf();
  const compare = createComparisonShelf();
  const send = (message: FromDashboardThread): void => port.postMessage(message);
  port.on('message', (job: DashboardJob) => {
    work(dataDir, job, { send, shelf, compare }).catch((error: unknown) => {
      send({ type: 'failed', id: job.id, sentence: error instanceof Error ? error.message : String(error) });
    });
  });
}

interface WorkParts {
  readonly send: (message: FromDashboardThread) => void;
  readonly shelf: PriceShelf;
  readonly compare: ComparisonShelf;
}

async function work(
  dataDir: string,
  { id, query, nowMs, priceOverrides }: DashboardJob,
  { send, shelf, compare }: WorkParts,
): Promise<void> {
  const listed = await shelf(priceOverrides, nowMs);
  const reader = openLedgerReader(ledgerPathOf(dataDir));
  try {
    const data = buildDashboard(query, {
      reader,
      trials: await trialRuns(dataDir),
      workspaceTitles: workspaceTitles(dataDir),
      listed,
      compare,
      nowMs,
      onProgress: (doneShare) => send({ type: 'progress', id, doneShare }),
    });
    send({ type: 'done', id, data });
  } finally {
    reader.close();
  }
}
