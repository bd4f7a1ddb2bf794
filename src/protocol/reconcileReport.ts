import { estimatedFigure, exactFigure, figureOf, unknownFigure } from '../domain/figure.ts';
import { formatFigure, formatUsd, printWhole } from '../domain/format.ts';
import {
  type CallView,
  isCorrection,
  outputDifference,
  type ReconciledCall,
  type ReconcileSums,
  reconcileSums,
} from '../domain/reconcile.ts';
import { totalInputTokens } from '../domain/usage.ts';
import { markdownRow, plainMarkdown } from './markdown.ts';
import type { TimePrinter } from './shown.ts';

/** Wire against log as Markdown: what the two come to, the correction that follows, and every call. Names from outside are no marks in it. */
export function reconcileReport(
  { session, agent }: { readonly session: string; readonly agent: string },
  calls: readonly ReconciledCall[],
  times: TimePrinter,
): string {
  const sums = reconcileSums(calls);
  const lines = [
    `# ${plainMarkdown(agent)}: wire against log`,
    '',
    `Session ${plainMarkdown(session)}.`,
    '',
    `${counted(sums.seenBothWays, 'call was', 'calls were')} seen both ways, ${printWhole(sums.onlyWire)} on the wire only, ${printWhole(sums.onlyTold)} in the log only. Each is counted once: as the wire saw it, where it did.`,
    '',
    correctionSentence(sums),
    '',
    '| Started | Model | Seen | Input, wire | Input, log | Output, wire | Output, log | Difference | At API prices, wire | At API prices, log |',
    '|---|---|---|--:|--:|--:|--:|--:|--:|--:|',
    ...calls.map((call) =>
      markdownRow([
        times.printFull(call.startedAtMs),
        plainMarkdown(call.model),
        seenText(call),
        inputText(call.wire),
        inputText(call.told),
        outputText(call.wire),
        outputText(call.told),
        differenceText(outputDifference(call)),
        costText(call.wire),
        costText(call.told),
      ]),
    ),
    '',
    '"-" is unknown, "≈" estimated, "≥" at least. The difference is output of the log less that of the wire.',
    '',
  ];
  return lines.join('\n');
}

function correctionSentence({ seenBothWays, outputCorrection }: ReconcileSums): string {
  if (seenBothWays === 0 || outputCorrection === null) return 'Nothing follows for what only logs tell of.';
  if (!isCorrection(outputCorrection)) return 'The log tells of the output that passed: no correction follows.';
  const part = formatFigure(exactFigure(100 / outputCorrection), (percent) => `${percent.toFixed(0)} %`);
  const factor = formatFigure(estimatedFigure(outputCorrection), (value) => value.toFixed(2));
  return `**Estimate:** the log has ${part} of the output that passed, so what only such logs tell of may be ${factor} times as much. No figure of Outlay is raised by it.`;
}

function seenText({ wire, told }: ReconciledCall): string {
  if (wire === null) return 'log only';
  return told === null ? 'wire only' : 'both ways';
}

function inputText(view: CallView | null): string {
  return countText(view === null ? null : totalInputTokens(view.usage), view);
}

function outputText(view: CallView | null): string {
  return countText(view?.usage.outputTokens ?? null, view);
}

function countText(count: number | null, view: CallView | null): string {
  return formatFigure(view === null ? unknownFigure : figureOf(count, view.provenance), printWhole);
}

function costText(view: CallView | null): string {
  return formatUsd(view === null ? unknownFigure : figureOf(view.costNanoUsd, view.provenance));
}

function differenceText(count: number | null): string {
  if (count === null) return '-';
  return count > 0 ? `+${printWhole(count)}` : count < 0 ? `-${printWhole(-count)}` : '0';
}

function counted(count: number, one: string, many: string): string {
  return `${printWhole(count)} ${count === 1 ? one : many}`;
}
