import { importNameOf, type Run, type RunListPrice } from '../domain/run.ts';
import type { LedgerReader } from '../ledger/contract.ts';
import { ledgerPathOf } from '../ledger/ledgerFiles.ts';
import { openLedgerReader } from '../ledger/openLedgerReader.ts';
import { trialRuns } from '../trials/trialRuns.ts';
import { CliError } from './cliError.ts';

/** The runs that a comparison is to be about, and what was left out before. */
export interface BookedRuns {
  readonly runs: readonly Run[];
  readonly sharedTasks: number;
  readonly otherOrigins: number;
  /** For stderr: which sources were kept apart, and how to ask for them. */
  readonly notes: readonly string[];
}

/**
 * The runs of a data folder: of one origin (`trials`, `tasks`, the name of an import), or of `all`. Null takes trials if there are any, else own tasks, else
 * the newest import, since pooling them is for the user to ask.
 */
export async function bookedRuns(dataDir: string, origin: string | null): Promise<BookedRuns> {
  const written = await trialRuns(dataDir);
  const { tasks, imports, imported, prices } = withBooks(dataDir, (reader) => ({
    tasks: reader.taskRuns(),
    imports: reader.imports(),
    imported: reader.importedRuns(null),
    // Trials write down no prices; their calls are in the books.
    prices: written.length === 0 ? new Map<string, RunListPrice>() : reader.latestPrices(),
  }));
  const trials = written.map((run) => ({ ...run, listPrice: run.listPrice ?? prices.get(run.model) ?? null }));
  const sources = new Map<string, readonly Run[]>([
    ['trials', trials],
    ['tasks', tasks.runs],
    ...imports.map(({ name }) => [name, imported.filter((run) => importNameOf(run.origin) === name)] as const),
  ]);
  const all = [...sources.values()].flat();
  if (origin === 'all') return { runs: all, sharedTasks: tasks.sharedTasks, otherOrigins: 0, notes: [] };
  const chosen = origin ?? [...sources].find(([, runs]) => runs.length > 0)?.[0] ?? 'tasks';
  const runs = sources.get(chosen);
  if (runs === undefined) {
    throw new CliError(
      `There are no runs of "${chosen}"; say trials, tasks, all${imports.map(({ name }) => `, ${name}`).join('')}.`,
      2,
    );
  }
  const others = [...sources].filter(([name, list]) => name !== chosen && list.length > 0);
  return {
    runs,
    sharedTasks: chosen === 'tasks' ? tasks.sharedTasks : 0,
    otherOrigins: all.length - runs.length,
    notes:
      others.length === 0
        ? []
        : [
            `Compared are runs of "${chosen}"; kept apart are ${others.map(([name, list]) => `"${name}" (${list.length})`).join(', ')}. --origin chooses, --origin all pools them.`,
          ],
  };
}

/** Reads the books of a data folder. Throws a sentence where they cannot be read. */
export function withBooks<T>(dataDir: string, work: (reader: LedgerReader) => T): T {
  const path = ledgerPathOf(dataDir);
  let reader: LedgerReader | null = null;
  try {
    reader = openLedgerReader(path);
    return work(reader);
  } catch (error) {
    throw new CliError(`The ledger ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
  } finally {
    reader?.close();
  }
}
