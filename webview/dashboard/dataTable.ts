import { h, type VNode } from '../shared/vnode.ts';
import { csvOf } from './csv.ts';
import type { PageContext } from './pageContext.ts';
import type { Cell, Column, DataTable, Row } from './tableModel.ts';

const MOST_ROWS = 12;

/** A table in a box that scrolls by itself, so that a wide one never makes the page wide. */
export function tableNode(id: string, table: DataTable, context: PageContext): VNode {
  const isFull = context.ui.full.includes(id);
  const rows = isFull ? table.rows : table.rows.slice(0, MOST_ROWS);
  return h('div.table-part', { key: `table-${id}` }, [
    h(
      'div.table-box',
      {
        key: 'box',
        attributes: { role: 'region', tabindex: '0', 'aria-label': `Table: ${table.caption}`, 'data-table': id },
      },
      [
        h('table', {}, [
          h('caption.spoken', { text: table.caption }),
          h('thead', {}, [
            h(
              'tr',
              {},
              table.columns.map(({ title, isNumber }) =>
                h(isNumber === true ? 'th.number' : 'th', { text: title, attributes: { scope: 'col' } }),
              ),
            ),
          ]),
          h(
            'tbody',
            {},
            rows.map((row) => rowNode(row, table.columns)),
          ),
        ]),
      ],
    ),
    table.rows.length > MOST_ROWS &&
      h('button.link', {
        key: 'more',
        text: isFull ? 'Show fewer rows' : `Show all ${table.rows.length} rows`,
        attributes: { type: 'button', 'aria-expanded': String(isFull), 'data-action': `rows-${id}` },
        on: { click: () => context.actions.toggle('full', id) },
      }),
  ]);
}

function rowNode({ key, cells, press }: Row, columns: readonly Column[]): VNode {
  return h(
    press?.isPressed === true ? 'tr.chosen' : 'tr',
    { key },
    cells.map((cell, index) => {
      const selector = columns[index]?.isNumber === true ? 'td.number' : 'td';
      if (index > 0) return h(selector, { text: cell.text, attributes: cellAttributes(cell) });
      if (press === undefined)
        return h('th', { text: cell.text, attributes: { scope: 'row', ...cellAttributes(cell) } });
      return h('th', { attributes: { scope: 'row' } }, [
        h('button.link', {
          text: cell.text,
          attributes: {
            type: 'button',
            dir: 'auto',
            // Begins with what is seen, for those who speak to their computer.
            'aria-label': `${cell.text}. ${press.label}`,
            'aria-pressed': press.isPressed === undefined ? null : String(press.isPressed),
            'data-action': `row-${key}`,
          },
          on: { click: press.run },
        }),
      ]);
    }),
  );
}

function cellAttributes({ isForeign, tone }: Cell): Record<string, string | null> {
  return { dir: isForeign === true ? 'auto' : null, 'data-tone': tone ?? null };
}

/** Hands the table to the extension, which asks where to save it. */
export function exportTable(table: DataTable, context: PageContext): void {
  context.actions.exportFile(table.caption, 'csv', csvOf(table));
}
