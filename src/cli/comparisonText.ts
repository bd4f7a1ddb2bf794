import type { Comparison } from '../analysis/contract.ts';
import { atLeastFigure, exactFigure, type Figure, unknownFigure } from '../domain/figure.ts';
import { formatFigure, formatUsd, printPercent, printPrice, printWhole } from '../domain/format.ts';
import { printable } from './printable.ts';
import { type Column, textTable } from './textTable.ts';

const figure = (value: number | null): Figure => (value === null ? unknownFigure : exactFigure(value));
/** Pairs that are printed; the rest is in `--json`. */
const MAX_PAIRS = 40;

const modelColumns: readonly Column[] = [
  { title: 'Model', align: 'left', minWidth: 14 },
  { title: 'In /M', align: 'right', dropRank: 5 },
  { title: 'Out /M', align: 'right', dropRank: 4 },
  { title: 'Runs', align: 'right', dropRank: 3 },
  { title: 'Tasks', align: 'right', dropRank: 2 },
  { title: 'A task', align: 'right' },
  { title: 'Passed', align: 'right', dropRank: 1 },
  { title: 'A pass', align: 'right' },
  { title: 'Frontier', align: 'left', dropRank: 6 },
];

const pairColumns: readonly Column[] = [
  { title: 'Lists less', align: 'left', minWidth: 12 },
  { title: 'Lists more', align: 'left', minWidth: 12 },
  { title: 'Task', align: 'left', minWidth: 8, dropRank: 3 },
  { title: 'List', align: 'right', dropRank: 1 },
  { title: 'Cost', align: 'right' },
  { title: 'Tasks', align: 'right', dropRank: 2 },
  { title: 'State', align: 'left' },
];

/** A comparison for people: what was found in sentences, the models, and the pairs that are reversed or may be. */
export function comparisonText(comparison: Comparison, width: number): string {
  if (comparison.models.length === 0) return 'No runs to compare yet.\n';
  const reversed = comparison.pairs.filter(({ state }) => state === 'reversed' || state === 'possibly');
  const { frontierCostOfPass, sentences } = comparison;
  const said = frontierCostOfPass.nanoUsd === null ? sentences : [...sentences, frontierCostOfPass.sentence];
  const parts = [`${said.map(printable).join('\n')}\n`, modelTable(comparison, width)];
  if (reversed.length > 0) parts.push(pairTable(comparison, reversed.slice(0, MAX_PAIRS), width));
  if (reversed.length > MAX_PAIRS) parts.push(`and ${reversed.length - MAX_PAIRS} more; --json prints all pairs.\n`);
  if (comparison.smallestTrial !== null) parts.push(`${printable(comparison.smallestTrial.sentence)}\n`);
  return parts.join('\n');
}

function modelTable({ models, costOfPass }: Comparison, width: number): string {
  const rows = models.map((model, index) => {
    const pass = costOfPass[index];
    const passFigure =
      pass?.nanoUsd == null && pass?.atLeastNanoUsd != null
        ? atLeastFigure(pass.atLeastNanoUsd)
        : figure(pass?.nanoUsd ?? null);
    return [
      model.label,
      formatFigure(figure(model.inputNanoUsdPerMtok), printPrice),
      formatFigure(figure(model.outputNanoUsdPerMtok), printPrice),
      printWhole(model.runs),
      printWhole(model.tasks),
      formatUsd(figure(model.costPerTaskNanoUsd)),
      formatFigure(figure(model.passRate), printPercent),
      formatUsd(passFigure),
      model.isOnFrontier === null ? '-' : model.isOnFrontier ? 'on it' : 'dominated',
    ];
  });
  return textTable(modelColumns, rows, { width, rule: null });
}

function pairTable({ models }: Comparison, pairs: Comparison['pairs'], width: number): string {
  const labels = new Map(models.map(({ key, label }) => [key, label]));
  const times = (ratio: number | null) => formatFigure(figure(ratio), (value) => `x${value.toPrecision(3)}`);
  const rows = pairs.map((pair) => [
    labels.get(pair.a) ?? pair.a,
    labels.get(pair.b) ?? pair.b,
    pair.task ?? '',
    times(pair.listRatio),
    times(pair.costRatio),
    printWhole(pair.commonTasks),
    pair.state === 'possibly' && pair.verdict === 'too few to say' ? 'possibly: too few to say' : pair.state,
  ]);
  return textTable(pairColumns, rows, { width, rule: null });
}
