import type { ReversalCounts } from '../../../src/analysis/contract.ts';
import { printPercent } from '../../../src/domain/format.ts';
import type { ChartPoint, ChartSpec, PointSeries } from '../../shared/chartSpec.ts';
import { h, type VNode } from '../../shared/vnode.ts';
import { chartCard } from '../chartCard.ts';
import { tableNode } from '../dataTable.ts';
import type { PageContext } from '../pageContext.ts';
import { fold } from '../pieces.ts';
import { count, decimals, foreign, share, usd, words } from '../print.ts';
import type { DataTable } from '../tableModel.ts';
import { leftOutCard, nothingToCompare } from './emptyStates.ts';
import { pairCards, splitTable } from './pairCards.ts';
import { chosenPair, matrixCard } from './pairMatrix.ts';

/** Where the price list lied: who lists less and cost more on the same tasks. */
export function reversalPage(context: PageContext): readonly VNode[] {
  const { comparison } = context.data;
  if (comparison.models.length < 2) return [nothingToCompare('reversal', context)];
  return [
    slopeCard(context),
    matrixCard(context),
    ...pairCards(context),
    fold('reversal', () => statistics(context), context),
    ...leftOutCard(context),
  ];
}

function statistics(context: PageContext): readonly VNode[] {
  const why = chosenPair(context)?.why ?? null;
  return [
    tableNode('rank-figures', rankTable(context), context),
    ...(why === null ? [] : [tableNode('split', splitTable(why), context)]),
  ];
}

function slopeCard(context: PageContext): VNode {
  const { slope, reversals } = context.data.comparison;
  return chartCard(
    {
      id: 'slope',
      title: 'From list price to cost paid',
      sentences: [reversals.sentence, ...(slope.models.length === 0 ? [] : slope.sentences)],
      chart: slopeChart(context),
      empty: slope.sentences.map((text) => h('p', { key: text, text })),
      table: slopeTable(context),
      heightPx: Math.max(240, 90 + slope.models.length * 34),
    },
    context,
  );
}

function slopeChart({ data, label, look }: PageContext): ChartSpec | null {
  const { slope, models } = data.comparison;
  if (slope.models.length === 0) return null;
  const series = slope.models.map(({ model, listRank, costRank }): PointSeries => {
    const name = label(model);
    const text = models.find(({ key }) => key === model)?.sentence ?? name;
    const points: readonly ChartPoint[] = [
      { x: 0, y: listRank, text, label: name, side: 'left' },
      { x: 1, y: costRank, text, label: name, side: 'right' },
    ];
    return { name, look: look(name), points, line: 'straight', hasMarks: true };
  });
  return {
    kind: 'points',
    labelRoom: true,
    x: { title: '', scale: 'linear', print: String, min: 0, max: 1, names: { 0: 'List price', 1: 'Cost paid' } },
    y: { title: '', scale: 'rank', print: String, min: 0.7, max: slope.models.length + 0.3 },
    series,
  };
}

function slopeTable(context: PageContext): DataTable {
  const { slope } = context.data.comparison;
  const onSlope = new Map(slope.models.map((place) => [place.model, place]));
  const hasMore = context.data.comparison.models.some(({ tasks }) => tasks !== slope.tasks);
  return {
    caption: 'List price and cost of each model',
    columns: [
      { title: 'Model' },
      { title: 'Lists, per M in + out', isNumber: true },
      { title: 'Rank by list', isNumber: true },
      {
        title: `Paid per task, ${slope.tasks === 1 ? 'the common one' : `${slope.tasks} common ones`}`,
        isNumber: true,
      },
      { title: 'Rank by cost', isNumber: true },
      ...(hasMore ? [{ title: 'Paid per task, all its own', isNumber: true }] : []),
      { title: 'Tasks', isNumber: true },
      { title: 'Runs', isNumber: true },
      { title: 'Costs more than, though it lists less' },
    ],
    rows: context.data.comparison.models.map((model) => ({
      key: model.key,
      cells: [
        foreign(model.label),
        usd(model.listPrice === null ? null : model.listPrice * 1e9),
        count(onSlope.get(model.key)?.listRank ?? null),
        usd(onSlope.get(model.key)?.costPerTaskNanoUsd ?? null),
        count(onSlope.get(model.key)?.costRank ?? null),
        ...(hasMore ? [usd(model.costPerTaskNanoUsd)] : []),
        count(model.tasks),
        count(model.runs),
        foreign(model.reversedAgainst.map(context.label).join(', ')),
      ],
    })),
  };
}

function rankTable({ data, label }: PageContext): DataTable {
  const { reversals } = data.comparison;
  const { withoutThinking } = reversals;
  const pairsOf = ({ count: found, pairs }: ReversalCounts): string => `${found} of ${pairs}`;
  const largest = ({ maxMagnitude: most }: ReversalCounts) =>
    most === null
      ? words('-')
      : foreign(`${most.ratio.toFixed(2)}×: ${label(most.cheaperListed)} against ${label(most.dearerListed)}`);
  const both = (title: string, figure: (counts: ReversalCounts) => ReturnType<typeof words>) => ({
    key: title,
    cells: [words(title), figure(reversals), figure(withoutThinking)],
  });
  return {
    caption: 'Reversals, with thinking and without',
    columns: [{ title: 'Figure' }, { title: 'As paid', isNumber: true }, { title: 'Without thinking', isNumber: true }],
    rows: [
      both('Reversed pairs, by point estimate', (counts) => words(pairsOf(counts))),
      both('Share of pairs', ({ rate }) => share(rate)),
      both('95% interval of that share', ({ rateInterval }) =>
        words(rateInterval === null ? '-' : `${printPercent(rateInterval[0])} to ${printPercent(rateInterval[1])}`),
      ),
      both('Kendall’s tau-b, list price against cost', ({ tauB }) => decimals(tauB)),
      both('Tau-b within a task, mean over tasks', ({ tauBMeanOverTasks }) => decimals(tauBMeanOverTasks)),
      both('Largest', largest),
      { key: 'established', cells: [words('Established pairs'), count(reversals.established), words('')] },
    ],
  };
}
