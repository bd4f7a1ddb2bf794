import { exactFigure } from '../domain/figure.ts';
import { describeFigure, printUsd } from '../domain/format.ts';
import { type TaskSectionView, taskSectionView } from './activeTaskView.ts';
import { type CallRowView, callRowView } from './callView.ts';
import { type CoverageRowView, coverageView } from './coverageView.ts';
import { type LiveCallView, liveCallView } from './liveView.ts';
import { nowStrings } from './nowStrings.ts';
import { type QuotaView, quotaView } from './quotaView.ts';
import { type Shown, showUsd, type TimePrinter } from './shown.ts';
import type { SidebarState } from './sidebar.ts';
import type { Notice, NowSnapshot, PeriodSpend, SpendFigures } from './snapshot.ts';
import { correctionNotes, doubts, type PeriodView, periodView, toldNotes } from './spendView.ts';

export type PeriodName = 'today' | 'week';
export type MeterAction = 'retry' | 'turnOn' | 'showLog';

/** What to say about a meter that is not simply running. */
export interface MeterLine {
  readonly kind: 'off' | 'starting' | 'failed' | 'draining';
  readonly text: string;
  readonly actions: readonly MeterAction[];
}

export interface TotalLine {
  readonly key: 'billed' | 'subscription';
  /** Beside the name; null for none. */
  readonly note: string | null;
  readonly today: Shown;
  readonly week: Shown;
}

export interface TotalsView {
  readonly lines: readonly TotalLine[];
  /** Null where no response told of any. */
  readonly quota: QuotaView | null;
  readonly notes: readonly string[];
  readonly rate: Shown;
  /** Set when the figures are old because the meter does not run. */
  readonly stale: string | null;
}

/** All that the view "Now" prints. Surfaces add nothing to it but layout. */
export interface NowView {
  readonly demo: boolean;
  readonly restricted: boolean;
  readonly meter: MeterLine | null;
  readonly totals: TotalsView | null;
  readonly notices: readonly Notice[];
  readonly empty: boolean;
  /** Null before the first snapshot. */
  readonly tasks: TaskSectionView | null;
  readonly live: readonly LiveCallView[];
  readonly periods: Readonly<Record<PeriodName, PeriodView>> | null;
  readonly recent: readonly CallRowView[];
  readonly unmeteredTerminals: SidebarState['unmeteredTerminals'];
  readonly coverage: readonly CoverageRowView[];
  readonly footer: readonly string[];
  readonly announcement: string;
}

/** `nowMs` is the present by the meter's clock, see `MeterClock`. */
export interface NowEnv {
  readonly nowMs: number;
  readonly times: TimePrinter;
}

export function nowView(state: SidebarState, env: NowEnv): NowView {
  const { snapshot } = state;
  const running = state.meter === 'running';
  const live = running ? (snapshot?.live ?? []) : [];
  return {
    demo: state.demo || snapshot?.meter.demo === true,
    restricted: !state.trusted,
    meter: meterLine(state),
    totals: snapshot === null ? null : totalsView(snapshot, running, env),
    notices: snapshot?.notices ?? [],
    empty: running && isEmpty(snapshot),
    tasks: snapshot === null ? null : taskSectionView(snapshot.tasks, state.workspaceId, env.nowMs),
    live: [...live].sort((a, b) => a.startedAtMs - b.startedAtMs).map((call) => liveCallView(call, env.nowMs)),
    periods:
      snapshot === null
        ? null
        : {
            today: periodView(snapshot.today, env.times, { nowMs: env.nowMs, marks: snapshot.marks }),
            week: periodView(snapshot.week, env.times, { nowMs: env.nowMs, marks: snapshot.marks }),
          },
    recent: (snapshot?.recent ?? []).map((record) => callRowView(record, env.times, env.nowMs)),
    unmeteredTerminals: state.unmeteredTerminals,
    coverage: coverageView(state.coverage, env),
    footer:
      snapshot === null
        ? []
        : [
            nowStrings.footerPrices(snapshot.meter.bookVersion),
            nowStrings.footerMeter(snapshot.meter.version, snapshot.meter.port),
          ],
    announcement: snapshot === null ? '' : announcement(snapshot, live.length),
  };
}

