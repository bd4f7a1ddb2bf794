import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { atLeastFigure, estimatedFigure, exactFigure, type Figure, unknownFigure } from '../../../src/domain/figure.ts';
import { callDetailsView, callRowView } from '../../../src/protocol/callView.ts';
import { liveCallView, thinkingShare } from '../../../src/protocol/liveView.ts';
import { nowView } from '../../../src/protocol/nowView.ts';
import { shortenId, TimePrinter } from '../../../src/protocol/shown.ts';
import { barSegments, periodView, shareOf } from '../../../src/protocol/spendView.ts';
import { logsState } from '../../support/sidebarHarness/logsState.ts';
import {
  busyState,
  callRecord,
  emptyState,
  failedState,
  liveCall,
  liveState,
  mixedCalls,
  snapshotAt,
  spendOf,
  stateOf,
} from '../../support/sidebarHarness/states.ts';

const nowMs = Date.UTC(2026, 10, 22, 14, 2, 11);
const times = new TimePrinter('UTC');
const env = { nowMs, times };

describe('the totals', () => {
  it('keep billed and subscription use on two lines', () => {
    const lines = nowView(busyState(nowMs), env).totals?.lines;
    expect(lines?.map((line) => [line.key, line.today.text, line.week.text])).toEqual([
      ['billed', '$3.10', '$1,241.22'],
      ['subscription', '$8.77', '$8.77'],
    ]);
  });

  it('leave the subscription line out where there is none', () => {
    expect(nowView(liveState(nowMs), env).totals?.lines.map((line) => line.key)).toEqual(['billed']);
  });

  it('count the calls without a price in words', () => {
    expect(nowView(busyState(nowMs), env).totals?.notes).toContain('Today: 2 calls unpriced, 3 calls estimated');
  });

  it('are unknown, not zero, when no call had a price', () => {
    const snapshot = snapshotAt(nowMs);
    const billed = { ...spendOf(0, [0, 0, 0, 0], 1), costNanoUsd: unknownFigure, unpricedCalls: 1 };
    const state = stateOf({ snapshot: { ...snapshot, today: { ...snapshot.today, billed } } });
    expect(nowView(state, env).totals?.lines[0]?.today.text).toBe('-');
  });

  it('say from when they are once the meter does not run', () => {
    const view = nowView(failedState(nowMs), env);
    expect(view.totals?.stale).toBe('These figures are from 14:02:11.');
    expect(view.live).toEqual([]);
  });
});

describe('the meter line', () => {
  it('offers what helps in each state', () => {
    const actions = (meter: 'off' | 'starting' | 'failed' | 'running') =>
      nowView(stateOf({ meter }), env).meter?.actions;
    expect(actions('off')).toEqual(['turnOn']);
    expect(actions('starting')).toEqual([]);
    expect(actions('failed')).toEqual(['retry', 'showLog']);
    expect(actions('running')).toBeUndefined();
  });

  it('prefers the sentence of the extension and has one of its own', () => {
    expect(nowView(stateOf({ meter: 'off', meterText: 'Off in this folder.' }), env).meter?.text).toBe(
      'Off in this folder.',
    );
    expect(nowView(stateOf({ meter: 'off', meterText: '  ' }), env).meter?.text).toMatch(/^Outlay is off/);
  });
});

describe('the empty state', () => {
  it('shows before the first call only', () => {
    expect(nowView(emptyState(nowMs), env).empty).toBe(true);
    expect(nowView(liveState(nowMs), env).empty).toBe(false);
  });

  it('does not invite to open a terminal while the meter is off', () => {
    expect(nowView(stateOf({ meter: 'off' }), env).empty).toBe(false);
  });
});

describe('a call in flight', () => {
  it('ages by the clock of the meter', () => {
    expect(liveCallView(liveCall(nowMs), nowMs + 1_000).elapsed).toBe('1 min 06 s');
  });

  it('shows hidden reasoning as a lower bound', () => {
    const view = liveCallView(liveCall(nowMs, { thinkingTokens: atLeastFigure(5_120) }), nowMs);
    expect(view.thinking).toEqual({ text: '≥5.12K', spoken: 'at least 5,120' });
  });

  it('has no bar where the share of thinking is unknown', () => {
    const view = liveCallView(liveCall(nowMs, { thinkingTokens: unknownFigure }), nowMs);
    expect([view.share, view.shareFraction]).toEqual(['Share of thinking: -', null]);
  });

  it('stays where it is while others start', () => {
    const ids = nowView(busyState(nowMs), env).live.map((call) => call.id);
    expect(ids).toEqual(['live-2', 'live-1', 'live-3']);
  });

  it('is never surer of the share than of its parts', () => {
    const surely = (thinking: Figure, visible: Figure) => thinkingShare(thinking, visible).kind;
    expect(surely(exactFigure(1), exactFigure(1))).toBe('exact');
    expect(surely(estimatedFigure(1), exactFigure(1))).toBe('estimated');
    expect(surely(atLeastFigure(1), estimatedFigure(1))).toBe('atLeast');
    expect(surely(exactFigure(1), atLeastFigure(1))).toBe('estimated');
    expect(surely(exactFigure(0), exactFigure(0))).toBe('unknown');
  });
});

