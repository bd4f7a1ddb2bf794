import { estimatedFigure, exactFigure, unknownFigure } from '../domain/figure.ts';
import { formatTokens, formatUsd, printWhole } from '../domain/format.ts';
import { usdOf } from '../domain/money.ts';
import {
  type CallView,
  isCorrection,
  outputDifference,
  type ReconciledCall,
  reconcileSums,
} from '../domain/reconcile.ts';
import type { Usage } from '../domain/usage.ts';
import { totalInputTokens } from '../domain/usage.ts';
import type { LedgerReader } from '../ledger/contract.ts';
import { type Column, textTable } from './textTable.ts';

/** A view of a call in `reconcile --json`. */
interface ViewJson extends Usage {
  readonly source: CallView['source'];
  readonly provenance: CallView['provenance'];
  readonly costUsd: number | null;
}

/** One call in `reconcile --json`. Stable interface. */
export interface ReconcileJsonCall {
  readonly id: string;
  readonly startedAt: string;
  readonly model: string;
  readonly wire: ViewJson | null;
  readonly transcript: ViewJson | null;
  /** Output of the transcript less that of the wire; null unless both are known. */
  readonly outputDifference: number | null;
}

export interface ReconcileJson {
  readonly session: string;
  readonly calls: readonly ReconcileJsonCall[];
  readonly seenBothWays: number;
  readonly onlyWire: number;
  readonly onlyTranscript: number;
  /**
   * Output of the wire for each token of the transcript, over the calls that were seen both ways; null for none. By this factor what only
   * the transcript tells of would have to be raised: an estimate.
   */
  readonly outputCorrection: number | null;
}

/** Wire against transcript, call by call. */
export function reconcileText(
  reader: LedgerReader,
  session: string,
  { json, width }: { readonly json: boolean; readonly width: number },
): string {
  const calls = reader.reconcile(session);
  const result = reconcileJson(session, calls);
  if (json) return `${JSON.stringify(result, null, 2)}\n`;
  if (calls.length === 0) return `No call of session ${session} is in the books.\n`;
  return `${table(calls, width)}${sentence(result)}\n`;
}

function reconcileJson(session: string, calls: readonly ReconciledCall[]): ReconcileJson {
  const { seenBothWays, onlyWire, onlyTold: onlyTranscript, outputCorrection } = reconcileSums(calls);
  return {
    session,
    calls: calls.map((call) => ({
      id: call.id,
      startedAt: new Date(call.startedAtMs).toISOString(),
      model: call.model,
      wire: viewJson(call.wire),
      transcript: viewJson(call.told),
      outputDifference: outputDifference(call),
    })),
    ...{ seenBothWays, onlyWire, onlyTranscript, outputCorrection },
  };
}

function viewJson(view: CallView | null): ViewJson | null {
  if (view === null) return null;
  const { source, usage, provenance, costNanoUsd } = view;
  return { source, provenance, ...usage, costUsd: costNanoUsd === null ? null : usdOf(costNanoUsd) };
}

function table(calls: readonly ReconciledCall[], width: number): string {
  const right = (title: string): Column => ({ title, align: 'right' });
  const columns: readonly Column[] = [
    { title: 'Started', align: 'left' },
    { title: 'Model', align: 'left', minWidth: 10 },
    ...[right('Input, wire'), right('log'), right('Output, wire'), right('log'), right('Difference')],
    ...[right('Cost, wire'), right('log')],
  ];
  const rows = calls.map((call) => [
    new Date(call.startedAtMs).toISOString().slice(0, 19).replace('T', ' '),
    call.model,
    ...[inputOf(call.wire), inputOf(call.told), outputOf(call.wire), outputOf(call.told)],
    differenceText(outputDifference(call)),
    ...[costOf(call.wire), costOf(call.told)],
  ]);
  return textTable(columns, rows, { width, rule: null });
}

function inputOf(view: CallView | null): string {
  return tokens(view === null ? null : totalInputTokens(view.usage), view);
}

function outputOf(view: CallView | null): string {
  return tokens(view?.usage.outputTokens ?? null, view);
}

function tokens(count: number | null, view: CallView | null): string {
  if (count === null) return formatTokens(unknownFigure);
  return formatTokens(view?.provenance === 'reported' ? exactFigure(count) : estimatedFigure(count));
}

function costOf(view: CallView | null): string {
  const cost = view?.costNanoUsd ?? null;
  return formatUsd(cost === null ? unknownFigure : exactFigure(cost));
}

function differenceText(count: number | null): string {
  if (count === null) return '';
  return count > 0 ? `+${printWhole(count)}` : count < 0 ? `-${printWhole(-count)}` : '0';
}

function sentence({ seenBothWays, onlyWire, onlyTranscript, outputCorrection }: ReconcileJson): string {
  const seen = `${printWhole(seenBothWays)} calls were seen both ways, ${printWhole(onlyWire)} on the wire only, ${printWhole(onlyTranscript)} in a log only.`;
  if (!isCorrection(outputCorrection)) return seen;
  return `${seen} The log has ${(100 / outputCorrection).toFixed(0)} % of the output that passed: what only it tells of may be about ${outputCorrection.toFixed(2)} times as much (an estimate).`;
}
