import type { CallRecord } from '../../../src/domain/call.ts';
import { atLeastFigure, unknownFigure } from '../../../src/domain/figure.ts';
import type { SidebarState } from '../../../src/protocol/sidebar.ts';
import type { PeriodSpend, SpendFigures } from '../../../src/protocol/snapshot.ts';
import { callRecord, row, snapshotAt, spendOf, stateOf, USD } from './states.ts';

/** Calls that only agents' logs tell of, beside some that were seen as they passed. */
export function logsState(nowMs: number): SidebarState {
  const told = (total: number, calls: number, fields: Partial<SpendFigures> = {}): SpendFigures => ({
    ...spendOf(total, [0.1, 0.3, 0.4, 0.2], calls),
    toldCalls: calls,
    ...fields,
  });
  const cut = { costNanoUsd: atLeastFigure(6.4 * USD), thinkingTokens: unknownFigure, partialCalls: 31 };
  const codex = { agent: 'codex', model: 'gpt-6-codex', auth: 'subscription' } as const;
  const period: PeriodSpend = {
    billed: spendOf(3.1, [0.12, 0.21, 0.47, 0.2], 41),
    subscription: told(14.52, 132, {
      costNanoUsd: atLeastFigure(14.52 * USD),
      partialCalls: 31,
      toldCalls: 120,
      corrected: { costNanoUsd: 17.2 * USD, sessions: 5 },
    }),
    byModel: [
      row({ key: 'gpt-6-codex', ...codex, spend: told(8.12, 60, { toldCalls: 48 }), lastCallAtMs: nowMs }),
      row({
        ...{ key: 'claude-opus-4-8', auth: 'unknown', lastCallAtMs: nowMs },
        spend: told(6.4, 72, cut),
      }),
      row({ key: 'claude-haiku-4-5', spend: spendOf(3.1, [0.12, 0.21, 0.47, 0.2], 41), lastCallAtMs: nowMs }),
    ],
    bySession: [
      row({
        ...{ key: '5d0c7f12-77e0-4f6b-9a1c-5d2e8b7a4c31', model: 'claude-opus-4-8', auth: 'unknown' },
        ...{
          spend: told(6.4, 72, { ...cut, corrected: { costNanoUsd: 9.1 * USD, sessions: 5 } }),
          lastCallAtMs: nowMs - 60_000,
        },
      }),
      row({
        ...{ key: '019a9d1c-5b1e-7c02-b0a4-2f6a1d9e8c77', ...codex, spend: told(5.02, 48) },
        lastCallAtMs: nowMs - 400_000,
      }),
      row({ key: '3f2a9c1d', model: 'claude-haiku-4-5', spend: spendOf(3.1, [0.12, 0.21, 0.47, 0.2], 41) }),
    ],
  };
  const toldCall: Partial<CallRecord> = {
    ...{
      source: 'transcript',
      auth: 'unknown',
      durationMs: null,
      ttftMs: null,
      httpStatus: null,
      requestedModel: null,
    },
  };
  return stateOf({
    snapshot: snapshotAt(nowMs, {
      today: period,
      week: period,
      recent: [
        callRecord(nowMs, {
          ...{ ...toldCall, id: 'told-1', provenance: 'partial', session: '5d0c7f12-77e0-4f6b-9a1c-5d2e8b7a4c31' },
          usage: { ...callRecord(nowMs).usage, thinkingTokens: null, outputTokens: 12 },
        }),
        callRecord(nowMs, { ...toldCall, ...codex, id: 'told-2', provider: 'chatgpt', api: 'openai-responses' }),
        callRecord(nowMs, { ...toldCall, id: 'told-3', agent: 'cursor', provenance: 'estimated' }),
        callRecord(nowMs, { id: 'seen-1' }),
      ],
    }),
    coverage: [
      {
        ...{ id: 'log:amp', about: 'agent', label: 'Amp (logs)', way: 'transcript', stop: 'none', action: null },
        ...{
          lastCallAtMs: nowMs - 60_000,
          detail: 'Its own logs are read: a call shows once it is written there, and no budget can stop it.',
        },
      },
    ],
  });
}
