import { type ChartSpec, type Look, marksOf } from '../shared/chartSpec.ts';
import { type Child, h, type VNode } from '../shared/vnode.ts';
import { exportTable, tableNode } from './dataTable.ts';
import type { PageContext } from './pageContext.ts';
import { legendNode } from './pieces.ts';
import type { DataTable } from './tableModel.ts';

export interface ChartCard {
  /** Unique on its page; also the name of the canvas. */
  readonly id: string;
  readonly title: string;
  /** What the chart says, in plain sentences. */
  readonly sentences: readonly string[];
  /** Null where there is nothing to draw yet: then `empty` says why. */
  readonly chart: ChartSpec | null;
  readonly table: DataTable | null;
  readonly empty?: readonly Child[];
  readonly legend?: readonly { readonly name: string; readonly look: Look; readonly mark: 'point' | 'line' | 'bar' }[];
  /** Toggles and the like that change what is drawn. */
  readonly tools?: readonly Child[];
  readonly heightPx?: number;
  readonly onAction?: (action: string) => void;
}

/** A chart with its table beside it, its words above it and its exports. Without a chart: the words and what would make one. */
export function chartCard(card: ChartCard, context: PageContext): VNode {
  const { id, title, chart, table } = card;
  if (chart !== null) context.charts.set(id, { spec: chart, onAction: card.onAction ?? (() => undefined) });
  const isTableHidden = context.ui.hidden.includes(id);
  return h('section.card', { key: id, attributes: { 'aria-labelledby': `${id}-title`, 'data-card': id } }, [
    h('div.card-head', { key: 'head' }, [
      h('h2', { text: title, attributes: { id: `${id}-title`, tabindex: '-1' } }),
      toolbar(card, isTableHidden, context),
    ]),
    ...card.sentences.map((sentence) =>
      h('p.says', { key: `says-${sentence}`, text: sentence, attributes: { dir: 'auto' } }),
    ),
    card.tools !== undefined && h('div.tools', { key: 'tools' }, card.tools),
    chart === null && h('div.empty', { key: 'empty' }, card.empty ?? []),
    h(chart !== null && table !== null && !isTableHidden ? 'div.beside' : 'div.alone', { key: 'body' }, [
      chart !== null && figureNode(card, chart),
      table !== null && !isTableHidden && tableNode(id, table, context),
    ]),
  ]);
}

function figureNode(card: ChartCard, chart: ChartSpec): VNode {
  const marks = marksOf(chart).length;
  return h('div.figure-part', { key: 'figure' }, [
    h(
      'div.plot',
      {
        key: 'plot',
        attributes: {
          role: 'group',
          tabindex: '0',
          'data-plot': card.id,
          'aria-label': `Chart: ${card.title}. ${marks} ${marks === 1 ? 'mark' : 'marks'}; the arrow keys walk them. The same figures are in the table.`,
        },
        style: { height: `${card.heightPx ?? 320}px` },
      },
      [h('canvas', { key: 'canvas', attributes: { 'aria-hidden': 'true', 'data-chart': card.id } })],
    ),
    card.legend !== undefined && card.legend.length > 1 && legendNode(card.legend),
    h('p.readout', { key: 'readout', attributes: { 'aria-live': 'polite', 'data-readout': card.id, dir: 'auto' } }),
  ]);
}

function toolbar({ id, title, chart, table }: ChartCard, isTableHidden: boolean, context: PageContext): VNode {
  const { actions } = context;
  return h('div.toolbar', { key: 'toolbar' }, [
    chart !== null &&
      table !== null &&
      h('button.plain', {
        key: 'table',
        text: isTableHidden ? 'Show table' : 'Hide table',
        attributes: {
          type: 'button',
          'aria-label': `${isTableHidden ? 'Show table' : 'Hide table'}: ${title}`,
          'data-action': `table-${id}`,
        },
        on: { click: () => actions.toggle('hidden', id) },
      }),
    chart !== null &&
      h('button.plain', {
        key: 'png',
        text: 'PNG',
        attributes: { type: 'button', 'aria-label': `PNG: save the chart ${title}`, 'data-action': `png-${id}` },
        on: { click: () => actions.exportPicture(id, title) },
      }),
    table !== null &&
      h('button.plain', {
        key: 'csv',
        text: 'CSV',
        attributes: { type: 'button', 'aria-label': `CSV: save the table ${title}`, 'data-action': `csv-${id}` },
        on: { click: () => exportTable(table, context) },
      }),
  ]);
}
