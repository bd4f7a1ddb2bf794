import { printWhole } from '../../domain/format.ts';
import { importNameOf, type Run, type RunOrigin } from '../../domain/run.ts';
import type { LedgerReader } from '../../ledger/contract.ts';
import type { DashboardQuery, OriginChoice } from '../../protocol/dashboard.ts';

/** The runs that are compared, and what else there is. */
export interface ChosenRuns {
  readonly runs: readonly Run[];
  readonly choices: readonly OriginChoice[];
  /** All of a model's runs, of whatever origin. */
  readonly all: readonly Run[];
  readonly sharedTasks: number;
  readonly otherOrigins: number;
}

/**
 * Runs by origin. Nothing is pooled unless the user asks: left to choose, trials come first, then own tasks, then the newest import, as
 * the command line does it.
 */
export function chooseRuns(
  reader: Pick<LedgerReader, 'taskRuns' | 'imports' | 'importedRuns' | 'latestPrices'>,
  trials: readonly Run[],
  wanted: DashboardQuery['origins'],
): ChosenRuns {
  const own = reader.taskRuns();
  const imported = reader.importedRuns(null);
  // Trials write down no prices; their calls are in the books.
  const prices = trials.length === 0 ? new Map() : reader.latestPrices();
  const sources: readonly (readonly [RunOrigin, readonly Run[]])[] = [
    ['trial', trials.map((run) => ({ ...run, listPrice: run.listPrice ?? prices.get(run.model) ?? null }))],
    ['task', own.runs],
    ...reader.imports().map(({ name }) => {
      const origin: RunOrigin = `import:${name}`;
      return [origin, imported.filter((run) => run.origin === origin)] as const;
    }),
  ];
  const filled = sources.filter(([, runs]) => runs.length > 0);
  const known = filled.filter(([origin]) => wanted?.includes(origin) ?? false);
  const chosen = new Set((known.length > 0 ? known : filled.slice(0, 1)).map(([origin]) => origin));
  const all = filled.flatMap(([, runs]) => runs);
  const runs = filled.flatMap(([origin, list]) => (chosen.has(origin) ? list : []));
  return {
    runs,
    all,
    choices: filled.map(([origin, list]) => ({
      origin,
      label: labelOf(origin),
      runs: list.length,
      tasks: new Set(list.map(({ task }) => task)).size,
      isChosen: chosen.has(origin),
      removal: removalOf(origin, list.length),
    })),
    sharedTasks: chosen.has('task') || filled.length === 0 ? own.sharedTasks : 0,
    otherOrigins: all.length - runs.length,
  };
}

function removalOf(origin: RunOrigin, runs: number): OriginChoice['removal'] {
  const name = importNameOf(origin);
  if (name === null) return null;
  const what = `${printWhole(runs)} ${runs === 1 ? 'run' : 'runs'}`;
  return {
    name,
    sentence: `Remove the import “${name}” with its ${what} from Outlay’s books? The file that it came from stays as it is, and “outlay runs import” brings the runs back.`,
  };
}

function labelOf(origin: RunOrigin): string {
  if (origin === 'trial') return 'Trials';
  return origin === 'task' ? 'Own tasks' : `Import ${importNameOf(origin) ?? ''}`;
}
