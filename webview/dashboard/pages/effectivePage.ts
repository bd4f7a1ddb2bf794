import type { EffectivePriceRow, SmallestTrial } from '../../../src/analysis/contract.ts';
import { printUsdFine } from '../../../src/domain/format.ts';
import type { ChartPoint, ChartSpec, PointSeries } from '../../shared/chartSpec.ts';
import { h, type VNode } from '../../shared/vnode.ts';
import { chartCard } from '../chartCard.ts';
import { effectiveLabels, type PageContext } from '../pageContext.ts';
import { actionButton, says } from '../pieces.ts';
import { count, foreign, price, printAxisUsd, share, usd, usdFine, words } from '../print.ts';
import type { DataTable } from '../tableModel.ts';
import { historyCard } from './historyCard.ts';

const PER_THOUSAND = 1000;

/** What each model lists and what was really paid: different work, no verdict. */
export function effectivePage(context: PageContext): readonly VNode[] {
  return [effectiveCard(context), verdictCard(context), historyCard(context)];
}

function effectiveCard(context: PageContext): VNode {
  const { effective } = context.data;
  const hasOwn = effective.rows.length > 0;
  return chartCard(
    {
      id: 'effective',
      title: 'List price against what was really paid',
      sentences: [
        ...(hasOwn
          ? []
          : ['No call has been metered yet. The hollow points are models of a public study, on benchmark work.']),
        ...effective.sentences.filter((sentence) => sentence !== effective.smallestTrial?.sentence),
      ],
      tools: hasOwn ? [] : [actionButton('openTerminal', 'Open a metered terminal', context.actions.openTerminal)],
      chart: effectiveChart(context),
      table: effectiveTable(context),
      heightPx: 380,
      legend: [
        ...drawnLabels(effective.rows).map((name) => ({ name, look: context.look(name), mark: 'point' as const })),
        { name: 'Public study, other work', look: { place: -1, isHollow: true }, mark: 'point' },
        { name: 'Paid what it lists', look: { place: -1, isDashed: true }, mark: 'line' },
      ],
    },
    context,
  );
}

/** Of rows that have a point. */
function drawnLabels(rows: readonly EffectivePriceRow[]): readonly string[] {
  const labels = effectiveLabels(rows);
  return labels.filter((_, index) => {
    const row = rows[index];
    return row !== undefined && row.outputNanoUsdPerMtok !== null && row.perThousandVisibleNanoUsd !== null;
  });
}

/** Both axes in dollars per 1,000 tokens: above the line, more was paid than the price of the visible tokens. */
function effectiveChart(context: PageContext): ChartSpec | null {
  const { rows, study } = context.data.effective;
  const labels = effectiveLabels(rows);
  const own = rows.flatMap((row, index): PointSeries[] => {
    const { outputNanoUsdPerMtok: list, perThousandVisibleNanoUsd: paid } = row;
    if (list === null || paid === null || list <= 0 || paid <= 0) return [];
    const label = labels[index] ?? row.model;
    const points: readonly ChartPoint[] = [{ x: list / PER_THOUSAND, y: paid, text: row.sentence, label }];
    return [{ name: label, look: context.look(label), points, line: 'none', hasMarks: true }];
  });
  const studied = study.map((point): ChartPoint => {
    const list = point.outputNanoUsdPerMtok / PER_THOUSAND;
    const text = `${point.model} in the public study: lists ${printUsdFine(list)} per 1,000 output tokens, ${printUsdFine(point.perThousandVisibleNanoUsd)} paid for 1,000 visible ones.`;
    return { x: list, y: point.perThousandVisibleNanoUsd, text, label: point.model };
  });
  const all = [...own.flatMap(({ points }) => points), ...studied];
  if (all.length === 0) return null;
  const low = Math.min(...all.map(({ x }) => x)) / 1.6;
  const high = Math.max(...all.map(({ x }) => x)) * 1.6;
  const line = [low, high].map((at): ChartPoint => ({ x: at, y: at, text: '' }));
  return {
    kind: 'points',
    x: { title: 'Lists, per 1,000 output tokens', scale: 'log', print: printAxisUsd, min: low, max: high },
    y: {
      title: 'Paid, per 1,000 visible tokens',
      scale: 'log',
      print: printAxisUsd,
      min: Math.min(low, ...all.map(({ y }) => y)) / 1.3,
      max: Math.max(...all.map(({ y }) => y)) * 1.8,
    },
    series: [
      ...own,
      { name: 'Public study', look: { place: -1, isHollow: true }, points: studied, line: 'none', hasMarks: true },
      {
        name: 'Paid what it lists',
        look: { place: -1, isDashed: true },
        points: line,
        line: 'straight',
        hasMarks: false,
      },
    ],
  };
}

