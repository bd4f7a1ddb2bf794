import { amountOf, estimatedFigure, type Figure } from '../../domain/figure.ts';
import type { ReportRow } from '../../ledger/contract.ts';
import { rowFigures, sumRows } from '../../ledger/rowFigures.ts';
import type { LiveCall, PeriodSpend, SpendFigures, SpendRow } from '../../protocol/snapshot.ts';

const SHOWN_ROWS = 50;

export interface PeriodRows {
  readonly byModel: readonly ReportRow[];
  readonly bySession: readonly ReportRow[];
}

/**
 * A period as surfaces show it. Subscription use stands apart from money; calls of unknown authorisation count as money, since an
 * unnoticed bill is worse than one that turns out to be none. The totals hold calls in flight as estimates, the rows do not.
 */
export function periodSpend(rows: PeriodRows, live: readonly LiveCall[]): PeriodSpend {
  const isSubscription = (row: { readonly auth: string }): boolean => row.auth === 'subscription';
  return {
    billed: total(
      rows.byModel.filter((row) => !isSubscription(row)),
      live.filter((call) => !isSubscription(call)),
    ),
    subscription: total(rows.byModel.filter(isSubscription), live.filter(isSubscription)),
    byModel: rows.byModel.slice(0, SHOWN_ROWS).map(spendRow),
    bySession: [...rows.bySession]
      .sort((a, b) => b.lastCallAtMs - a.lastCallAtMs)
      .slice(0, SHOWN_ROWS)
      .map(spendRow),
  };
}

function spendRow(row: ReportRow): SpendRow {
  const { key, auth, agent, model, lastCallAtMs } = row;
  return { key, auth, agent, model, lastCallAtMs, spend: rowFigures(row) };
}

function total(rows: readonly ReportRow[], live: readonly LiveCall[]): SpendFigures | null {
  const sums = sumRows(rows);
  const booked = sums ? rowFigures(sums) : null;
  const liveNanoUsd = live.reduce((sum, call) => sum + amountOf(call.costNanoUsd), 0);
  if (liveNanoUsd === 0) return booked;
  if (!booked) return { ...rowFigures(nothing), costNanoUsd: estimatedFigure(liveNanoUsd) };
  return { ...booked, costNanoUsd: addLive(booked.costNanoUsd, liveNanoUsd) };
}

function addLive(figure: Figure, liveNanoUsd: number): Figure {
  if (figure.kind === 'atLeast') return { kind: 'atLeast', value: figure.value + liveNanoUsd };
  return estimatedFigure(amountOf(figure) + liveNanoUsd);
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
};