describe('spend by model and session', () => {
  it('puts the dearest model first and the unpriced last', () => {
    const rows = periodView(busyState(nowMs).snapshot?.today ?? snapshotAt(nowMs).today, times, {
      nowMs,
      marks: [],
    }).byModel;
    expect(rows.map((row) => row.cost.text)).toEqual(['$8.77', '$2.36', '$0.74', '$0.0034', '$0.0004', '-']);
    expect(rows.at(-1)).toMatchObject({ length: null, segments: [], notes: ['2 calls', '2 calls unpriced'] });
  });

  it('keeps subscription rows apart by a tag and a key of their own', () => {
    const rows = periodView(busyState(nowMs).snapshot?.today ?? snapshotAt(nowMs).today, times, {
      nowMs,
      marks: [],
    }).byModel;
    expect(rows[0]?.tag).toBe('subscription');
    expect(new Set(rows.map((row) => row.key)).size).toBe(rows.length);
  });

  it('splits a bar without gain or loss', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1_000_000), { minLength: 5, maxLength: 5 }), (amounts) => {
        const [input = 0, cache = 0, thinking = 0, output = 0, rest = 0] = amounts;
        const sum = input + cache + thinking + output + rest;
        const segments = barSegments({
          ...spendOf(0, [0, 0, 0, 0], 1),
          costNanoUsd: exactFigure(sum),
          inputNanoUsd: exactFigure(input),
          cacheNanoUsd: exactFigure(cache),
          thinkingNanoUsd: exactFigure(thinking),
          outputNanoUsd: exactFigure(output),
        });
        const whole = segments.reduce((total, segment) => total + segment.fraction, 0);
        expect(whole).toBeCloseTo(sum === 0 ? 0 : 1, 9);
      }),
    );
  });

  it('gives no share of an unknown whole', () => {
    expect(shareOf(exactFigure(1), unknownFigure)).toEqual(unknownFigure);
    expect(shareOf(exactFigure(1), atLeastFigure(2))).toEqual(estimatedFigure(0.5));
  });
});

describe('a finished call', () => {
  const [whole, hidden, unpriced] = mixedCalls(nowMs);

  it('shows each kind of token with its price and cost', () => {
    const [table] = callDetailsView(whole ?? callRecord(nowMs), times).tables;
    expect(table?.lines.map((line) => [line.label, line.tokens.text, line.price, line.cost?.text ?? null])).toEqual([
      ['Input', '3,440', '$5.00', '$0.0172'],
      ['Cache read', '240,000', '$0.50', '$0.1450'],
      ['Cache write, 5 min', '4,000', '$6.25', null],
      ['Thinking', '10,000', '$25.00', '$0.2500'],
      ['Visible output', '3,000', '$25.00', '$0.0750'],
    ]);
    expect(table?.total.text).toBe('$0.4872');
  });

  it('does not say that thinking was free where it was not told apart', () => {
    const [table] = callDetailsView(hidden ?? callRecord(nowMs), times).tables;
    const thinking = table?.lines.find((line) => line.label === 'Thinking');
    expect([thinking?.tokens.text, thinking?.cost?.text]).toEqual(['≥5,120', '-']);
  });

  it('without a price shows a dash everywhere and says why', () => {
    const record = unpriced ?? callRecord(nowMs);
    const details = callDetailsView(record, times);
    const costs = details.tables.flatMap((table) => [table.total.text, ...table.lines.map((line) => line.cost?.text)]);
    expect(new Set(costs)).toEqual(new Set(['-']));
    expect(details.facts).toContainEqual({ label: 'Cost', value: 'Unpriced: no price is known for this model' });
    expect(details.problems).toHaveLength(2);
  });

  it('keeps a charge that the provider reported exact though the tokens are estimates', () => {
    const record = callRecord(nowMs, { provenance: 'estimated' });
    const view = callRowView({ ...record, cost: { ...record.cost, provenance: 'billed' } }, times, nowMs);
    expect([view.cost.text, view.input.text]).toEqual(['$0.49', '≈247K']);
  });

  it('shows all of the output where thinking cannot be told apart', () => {
    const record = callRecord(nowMs);
    const row = callRowView(
      { ...record, usage: { ...record.usage, outputTokens: 3_200, thinkingTokens: null } },
      times,
      nowMs,
    );
    expect([row.thinking.text, row.output.text, row.outputUnit]).toEqual(['-', '3.2K', 'out']);
  });

  it('of several parts has a table for each', () => {
    const { usage, cost } = callRecord(nowMs);
    const parts = [
      { model: null, usage },
      { model: 'claude-haiku-4-5', usage },
    ];
    const tables = callDetailsView(callRecord(nowMs, { parts, partCosts: [cost, cost] }), times).tables;
    expect(tables.map((table) => table.caption)).toEqual(['Part 1: claude-opus-4-8', 'Part 2: claude-haiku-4-5']);
  });

  it('names its error type beside the words', () => {
    const row = callRowView(callRecord(nowMs, { status: 'error', errorType: 'overloaded_error' }), times, nowMs);
    expect(row.statusText).toBe('Failed: overloaded_error');
  });
});

