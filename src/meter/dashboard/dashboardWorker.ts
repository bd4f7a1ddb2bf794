import { parentPort, workerData } from 'node:worker_threads';
import { ledgerPathOf } from '../../ledger/ledgerFiles.ts';
import { openLedgerReader } from '../../ledger/openLedgerReader.ts';
import { createPricer } from '../../pricing/createPricer.ts';
import { parseOverrides } from '../../pricing/overrides.ts';
import { loadPriceBook } from '../../pricing/priceBook.ts';
import { trialRuns } from '../../trials/trialRuns.ts';
import { workspaceTitles } from '../workspaceTitles.ts';
import { listedModels } from './bookPrices.ts';
import { buildDashboard } from './buildDashboard.ts';
import type { DashboardJob, DashboardThreadData, FromDashboardThread } from './messages.ts';

// The entry of the thread that works out the dashboard. It only reads, through a connection of its own; who started it ends it.
const port = parentPort;
if (port !== null) {
  const { dataDir } = workerData as DashboardThreadData;
  const send = (message: FromDashboardThread): void => port.postMessage(message);
  port.on('message', (job: DashboardJob) => {
    work(dataDir, job, send).catch((error: unknown) => {
      send({ type: 'failed', id: job.id, sentence: error instanceof Error ? error.message : String(error) });
    });
  });
}

async function work(dataDir: string, job: DashboardJob, send: (message: FromDashboardThread) => void): Promise<void> {
  const { id, query, nowMs } = job;
  const book = await loadPriceBook();
  const { overrides } = parseOverrides(job.priceOverrides);
  const pricer = createPricer({ book, overrides });
  const reader = openLedgerReader(ledgerPathOf(dataDir));
  try {
    const data = buildDashboard(query, {
      reader,
      trials: await trialRuns(dataDir),
      workspaceTitles: workspaceTitles(dataDir),
      listed: listedModels(book, pricer, nowMs),
      nowMs,
      onProgress: (doneShare) => send({ type: 'progress', id, doneShare }),
    });
    send({ type: 'done', id, data });
  } finally {
    reader.close();
  }
}
