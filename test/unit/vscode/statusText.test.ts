import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { atLeastFigure, exactFigure, type Figure, unknownFigure } from '../../../src/domain/figure.ts';
import type { SidebarState } from '../../../src/protocol/sidebar.ts';
import type { LiveCall, NowSnapshot, PeriodSpend, SpendFigures } from '../../../src/protocol/snapshot.ts';
import { noTasks } from '../../../src/protocol/tasks.ts';
import { escapeMarkdown, statusText } from '../../../src/vscode/statusText.ts';
import { lineOf, snapshotOfTasks, USD, viewOf } from '../../support/taskStates.ts';

const spend = (costNanoUsd: Figure): SpendFigures => ({
  costNanoUsd,
  inputNanoUsd: unknownFigure,
  cacheNanoUsd: unknownFigure,
  thinkingNanoUsd: unknownFigure,
  outputNanoUsd: unknownFigure,
  inputTokens: unknownFigure,
  cacheTokens: unknownFigure,
  thinkingTokens: unknownFigure,
  visibleTokens: unknownFigure,
  calls: 1,
  unpricedCalls: 0,
  estimatedCalls: 0,
  partialCalls: 0,
  toldCalls: 0,
});
const period = (change: Partial<PeriodSpend> = {}): PeriodSpend => ({
  billed: null,
  subscription: null,
  byModel: [],
  bySession: [],
  ...change,
});
const dollars = (usd: number): Figure => exactFigure(usd * 1e9);
const meter = {
  version: '0.1.0',
  pid: 1,
  port: 1,
  startedAtMs: 0,
  bookVersion: 'b',
  demo: false,
  draining: false,
  metering: true,
};
const snapshotOf = (change: Partial<NowSnapshot> = {}): NowSnapshot => ({
  revision: 1,
  generatedAtMs: 0,
  meter,
  today: period(),
  week: period(),
  rateNanoUsdPerHour: unknownFigure,
  quotas: [],
  live: [],
  tasks: noTasks,
  recent: [],
  notices: [],
  marks: [],
  ...change,
});
const stateOf = (change: Partial<SidebarState> = {}): SidebarState => ({
  meter: 'running',
  meterText: '',
  snapshot: snapshotOf(),
  unmeteredTerminals: [],
  demo: false,
  trusted: true,
  workspaceId: 'ws-1',
  coverage: [],
  ...change,
});
const textOf = (today: PeriodSpend): string => statusText(stateOf({ snapshot: snapshotOf({ today }) })).text;
const call = (model: string): LiveCall => ({
  id: model,
  startedAtMs: 0,
  workspaceId: 'w',
  taskId: null,
  agent: 'claude-code',
  session: 's',
  model,
  auth: 'key',
  api: 'anthropic-messages',
  phase: 'thinking',
  inputTokens: unknownFigure,
  thinkingTokens: atLeastFigure(1200),
  visibleTokens: unknownFigure,
  costNanoUsd: unknownFigure,
  ttftMs: null,
});

