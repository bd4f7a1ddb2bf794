import type { Look } from '../shared/chartSpec.ts';
import { type Child, h, type VNode } from '../shared/vnode.ts';
import { tableNode } from './dataTable.ts';
import type { PageContext } from './pageContext.ts';
import type { DataTable } from './tableModel.ts';

export interface Choice<Value extends string> {
  readonly value: Value;
  readonly text: string;
}

/** A few choices of which one holds, as buttons that stay pressed. */
export function choices<Value extends string>(
  group: { readonly id: string; readonly label: string; readonly chosen: Value; readonly of: readonly Choice<Value>[] },
  choose: (value: Value) => void,
): VNode {
  return h('div.choices', { key: group.id }, [
    h('span.quiet', { key: 'label', text: group.label, attributes: { id: `${group.id}-label` } }),
    h(
      'div.toggle',
      { key: 'buttons', attributes: { role: 'group', 'aria-labelledby': `${group.id}-label` } },
      group.of.map(({ value, text }) =>
        h('button', {
          key: value,
          text,
          attributes: {
            type: 'button',
            'aria-pressed': String(value === group.chosen),
            'data-action': `${group.id}-${value}`,
          },
          on: { click: () => choose(value) },
        }),
      ),
    ),
  ]);
}

export function checkbox(
  box: { readonly id: string; readonly text: string; readonly isChecked: boolean },
  changed: (isChecked: boolean) => void,
): VNode {
  return h('label.check', { key: box.id }, [
    h('input', {
      attributes: { type: 'checkbox', checked: box.isChecked, 'data-action': box.id },
      on: {
        change: ({ target }) => {
          if (target instanceof HTMLInputElement) changed(target.checked);
        },
      },
    }),
    h('span', { key: 'text', text: box.text, attributes: { dir: 'auto' } }),
  ]);
}

/** Statistics for those who want them; closed until asked for. */
export function fold(id: string, content: () => readonly Child[], context: PageContext): VNode {
  const isOpen = context.ui.folds.includes(id);
  return h('section.card.fold', { key: `fold-${id}`, attributes: { 'aria-labelledby': `${id}-fold` } }, [
    h('h2', { key: 'head' }, [
      h('button.fold-head', {
        text: isOpen ? 'Hide more statistics' : 'More statistics',
        attributes: { id: `${id}-fold`, type: 'button', 'aria-expanded': String(isOpen), 'data-action': `fold-${id}` },
        on: { click: () => context.actions.toggle('folds', id) },
      }),
    ]),
    isOpen && h('div.fold-body', { key: 'body' }, content()),
  ]);
}

/** A titled table without a chart. */
export function tableCard(id: string, title: string, table: DataTable, context: PageContext): VNode {
  return h('section.card', { key: id, attributes: { 'aria-labelledby': `${id}-title`, 'data-card': id } }, [
    h('h2', { key: 'title', text: title, attributes: { id: `${id}-title`, tabindex: '-1' } }),
    tableNode(id, table, context),
  ]);
}

export function actionButton(id: string, text: string, press: () => void): VNode {
  return h('button.action', {
    key: id,
    text,
    attributes: { type: 'button', 'data-action': id },
    on: { click: press },
  });
}

export function says(text: string): VNode {
  return h('p.says', { key: `says-${text}`, text, attributes: { dir: 'auto' } });
}

const swatchShapes = [
  'M8 3a5 5 0 1 0 0 10A5 5 0 0 0 8 3Z',
  'M3.5 3.5h9v9h-9Z',
  'M8 3 13.5 12.5h-11Z',
  'M8 2.5 13.5 8 8 13.5 2.5 8Z',
  'M3.5 3.5l9 9M12.5 3.5l-9 9',
  'M8 2.5v11M2.5 8h11M4 4l8 8M12 4l-8 8',
] as const;

const swatchLine = 'M1 8h14';
const hatchPaths = ['', 'M1 15 15 1', 'M1 8h14', 'M1 1 15 15', 'M8 1v14', 'M1 1 15 15M1 15 15 1'] as const;

/** Names of what is drawn, each with its hue and its shape, dash or hatch. */
export function legendNode(
  entries: readonly { readonly name: string; readonly look: Look; readonly mark: 'point' | 'line' | 'bar' }[],
): VNode {
  return h(
    'ul.legend',
    { key: 'legend' },
    entries.map(({ name, look, mark }) =>
      h('li', { key: name }, [swatch(look, mark), h('span', { key: 'name', text: name, attributes: { dir: 'auto' } })]),
    ),
  );
}

function swatch(look: Look, mark: 'point' | 'line' | 'bar'): VNode {
  const hue = look.place < 0 ? 'text' : String(look.place % 6);
  const hollow = look.isHollow === true ? '.hollow' : '';
  const place = Math.max(0, look.place);
  const dash = look.isDashed === true ? '.dashed' : mark === 'line' ? `.dash-${place % 6}` : '';
  const drawing: readonly VNode[] =
    mark === 'line'
      ? [h(`path.line${dash}`, { attributes: { d: swatchLine } })]
      : mark === 'bar'
        ? [
            h('path', { key: 'box', attributes: { d: 'M1 1h14v14H1Z' } }),
            h('path.hatch', { key: 'hatch', attributes: { d: hatchPaths[look.place < 0 ? 0 : place % 6] ?? '' } }),
          ]
        : [h('path', { attributes: { d: swatchShapes[(place + Math.floor(place / 6)) % 6] ?? swatchShapes[0] } })];
  return h(
    `svg.swatch.hue-${hue}${hollow}`,
    { key: 'swatch', attributes: { viewBox: '0 0 16 16', 'aria-hidden': 'true', focusable: 'false' } },
    drawing,
  );
}
