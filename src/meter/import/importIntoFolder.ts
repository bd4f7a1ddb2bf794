import { setFlagsFromString } from 'node:v8';
import type { Clock } from '../../domain/clock.ts';
import { ledgerPathOf } from '../../ledger/ledgerFiles.ts';
import { openLedger } from '../../ledger/openLedger.ts';
import type { ImportReport } from '../../protocol/imports.ts';
import type { Place } from '../../readers/contract.ts';
import { withEditorSettings } from '../../readers/editorSettings.ts';
import { readers } from '../../readers/registry.ts';
import { importLogs } from './importLogs.ts';
import { importPricer } from './importPricer.ts';
import { importReportOf } from './importReport.ts';
import { startReading } from './startReading.ts';

export interface ImportIntoFolderOptions {
  /** Its owner lock must be held. */
  readonly dataDir: string;
  readonly place: Place;
  /** Null for all. */
  readonly agent: string | null;
  /** Where the bundled threads are; null reads in this thread. */
  readonly workerDir: string | null;
  readonly clock: Clock;
  readonly log: (sentence: string) => void;
}

/** Imports into the books of a folder that no meter serves. Throws a sentence where nothing can be kept there. */
export async function importIntoFolder(options: ImportIntoFolderOptions): Promise<ImportReport> {
  const { dataDir, place, agent, workerDir, clock, log } = options;
  // What is read lives for one line only. Young generations that do not grow, in the threads too, hold less of what is done with and
  // stay in the processor's caches; the rest of what an import holds is small.
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--optimize-for-size');
  const price = await importPricer([]);
  const ledger = openLedger({ path: ledgerPathOf(dataDir), clock, log, price });
  try {
    const health = ledger.health();
    if (health.state === 'memory' || health.state === 'newer-schema') throw new Error(health.reason);
    const { writer } = ledger;
    const summary = await importLogs({
      readers: readers.filter((reader) => agent === null || reader.agent === agent),
      place: withEditorSettings(place, readers),
      books: { loadLogs: async () => writer.loadLogs(), book: async (batch) => writer.bookImport(batch) },
      startReading: startReading(workerDir),
    });
    return importReportOf(summary);
  } finally {
    ledger.close();
  }
}

/** The names that `--agent` takes. */
export const importedAgents: readonly string[] = readers.map(({ agent }) => agent);