describe('the text of the status bar', () => {
  it('is the bill of today', () => {
    expect(textOf(period({ billed: spend(dollars(3.1)) }))).toBe('Today $3.10');
    expect(textOf(period({ billed: spend(dollars(3.1)), subscription: spend(dollars(9)) }))).toBe('Today $3.10');
  });

  it('says "at API prices" on a day of subscription calls only, because that is no bill', () => {
    expect(textOf(period({ subscription: spend(dollars(9)) }))).toBe('Today $9.00 at API prices');
  });

  it('is never a false zero: unknown is "-", and only a day without calls is $0.00', () => {
    expect(textOf(period({ billed: spend(unknownFigure) }))).toBe('Today -');
    expect(textOf(period({ billed: spend(atLeastFigure(2e9)) }))).toBe('Today ≥$2.00');
    expect(textOf(period())).toBe('Today $0.00');
    expect(statusText(stateOf({ meter: 'starting', snapshot: null })).text).toBe('Today -');
  });

  it('uses words only when something is wrong', () => {
    const failed = statusText(stateOf({ meter: 'failed', meterText: 'It ended.' }));
    expect(failed).toEqual({ text: 'Outlay: meter stopped', hover: 'It ended\\.', isWarning: true });
    expect(statusText(stateOf({ meter: 'off', meterText: 'Off.' }))).toMatchObject({
      text: 'Outlay off',
      isWarning: false,
    });
    const notices = [{ id: 'disk', severity: 'error', text: 'The disk is full.' }] as const;
    const noticed = statusText(stateOf({ snapshot: snapshotOf({ notices }) }));
    expect(noticed).toMatchObject({ text: 'Today $0.00, see Outlay', isWarning: true });
    const hints = [{ id: 'hint', severity: 'warning', text: 'A hint.' }] as const;
    expect(statusText(stateOf({ snapshot: snapshotOf({ notices: hints }) })).isWarning).toBe(false);
  });

  it('says DEMO', () => {
    expect(statusText(stateOf({ demo: true })).text).toBe('DEMO Today $0.00');
  });
});

describe('the hover of the status bar', () => {
  it('is a table of the rate, the calls in flight and the two kinds of spend', () => {
    const both = period({ billed: spend(dollars(3.1)), subscription: spend(dollars(9)) });
    const snapshot = snapshotOf({ today: both, week: both, rateNanoUsdPerHour: dollars(1.5), live: [call('model-a')] });
    expect(statusText(stateOf({ snapshot })).hover.replaceAll('\\', '')).toBe(
      [
        '| Outlay | |',
        '|:---|---:|',
        '| Rate | $1.50 an hour |',
        '| Calls in flight | 1 |',
        '| Today, billed | $3.10 |',
        '| Today, at API prices (no bill) | $9.00 |',
        '| This week, billed | $3.10 |',
        '| This week, at API prices (no bill) | $9.00 |',
        '| claude-code model-a | -, ≥1.2K thinking, - output |',
      ].join('\n'),
    );
  });

  it('names at most five calls and counts the rest', () => {
    const live = Array.from({ length: 8 }, (_, index) => call(`m${index}`));
    const { hover } = statusText(stateOf({ snapshot: snapshotOf({ live }) }));
    expect(hover.split('\n').filter((line) => line.includes('thinking'))).toHaveLength(5);
    expect(hover).toContain('and 3 more in flight');
  });

  it('keeps names from outside inside their cell', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (name) => {
        const line = escapeMarkdown(name);
        expect(line).not.toMatch(/[\r\n]/);
        expect(line.replace(/\\[\s\S]/g, '')).not.toMatch(/[|<>[\]()`$\\]/);
      }),
    );
  });
});

describe('the active task in the status bar', () => {
  const withTask = (view: Parameters<typeof viewOf>[1], active = 'ws-1') => {
    const task = viewOf({ title: 'Fix $(bug) | login' }, view);
    return statusText(
      stateOf({
        snapshot: snapshotOf({ tasks: snapshotOfTasks({ tasks: [task], active: { [active]: task.task.id } }) }),
      }),
    );
  };

  it('says how much of its budget is used, in words at the line', () => {
    expect(withTask({ limits: [lineOf()] }).text).toBe('Today $0.00, task 62% of $5.00');
    const spent = exactFigure(5 * USD);
    expect(withTask({ limits: [lineOf({ spent, held: 0 })] }).text).toBe('Today $0.00, task 100% of $5.00, used up');
  });

  it('says nothing of a task without a budget, or of another window', () => {
    expect(withTask({}).text).toBe('Today $0.00');
    expect(withTask({ limits: [lineOf()] }, 'ws-2').text).toBe('Today $0.00');
  });

  it('names the task in its hover, as plain text', () => {
    expect(withTask({}).hover).toContain('| Task Fix \\$\\(bug\\) \\| login | \\$2\\.60, no budget |');
  });
});
