import './main.css';
import './scope.css';
import './table.css';
import './contrast.css';
import type { DashboardQuery, DashboardState, FromDashboard, ToDashboard } from '../../src/protocol/dashboard.ts';
import { ChartHost } from '../shared/chartHost.ts';
import { keepFocus } from '../shared/focus.ts';
import { openHostChannel } from '../shared/hostChannel.ts';
import { type Child, h, renderInto, type VNode } from '../shared/vnode.ts';
import { dashboardState } from './dashboardShape.ts';
import { type FrameActions, pageTitles, statusLine, tabs } from './frame.ts';
import { type PageActions, type PageContext, pageContext } from './pageContext.ts';
import { costOfPassPage } from './pages/costOfPassPage.ts';
import { effectivePage } from './pages/effectivePage.ts';
import { frontierPage } from './pages/frontierPage.ts';
import { reversalPage } from './pages/reversalPage.ts';
import { thinkingPage } from './pages/thinkingPage.ts';
import { whatIfPage } from './pages/whatIfPage.ts';
import { scopeBar } from './scopeBar.ts';
import { type PageId, restoreUiState, toggled, type UiState } from './uiState.ts';

const pages: Readonly<Record<PageId, (context: PageContext) => readonly VNode[]>> = {
  effective: effectivePage,
  reversal: reversalPage,
  frontier: frontierPage,
  costOfPass: costOfPassPage,
  thinking: thinkingPage,
  whatIf: whatIfPage,
};

const app = document.getElementById('app');
if (app !== null) start(app);

function start(root: HTMLElement): void {
  const charts = new ChartHost(root);
  let state: DashboardState | null = null;
  let isMismatched = false;

  const channel = openHostChannel<ToDashboard, FromDashboard>({
    shapes: { state: dashboardState },
    on: {
      state: (body) => {
        state = body;
        isMismatched = false;
        draw();
      },
    },
    onMismatch: () => {
      isMismatched = true;
      draw();
    },
  });
  let ui = restoreUiState(channel.loadUiState());

  const setUi = (change: Partial<UiState>): void => {
    ui = { ...ui, ...change };
    channel.saveUiState(ui);
    draw();
  };
  const ask = (change: Partial<DashboardQuery>): void => {
    const query = { ...ui.query, ...change };
    setUi({ query, ...(change.axis === undefined ? {} : { moment: null }) });
    channel.send({ type: 'query', body: { query } });
  };
  const frame: FrameActions = {
    setUi,
    ask,
    send: (type) => channel.send({ type, body: {} }),
    removeImport: (name) => channel.send({ type: 'removeImport', body: { name } }),
  };
  const actions: PageActions = {
    ask,
    setUi,
    toggle: (list, key) => setUi({ [list]: toggled(ui[list], key) }),
    exportFile: (name, kind, content) => channel.send({ type: 'exportFile', body: { name, kind, content } }),
    exportPicture: (chart, name) => {
      const content = charts.picture(chart, name);
      if (content !== null) channel.send({ type: 'exportFile', body: { name, kind: 'png', content } });
    },
    openTerminal: () => channel.send({ type: 'openTerminal', body: {} }),
    newTask: () => channel.send({ type: 'newTask', body: {} }),
    newTrial: () => channel.send({ type: 'newTrial', body: {} }),
  };

  function draw(): void {
    const data = state?.data ?? null;
    const context = data === null ? null : pageContext(data, { ui, actions });
    const content = context === null ? [] : pages[ui.page](context);
    keepFocus(root, () => renderInto(root, [page(content)]));
    charts.show(context?.charts ?? new Map());
  }

  function page(content: readonly VNode[]): VNode {
    const data = state?.data ?? null;
    const head: readonly Child[] = [
      h('h1', { key: 'title', text: 'Compare models' }),
      isMismatched &&
        h('p.message', {
          key: 'mismatch',
          text: 'The window and this page are of different versions of Outlay: reload the window.',
          attributes: { role: 'alert' },
        }),
      state === null ? h('p.quiet', { key: 'loading', text: 'Waiting for the figures' }) : statusLine(state, frame),
      tabs(ui.page, frame),
    ];
    return h(
      'main',
      { attributes: { 'data-ready': String(data !== null), 'data-at': String(data?.generatedAtMs ?? '') } },
      [
        h('header', { key: 'header' }, head),
        data === null ? null : scopeBar(data, ui, frame),
        h(
          'div.page',
          {
            key: `page-${ui.page}`,
            attributes: {
              id: 'page',
              role: 'tabpanel',
              'aria-labelledby': `tab-${ui.page}`,
              'aria-label': pageTitles[ui.page],
              tabindex: '-1',
            },
          },
          content,
        ),
      ],
    );
  }

  draw();
  channel.send({ type: 'ready', body: { query: ui.query } });
}
