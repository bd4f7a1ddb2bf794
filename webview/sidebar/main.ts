import './main.css';
import './live.css';
import './rows.css';
import './task.css';
import './focus.css';
import './narrow.css';
import { nowStrings } from '../../src/protocol/nowStrings.ts';
import { type NowView, nowView } from '../../src/protocol/nowView.ts';
import { TimePrinter } from '../../src/protocol/shown.ts';
import type { FromSidebar, SidebarState, ToSidebar } from '../../src/protocol/sidebar.ts';
import { Announcer } from '../shared/announcer.ts';
import { divider, registerControls } from '../shared/controls.ts';
import { keepFocus } from '../shared/focus.ts';
import { openHostChannel } from '../shared/hostChannel.ts';
import { MeterClock } from '../shared/meterClock.ts';
import { sidebarState } from '../shared/stateShape.ts';
import { h, renderInto, type VNode } from '../shared/vnode.ts';
import { coverageSection } from './coverageSection.ts';
import { headerSection } from './headerSection.ts';
import { liveSection } from './liveSection.ts';
import type { Actions } from './pieces.ts';
import { recentSection } from './recentSection.ts';
import { spendSection } from './spendSection.ts';
import { taskSection } from './taskSection.ts';
import { restoreUiState, toggled, type UiState } from './uiState.ts';
import { unmeteredSection, welcomeSection } from './welcomeSection.ts';

const TICK_MS = 1_000;

const app = document.getElementById('app');
if (app !== null) start(app);

function start(root: HTMLElement): void {
  registerControls();
  const times = new TimePrinter();
  const clock = new MeterClock();
  const announcer = new Announcer();
  let state: SidebarState | null = null;
  let mismatch = false;
  let isDrawPlanned = false;
  let news = '';

  const channel = openHostChannel<ToSidebar, FromSidebar>({
    shapes: { state: sidebarState },
    on: {
      state: (body) => {
        if (body.snapshot !== null) clock.heard(body.snapshot.generatedAtMs, Date.now());
        state = body;
        mismatch = false;
        planDraw();
      },
    },
    onMismatch: () => {
      mismatch = true;
      planDraw();
    },
  });
  let ui = restoreUiState(channel.loadUiState());

  const setUi = (change: Partial<UiState>): void => {
    ui = { ...ui, ...change };
    channel.saveUiState(ui);
    draw();
  };
  const actions: Actions = {
    openTerminal: () => channel.send({ type: 'openTerminal', body: {} }),
    showAgents: () => channel.send({ type: 'showAgents', body: {} }),
    relaunchTerminal: (id) => channel.send({ type: 'relaunchTerminal', body: { id } }),
    meter: (type) => channel.send({ type, body: {} }),
    newTask: () => channel.send({ type: 'newTask', body: {} }),
    onTask: (type, id) => channel.send({ type, body: { id } }),
    onCoverage: (action) => channel.send({ type: 'coverage', body: { action } }),
    setPeriod: (period) => setUi({ period }),
    toggleRow: (key) => setUi({ expanded: toggled(ui.expanded, key) }),
    toggleFull: (key) => setUi({ full: toggled(ui.full, key) }),
  };

  function planDraw(): void {
    if (isDrawPlanned) return;
    isDrawPlanned = true;
    requestAnimationFrame(() => {
      isDrawPlanned = false;
      draw();
    });
  }

  function draw(): void {
    const view = state === null ? null : nowView(state, { nowMs: clock.nowMs(Date.now()), times });
    news = view?.announcement ?? '';
    const sections = view === null || state === null ? [] : body(view, state);
    keepFocus(root, () =>
      renderInto(root, [
        h('main', { attributes: { 'data-revision': String(state?.snapshot?.revision ?? '') } }, [
          h('h1.spoken', { text: nowStrings.title }),
          mismatch && h('p.message', { key: 'mismatch', text: nowStrings.versions, attributes: { role: 'alert' } }),
          view === null && !mismatch && h('p.quiet', { key: 'loading', text: nowStrings.loading }),
          ...sections,
        ]),
        h('div.spoken', {
          key: 'live-region',
          text: announcer.textFor(news, Date.now()),
          attributes: { 'aria-live': 'polite', role: 'status' },
        }),
      ]),
    );
  }

  function body(view: NowView, shown: SidebarState): readonly VNode[] {
    const sections: (VNode | null)[] = [headerSection(view, actions)];
    if (view.tasks !== null && shown.meter !== 'off') sections.push(taskSection(view.tasks, actions));
    if (view.empty) sections.push(welcomeSection(actions));
    if (view.periods !== null && !view.empty) {
      if (shown.meter === 'running') sections.push(liveSection(view.live));
      const records = shown.snapshot?.recent ?? [];
      sections.push(
        spendSection(view.periods, ui, actions),
        recentSection({ rows: view.recent, records, times, ui, actions }),
      );
    }
    if (shown.meter !== 'off') sections.push(coverageSection(view.coverage, ui, actions));
    if (view.unmeteredTerminals.length > 0) sections.push(unmeteredSection(view.unmeteredTerminals, actions));
    if (view.footer.length > 0) {
      sections.push(
        h('footer', { key: 'footer' }, [
          divider(),
          ...[nowStrings.marksHint, ...view.footer].map((line) => h('p.quiet.small', { key: line, text: line })),
        ]),
      );
    }
    return sections.filter((section) => section !== null);
  }

  setInterval(() => {
    const isTicking = state?.meter === 'running' && (state.snapshot?.live.length ?? 0) > 0;
    if (!document.hidden && (isTicking || announcer.isBehind(news))) planDraw();
  }, TICK_MS);
  draw();
  channel.send({ type: 'ready', body: {} });
}