function effectiveTable({ data }: PageContext): DataTable {
  const { rows, study } = data.effective;
  const labels = effectiveLabels(rows);
  return {
    caption: 'What models list and what was paid',
    columns: [
      { title: 'Model' },
      { title: 'Paid as' },
      { title: 'Lists in, per M', isNumber: true },
      { title: 'Lists out, per M', isNumber: true },
      { title: 'Paid per 1,000 visible', isNumber: true },
      { title: 'Per call', isNumber: true },
      { title: 'Per session', isNumber: true },
      { title: 'Thinking, of output', isNumber: true },
      { title: 'Thinking, of cost', isNumber: true },
      { title: 'Input from cache', isNumber: true },
      { title: 'Calls', isNumber: true },
      { title: 'Sessions', isNumber: true },
    ],
    rows: [
      ...rows.map((row, index) => ({ key: `own:${index}`, cells: ownCells(row, labels[index] ?? row.model) })),
      ...study.map((point) => ({
        key: `study:${point.model}`,
        cells: [
          foreign(point.model),
          words('public study'),
          price(point.inputNanoUsdPerMtok),
          price(point.outputNanoUsdPerMtok),
          usdFine(point.perThousandVisibleNanoUsd),
          ...Array.from({ length: 7 }, () => ({ text: '', raw: null })),
        ],
      })),
    ],
  };
}

function ownCells(row: EffectivePriceRow, label: string) {
  return [
    foreign(label),
    words(row.isSubscription ? 'subscription, no bill' : 'billed'),
    price(row.inputNanoUsdPerMtok),
    price(row.outputNanoUsdPerMtok),
    usdFine(row.perThousandVisibleNanoUsd),
    usdFine(row.perCallNanoUsd),
    usd(row.perSessionNanoUsd),
    share(row.thinkingShareOfOutput),
    share(row.thinkingShareOfCost),
    share(row.cacheShareOfInput),
    count(row.calls),
    count(row.sessions),
  ];
}

/** What would make a verdict possible, and what that costs. */
function verdictCard(context: PageContext): VNode {
  const { comparison, effective } = context.data;
  const trial: SmallestTrial | null = comparison.smallestTrial ?? effective.smallestTrial;
  const next =
    trial === null
      ? [
          'A verdict compares two models on the same tasks, and there is nothing to compare with yet.',
          'Begin a task, and do the same work with a second model: five tasks that both did are the least that can decide.',
        ]
      : [trial.sentence];
  return h(
    'section.card',
    { key: 'verdict', attributes: { 'aria-labelledby': 'verdict-title', 'data-card': 'verdict' } },
    [
      h('h2', { key: 'title', text: 'What would make a verdict', attributes: { id: 'verdict-title', tabindex: '-1' } }),
      ...next.map(says),
      h('div.tools', { key: 'tools' }, [
        actionButton('newTrial', 'Compare models on a task...', context.actions.newTrial),
        actionButton('newTask', 'New task', context.actions.newTask),
      ]),
    ],
  );
}
