import { atLeastFigure, estimatedFigure, exactFigure, type Figure, unknownFigure } from '../domain/figure.ts';
import { addKnown } from '../domain/usage.ts';
import type { ReportRow } from './contract.ts';

/** A report's row as it may be shown; the fields of a snapshot's `SpendFigures`. */
export interface RowFigures {
  readonly costNanoUsd: Figure;
  readonly inputNanoUsd: Figure;
  readonly cacheNanoUsd: Figure;
  readonly thinkingNanoUsd: Figure;
  readonly outputNanoUsd: Figure;
  readonly inputTokens: Figure;
  readonly cacheTokens: Figure;
  readonly outputTokens: Figure;
  readonly thinkingTokens: Figure;
  readonly visibleTokens: Figure;
  readonly calls: number;
  readonly unpricedCalls: number;
  readonly estimatedCalls: number;
  readonly partialCalls: number;
}

/** The sums of a row that figures are made of. */
export type RowSums = Omit<ReportRow, 'key' | 'auth' | 'agent' | 'model' | 'lastCallAtMs' | 'toldCalls'>;

/**
 * Puts the marks on a row's sums: a cost that leaves out unpriced calls is a lower bound, thinking that leaves out calls with
 * unknown thinking too. Anything with an estimated call in it is estimated; else, with a call that was seen in part, a lower bound.
 */
export function rowFigures(row: RowSums): RowFigures {
  const counted = countedFigure(row);
  const money = row.unpricedCalls > 0 ? atLeastFigure : counted;
  const amount = (nanoUsd: number): Figure => (row.costNanoUsd === null ? unknownFigure : money(nanoUsd));
  return {
    costNanoUsd: amount(row.costNanoUsd ?? 0),
    inputNanoUsd: amount(row.inputNanoUsd),
    cacheNanoUsd: amount(row.cacheNanoUsd),
    thinkingNanoUsd: row.costNanoUsd === null ? unknownFigure : thinkingCost(row, money),
    outputNanoUsd: amount(row.outputNanoUsd),
    inputTokens: counted(row.inputTokens),
    cacheTokens: counted(row.cacheReadTokens + row.cacheWrite5mTokens + row.cacheWrite1hTokens),
    outputTokens: counted(row.outputTokens),
    thinkingTokens: thinkingFigure(row, counted),
    visibleTokens: visibleFigure(row, counted),
    calls: row.calls,
    unpricedCalls: row.unpricedCalls,
    estimatedCalls: row.estimatedCalls,
    partialCalls: row.partialCalls,
  };
}

/** How a sum of counts of these calls is marked. */
export function countedFigure({
  estimatedCalls,
  partialCalls,
}: Pick<RowSums, 'estimatedCalls' | 'partialCalls'>): (value: number) => Figure {
  if (estimatedCalls > 0) return estimatedFigure;
  return partialCalls > 0 ? atLeastFigure : exactFigure;
}

function thinkingFigure(row: RowSums, counted: (value: number) => Figure): Figure {
  const seen = (row.thinkingTokens ?? 0) + row.thinkingAtLeastTokens;
  if (row.unknownThinkingCalls > 0)
    return row.thinkingTokens === null && seen === 0 ? unknownFigure : atLeastFigure(seen);
  return row.thinkingTokens === null ? unknownFigure : counted(row.thinkingTokens);
}

/** Where some thinking is unknown its cost sits in the output's, and what is known of it is a lower bound. */
function thinkingCost(row: RowSums, money: (value: number) => Figure): Figure {
  if (row.unknownThinkingCalls === 0) return money(row.thinkingNanoUsd);
  return row.thinkingNanoUsd > 0 ? atLeastFigure(row.thinkingNanoUsd) : unknownFigure;
}

/** Output less the thinking that was seen: where some calls' thinking is unknown it may hold more of it, so it is an estimate. */
function visibleFigure(row: RowSums, counted: (value: number) => Figure): Figure {
  const seen = (row.thinkingTokens ?? 0) + row.thinkingAtLeastTokens;
  if (row.thinkingTokens === null && seen === 0) return unknownFigure;
  const visible = Math.max(0, row.outputTokens - seen);
  return row.unknownThinkingCalls > 0 ? estimatedFigure(visible) : counted(visible);
}

/**
 * Whether a row is no bill: use of a subscription, and calls that only logs tell of where no log says who paid. Both are shown at API
 * prices.
 */
export function isAtApiPrices(row: Pick<ReportRow, 'auth' | 'calls' | 'toldCalls'>): boolean {
  return row.auth === 'subscription' || (row.auth === 'unknown' && row.toldCalls === row.calls);
}

/** Adds up rows of one kind of authorisation; null for no rows. Billed and subscription rows must never meet here. */
export function sumRows(rows: readonly RowSums[]): RowSums | null {
  const [first, ...rest] = rows;
  return first === undefined ? null : rest.reduce(addSums, first);
}

function addSums(a: RowSums, b: RowSums): RowSums {
  return {
    calls: a.calls + b.calls,
    inputTokens: a.inputTokens + b.inputTokens,
    cacheReadTokens: a.cacheReadTokens + b.cacheReadTokens,
    cacheWrite5mTokens: a.cacheWrite5mTokens + b.cacheWrite5mTokens,
    cacheWrite1hTokens: a.cacheWrite1hTokens + b.cacheWrite1hTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    thinkingTokens: addKnown(a.thinkingTokens, b.thinkingTokens),
    unknownThinkingCalls: a.unknownThinkingCalls + b.unknownThinkingCalls,
    thinkingAtLeastTokens: a.thinkingAtLeastTokens + b.thinkingAtLeastTokens,
    webSearches: a.webSearches + b.webSearches,
    costNanoUsd: addKnown(a.costNanoUsd, b.costNanoUsd),
    inputNanoUsd: a.inputNanoUsd + b.inputNanoUsd,
    cacheNanoUsd: a.cacheNanoUsd + b.cacheNanoUsd,
    thinkingNanoUsd: a.thinkingNanoUsd + b.thinkingNanoUsd,
    outputNanoUsd: a.outputNanoUsd + b.outputNanoUsd,
    unpricedCalls: a.unpricedCalls + b.unpricedCalls,
    estimatedCalls: a.estimatedCalls + b.estimatedCalls,
    partialCalls: a.partialCalls + b.partialCalls,
  };
}
