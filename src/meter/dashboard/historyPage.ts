import type { HistoryCell, HistoryPeriod } from '../../analysis/contract.ts';
import { groupBy } from '../../analysis/groupBy.ts';
import { historyCells, periodOf } from '../../analysis/historyCells.ts';
import { atLeastFigure, unknownFigure } from '../../domain/figure.ts';
import { raisedCost } from '../../domain/logCorrection.ts';
import type { LedgerReader } from '../../ledger/contract.ts';
import { lowerBounds } from '../../ledger/lowerBounds.ts';
import { countedFigure } from '../../ledger/rowFigures.ts';
import type { DashboardQuery, HistoryEntry } from '../../protocol/dashboard.ts';

/** Periods of history that are shown, newest first; the command line has them all. */
const PERIODS: Readonly<Record<HistoryPeriod, number>> = { day: 31, week: 26, month: 24 };

type HistoryReader = Pick<LedgerReader, 'history' | 'report' | 'corrections' | 'sessionParts'>;

/** The newest periods of the books, with what lower bounds of logs may come to beside them. Keys are those of `LedgerReader.history`. */
export function historyPage(
  reader: HistoryReader,
  { historyKey, historyPeriod }: Pick<DashboardQuery, 'historyKey' | 'historyPeriod'>,
): readonly HistoryEntry[] {
  const cells = newestPeriods(historyCells(reader.history(historyKey), historyPeriod), historyPeriod);
  const corrections = reader.corrections();
  const { parts } = lowerBounds(reader, corrections, { by: historyKey === 'task' ? 'taskId' : historyKey });
  const raises = new Map(
    groupBy(parts, ({ day, key, auth }) => placeOf(periodOf(day, historyPeriod), key, auth === 'subscription')),
  );
  return cells.map((cell) => {
    const { period, key, isSubscription, costNanoUsd } = cell;
    const own = raises.get(placeOf(period, key ?? '', isSubscription)) ?? [];
    const corrected = costNanoUsd === null ? null : raisedCost(costNanoUsd, own, corrections);
    return { ...cell, cost: costOf(cell), corrected };
  });
}

function placeOf(period: string, key: string, isSubscription: boolean): string {
  return JSON.stringify([period, key, isSubscription]);
}

function costOf(cell: HistoryCell): HistoryEntry['cost'] {
  if (cell.costNanoUsd === null) return unknownFigure;
  return cell.unpricedCalls > 0 ? atLeastFigure(cell.costNanoUsd) : countedFigure(cell)(cell.costNanoUsd);
}

function newestPeriods(cells: readonly HistoryCell[], period: HistoryPeriod): readonly HistoryCell[] {
  const kept = new Set([...new Set(cells.map((cell) => cell.period))].toSorted().slice(-PERIODS[period]));
  return cells.filter((cell) => kept.has(cell.period));
}
