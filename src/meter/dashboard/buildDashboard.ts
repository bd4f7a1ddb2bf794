import { compareRuns } from '../../analysis/compareRuns.ts';
import { defaultCompareOptions } from '../../analysis/contract.ts';
import { effectivePricePage } from '../../analysis/effectivePrice.ts';
import { frontierMoments } from '../../analysis/frontierMoments.ts';
import { historyCells } from '../../analysis/historyCells.ts';
import type { Run } from '../../domain/run.ts';
import type { LedgerReader } from '../../ledger/contract.ts';
import type { DashboardData, DashboardQuery } from '../../protocol/dashboard.ts';
import { localDayOf } from '../snapshot/localDays.ts';
import type { ListedModel } from './bookPrices.ts';
import { chooseRuns } from './runSources.ts';
import { whatIfPage } from './whatIfPage.ts';

const MOMENTS = 10;
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
  readonly onProgress: (doneShare: number) => void;
}

/** Everything that the dashboard shows, for one query. Seconds of work in large books: off every thread that others wait for. */
export function buildDashboard(query: DashboardQuery, sources: DashboardSources): DashboardData {
  const { reader, listed, nowMs, onProgress } = sources;
  onProgress(0);
  const chosen = chooseRuns(reader, sources.trials, query.origins);
  onProgress(READING_SHARE);
  const options = { ...defaultCompareOptions, reprice: query.reprice };
  const comparison = compareRuns(chosen.runs, options, {
    axes: query.axis === 'cost' ? ['cost'] : ['cost', query.axis],
    leftOut: { sharedTasks: chosen.sharedTasks, otherOrigins: chosen.otherOrigins },
    onProgress: (share) => onProgress(READING_SHARE + COMPARISON_SHARE * share),
  });
  onProgress(READING_SHARE + COMPARISON_SHARE);
  const month = reader.report({ by: 'model', sinceDay: `${localDayOf(nowMs).slice(0, 7)}-01` });
  const own = chosen.all.filter(({ origin }) => origin === 'task' || origin === 'trial');
  const whatIf = whatIfPage({ month, runs: own, listed }, query.subject);
  const history = historyCells(reader.history(query.historyKey), query.historyPeriod);
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
    moments: frontierMoments(chosen.runs, options, { axis: query.axis, moments: MOMENTS }),
    whatIf,
    taskTitles: Object.fromEntries(chosen.all.map(({ task, taskTitle }) => [task, taskTitle])),
    call: query.call === null ? null : (reader.calls({ id: query.call })[0] ?? null),
  };
}

function titledKey(
  key: string | null,
  { historyKey }: DashboardQuery,
  titles: ReadonlyMap<string, string>,
): string | null {
  return historyKey === 'folder' && key !== null ? (titles.get(key) ?? key) : key;
}