function meterLine(state: SidebarState): MeterLine | null {
  const text = state.meterText.trim();
  switch (state.meter) {
    case 'off':
      return { kind: 'off', text: text || nowStrings.meterOff, actions: ['turnOn'] };
    case 'starting':
      return { kind: 'starting', text: text || nowStrings.meterStarting, actions: [] };
    case 'failed':
      return { kind: 'failed', text: text || nowStrings.meterFailed, actions: ['retry', 'showLog'] };
    case 'running':
      return state.snapshot?.meter.draining === true
        ? { kind: 'draining', text: nowStrings.draining, actions: [] }
        : null;
  }
}

function isEmpty(snapshot: NowSnapshot | null): boolean {
  if (snapshot === null) return true;
  return (
    snapshot.live.length === 0 &&
    snapshot.recent.length === 0 &&
    [snapshot.today, snapshot.week].every((period) => period.billed === null && period.subscription === null)
  );
}

/** A period without such a call cost exactly nothing; that zero is true, unlike the zero of a call without a price. */
function showTotal(spend: SpendFigures | null): Shown {
  return showUsd(spend?.costNanoUsd ?? exactFigure(0));
}

function totalsView(snapshot: NowSnapshot, running: boolean, env: NowEnv): TotalsView {
  const { today, week } = snapshot;
  const lines: TotalLine[] = [
    { key: 'billed', note: null, today: showTotal(today.billed), week: showTotal(week.billed) },
  ];
  if (today.subscription !== null || week.subscription !== null) {
    const totals = { today: showTotal(today.subscription), week: showTotal(week.subscription) };
    lines.push({ key: 'subscription', note: noBillNote([today, week]), ...totals });
  }
  return {
    lines,
    quota: quotaView(snapshot, env),
    notes: [...periodNotes(nowStrings.today, today), ...periodNotes(nowStrings.week, week)],
    rate: showUsd(snapshot.rateNanoUsdPerHour),
    stale: running ? null : nowStrings.stale(env.times.print(snapshot.generatedAtMs, env.nowMs)),
  };
}

/** Whether it is subscriptions or logs, or both, that the line without a bill tells of. */
function noBillNote(periods: readonly PeriodSpend[]): string {
  const parts = periods.flatMap(({ subscription }) => subscription ?? []);
  const told = parts.reduce((sum, { toldCalls }) => sum + toldCalls, 0);
  if (told === 0) return nowStrings.subscriptionNote;
  const calls = parts.reduce((sum, part) => sum + part.calls, 0);
  return told === calls ? nowStrings.logsNote : nowStrings.subscriptionAndLogsNote;
}

function periodNotes(name: string, period: PeriodSpend): readonly string[] {
  const both = [period.billed, period.subscription].filter((spend) => spend !== null);
  const count = (of: (spend: SpendFigures) => number): number => both.reduce((sum, spend) => sum + of(spend), 0);
  const toldCalls = count((spend) => spend.toldCalls);
  const sums = {
    unpricedCalls: count((spend) => spend.unpricedCalls),
    estimatedCalls: count((spend) => spend.estimatedCalls),
    partialCalls: count((spend) => spend.partialCalls),
  };
  const notes = [
    ...toldNotes({ calls: count((spend) => spend.calls), toldCalls }),
    ...doubts(sums),
    ...correctionNotes(period.billed),
    ...correctionNotes(period.subscription).map((note) => `${nowStrings.apiPricesTag} ${note}`),
  ];
  return notes.length === 0 ? [] : [nowStrings.periodNote(name, notes.join(', '))];
}

function announcement(snapshot: NowSnapshot, liveCalls: number): string {
  const spoken = (spend: SpendFigures | null): string => describeFigure(spend?.costNanoUsd ?? exactFigure(0), printUsd);
  const { today } = snapshot;
  const sentences = [nowStrings.announceBilled(spoken(today.billed))];
  if (today.subscription !== null) sentences.push(nowStrings.announceSubscription(spoken(today.subscription)));
  if (liveCalls > 0) sentences.push(nowStrings.announceLive(liveCalls));
  return sentences.join(' ');
}