describe('times and ids', () => {
  it('name the day only when it is another one', () => {
    expect(times.print(nowMs, nowMs)).toBe('14:02:11');
    expect(times.print(nowMs - 86_400_000, nowMs)).toBe('21 Nov, 14:02');
  });

  it('keep head and tail of a long id and never lengthen one', () => {
    expect(shortenId('3f2a9c1d-77e0-4f6b-9a1c-5d2e8b7a4c30')).toBe('3f2a9c…4c30');
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (id) => shortenId(id).length <= id.length));
  });
});

describe('what only logs tell of', () => {
  const view = nowView(logsState(nowMs), env);

  it('says so of every call, and that it is a lower bound where the log leaves some out', () => {
    expect(view.recent.map(({ origin, tag, cost }) => [origin, tag, cost.text])).toEqual([
      ['from logs, at least', 'at API prices', '≥$0.49'],
      ['from logs', 'subscription', '$0.49'],
      ['from logs, estimated', 'at API prices', '≈$0.49'],
      [null, null, '$0.49'],
    ]);
  });

  it('says so of sessions, which are one agent’s, and of the part of a sum', () => {
    const today = view.periods?.today;
    expect(today?.bySession.map(({ notes, tag, cost }) => [notes, tag, cost.text])).toEqual([
      [
        [
          ...['72 calls', 'claude-opus-4-8', 'from logs, at least'],
          'about $9.10 (estimate from 5 sessions seen both ways)',
        ],
        'at API prices',
        '≥$6.40',
      ],
      [['48 calls', 'gpt-6-codex', 'from logs'], 'subscription', '$5.02'],
      [['41 calls', 'claude-haiku-4-5'], null, '$3.10'],
    ]);
    expect(today?.byModel.map(({ notes }) => notes)).toEqual([
      ['60 calls', '48 calls from logs'],
      ['72 calls', 'from logs', '31 calls counted in part'],
      ['41 calls'],
    ]);
  });

  it('never calls it billed', () => {
    expect(view.totals?.lines.map(({ key, note, today }) => [key, note, today.text])).toEqual([
      ['billed', null, '$3.10'],
      ['subscription', '(subscription and logs)', '≥$14.52'],
    ]);
    expect(view.totals?.notes[0]).toBe(
      'Today: 120 calls from logs, 31 calls counted in part, at API prices about $17.20 (estimate from 5 sessions seen both ways)',
    );
    const facts = new Map(
      logsState(nowMs)
        .snapshot?.recent.slice(0, 1)
        .flatMap((record) => callDetailsView(record, times).facts.map(({ label, value }) => [label, value] as const)),
    );
    expect(facts.get('Tokens')).toBe('From the agent’s log, which may leave some out: at least');
    expect(facts.get('Cost')).toBe('At API prices: this is no bill');
  });

  it('says it of a session of which a log has only the sum', () => {
    const state = logsState(nowMs);
    const { snapshot } = state;
    const [first] = snapshot?.today.bySession ?? [];
    if (snapshot === null || first === undefined) throw new Error('no session');
    const sum = { ...first, spend: { ...spendOf(2, [0.25, 0.25, 0.25, 0.25], 0), toldCalls: 0 } };
    const only = { ...state, snapshot: { ...snapshot, today: { ...snapshot.today, bySession: [sum] } } };
    const rows = nowView(only, env).periods?.today.bySession;
    expect(rows?.map(({ tag, notes }) => [tag, notes.at(-1)])).toEqual([['at API prices', 'from logs']]);
  });

  it('names the line after logs where there is nothing else in it', () => {
    const state = logsState(nowMs);
    const { snapshot } = state;
    if (snapshot === null) throw new Error('no snapshot');
    const subscription = { ...spendOf(2, [0.25, 0.25, 0.25, 0.25], 3), toldCalls: 3 };
    const period = { ...snapshot.today, subscription };
    const only = { ...state, snapshot: { ...snapshot, today: period, week: period } };
    expect(nowView(only, env).totals?.lines[1]?.note).toBe('(from logs)');
  });
});
