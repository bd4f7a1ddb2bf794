import { callOutliers, MOST_LOOKED_AT } from '../../analysis/callOutliers.ts';
import { defaultCompareOptions, type HistoryCell } from '../../analysis/contract.ts';
import { effectivePricePage } from '../../analysis/effectivePrice.ts';
import { modelNames } from '../../analysis/runTable.ts';
import type { Run } from '../../domain/run.ts';
import type { LedgerReader } from '../../ledger/contract.ts';
import type { DashboardData, DashboardQuery } from '../../protocol/dashboard.ts';
import { localDayOf } from '../snapshot/localDays.ts';
import type { ListedModel } from './bookPrices.ts';
import type { ComparisonShelf } from './comparisonShelf.ts';
import { historyPage } from './historyPage.ts';
import { chooseRuns } from './runSources.ts';
import { whatIfPage } from './whatIfPage.ts';

/** Tasks named of each pair, the most reversed first: hundreds for hundreds of pairs would be megabytes that nobody reads. */
export const MOST_REVERSED_TASKS = 20;
/** Of the whole, the part that the comparison takes; the rest is reading. */
const COMPARISON_SHARE = 0.85;
const READING_SHARE = 0.1;

export interface DashboardSources {
  readonly reader: Omit<LedgerReader, 'close'>;
  readonly trials: readonly Run[];
  /** Titles of workspaces by id, for histories by folder. */
  readonly workspaceTitles: ReadonlyMap<string, string>;
  readonly listed: readonly ListedModel[];
  readonly nowMs: number;
  /** Compares, or remembers what came of it. */
  readonly compare: ComparisonShelf;
  readonly onProgress: (doneShare: number) => void;
}

/** Everything that the dashboard shows, for one query. Seconds of work in large books: off every thread that others wait for. */
export function buildDashboard(query: DashboardQuery, sources: DashboardSources): DashboardData {
  const { reader, listed, nowMs, onProgress } = sources;
  onProgress(0);
  const chosen = chooseRuns(reader, sources.trials, query.origins);
  onProgress(READING_SHARE);
  const { reprice, without, priceWeights } = query;
  const options = { ...defaultCompareOptions, reprice, without, priceWeights };
  const { comparison, moments } = sources.compare(
    {
      runs: chosen.runs,
      options,
      axis: query.axis,
      context: {
        mostReversedTasks: MOST_REVERSED_TASKS,
        leftOut: { sharedTasks: chosen.sharedTasks, otherOrigins: chosen.otherOrigins },
      },
    },
    (share) => onProgress(READING_SHARE + COMPARISON_SHARE * share),
  );
  onProgress(READING_SHARE + COMPARISON_SHARE);
  const month = reader.report({ by: 'model', sinceDay: `${localDayOf(nowMs).slice(0, 7)}-01` });
  const own = chosen.all.filter(({ origin }) => origin === 'task' || origin === 'trial');
  const whatIf = whatIfPage({ reader, month, runs: own, listed }, query);
  const history = historyPage(reader, query);
  return {
    generatedAtMs: nowMs,
    query: {
      ...query,
      origins: chosen.choices.filter(({ isChosen }) => isChosen).map(({ origin }) => origin),
      subject: whatIf.subject,
    },
    origins: chosen.choices,
    effective: effectivePricePage(reader.modelUsage(), comparison.smallestTrial),
    history: history.map((cell) => ({ ...cell, key: titledKey(cell.key, query, sources.workspaceTitles) })),
    comparison,
    moments,
    whatIf,
    taskTitles: query.historyKey === 'task' ? titlesOf(history, reader.taskTitles()) : {},
    modelNames: modelNames(chosen.runs, without),
    callOutliers: callOutliers(reader.newestRequests(MOST_LOOKED_AT)),
    call: query.call === null ? null : (reader.calls({ id: query.call })[0] ?? null),
  };
}

/** Of the tasks that are shown. */
function titlesOf(
  history: readonly HistoryCell[],
  titles: ReadonlyMap<string, string>,
): Readonly<Record<string, string>> {
  const keys = [...new Set(history.map(({ key }) => key))];
  const named = keys.map((key): readonly [string | null, string | undefined] => [key, titles.get(key ?? '')]);
  return Object.fromEntries(named.filter(([, title]) => title !== undefined));
}

function titledKey(
  key: string | null,
  { historyKey }: DashboardQuery,
  titles: ReadonlyMap<string, string>,
): string | null {
  return historyKey === 'folder' && key !== null ? (titles.get(key) ?? key) : key;
}
