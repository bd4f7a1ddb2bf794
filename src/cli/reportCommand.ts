import { groupBy } from '../analysis/groupBy.ts';
import { estimatedFigure } from '../domain/figure.ts';
import { describeFigure, formatTokens, formatUsd, printUsd, printWhole } from '../domain/format.ts';
import { type CorrectedCost, correctedCost, raisedCost } from '../domain/logCorrection.ts';
import { usdOf } from '../domain/money.ts';
import type { LedgerReader, ReportKey, ReportRow } from '../ledger/contract.ts';
import { lowerBounds } from '../ledger/lowerBounds.ts';
import { countedFigure, isAtApiPrices, type RowSums, rowFigures, sumRows } from '../ledger/rowFigures.ts';
import { type Column, textTable } from './textTable.ts';

/** A row of `report --json`. Stable interface: exactly these keys. */
export interface ReportJsonRow {
  readonly key: string;
  readonly auth: ReportRow['auth'];
  readonly calls: number;
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWrite5mTokens: number;
  readonly cacheWrite1hTokens: number;
  readonly outputTokens: number;
  readonly thinkingTokens: number | null;
  readonly webSearches: number;
  readonly costUsd: number | null;
  readonly unpricedCalls: number;
  /** Calls whose figures are estimates or lower bounds. */
  readonly estimatedCalls: number;
}

export interface ReportArgs {
  readonly by: ReportKey;
  readonly sinceDay: string | undefined;
  readonly json: boolean;
  readonly width: number;
  /** Titles of workspaces by id, for folders that no task names. */
  readonly titles?: ReadonlyMap<string, string>;
}

/** The text of `outlay report`. */
export function reportText(reader: LedgerReader, args: ReportArgs): string {
  const { by, sinceDay, json, width } = args;
  const found = reader.report(sinceDay === undefined ? { by } : { by, sinceDay });
  const rows = by === 'folder' ? found.map((row) => ({ ...row, key: args.titles?.get(row.key) ?? row.key })) : found;
  const ordered =
    by === 'day' || by === 'month' ? rows.toSorted((a, b) => (a.key < b.key ? 1 : a.key > b.key ? -1 : 0)) : rows;
  if (json) return `${JSON.stringify(ordered.map(jsonRow), null, 2)}\n`;
  if (ordered.length === 0) return 'No calls yet.\n';
  const corrections = reader.corrections();
  const { parts, sessions } = lowerBounds(reader, corrections, sinceDay === undefined ? { by } : { by, sinceDay });
  const raises = new Map(groupBy(parts, ({ key, auth }) => `${auth} ${key}`));
  const estimates = new Map(
    found.map((row, index) => {
      const own = raises.get(`${row.auth} ${row.key}`) ?? [];
      return [rows[index], row.costNanoUsd === null ? null : raisedCost(row.costNanoUsd, own, corrections)];
    }),
  );
  const table = reportTable(ordered, { by, width, estimateOf: (row) => estimates.get(row) ?? null });
  return `${table}${correctionText(correctedCost(sessions.filter(isAtApiPrices), corrections))}`;
}

/** What lower bounds of logs may come to, in all, below the table that has it by row. None of it is in a sum. */
function correctionText(all: CorrectedCost | null): string {
  if (all === null) return '';
  return `\nLogs with lower bounds: at API prices ${about(all)}.\nThese are estimates; no sum and no budget has them.\n`;
}

function about({ costNanoUsd, sessions }: CorrectedCost): string {
  const cost = describeFigure(estimatedFigure(costNanoUsd), printUsd);
  return `${cost} (estimate from ${printWhole(sessions)} sessions seen both ways)`;
}

