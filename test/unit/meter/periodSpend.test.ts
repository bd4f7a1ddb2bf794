import { describe, expect, it } from 'vitest';
import { atLeastFigure, estimatedFigure, exactFigure, unknownFigure } from '../../../src/domain/figure.ts';
import type { ReportRow } from '../../../src/ledger/contract.ts';
import { periodSpend } from '../../../src/meter/snapshot/periodSpend.ts';
import type { LiveCall } from '../../../src/protocol/snapshot.ts';

const row = (fields: Partial<ReportRow>): ReportRow => ({
  key: 'm',
  auth: 'key',
  calls: 1,
  inputTokens: 100,
  cacheReadTokens: 0,
  cacheWrite5mTokens: 0,
  cacheWrite1hTokens: 0,
  outputTokens: 50,
  thinkingTokens: 20,
  unknownThinkingCalls: 0,
  thinkingAtLeastTokens: 0,
  webSearches: 0,
  costNanoUsd: 1000,
  inputNanoUsd: 400,
  cacheNanoUsd: 0,
  thinkingNanoUsd: 200,
  outputNanoUsd: 400,
  unpricedCalls: 0,
  estimatedCalls: 0,
  partialCalls: 0,
  toldCalls: 0,
  lastCallAtMs: 0,
  agent: 'a',
  model: 'm',
  ...fields,
});

const liveCall = (fields: Partial<LiveCall>): LiveCall => ({
  id: 'x',
  startedAtMs: 0,
  workspaceId: 'w',
  taskId: null,
  agent: 'a',
  session: 's',
  model: 'm',
  auth: 'key',
  api: 'anthropic-messages',
  phase: 'answering',
  inputTokens: unknownFigure,
  thinkingTokens: unknownFigure,
  visibleTokens: estimatedFigure(1),
  costNanoUsd: estimatedFigure(5),
  ttftMs: null,
  ...fields,
});

const spend = (rows: readonly ReportRow[], live: readonly LiveCall[] = []) =>
  periodSpend({ byModel: rows, bySession: [] }, live);

