import type { CostOfPass } from '../../../src/analysis/contract.ts';
import { printPercent } from '../../../src/domain/format.ts';
import { budgetSentence, noPassText, passIntervalText } from '../../../src/protocol/comparisonWords.ts';
import type { Bar, ChartSpec, PointSeries } from '../../shared/chartSpec.ts';
import { h, type VNode } from '../../shared/vnode.ts';
import { chartCard } from '../chartCard.ts';
import { tableNode } from '../dataTable.ts';
import type { PageContext } from '../pageContext.ts';
import { fold } from '../pieces.ts';
import { count, foreign, printAxisUsd, share, usd, words } from '../print.ts';
import type { DataTable } from '../tableModel.ts';
import { leftOutCard, nothingToCompare } from './emptyStates.ts';

/** What a solved task costs, and which budget would have solved how many. */
export function costOfPassPage(context: PageContext): readonly VNode[] {
  const { comparison } = context.data;
  if (comparison.costOfPass.every(({ runs }) => runs === 0)) return [nothingToCompare('costOfPass', context)];
  return [
    passCard(context),
    budgetCard(context),
    fold('families', () => [familyNode(context)], context),
    ...leftOutCard(context),
  ];
}

const passLook = { place: 0 };
const openLook = { place: 1, isHollow: true };

function passCard(context: PageContext): VNode {
  const judged = context.data.comparison.costOfPass.filter(({ runs }) => runs > 0);
  const hasOpen = judged.some(({ nanoUsd }) => nanoUsd === null);
  return chartCard(
    {
      id: 'pass',
      title: 'Cost per solved task',
      sentences: [
        'All that was spent, over the tasks that passed: failed and abandoned work counts as spend. The line through a mark is its 95% interval.',
        context.data.comparison.frontierCostOfPass.sentence,
      ],
      chart: passChart(judged, context),
      table: passTable(judged, context),
      legend: hasOpen
        ? [
            { name: 'Cost per solved task', look: passLook, mark: 'bar' },
            { name: 'No pass yet: at least this much', look: openLook, mark: 'bar' },
          ]
        : [],
      heightPx: 90 + judged.length * 44,
    },
    context,
  );
}

function passChart(judged: readonly CostOfPass[], context: PageContext): ChartSpec {
  const ends = judged.flatMap(({ nanoUsd, atLeastNanoUsd, interval }) => [
    nanoUsd ?? atLeastNanoUsd ?? 0,
    ...(interval === null ? [] : [interval[0], interval[1] ?? 0]),
  ]);
  const positive = ends.filter((end) => end > 0);
  const low = positive.length === 0 ? 1 : Math.min(...positive);
  const high = positive.length === 0 ? 10 : Math.max(...positive);
  const bar = ({ nanoUsd, atLeastNanoUsd, interval, sentence }: CostOfPass, isPassed: boolean): Bar | null => {
    if ((nanoUsd !== null) !== isPassed) return null;
    const value = nanoUsd ?? atLeastNanoUsd ?? 0;
    // A mark of equal width everywhere: a log axis has no 0 for a bar to begin at.
    const wide = (high / low) ** 0.016;
    return { value: [value / wide, value * wide], text: sentence, ...(interval === null ? {} : { whisker: interval }) };
  };
  return {
    kind: 'bars',
    direction: 'across',
    categories: judged.map(({ model }) => context.label(model)),
    value: { title: 'Per solved task', scale: 'log', print: printAxisUsd, min: low / 2, max: high * 1.6 },
    isStacked: true,
    series: [
      { name: 'Cost per solved task', look: passLook, bars: judged.map((one) => bar(one, true)) },
      { name: 'No pass yet', look: openLook, bars: judged.map((one) => bar(one, false)) },
    ],
  };
}

function passTable(judged: readonly CostOfPass[], { label }: PageContext): DataTable {
  return {
    caption: 'Cost per solved task',
    columns: [
      { title: 'Model' },
      { title: 'Per solved task', isNumber: true },
      { title: '95% interval', isNumber: true },
      { title: 'Passed', isNumber: true },
      { title: 'Runs', isNumber: true },
      { title: 'Pass rate', isNumber: true },
      { title: 'Pass rate, 95%', isNumber: true },
      { title: 'Spent', isNumber: true },
    ],
    rows: judged.map((one) => ({
      key: one.model,
      cells: [
        foreign(label(one.model)),
        one.nanoUsd === null ? { text: noPassText(one), raw: null } : usd(one.nanoUsd),
        one.interval === null ? { text: '-', raw: null } : words(passIntervalText(one.interval)),
        count(one.passes),
        count(one.runs),
        share(one.passRate),
        one.passRateInterval === null
          ? { text: '-', raw: null }
          : words(`${printPercent(one.passRateInterval[0])} to ${printPercent(one.passRateInterval[1])}`),
        usd(one.spentNanoUsd),
      ],
    })),
  };
}

