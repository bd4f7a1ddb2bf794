import { nowStrings } from '../../src/protocol/nowStrings.ts';
import type { PeriodName } from '../../src/protocol/nowView.ts';
import type { PeriodView, SpendRowView } from '../../src/protocol/spendView.ts';
import { h, type VNode } from '../shared/vnode.ts';
import { expandable, walkRows } from './expandable.ts';
import { type Actions, figure, foreign, heading, joined, legend, stackedBar, tag } from './pieces.ts';
import type { UiState } from './uiState.ts';

const MOST_ROWS = 5;

/** Spend by model and by session, for today or for this week. */
export function spendSection(periods: Readonly<Record<PeriodName, PeriodView>>, ui: UiState, actions: Actions): VNode {
  const period = periods[ui.period];
  const isEmpty = period.byModel.length === 0 && period.bySession.length === 0;
  return h('section.spend', { key: 'spend', attributes: { 'aria-labelledby': 'by-heading' } }, [
    h('div.section-head', {}, [heading('by-heading', nowStrings.spend), periodToggle(ui.period, actions)]),
    isEmpty
      ? h('p.quiet', { key: 'none', text: nowStrings.noSpend[ui.period] })
      : h('div.lists', { key: 'lists' }, [
          legend(['input', 'cache', 'thinking', 'output']),
          rowList({ id: 'model', title: nowStrings.byModel, rows: period.byModel, ui, actions }),
          rowList({ id: 'session', title: nowStrings.bySession, rows: period.bySession, ui, actions }),
        ]),
  ]);
}

function periodToggle(current: PeriodName, actions: Actions): VNode {
  return h(
    'div.toggle',
    { key: 'toggle', attributes: { role: 'group', 'aria-label': nowStrings.period } },
    (['today', 'week'] as const).map((period) =>
      h('button', {
        key: period,
        text: nowStrings[period],
        attributes: { type: 'button', 'aria-pressed': String(period === current), 'data-action': `period-${period}` },
        on: { click: () => actions.setPeriod(period) },
      }),
    ),
  );
}

interface RowList {
  readonly id: 'model' | 'session';
  readonly title: string;
  readonly rows: readonly SpendRowView[];
  readonly ui: UiState;
  readonly actions: Actions;
}

function rowList(list: RowList): VNode | null {
  if (list.rows.length === 0) return null;
  const isFull = list.ui.full.includes(list.id);
  const rows = isFull ? list.rows : list.rows.slice(0, MOST_ROWS);
  return h('div.list', { key: list.id }, [
    heading(`${list.id}-heading`, list.title, 'h3'),
    h(
      'ul.rows',
      { attributes: { 'aria-labelledby': `${list.id}-heading` }, on: { keydown: walkRows } },
      rows.map((row) => spendRow(row, list)),
    ),
    list.rows.length > MOST_ROWS && moreButton(list.id, isFull ? null : list.rows.length, list.actions),
  ]);
}

/** `count` is null where the list is already full. */
export function moreButton(id: string, count: number | null, actions: Actions): VNode {
  return h('button.more', {
    key: 'more',
    text: count === null ? nowStrings.showFewer : nowStrings.showAll(count),
    attributes: { type: 'button', 'aria-expanded': String(count === null), 'data-action': `more-${id}` },
    on: { click: () => actions.toggleFull(id) },
  });
}

function spendRow(row: SpendRowView, list: RowList): VNode {
  const key = `${list.id}:${row.key}`;
  const name = (part: string): string => `${list.id}.${row.key}.${part}`;
  return expandable({
    key,
    id: elementId(key),
    open: list.ui.expanded.includes(key),
    onToggle: () => list.actions.toggleRow(key),
    className: 'spend-row',
    head: [
      h('span.line', {}, [
        foreign('span.name', row.title, row.fullTitle),
        h('span.amount', {}, [figure(row.cost, name('cost'))]),
      ]),
      h('span.facts.quiet', { key: 'facts' }, [...joined(row.notes), tag(row.tag)]),
      ...row.marks.map((mark) => h('span.says', { key: mark, text: mark, attributes: { dir: 'auto' } })),
      row.length !== null && stackedBar(row.segments, row.length),
    ],
    body: () => spendTable(row, name),
  });
}

function spendTable(row: SpendRowView, name: (part: string) => string): VNode {
  return h('div', {}, [
    foreign('p.whole', row.fullTitle),
    h('table.figures', {}, [
      h('thead', {}, [
        h('tr', {}, [
          h('th', { key: 'kind', text: nowStrings.kind, attributes: { scope: 'col' } }),
          h('th', { key: 'tokens', text: nowStrings.tokens, attributes: { scope: 'col' } }),
          h('th', { key: 'cost', text: nowStrings.cost, attributes: { scope: 'col' } }),
          h('th', { key: 'share', text: nowStrings.share, attributes: { scope: 'col' } }),
        ]),
      ]),
      h(
        'tbody',
        {},
        row.lines.map((line) =>
          h('tr', { key: line.kind }, [
            h('th', { attributes: { scope: 'row' } }, [
              h(`span.swatch.kind-${line.kind}`, { attributes: { 'aria-hidden': 'true' } }),
              h('span', { key: 'label', text: nowStrings.kinds[line.kind] }),
            ]),
            h('td', { key: 'tokens' }, [figure(line.tokens, name(`${line.kind}.tokens`))]),
            h('td', { key: 'cost' }, [figure(line.cost, name(`${line.kind}.cost`))]),
            h('td', { key: 'share', text: line.share }),
          ]),
        ),
      ),
    ]),
    h('p.quiet.small', { key: 'last', text: row.lastCall }),
  ]);
}

/** Row keys hold what agents send; an element id must not hold spaces. */
export function elementId(key: string): string {
  return `row-${encodeURIComponent(key)}`;
}