describe('periodSpend', () => {
  it('keeps subscription use apart from billed use', () => {
    const period = spend([row({}), row({ auth: 'subscription', costNanoUsd: 77 }), row({ auth: 'unknown' })]);
    expect(period.billed?.costNanoUsd).toEqual(exactFigure(2000));
    expect(period.subscription?.costNanoUsd).toEqual(exactFigure(77));
  });

  it('has no line for a kind of authorisation that was not used', () => {
    expect(spend([row({})]).subscription).toBeNull();
    expect(spend([])).toMatchObject({ billed: null, subscription: null });
  });

  it('shows a sum that leaves unpriced calls out as a lower bound', () => {
    const period = spend([row({}), row({ costNanoUsd: null, unpricedCalls: 1 })]);
    expect(period.billed?.costNanoUsd).toEqual({ kind: 'atLeast', value: 1000 });
  });

  it('shows unpriced calls alone as unknown, not as nothing', () => {
    expect(spend([row({ costNanoUsd: null, unpricedCalls: 1 })]).billed?.costNanoUsd).toEqual(unknownFigure);
  });

  it('keeps how many calls only logs tell of, and shows those that nobody is known to pay at API prices', () => {
    const period = spend([row({}), row({ auth: 'unknown', calls: 3, toldCalls: 3, costNanoUsd: 7 })]);
    expect([period.billed?.toldCalls, period.subscription?.toldCalls]).toEqual([0, 3]);
    expect(period.byModel.map(({ spend: { toldCalls } }) => toldCalls)).toEqual([0, 3]);
    expect(period.subscription?.costNanoUsd).toEqual(exactFigure(7));
  });

  it('shows what a log with gaps tells as a lower bound, and an agent’s own estimates as estimates, in every row and total', () => {
    const rows = [
      row({ toldCalls: 1, partialCalls: 1, agent: 'claude-code', lastCallAtMs: 3 }),
      row({ toldCalls: 1, estimatedCalls: 1, agent: 'cursor', lastCallAtMs: 2 }),
      row({ estimatedCalls: 1, lastCallAtMs: 1 }),
    ];
    const expected = [atLeastFigure(1000), estimatedFigure(1000), estimatedFigure(1000)];
    const { byModel, bySession } = periodSpend({ byModel: rows, bySession: rows }, []);
    expect(byModel.map(({ spend: { costNanoUsd } }) => costNanoUsd)).toEqual(expected);
    expect(bySession.map(({ spend: { costNanoUsd } }) => costNanoUsd)).toEqual(expected);
    expect(spend([row({}), row({ partialCalls: 1 })]).billed?.costNanoUsd).toEqual(atLeastFigure(2000));
  });

  it('puts what a lower bound may come to beside the figures of a session and of all, and into none', () => {
    const corrections = [{ agent: 'claude-code', sessions: 4, outputFactor: 3 }];
    const told = row({ auth: 'unknown', agent: 'claude-code', toldCalls: 1, partialCalls: 1 });
    const wire = row({});
    const period = periodSpend({ byModel: [told, wire], bySession: [told, wire] }, [], corrections);
    expect(period.subscription).toMatchObject({
      costNanoUsd: atLeastFigure(1000),
      corrected: { costNanoUsd: 2200, sessions: 4 },
    });
    expect(period.billed).not.toHaveProperty('corrected');
    expect(period.bySession.map(({ spend: { corrected } }) => corrected)).toEqual([
      { costNanoUsd: 2200, sessions: 4 },
      undefined,
    ]);
    expect(periodSpend({ byModel: [told], bySession: [told] }, []).subscription).not.toHaveProperty('corrected');
  });

  it('marks sums with estimates as estimated', () => {
    expect(spend([row({ estimatedCalls: 1 })]).billed?.costNanoUsd).toEqual(estimatedFigure(1000));
  });

  it('shows hidden thinking as a lower bound of thinking and an estimate of visible output', () => {
    const period = spend([row({}), row({ thinkingTokens: null, unknownThinkingCalls: 1, thinkingAtLeastTokens: 5 })]);
    expect(period.billed?.thinkingTokens).toEqual({ kind: 'atLeast', value: 25 });
    expect(period.billed?.visibleTokens).toEqual(estimatedFigure(75));
  });

  it('shows thinking of which nothing is known as unknown', () => {
    const period = spend([row({ thinkingTokens: null, unknownThinkingCalls: 1 })]);
    expect(period.billed?.thinkingTokens).toEqual(unknownFigure);
  });

  it('adds calls in flight to the totals as estimates, to their own line only', () => {
    const period = spend([row({}), row({ auth: 'subscription' })], [liveCall({})]);
    expect(period.billed?.costNanoUsd).toEqual(estimatedFigure(1005));
    expect(period.subscription?.costNanoUsd).toEqual(exactFigure(1000));
  });

  it('shows a first call in flight before anything was booked', () => {
    expect(spend([], [liveCall({})]).billed?.costNanoUsd).toEqual(estimatedFigure(5));
  });

  it('keeps the total a lower bound where what is booked or in flight is one', () => {
    const hidden = liveCall({ costNanoUsd: atLeastFigure(5) });
    expect(spend([row({})], [hidden]).billed?.costNanoUsd).toEqual(atLeastFigure(1005));
    const unpriced = row({ costNanoUsd: null, unpricedCalls: 1 });
    expect(spend([unpriced], [liveCall({})]).billed?.costNanoUsd).toEqual(atLeastFigure(5));
    const withUnpricedLive = [liveCall({}), liveCall({ costNanoUsd: unknownFigure })];
    expect(spend([row({})], withUnpricedLive).billed?.costNanoUsd).toEqual(atLeastFigure(1005));
  });

  it('lists sessions newest first', () => {
    const period = periodSpend(
      { byModel: [], bySession: [row({ key: 'old', lastCallAtMs: 1 }), row({ key: 'new', lastCallAtMs: 2 })] },
      [],
    );
    expect(period.bySession.map((session) => session.key)).toEqual(['new', 'old']);
  });
});
