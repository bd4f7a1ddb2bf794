import { amountOf, atLeastFigure, estimatedFigure, type Figure, unknownFigure } from '../../domain/figure.ts';
import { type CorrectedCost, correctedCost, type LogCorrection } from '../../domain/logCorrection.ts';
import type { ReportRow } from '../../ledger/contract.ts';
import { isAtApiPrices, rowFigures, sumRows } from '../../ledger/rowFigures.ts';
import type { LiveCall, PeriodSpend, SpendFigures, SpendRow } from '../../protocol/snapshot.ts';

const SHOWN_ROWS = 50;

export interface PeriodRows {
  readonly byModel: readonly ReportRow[];
  readonly bySession: readonly ReportRow[];
}

/**
 * A period as surfaces show it. Subscription use stands apart from money; calls of unknown authorisation count as money, since an
 * unnoticed bill is worse than one that turns out to be none; but those that only logs tell of may be anybody's and are shown at API
 * prices. The totals hold calls in flight as estimates, the rows do not. What logs may have left out stands beside figures and is in none.
 */
export function periodSpend(
  rows: PeriodRows,
  live: readonly LiveCall[],
  corrections: readonly LogCorrection[] = [],
): PeriodSpend {
  const isSubscription = (row: { readonly auth: string }): boolean => row.auth === 'subscription';
  return {
    billed: withCorrection(
      total(
        rows.byModel.filter((row) => !isAtApiPrices(row)),
        live.filter((call) => !isSubscription(call)),
      ),
      correctedCost(
        rows.bySession.filter((row) => !isAtApiPrices(row)),
        corrections,
      ),
    ),
    subscription: withCorrection(
      total(rows.byModel.filter(isAtApiPrices), live.filter(isSubscription)),
      correctedCost(rows.bySession.filter(isAtApiPrices), corrections),
    ),
    byModel: rows.byModel.slice(0, SHOWN_ROWS).map(spendRow),
    bySession: [...rows.bySession]
      .sort((a, b) => b.lastCallAtMs - a.lastCallAtMs)
      .slice(0, SHOWN_ROWS)
      .map((row) => sessionRow(row, corrections)),
  };
}

function spendRow(row: ReportRow): SpendRow {
  const { key, auth, agent, model, lastCallAtMs, toldCalls } = row;
  return { key, auth, agent, model, lastCallAtMs, spend: { ...rowFigures(row), toldCalls } };
}

/** A session has one agent, of whose log more may be known than what it tells. */
function sessionRow(row: ReportRow, corrections: readonly LogCorrection[]): SpendRow {
  const shown = spendRow(row);
  return { ...shown, spend: withCorrection(shown.spend, correctedCost([row], corrections)) };
}

function withCorrection<Spend extends SpendFigures | null>(spend: Spend, corrected: CorrectedCost | null): Spend {
  return spend === null || corrected === null ? spend : { ...spend, corrected };
}

function total(rows: readonly ReportRow[], live: readonly LiveCall[]): SpendFigures | null {
  const sums = sumRows(rows);
  const costs = live.map((call) => call.costNanoUsd);
  if (!sums) {
    const isKnown = costs.some((cost) => amountOf(cost) > 0);
    const none = { ...rowFigures(nothing), toldCalls: 0 };
    return isKnown ? { ...none, costNanoUsd: addFigures(none.costNanoUsd, costs) } : null;
  }
  const booked = { ...rowFigures(sums), toldCalls: rows.reduce((sum, { toldCalls }) => sum + toldCalls, 0) };
  return { ...booked, costNanoUsd: addFigures(booked.costNanoUsd, costs) };
}

/**
 * A sum with what calls in flight cost so far. A part that is unknown or a lower bound leaves the sum a lower bound; calls in
 * flight that have cost nothing yet change nothing.
 */
export function addFigures(booked: Figure, live: readonly Figure[]): Figure {
  const liveAmount = live.reduce((sum, cost) => sum + amountOf(cost), 0);
  if (liveAmount === 0) return booked;
  const value = amountOf(booked) + liveAmount;
  const isBound = [booked, ...live].some(({ kind }) => kind === 'atLeast' || kind === 'unknown');
  return isBound ? atLeastFigure(value) : estimatedFigure(value);
}

const nothing = {
  calls: 0,
  inputTokens: 0,
  cacheReadTokens: 0,
  cacheWrite5mTokens: 0,
  cacheWrite1hTokens: 0,
  outputTokens: 0,
  thinkingTokens: 0,
  unknownThinkingCalls: 0,
  thinkingAtLeastTokens: 0,
  webSearches: 0,
  costNanoUsd: 0,
  inputNanoUsd: 0,
  cacheNanoUsd: 0,
  thinkingNanoUsd: 0,
  outputNanoUsd: 0,
  unpricedCalls: 0,
  estimatedCalls: 0,
  partialCalls: 0,
};

const unreadable: SpendFigures = {
  costNanoUsd: unknownFigure,
  inputNanoUsd: unknownFigure,
  cacheNanoUsd: unknownFigure,
  thinkingNanoUsd: unknownFigure,
  outputNanoUsd: unknownFigure,
  inputTokens: unknownFigure,
  cacheTokens: unknownFigure,
  thinkingTokens: unknownFigure,
  visibleTokens: unknownFigure,
  calls: 0,
  unpricedCalls: 0,
  estimatedCalls: 0,
  partialCalls: 0,
  toldCalls: 0,
};

/** What is shown while the books cannot be read: no line would read as a spend of zero. */
export const unreadablePeriod: PeriodSpend = { billed: unreadable, subscription: null, byModel: [], bySession: [] };
