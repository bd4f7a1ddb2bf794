import { afterEach, describe, expect, it } from 'vitest';
import { correctedCost } from '../../../../src/domain/logCorrection.ts';
import { identityOf } from '../../../../src/ledger/callIdentity.ts';
import type { ImportedCall } from '../../../../src/ledger/importContract.ts';
import type { Ledger } from '../../../../src/ledger/openLedger.ts';
import { historyPage } from '../../../../src/meter/dashboard/historyPage.ts';
import type { HistoryEntry } from '../../../../src/protocol/dashboard.ts';
import { call, callId, usage } from '../../ledger/callFixtures.ts';
import { atMs, openBooks, told } from '../../ledger/importFixtures.ts';

const dayMs = 86_400_000;
const ledgers: Ledger[] = [];

afterEach(() => {
  for (const ledger of ledgers.splice(0)) ledger.close();
});

/** 1 nano-USD a token of input, 10 of output. */
function bound(session: string, change: Partial<ImportedCall> = {}, name = session): ImportedCall {
  const about = {
    session,
    responseId: name,
    requestId: null,
    id: identityOf('response', name),
    provenance: 'partial',
  } as const;
  return told({ ...about, counts: { inputTokens: 1000, outputTokens: 10 }, ...change });
}

/** Three sessions that were seen both ways and had three times the output, and two that only their logs tell of. */
function books(): Ledger {
  const ledger = openBooks();
  ledgers.push(ledger);
  const seen = ['a', 'b', 'c'].map((responseId, index) =>
    call({
      ...{ id: callId(index), responseId, requestId: null, session: responseId, model: 'wire-model' },
      ...{ startedAtMs: atMs - 90 * dayMs, provenance: 'reported' },
      usage: usage({ inputTokens: 1000, outputTokens: 30 }),
    }),
  );
  for (const record of seen) ledger.writer.finish(record);
  const calls = [
    ...['a', 'b', 'c'].map((session) => bound(session, { atMs: atMs - 90 * dayMs })),
    bound('d'),
    // Another model of the same session, of which the log tells all.
    bound('d', { model: 'claude-haiku-4-5', provenance: 'reported' }, 'd2'),
    bound('d', { atMs: atMs + dayMs }, 'd3'),
    bound('e', { provenance: 'reported' }),
    bound('f', { auth: 'subscription' }),
  ];
  ledger.writer.bookImport({ calls, logs: [] });
  return ledger;
}

const rowsOf = (entries: readonly HistoryEntry[]) =>
  entries
    .filter(({ key }) => key !== 'wire-model')
    .map(({ period, key, isSubscription, cost, corrected }) => [period, key, isSubscription, cost, corrected]);

describe('the history of the dashboard', () => {
  it('has what lower bounds may come to beside them, by model and day, billed and subscription apart', () => {
    const corrected = (costNanoUsd: number) => ({ costNanoUsd, sessions: 3 });
    const entries = historyPage(books().reader, { historyKey: 'model', historyPeriod: 'day' });
    expect(rowsOf(entries)).toEqual([
      ['2026-11-23', 'claude-opus-4-6', false, { kind: 'atLeast', value: 1100 }, corrected(1400)],
      ['2026-11-22', 'claude-opus-4-6', false, { kind: 'atLeast', value: 2200 }, corrected(2500)],
      ['2026-11-22', 'claude-haiku-4-5', false, { kind: 'exact', value: 1100 }, null],
      ['2026-11-22', 'claude-opus-4-6', true, { kind: 'atLeast', value: 1100 }, corrected(1300)],
    ]);
  });

  it.each(['model', 'effort', 'agent', 'folder', 'branch', 'task'] as const)(
    'comes by %s and in all to what the sessions come to',
    (historyKey) => {
      const { reader } = books();
      const raise = (costNanoUsd: number, raised: number | undefined): number => (raised ?? costNanoUsd) - costNanoUsd;
      const sessions = reader.report({ by: 'session' });
      const whole = sessions.reduce((sum, row) => {
        const raised = correctedCost([row], reader.corrections())?.costNanoUsd;
        return sum + raise(row.costNanoUsd ?? 0, raised);
      }, 0);
      expect(whole).toBe(800);
      for (const historyPeriod of ['day', 'week', 'month'] as const) {
        const entries = historyPage(reader, { historyKey, historyPeriod });
        const sum = entries.reduce(
          (all, { costNanoUsd, corrected }) => all + raise(costNanoUsd ?? 0, corrected?.costNanoUsd),
          0,
        );
        expect(sum).toBe(whole);
      }
    },
  );

  it('says nothing of it where nothing was learned', () => {
    const ledger = openBooks();
    ledgers.push(ledger);
    ledger.writer.bookImport({ calls: [bound('d')], logs: [] });
    expect(rowsOf(historyPage(ledger.reader, { historyKey: 'agent', historyPeriod: 'month' }))).toEqual([
      ['2026-11', 'claude-code', false, { kind: 'atLeast', value: 1100 }, null],
    ]);
  });
});
