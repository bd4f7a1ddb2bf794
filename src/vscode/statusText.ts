import type { Figure } from '../domain/figure.ts';
import { formatTokens, formatUsd } from '../domain/format.ts';
import { activeTaskRow, activeTaskWords } from '../protocol/activeTaskView.ts';
import type { SidebarState } from '../protocol/sidebar.ts';
import type { LiveCall, NowSnapshot, PeriodSpend } from '../protocol/snapshot.ts';

/** What the status bar item shows. Words take the place of the figure only when something is wrong. */
export interface StatusText {
  readonly text: string;
  /** Markdown; every value in it is escaped. */
  readonly hover: string;
  readonly isWarning: boolean;
}

const MAX_LIVE_ROWS = 5;

/**
 * The spend of a period in few words. Real money comes first; a day of subscription calls only shows their worth at API prices and says
 * so, because it is no bill. A day without calls is an exact zero.
 */
export function spendText({ billed, subscription }: Pick<PeriodSpend, 'billed' | 'subscription'>): string {
  if (billed !== null) return formatUsd(billed.costNanoUsd);
  if (subscription !== null) return `${formatUsd(subscription.costNanoUsd)} at API prices`;
  return formatUsd({ kind: 'exact', value: 0 });
}

export function statusText(state: SidebarState): StatusText {
  const demo = state.demo ? 'DEMO ' : '';
  const { snapshot } = state;
  if (state.meter === 'failed') return warning(`${demo}Outlay: meter stopped`, state.meterText);
  if (state.meter === 'off') {
    return { text: `${demo}Outlay off`, hover: escapeMarkdown(state.meterText), isWarning: false };
  }
  if (snapshot === null) return { text: `${demo}Today -`, hover: 'The meter is starting.', isWarning: false };
  const error = snapshot.notices.find(({ severity }) => severity === 'error');
  const task = activeTaskWords(snapshot.tasks, state.workspaceId);
  const today = `${demo}Today ${spendText(snapshot.today)}${task === null ? '' : `, task ${task}`}`;
  const hover = hoverTable(state, snapshot);
  if (error !== undefined) {
    return { text: `${today}, see Outlay`, hover: `${escapeMarkdown(error.text)}\n\n${hover}`, isWarning: true };
  }
  return { text: today, hover, isWarning: false };
}

function warning(text: string, sentence: string): StatusText {
  return { text, hover: escapeMarkdown(sentence), isWarning: true };
}

function hoverTable(state: SidebarState, snapshot: NowSnapshot): string {
  const task = activeTaskRow(snapshot.tasks, state.workspaceId);
  const rows: (readonly [string, string])[] = [
    ...(task === null ? [] : [[`Task ${task[0]}`, task[1]] as const]),
    ['Rate', `${formatUsd(snapshot.rateNanoUsdPerHour)} an hour`],
    ['Calls in flight', String(snapshot.live.length)],
    ...periodRows('Today', snapshot.today),
    ...periodRows('This week', snapshot.week),
    ...snapshot.live.slice(0, MAX_LIVE_ROWS).map(liveRow),
  ];
  const hidden = snapshot.live.length - MAX_LIVE_ROWS;
  if (hidden > 0) rows.push(['', `and ${hidden} more in flight`]);
  const lines = rows.map(([name, value]) => `| ${escapeMarkdown(name)} | ${escapeMarkdown(value)} |`);
  const title = state.demo ? 'Outlay (DEMO)' : 'Outlay';
  const paused = snapshot.meter.metering ? [] : ['', 'Metering is off: calls are passed through and not counted.'];
  return [`| ${title} | |`, '|:---|---:|', ...lines, ...paused].join('\n');
}

function periodRows(name: string, { billed, subscription }: PeriodSpend): [string, string][] {
  const rows: [string, string][] = [];
  if (billed !== null || subscription === null) rows.push([`${name}, billed`, costOf(billed?.costNanoUsd ?? null)]);
  if (subscription !== null) rows.push([`${name}, at API prices (no bill)`, costOf(subscription.costNanoUsd)]);
  return rows;
}

const costOf = (figure: Figure | null): string => formatUsd(figure ?? { kind: 'exact', value: 0 });

function liveRow(call: LiveCall): [string, string] {
  const tokens = `${formatTokens(call.thinkingTokens)} thinking, ${formatTokens(call.visibleTokens)} output`;
  return [`${call.agent} ${call.model}`, `${formatUsd(call.costNanoUsd)}, ${tokens}`];
}

/** Model names, agents and notices come from outside: in Markdown they may be nothing but text, and a table cell may not end early. */
export function escapeMarkdown(text: string): string {
  return text.replace(/[\r\n]+/g, ' ').replace(/[\\`*_{}[\]()#+\-.!|<>~$&:]/g, (mark) => `\\${mark}`);
}
