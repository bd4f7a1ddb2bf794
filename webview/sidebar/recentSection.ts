import type { CallRecord } from '../../src/domain/call.ts';
import {
  type CallDetailsView,
  type CallRowView,
  callDetailsView,
  type TokenTable,
} from '../../src/protocol/callView.ts';
import { nowStrings } from '../../src/protocol/nowStrings.ts';
import type { Shown, TimePrinter } from '../../src/protocol/shown.ts';
import { icon } from '../shared/icons.ts';
import { h, type VNode } from '../shared/vnode.ts';
import { expandable, walkRows } from './expandable.ts';
import { type Actions, figure, foreign, heading, tag } from './pieces.ts';
import { elementId, moreButton } from './spendSection.ts';
import type { UiState } from './uiState.ts';

const MOST_ROWS = 10;

export interface RecentProperties {
  readonly rows: readonly CallRowView[];
  readonly records: readonly CallRecord[];
  readonly times: TimePrinter;
  readonly ui: UiState;
  readonly actions: Actions;
}

/** The last calls, each of which opens into all that is known of it. */
export function recentSection(properties: RecentProperties): VNode {
  const { rows, ui, actions } = properties;
  const isFull = ui.full.includes('recent');
  const shown = isFull ? rows : rows.slice(0, MOST_ROWS);
  return h('section.recent', { key: 'recent', attributes: { 'aria-labelledby': 'recent-heading' } }, [
    h('div.section-head', {}, [heading('recent-heading', nowStrings.recent)]),
    rows.length === 0
      ? h('p.quiet', { key: 'none', text: nowStrings.noRecent })
      : h(
          'ul.rows',
          { key: 'rows', attributes: { 'aria-labelledby': 'recent-heading' }, on: { keydown: walkRows } },
          shown.map((row) => callRow(row, properties)),
        ),
    rows.length > MOST_ROWS && moreButton('recent', isFull ? null : rows.length, actions),
  ]);
}

function callRow(row: CallRowView, properties: RecentProperties): VNode {
  const key = `call:${row.id}`;
  const name = (part: string): string => `call.${row.id}.${part}`;
  return expandable({
    key,
    id: elementId(key),
    open: properties.ui.expanded.includes(key),
    onToggle: () => properties.actions.toggleRow(key),
    className: 'call-row',
    head: [
      h('span.line', {}, [foreign('span.name', row.model), h('span.amount', {}, [figure(row.cost, name('cost'))])]),
      h('span.line.quiet', { key: 'who' }, [
        h('span.facts', {}, [
          h('span', { text: row.time }),
          foreign('span.next.shrink', row.agent, `${row.agent}, ${nowStrings.session(row.fullSession)}`),
          row.origin !== null && h('span.next', { key: 'origin', text: row.origin }),
          tag(row.tag),
        ]),
      ]),
      h('span.facts.quiet', { key: 'tokens' }, [
        tokens(row.input, nowStrings.tokensIn, name('input')),
        tokens(row.thinking, nowStrings.tokensThinking, name('thinking')),
        tokens(row.output, row.outputUnit, name('output')),
      ]),
      row.statusText !== null &&
        h(`span.status.status-${row.status}`, { key: 'status' }, [
          icon(row.status === 'error' ? 'error' : 'warning'),
          h('span', { text: row.statusText, attributes: { dir: 'auto' } }),
        ]),
    ],
    body: () => {
      const record = properties.records.find((candidate) => candidate.id === row.id);
      return record === undefined ? h('p') : details(callDetailsView(record, properties.times), name);
    },
  });
}

function tokens(shown: Shown, unit: string, name: string): VNode {
  return h('span.tokens', { key: unit }, [figure(shown, name), h('span.unit', { text: ` ${unit}` })]);
}

function details(view: CallDetailsView, name: (part: string) => string): VNode {
  return h('div.details', {}, [
    ...view.tables.map((table, index) => tokenTable(table, index, name)),
    h(
      'dl.facts-list',
      { key: 'facts' },
      view.facts.map((fact) =>
        h('div', { key: fact.label }, [
          h('dt', { text: fact.label }),
          h('dd', { text: fact.value, attributes: { dir: 'auto' } }),
        ]),
      ),
    ),
    view.problems.length > 0 &&
      h('div.problems', { key: 'problems' }, [
        h('h3', { text: nowStrings.facts.problems }),
        h(
          'ul',
          {},
          view.problems.map((problem) => h('li', { text: problem, attributes: { dir: 'auto' } })),
        ),
      ]),
  ]);
}

function tokenTable(table: TokenTable, index: number, name: (part: string) => string): VNode {
  const part = `table${index}`;
  return h('table.figures', { key: part }, [
    h('caption', { text: table.caption, attributes: { dir: 'auto' } }),
    h('thead', {}, [
      h('tr', {}, [
        h('th', { key: 'kind', text: nowStrings.kind, attributes: { scope: 'col' } }),
        h('th', { key: 'tokens', text: nowStrings.tokens, attributes: { scope: 'col' } }),
        h('th', { key: 'price', text: nowStrings.perMtok, attributes: { scope: 'col' } }),
        h('th', { key: 'cost', text: nowStrings.cost, attributes: { scope: 'col' } }),
      ]),
    ]),
    h('tbody', {}, [
      ...table.lines.map((line) =>
        h('tr', { key: line.label }, [
          h('th', { text: line.label, attributes: { scope: 'row' } }),
          h('td', { key: 'tokens' }, [figure(line.tokens, name(`${part}.${line.label}.tokens`))]),
          h('td', { key: 'price', text: line.price }),
          line.cost !== null &&
            h('td', { key: 'cost', attributes: { rowspan: line.costLines > 1 ? String(line.costLines) : null } }, [
              figure(line.cost, name(`${part}.${line.label}.cost`)),
            ]),
        ]),
      ),
      h('tr.sum', { key: 'total' }, [
        h('th', { text: nowStrings.total, attributes: { scope: 'row', colspan: '3' } }),
        h('td', {}, [figure(table.total, name(`${part}.total`))]),
      ]),
    ]),
  ]);
}
