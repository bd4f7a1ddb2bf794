import type { CallRecord } from '../../../src/domain/call.ts';
import { addKnown } from '../../../src/domain/usage.ts';
import type { ReportKey, ReportRow } from '../../../src/ledger/contract.ts';

type PlainRow = Omit<ReportRow, 'agent' | 'model'>;

/**
 * What a report must say, folded from the calls in the plainest way: no rollups, no SQL. Calls are shared out over models part by
 * part only where a report is by model; every other report sums whole calls.
 */
export function expectedReport(records: readonly CallRecord[], by: ReportKey, dayOf: (record: CallRecord) => string): PlainRow[] {
  const rows = new Map<string, PlainRow>();
  for (const record of records) {
    for (const [model, pieces] of piecesOf(record, by)) {
      const key = by === 'model' ? model : by === 'day' ? dayOf(record) : record[by];
      const id = `${key} ${record.auth}`;
      rows.set(id, addRow(rows.get(id), rowOf(record, { key, own: model === record.model, pieces })));
    }
  }
  return [...rows.values()];
}

interface Piece {
  readonly usage: CallRecord['usage'];
  readonly cost: CallRecord['cost'];
}

function piecesOf(record: CallRecord, by: ReportKey): ReadonlyMap<string, readonly Piece[]> {
  const whole = new Map([[record.model, [{ usage: record.usage, cost: record.cost }]]]);
  if (by !== 'model' || record.parts.length === 0) return whole;
  const byModel = new Map<string, Piece[]>();
  record.parts.forEach((part, index) => {
    const cost = record.partCosts[index];
    if (cost === undefined) throw new Error('a part without a cost');
    const model = part.model ?? record.model;
    byModel.set(model, [...(byModel.get(model) ?? []), { usage: part.usage, cost }]);
  });
  // A call whose own model took no part of it is not shared out.
  return byModel.has(record.model) ? byModel : whole;
}

function rowOf(
  record: CallRecord,
  { key, own, pieces }: { readonly key: string; readonly own: boolean; readonly pieces: readonly Piece[] },
): PlainRow {
  const sum = (of: (piece: Piece) => number | null) => pieces.reduce<number | null>((all, piece) => addKnown(all, of(piece)), null);
  const thinking = sum((piece) => piece.usage.thinkingTokens);
  return {
    key,
    auth: record.auth,
    calls: own ? 1 : 0,
    inputTokens: sum((piece) => piece.usage.inputTokens) ?? 0,
    cacheReadTokens: sum((piece) => piece.usage.cacheReadTokens) ?? 0,
    cacheWrite5mTokens: sum((piece) => piece.usage.cacheWrite5mTokens) ?? 0,
    cacheWrite1hTokens: sum((piece) => piece.usage.cacheWrite1hTokens) ?? 0,
    outputTokens: sum((piece) => piece.usage.outputTokens) ?? 0,
    thinkingTokens: thinking,
    unknownThinkingCalls: 0,
    thinkingAtLeastTokens: own && thinking === null ? (record.thinkingAtLeastTokens ?? 0) : 0,
    webSearches: sum((piece) => piece.usage.webSearches) ?? 0,
    costNanoUsd: sum((piece) => piece.cost.costNanoUsd),
    inputNanoUsd: sum((piece) => piece.cost.split?.inputNanoUsd ?? 0) ?? 0,
    cacheNanoUsd: sum((piece) => piece.cost.split?.cacheNanoUsd ?? 0) ?? 0,
    thinkingNanoUsd: sum((piece) => piece.cost.split?.thinkingNanoUsd ?? 0) ?? 0,
    outputNanoUsd: sum((piece) => piece.cost.split?.outputNanoUsd ?? 0) ?? 0,
    unpricedCalls: 0,
    estimatedCalls: own && record.provenance !== 'reported' ? 1 : 0,
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
    thinkingAtLeastTokens: a.thinkingAtLeastTokens + b.thinkingAtLeastTokens,
    webSearches: a.webSearches + b.webSearches,
    costNanoUsd: addKnown(a.costNanoUsd, b.costNanoUsd),
    inputNanoUsd: a.inputNanoUsd + b.inputNanoUsd,
    cacheNanoUsd: a.cacheNanoUsd + b.cacheNanoUsd,
    thinkingNanoUsd: a.thinkingNanoUsd + b.thinkingNanoUsd,
    outputNanoUsd: a.outputNanoUsd + b.outputNanoUsd,
    unpricedCalls: a.unpricedCalls + b.unpricedCalls,
    estimatedCalls: a.estimatedCalls + b.estimatedCalls,
    lastCallAtMs: Math.max(a.lastCallAtMs, b.lastCallAtMs),
  };
}
