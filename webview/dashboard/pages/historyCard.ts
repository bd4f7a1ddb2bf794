import type { HistoryKey, HistoryPeriod } from '../../../src/analysis/contract.ts';
import { estimatedFigure } from '../../../src/domain/figure.ts';
import { describeFigure, printUsd } from '../../../src/domain/format.ts';
import type { HistoryEntry } from '../../../src/protocol/dashboard.ts';
import type { Bar, BarSeries, ChartSpec, Look } from '../../shared/chartSpec.ts';
import type { VNode } from '../../shared/vnode.ts';
import { chartCard } from '../chartCard.ts';
import type { PageContext } from '../pageContext.ts';
import { type Choice, choices } from '../pieces.ts';
import { count, foreign, printAxisUsd, tokens, usdFigure, words } from '../print.ts';
import type { Cell, DataTable } from '../tableModel.ts';

const periods: readonly Choice<HistoryPeriod>[] = [
  { value: 'day', text: 'Days' },
  { value: 'week', text: 'Weeks' },
  { value: 'month', text: 'Months' },
];

const keys: readonly Choice<HistoryKey>[] = [
  { value: 'model', text: 'Model' },
  { value: 'effort', text: 'Effort' },
  { value: 'agent', text: 'Agent' },
  { value: 'folder', text: 'Folder' },
  { value: 'branch', text: 'Branch' },
  { value: 'task', text: 'Task' },
];

const nothing: Readonly<Record<HistoryKey, string>> = {
  model: 'no model',
  effort: 'effort unknown',
  agent: 'no agent',
  folder: 'no folder',
  branch: 'no branch',
  task: 'no task',
};

/** Spend over time. Billed and subscription use stand beside each other and are never added up. */
export function historyCard(context: PageContext): VNode {
  const { data, actions } = context;
  const { query, history } = data;
  const series = seriesOf(context);
  return chartCard(
    {
      id: 'history',
      title: 'History',
      sentences: sentencesOf(history),
      tools: [
        choices({ id: 'period', label: 'By', chosen: query.historyPeriod, of: periods }, (historyPeriod) =>
          actions.ask({ historyPeriod }),
        ),
        choices({ id: 'key', label: 'and', chosen: query.historyKey, of: keys }, (historyKey) =>
          actions.ask({ historyKey }),
        ),
      ],
      chart: series.length === 0 ? null : historyChart(history, series),
      empty: ['Every call that is metered from now on shows here.'].map((text) => textNode(text)),
      legend: series.map(({ name, look }) => ({ name, look, mark: 'bar' })),
      table: history.length === 0 ? null : historyTable(context),
      heightPx: 260,
    },
    context,
  );
}

function sentencesOf(history: readonly HistoryEntry[]): readonly string[] {
  const subscription = history.some(({ isSubscription }) => isSubscription)
    ? ['Subscription use is shown at API prices beside the billed dollars: it is no bill, and is never added to one.']
    : [];
  const sessions = Math.max(0, ...history.map(({ corrected }) => corrected?.sessions ?? 0));
  if (sessions === 0) return subscription;
  const estimate = `estimated from ${count(sessions).text} sessions that were seen both ways`;
  return [
    ...subscription,
    `Some logs tell less than was used: such a cost is a lower bound (≥). The table has beside it what it may come to, ${estimate}. The chart and all sums leave that out.`,
  ];
}

function textNode(text: string): VNode {
  return { tag: 'p', key: null, text, attributes: {}, style: {}, on: {}, children: [] };
}

interface KeySeries {
  readonly name: string;
  readonly key: string | null;
  readonly isSubscription: boolean;
  readonly look: Look;
}

function nameOf(cell: Pick<HistoryEntry, 'key' | 'isSubscription'>, { data }: PageContext): string {
  const { historyKey } = data.query;
  const name =
    cell.key === null || cell.key === '' ? nothing[historyKey] : shownKey(cell.key, historyKey, data.taskTitles);
  return cell.isSubscription ? `${name} (subscription)` : name;
}

function shownKey(key: string, kind: HistoryKey, titles: Readonly<Record<string, string>>): string {
  return kind === 'task' && Object.hasOwn(titles, key) ? (titles[key] ?? key) : key;
}

function seriesOf(context: PageContext): readonly KeySeries[] {
  const found = new Map<string, KeySeries>();
  for (const { key, isSubscription } of context.data.history) {
    const id = JSON.stringify([key, isSubscription]);
    const name = nameOf({ key, isSubscription }, context);
    const place = context.data.query.historyKey === 'model' && key !== null ? context.look(key).place : found.size;
    if (!found.has(id)) found.set(id, { name, key, isSubscription, look: { place } });
  }
  return [...found.values()];
}

function historyChart(history: readonly HistoryEntry[], series: readonly KeySeries[]): ChartSpec {
  const categories = [...new Set(history.map(({ period }) => period))].toSorted();
  const cells = new Map(history.map((cell) => [JSON.stringify([cell.period, cell.key, cell.isSubscription]), cell]));
  return {
    kind: 'bars',
    direction: 'up',
    categories,
    value: { title: '', scale: 'linear', print: printAxisUsd, min: 0 },
    isStacked: true,
    series: series.map(
      ({ name, key, isSubscription, look }): BarSeries => ({
        name,
        look,
        stack: isSubscription ? 'subscription' : 'billed',
        bars: categories.map((period): Bar | null => {
          const cell = cells.get(JSON.stringify([period, key, isSubscription]));
          if (cell === undefined || cell.costNanoUsd === null) return null;
          return { value: cell.costNanoUsd, text: `${period}: ${describeCost(cell)} for ${name}.` };
        }),
      }),
    ),
  };
}

function describeCost({ cost, corrected }: HistoryEntry): string {
  const told = describeFigure(cost, printUsd);
  if (corrected === null) return told;
  return `${told} (estimate: ${describeFigure(estimatedFigure(corrected.costNanoUsd), printUsd)})`;
}

function historyTable(context: PageContext): DataTable {
  const { history } = context.data;
  const isCorrected = history.some(({ corrected }) => corrected !== null);
  return {
    caption: 'History of spend',
    columns: [
      { title: 'When' },
      { title: keys.find(({ value }) => value === context.data.query.historyKey)?.text ?? '' },
      { title: 'Cost', isNumber: true },
      ...(isCorrected ? [{ title: 'Estimated cost', isNumber: true }] : []),
      { title: 'Calls', isNumber: true },
      { title: 'Thinking tokens', isNumber: true },
      { title: 'Output tokens', isNumber: true },
      { title: 'Unpriced calls', isNumber: true },
    ],
    rows: history
      .toSorted((a, b) => (a.period < b.period ? 1 : a.period > b.period ? -1 : 0))
      .map((cell) => ({
        key: JSON.stringify([cell.period, cell.key, cell.isSubscription]),
        cells: [
          words(cell.period),
          foreign(nameOf(cell, context)),
          usdFigure(cell.cost),
          ...(isCorrected ? [correctedCell(cell)] : []),
          count(cell.calls),
          tokens(cell.thinkingTokens),
          tokens(cell.outputTokens),
          count(cell.unpricedCalls),
        ],
      })),
  };
}

/** Empty where the cost beside it is all that there is to say. */
function correctedCell({ corrected }: HistoryEntry): Cell {
  return corrected === null ? { text: '', raw: null } : usdFigure(estimatedFigure(corrected.costNanoUsd));
}
