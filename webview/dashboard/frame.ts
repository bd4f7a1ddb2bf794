import type { DashboardQuery, DashboardState } from '../../src/protocol/dashboard.ts';
import { type Child, h, type VNode } from '../shared/vnode.ts';
import { actionButton } from './pieces.ts';
import { type PageId, pageIds, type UiState } from './uiState.ts';

export const pageTitles: Readonly<Record<PageId, string>> = {
  effective: 'Effective price',
  reversal: 'List price against cost paid',
  frontier: 'Cost against success',
  costOfPass: 'Cost per solved task',
  thinking: 'Thinking',
  whatIf: 'What if',
};

export interface FrameActions {
  readonly setUi: (change: Partial<UiState>) => void;
  readonly ask: (change: Partial<DashboardQuery>) => void;
  readonly send: (type: 'refresh' | 'cancel' | 'retry' | 'turnOn') => void;
  readonly removeImport: (name: string) => void;
}

/** The tabs of the pages; the arrow keys walk them, as in every tab list. */
export function tabs(chosen: PageId, actions: FrameActions): VNode {
  return h(
    'div.tabs',
    {
      key: 'tabs',
      attributes: { role: 'tablist', 'aria-label': 'Pages' },
      on: { keydown: (event) => walkTabs(event, chosen, actions) },
    },
    pageIds.map((id) =>
      h('button.tab', {
        key: id,
        text: pageTitles[id],
        attributes: {
          type: 'button',
          role: 'tab',
          id: `tab-${id}`,
          'aria-selected': String(id === chosen),
          'aria-controls': 'page',
          tabindex: id === chosen ? '0' : '-1',
          'data-action': `page-${id}`,
        },
        on: { click: () => actions.setUi({ page: id }) },
      }),
    ),
  );
}

function walkTabs(event: Event, chosen: PageId, actions: FrameActions): void {
  if (!(event instanceof KeyboardEvent)) return;
  const at = pageIds.indexOf(chosen);
  const places: Readonly<Record<string, number>> = {
    ArrowRight: (at + 1) % pageIds.length,
    ArrowLeft: (at + pageIds.length - 1) % pageIds.length,
    Home: 0,
    End: pageIds.length - 1,
  };
  const page = pageIds[places[event.key] ?? -1];
  if (page === undefined) return;
  event.preventDefault();
  actions.setUi({ page });
  document.getElementById(`tab-${page}`)?.focus();
}

/** Where the figures stand: being worked out, old, missing; and what can be done about it. */
export function statusLine(state: DashboardState, actions: FrameActions): VNode {
  return h(
    'div.status',
    { key: 'status', attributes: { role: 'status', 'aria-live': 'polite' } },
    statusOf(state, actions),
  );
}

function statusOf(
  { progress, problem, isStale, data, meter, demo }: DashboardState,
  actions: FrameActions,
): readonly Child[] {
  const lines: Child[] = [];
  if (demo) lines.push(h('p.quiet', { key: 'demo', text: 'Demo: scripted models, nothing is billed.' }));
  if (problem !== null) {
    lines.push(
      h('div.line', { key: 'problem' }, [
        h('p', { text: problem }),
        meter === 'off'
          ? actionButton('turnOn', 'Turn on', () => actions.send('turnOn'))
          : actionButton('retry', 'Try again', () => actions.send('retry')),
      ]),
    );
  } else if (progress !== null) {
    const percent = Math.floor(progress * 100);
    lines.push(
      h('div.line', { key: 'progress' }, [
        h('p', { text: data === null ? 'Working out the figures' : 'Working out newer figures' }),
        h('progress', { key: 'bar', attributes: { max: '100', value: String(percent), 'aria-label': 'Progress' } }),
        actionButton('cancel', 'Cancel', () => actions.send('cancel')),
      ]),
    );
  } else if (isStale && data !== null) {
    lines.push(
      h('div.line', { key: 'stale' }, [
        h('p', { text: 'Calls came in since these figures were worked out.' }),
        actionButton('refresh', 'Bring up to date', () => actions.send('refresh')),
      ]),
    );
  } else if (data === null) {
    lines.push(h('p.quiet', { key: 'loading', text: 'Waiting for the figures' }));
  }
  return lines;
}
