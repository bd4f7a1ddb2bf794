import { atLeastFigure, estimatedFigure, exactFigure, type Figure, unknownFigure } from '../../domain/figure.ts';
import { addKnown } from '../../domain/usage.ts';
import type { ReportRow } from '../../ledger/contract.ts';
import type { SpendFigures } from '../../protocol/snapshot.ts';

type Sums = Omit<ReportRow, 'key' | 'auth' | 'lastCallAtMs' | 'agent' | 'model'>;

/** Adds report rows up; the result keeps what is unknown apart from what is zero. */
export function sumRows(rows: readonly ReportRow[]): Sums | null {
  const [first, ...rest] = rows;
  if (!first) return null;
  const sum: { -readonly [Field in keyof Sums]: Sums[Field] } = { ...first };
  for (const row of rest) {
    for (const field of SUMMED) sum[field] += row[field];
    sum.thinkingTokens = addKnown(sum.thinkingTokens, row.thinkingTokens);
    sum.costNanoUsd = addKnown(sum.costNanoUsd, row.costNanoUsd);
  }
  return sum;
}

const SUMMED = [
  'calls',
  'inputTokens',
  'cacheReadTokens',
  'cacheWrite5mTokens',
  'cacheWrite1hTokens',
  'outputTokens',
  'unknownThinkingCalls',
  'thinkingAtLeastTokens',
  'webSearches',
  'inputNanoUsd',
  'cacheNanoUsd',
  'thinkingNanoUsd',
  'outputNanoUsd',
  'unpricedCalls',
  'estimatedCalls',
] as const;

/** The one place where sums of the books become figures with their marks. */
export function spendFigures(sums: Sums): SpendFigures {
  const mark = marker(sums);
  const { thinkingTokens, visibleTokens } = outputFigures(sums);
  return {
    costNanoUsd: sums.costNanoUsd === null ? unknownFigure : mark(sums.costNanoUsd),
    inputNanoUsd: sums.costNanoUsd === null ? unknownFigure : mark(sums.inputNanoUsd),
    cacheNanoUsd: sums.costNanoUsd === null ? unknownFigure : mark(sums.cacheNanoUsd),
    thinkingNanoUsd: thinkingCost(sums, mark),
    outputNanoUsd: sums.costNanoUsd === null ? unknownFigure : mark(sums.outputNanoUsd),
    inputTokens: sums.estimatedCalls > 0 ? estimatedFigure(sums.inputTokens) : exactFigure(sums.inputTokens),
    cacheTokens: exactFigure(sums.cacheReadTokens + sums.cacheWrite5mTokens + sums.cacheWrite1hTokens),
    thinkingTokens,
    visibleTokens,
    calls: sums.calls,
    unpricedCalls: sums.unpricedCalls,
    estimatedCalls: sums.estimatedCalls,
  };
}

/** A sum that leaves unpriced calls out is a lower bound; one that holds estimates is an estimate. */
function marker(sums: Sums): (value: number) => Figure {
  if (sums.unpricedCalls > 0) return atLeastFigure;
  return sums.estimatedCalls > 0 ? estimatedFigure : exactFigure;
}

function outputFigures(sums: Sums): Pick<SpendFigures, 'thinkingTokens' | 'visibleTokens'> {
  const thinking = (sums.thinkingTokens ?? 0) + sums.thinkingAtLeastTokens;
  const visible = Math.max(0, sums.outputTokens - thinking);
  if (sums.unknownThinkingCalls === 0) {
    const mark = sums.estimatedCalls > 0 ? estimatedFigure : exactFigure;
    return { thinkingTokens: mark(thinking), visibleTokens: mark(visible) };
  }
  return {
    thinkingTokens: thinking > 0 ? atLeastFigure(thinking) : unknownFigure,
    visibleTokens: estimatedFigure(visible),
  };
}

/** Where some thinking is unknown, its cost sits in the output's cost and what is known of it is a lower bound. */
function thinkingCost(sums: Sums, mark: (value: number) => Figure): Figure {
  if (sums.costNanoUsd === null) return unknownFigure;
  if (sums.unknownThinkingCalls === 0) return mark(sums.thinkingNanoUsd);
  return sums.thinkingNanoUsd > 0 ? atLeastFigure(sums.thinkingNanoUsd) : unknownFigure;
}
