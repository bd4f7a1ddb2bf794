import type { CallRecord } from '../../../src/domain/call.ts';
import { addKnown } from '../../../src/domain/usage.ts';
import type { ReportKey, ReportRow } from '../../../src/ledger/contract.ts';

type PlainRow = Omit<ReportRow, 'agent' | 'model'>;

/**
 * What a report must say, folded from the calls in the plainest way: no rollups, no SQL. Calls are shared out over models part by
 * part only where a report is by model or by effort, which only a call’s own model tells; every other report sums whole calls.
 */
export function expectedReport(
  records: readonly CallRecord[],
  by: Extract<ReportKey, 'model' | 'effort' | 'session' | 'day' | 'agent'>,
  dayOf: (record: CallRecord) => string,
): PlainRow[] {
  const rows = new Map<string, PlainRow>();
  const add = (row: PlainRow) => {
    const id = `${row.key} ${row.auth}`;
    rows.set(id, addRow(rows.get(id), row));
  };
  for (const record of records) {
    const shares = sharesOf(record);
    if (by === 'model') for (const share of shares) add(shareRow(record, share, share.model));
    else if (by === 'effort') for (const share of shares) add(shareRow(record, share, effortOf(record, share)));
    else add(wholeRow(record, by === 'day' ? dayOf(record) : record[by], shares));
  }
  return [...rows.values()];
}

interface Share {
  readonly model: string;
  readonly pieces: readonly Piece[];
  readonly unknownThinking: boolean;
  readonly unpriced: boolean;
}

interface Piece {
  readonly usage: CallRecord['usage'];
  readonly cost: CallRecord['cost'];
}

/** Own model first. A call counts once as unpriced and once as of unknown thinking, at the first share that is. */
function sharesOf(record: CallRecord): Share[] {
  const byModel = new Map<string, Piece[]>([[record.model, []]]);
  record.parts.forEach((part, index) => {
    const cost = record.partCosts[index];
    if (cost === undefined) throw new Error('a part without a cost');
    const model = part.model ?? record.model;
    byModel.set(model, [...(byModel.get(model) ?? []), { usage: part.usage, cost }]);
  });
  // A call that its own model took no part in is not shared out.
  const whole: [string, Piece[]][] = [[record.model, [{ usage: record.usage, cost: record.cost }]]];
  const lists = byModel.get(record.model)?.length === 0 ? whole : [...byModel];
  const noThinking = lists.findIndex(([, pieces]) => pieces.every((piece) => piece.usage.thinkingTokens === null));
  const noPrice = lists.findIndex(([, pieces]) => pieces.every((piece) => piece.cost.costNanoUsd === null));
  return lists.map(([model, pieces], index) => ({
    model,
    pieces,
    unknownThinking: index === noThinking,
    unpriced: index === noPrice,
  }));
}

function effortOf(record: CallRecord, share: Share): string {
  return share.model === record.model ? (record.effort ?? '') : '';
}

function shareRow(record: CallRecord, share: Share, key: string): PlainRow {
  const own = share.model === record.model;
  return {
    ...sums(record, key, share.pieces),
    calls: own ? 1 : 0,
    unknownThinkingCalls: share.unknownThinking ? 1 : 0,
    thinkingAtLeastTokens: own && share.unknownThinking ? (record.thinkingAtLeastTokens ?? 0) : 0,
    unpricedCalls: share.unpriced ? 1 : 0,
    estimatedCalls: own && record.provenance === 'estimated' ? 1 : 0,
    partialCalls: own && record.provenance === 'partial' ? 1 : 0,
  };
}

function wholeRow(record: CallRecord, key: string, shares: readonly Share[]): PlainRow {
  return {
    ...sums(record, key, [{ usage: record.usage, cost: record.cost }]),
    calls: 1,
    unknownThinkingCalls: shares.some((share) => share.unknownThinking) ? 1 : 0,
    thinkingAtLeastTokens: shares[0]?.unknownThinking ? (record.thinkingAtLeastTokens ?? 0) : 0,
    unpricedCalls: shares.some((share) => share.unpriced) ? 1 : 0,
    estimatedCalls: record.provenance === 'estimated' ? 1 : 0,
    partialCalls: record.provenance === 'partial' ? 1 : 0,
  };
}

function sums(record: CallRecord, key: string, pieces: readonly Piece[]): PlainRow {
  const sum = (of: (piece: Piece) => number | null) =>
    pieces.reduce<number | null>((all, piece) => addKnown(all, of(piece)), null);
  return {
    key,
    auth: record.auth,
    calls: 0,
    inputTokens: sum((piece) => piece.usage.inputTokens) ?? 0,
    cacheReadTokens: sum((piece) => piece.usage.cacheReadTokens) ?? 0,
    cacheWrite5mTokens: sum((piece) => piece.usage.cacheWrite5mTokens) ?? 0,
    cacheWrite1hTokens: sum((piece) => piece.usage.cacheWrite1hTokens) ?? 0,
    outputTokens: sum((piece) => piece.usage.outputTokens) ?? 0,
    thinkingTokens: sum((piece) => piece.usage.thinkingTokens),
    unknownThinkingCalls: 0,
    thinkingAtLeastTokens: 0,
    webSearches: sum((piece) => piece.usage.webSearches) ?? 0,
    costNanoUsd: sum((piece) => piece.cost.costNanoUsd),
    inputNanoUsd: sum((piece) => piece.cost.split?.inputNanoUsd ?? 0) ?? 0,
    cacheNanoUsd: sum((piece) => piece.cost.split?.cacheNanoUsd ?? 0) ?? 0,
    thinkingNanoUsd: sum((piece) => piece.cost.split?.thinkingNanoUsd ?? 0) ?? 0,
    outputNanoUsd: sum((piece) => piece.cost.split?.outputNanoUsd ?? 0) ?? 0,
    unpricedCalls: 0,
    estimatedCalls: 0,
    partialCalls: 0,
    toldCalls: record.source === 'transcript' ? 1 : 0,
    lastCallAtMs: record.startedAtMs,
  };
}

function addRow(a: PlainRow | undefined, b: PlainRow): PlainRow {
  if (a === undefined) return b;
  return {
    key: a.key,
    auth: a.auth,
    calls: a.calls + b.calls,
    inputTokens: a.inputTokens + b.inputTokens,
    cacheReadTokens: a.cacheReadTokens + b.cacheReadTokens,
    cacheWrite5mTokens: a.cacheWrite5mTokens + b.cacheWrite5mTokens,
    cacheWrite1hTokens: a.cacheWrite1hTokens + b.cacheWrite1hTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    thinkingTokens: addKnown(a.thinkingTokens, b.thinkingTokens),
    unknownThinkingCalls: a.unknownThinkingCalls + b.unknownThinkingCalls,
    toldCalls: a.toldCalls + b.toldCalls,
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
    lastCallAtMs: Math.max(a.lastCallAtMs, b.lastCallAtMs),
  };
}