function jsonRow(row: ReportRow): ReportJsonRow {
  return {
    key: row.key,
    auth: row.auth,
    calls: row.calls,
    inputTokens: row.inputTokens,
    cacheReadTokens: row.cacheReadTokens,
    cacheWrite5mTokens: row.cacheWrite5mTokens,
    cacheWrite1hTokens: row.cacheWrite1hTokens,
    outputTokens: row.outputTokens,
    thinkingTokens: row.thinkingTokens,
    webSearches: row.webSearches,
    costUsd: row.costNanoUsd === null ? null : usdOf(row.costNanoUsd),
    unpricedCalls: row.unpricedCalls,
    estimatedCalls: row.estimatedCalls + row.partialCalls,
  };
}

interface TableArgs {
  readonly by: ReportKey;
  readonly width: number;
  readonly estimateOf: (row: ReportRow) => CorrectedCost | null;
}

function reportTable(rows: readonly ReportRow[], { by, width, estimateOf }: TableArgs): string {
  const hasTold = rows.some(({ toldCalls }) => toldCalls > 0);
  const hasEstimate = rows.some((row) => estimateOf(row) !== null);
  const columns: readonly Column[] = [
    { title: by.charAt(0).toUpperCase() + by.slice(1), align: 'left', minWidth: 13 },
    { title: 'Auth', align: 'left' },
    { title: 'Calls', align: 'right', dropRank: 1 },
    ...(hasTold ? [{ title: 'From logs', align: 'right', dropRank: 9 } as const] : []),
    { title: 'Input', align: 'right', dropRank: 4 },
    { title: 'Cache read', align: 'right', dropRank: 5 },
    { title: 'Cache write', align: 'right', dropRank: 6 },
    { title: 'Output', align: 'right', dropRank: 2 },
    { title: 'Thinking', align: 'right', dropRank: 3 },
    { title: 'Searches', align: 'right', dropRank: 8 },
    { title: 'Unpriced', align: 'right', dropRank: 7 },
    { title: 'Cost', align: 'right' },
    ...(hasEstimate ? [{ title: 'Estimate', align: 'right' } as const] : []),
  ];
  const bills = rows.filter((row) => !isAtApiPrices(row));
  const others = rows.filter(isAtApiPrices);
  const billed = sumRows(bills);
  const subscription = sumRows(others);
  const totals: (readonly string[])[] = [];
  const told = (part: readonly ReportRow[]): number | null =>
    hasTold ? part.reduce((sum, { toldCalls }) => sum + toldCalls, 0) : null;
  if (billed !== null) totals.push(line('Billed', '', { ...billed, toldCalls: told(bills) }));
  if (subscription !== null) {
    const auth = others.every((row) => row.auth === 'subscription') ? 'subscription' : 'no bill';
    totals.push(line('At API prices', auth, { ...subscription, toldCalls: told(others) }));
  }
  // Calls that name no effort ran at one that nobody told.
  const nothing = by === 'effort' ? '(unknown)' : '(none)';
  const lines = rows.map((row) => [
    ...line(row.key === '' ? nothing : row.key, row.auth, { ...row, toldCalls: told([row]) }),
    estimateText(estimateOf(row)),
  ]);
  return textTable(columns, [...lines, ...totals], { width, rule: lines.length });
}

/** Empty where the cost beside it is all that there is to say; totals never have one. */
function estimateText(corrected: CorrectedCost | null): string {
  return corrected === null ? '' : formatUsd(estimatedFigure(corrected.costNanoUsd));
}

function line(key: string, auth: string, row: RowSums & { readonly toldCalls: number | null }): readonly string[] {
  const figures = rowFigures(row);
  const counted = countedFigure(row);
  return [
    key,
    auth,
    printWhole(row.calls),
    ...(row.toldCalls === null ? [] : [printWhole(row.toldCalls)]),
    formatTokens(figures.inputTokens),
    formatTokens(counted(row.cacheReadTokens)),
    formatTokens(counted(row.cacheWrite5mTokens + row.cacheWrite1hTokens)),
    formatTokens(figures.outputTokens),
    formatTokens(figures.thinkingTokens),
    printWhole(row.webSearches),
    printWhole(row.unpricedCalls),
    formatUsd(figures.costNanoUsd),
  ];
}