function budgetCard(context: PageContext): VNode {
  const curves = context.data.comparison.budgetCurves.filter(({ points }) => points.length > 0);
  return chartCard(
    {
      id: 'budget',
      title: 'Solved within a budget',
      sentences: [
        'The share of tasks that passed with at most this much spent on each: where a curve goes flat, a larger budget bought nothing.',
      ],
      chart: budgetChart(context),
      empty: [
        h('p', {
          text:
            curves.length === 0
              ? 'No run has both an outcome and a known cost yet.'
              : 'No run whose cost is known has passed yet.',
        }),
      ],
      legend: curves.map(({ model }) => ({
        name: context.label(model),
        look: context.look(context.label(model)),
        mark: 'line',
      })),
      table: budgetTable(context),
      heightPx: 340,
    },
    context,
  );
}

function budgetChart(context: PageContext): ChartSpec | null {
  const curves = context.data.comparison.budgetCurves;
  const budgets = curves
    .flatMap(({ points }) => points.map(({ budgetNanoUsd }) => budgetNanoUsd))
    .filter((budget) => budget > 0);
  if (budgets.length === 0) return null;
  const [low, high] = [Math.min(...budgets) / 1.5, Math.max(...budgets) * 1.5];
  const series = curves.flatMap(({ model, points, tasks }): PointSeries[] => {
    const label = context.label(model);
    const shown = points.filter(({ budgetNanoUsd }) => budgetNanoUsd > 0);
    const last = shown.at(-1);
    if (last === undefined) return [];
    const spots = shown.map((point) => ({
      x: point.budgetNanoUsd,
      y: point.passRate,
      text: budgetSentence(label, tasks, point),
    }));
    return [
      { name: label, look: context.look(label), points: spots, line: 'steps', hasMarks: true },
      {
        name: label,
        look: context.look(label),
        points: [
          { x: last.budgetNanoUsd, y: last.passRate, text: '' },
          { x: high, y: last.passRate, text: '' },
        ],
        line: 'straight',
        hasMarks: false,
      },
    ];
  });
  return {
    kind: 'points',
    x: { title: 'Budget for a task', scale: 'log', print: printAxisUsd, min: low, max: high },
    y: {
      title: 'Share of tasks passed',
      scale: 'linear',
      print: (value) => `${Math.round(value * 100)}%`,
      min: 0,
      max: 1,
    },
    series,
  };
}

function budgetTable(context: PageContext): DataTable {
  return {
    caption: 'Share of tasks solved within a budget',
    columns: [
      { title: 'Model' },
      { title: 'Budget', isNumber: true },
      { title: 'Solved', isNumber: true },
      { title: 'Tasks', isNumber: true },
    ],
    rows: context.data.comparison.budgetCurves.flatMap(({ model, points, tasks }) =>
      points.map(({ budgetNanoUsd, passRate }) => ({
        key: `${model}:${budgetNanoUsd}`,
        cells: [foreign(context.label(model)), usd(budgetNanoUsd), share(passRate), count(tasks)],
      })),
    ),
  };
}

function familyNode(context: PageContext): VNode {
  return tableNode(
    'families',
    {
      caption: 'What a solved task would cost without a family of models',
      columns: [
        { title: 'Without the family' },
        { title: 'A solved task costs', isNumber: true },
        { title: 'More than with it', isNumber: true },
        { title: 'Tasks only it solved', isNumber: true },
        { title: 'Its models' },
      ],
      rows: context.data.comparison.frontierCostOfPass.families.map((family) => ({
        key: family.family,
        cells: [
          foreign(family.family),
          usd(family.withoutNanoUsd),
          share(family.more),
          count(family.onlySolvedByIt),
          foreign(family.models.map(context.label).join(', ')),
        ],
      })),
    },
    context,
  );
}
