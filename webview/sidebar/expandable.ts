import { icon } from '../shared/icons.ts';
import { type Child, h, type VNode } from '../shared/vnode.ts';

export interface ExpandableProperties {
  readonly key: string;
  /** Unique in the document; ties the button to what it opens. */
  readonly id: string;
  readonly open: boolean;
  readonly onToggle: () => void;
  readonly head: readonly Child[];
  /** Called only when the row is open: closed rows cost nothing. */
  readonly body: () => VNode;
  readonly className: string;
}

/** A list row whose head is one native button. */
export function expandable(properties: ExpandableProperties): VNode {
  const panelId = `${properties.id}-panel`;
  return h(`li.row.${properties.className}`, { key: properties.key }, [
    h(
      'button.row-head',
      {
        key: 'head',
        attributes: {
          id: properties.id,
          type: 'button',
          'aria-expanded': String(properties.open),
          'aria-controls': properties.open ? panelId : null,
        },
        on: { click: properties.onToggle },
      },
      [h('span.twistie', {}, [icon('chevron')]), h('span.row-main', {}, properties.head)],
    ),
    properties.open &&
      h('div.row-body', { key: 'body', attributes: { id: panelId, role: 'group', 'aria-labelledby': properties.id } }, [
        properties.body(),
      ]),
  ]);
}

/**
 * Up, Down, Home and End walk the row heads of a list, Right opens, Left and Escape close. All of it is a convenience: every
 * head is a button in the tab order.
 */
export function walkRows(event: Event): void {
  if (!(event instanceof KeyboardEvent) || event.altKey || event.ctrlKey || event.metaKey) return;
  const { target, currentTarget } = event;
  if (!(target instanceof Element) || !(currentTarget instanceof Element)) return;
  const head = target.closest<HTMLElement>('.row')?.querySelector<HTMLElement>('.row-head');
  if (head === null || head === undefined) return;
  const isOpen = head.getAttribute('aria-expanded') === 'true';
  if (event.key === 'Escape' && isOpen) {
    head.click();
    head.focus();
  } else if (target !== head) return;
  else if ((event.key === 'ArrowRight' && !isOpen) || (event.key === 'ArrowLeft' && isOpen)) head.click();
  else if (!step(event.key, head, currentTarget)) return;
  event.preventDefault();
}

function step(key: string, head: HTMLElement, list: Element): boolean {
  const heads = [...list.querySelectorAll<HTMLElement>('.row-head')];
  const places: Readonly<Record<string, number>> = {
    ArrowDown: heads.indexOf(head) + 1,
    ArrowUp: heads.indexOf(head) - 1,
    Home: 0,
    End: heads.length - 1,
  };
  const place = places[key];
  if (place === undefined) return false;
  heads[place]?.focus();
  return true;
}
