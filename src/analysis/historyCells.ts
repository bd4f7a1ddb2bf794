import type { HistoryRow } from '../domain/usageRows.ts';
import type { HistoryCell, HistoryPeriod } from './contract.ts';
import { groupBy } from './groupBy.ts';

/**
 * Spend by key and period from sums by key and day. Newest period first, dearest key first. Billed and subscription use stay apart; a cost is null only
 * where no call has a price, thinking only where no call has a count. O(rows log rows).
 */
export function historyCells(rows: readonly HistoryRow[], period: HistoryPeriod): readonly HistoryCell[] {
  const days = groupBy(rows, ({ day }) => day);
  const periods = groupBy(days, ([day]) => periodOf(day, period));
  const newestFirst = [...periods].toSorted(([a], [b]) => compare(b, a));
  return newestFirst.flatMap(([name, own]) => cellsOfPeriod(name, own));
}

function cellsOfPeriod(
  period: string,
  days: readonly (readonly [day: string, rows: readonly HistoryRow[]])[],
): readonly HistoryCell[] {
  const billed = new Map<string | null, HistoryCell>();
  const subscription = new Map<string | null, HistoryCell>();
  for (const [, rows] of days) {
    for (const row of rows) {
      const cells = row.auth === 'subscription' ? subscription : billed;
      const known = cells.get(row.key);
      const cell = cellOf(row, period);
      cells.set(row.key, known === undefined ? cell : sumOf(known, cell));
    }
  }
  return [...billed.values(), ...subscription.values()].toSorted(
    (a, b) =>
      (b.costNanoUsd ?? -1) - (a.costNanoUsd ?? -1) ||
      compare(a.key ?? '', b.key ?? '') ||
      Number(a.isSubscription) - Number(b.isSubscription),
  );
}

function cellOf(row: HistoryRow, period: string): HistoryCell {
  return {
    period,
    key: row.key,
    isSubscription: row.auth === 'subscription',
    calls: row.calls,
    costNanoUsd: row.unpricedCalls < row.calls ? row.costNanoUsd : null,
    thinkingTokens: row.unknownThinkingCalls < row.calls ? row.thinkingTokens : null,
    outputTokens: row.outputTokens,
    unpricedCalls: row.unpricedCalls,
    estimatedCalls: row.estimatedCalls,
    partialCalls: row.partialCalls,
  };
}

function sumOf(a: HistoryCell, b: HistoryCell): HistoryCell {
  const add = (x: number | null, y: number | null): number | null => (x === null ? y : y === null ? x : x + y);
  return {
    ...a,
    calls: a.calls + b.calls,
    costNanoUsd: add(a.costNanoUsd, b.costNanoUsd),
    thinkingTokens: add(a.thinkingTokens, b.thinkingTokens),
    outputTokens: a.outputTokens + b.outputTokens,
    unpricedCalls: a.unpricedCalls + b.unpricedCalls,
    estimatedCalls: a.estimatedCalls + b.estimatedCalls,
    partialCalls: a.partialCalls + b.partialCalls,
  };
}

/** "2026-11-23", "2026-W48" (ISO 8601: weeks begin on Monday, and belong to the year of their Thursday) or "2026-11". */
export function periodOf(day: string, period: HistoryPeriod): string {
  if (period === 'day') return day;
  if (period === 'month') return day.slice(0, 7);
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  const at = new Date(Date.UTC(year, month - 1, date));
  const daysSinceMonday = (at.getUTCDay() + 6) % 7;
  const thursday = new Date(at.getTime() + (3 - daysSinceMonday) * DAY_MS);
  const first = Date.UTC(thursday.getUTCFullYear(), 0, 1);
  const week = 1 + Math.floor((thursday.getTime() - first) / DAY_MS / 7);
  return `${thursday.getUTCFullYear()}-W${String(week).padStart(2, '0')}`;
}

const DAY_MS = 24 * 60 * 60 * 1000;

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
