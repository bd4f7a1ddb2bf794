import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CallRecord } from '../../../src/domain/call.ts';
import { systemClock } from '../../../src/domain/clock.ts';
import type { ReportKey } from '../../../src/ledger/contract.ts';
import { dayText, localDays } from '../../../src/ledger/localDay.ts';
import { openLedger } from '../../../src/ledger/openLedger.ts';
import { expectedReport } from './bookModel.ts';
import { advisedCall, call, callId, calls, priced, unpriced, usage } from './callFixtures.ts';

type Step =
  | { readonly kind: 'begin' | 'update' | 'finish'; readonly record: CallRecord }
  | { readonly kind: 'delete'; readonly beforeMs: number | null };

// A zone with a change to summer time on 2026-03-29, inside the range of the generated calls.
const timeZone = 'Europe/Berlin';
const keys = ['model', 'effort', 'session', 'day', 'agent'] as const satisfies readonly ReportKey[];

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({ kind: fc.constantFrom('begin', 'update', 'finish', 'finish', 'finish'), record: calls }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('delete' as const),
      beforeMs: fc.option(
        fc.integer({ min: 0, max: 80 }).map((hours) => Date.UTC(2026, 2, 27) + hours * 3_600_000),
        {
          nil: null,
          freq: 6,
        },
      ),
    }),
  },
);

function openInMemory() {
  return openLedger({ path: ':memory:', clock: systemClock, timeZone, log: () => undefined });
}

const dayOf = localDays(timeZone);
const dayOfRecord = (record: CallRecord) => dayText(dayOf(record.startedAtMs));
const byKey = (a: { key: string; auth: string }, b: { key: string; auth: string }) =>
  `${a.key} ${a.auth}` < `${b.key} ${b.auth}` ? -1 : 1;

describe('rollups', () => {
  it('equal a plain fold over the calls after any order of begins, updates, finishes, repeats and deletions', () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 60 }), (all) => {
        const ledger = openInMemory();
        const finished = new Map<string, CallRecord>();
        for (const step of all) {
          if (step.kind !== 'delete') {
            ledger.writer[step.kind](step.record);
            if (step.kind === 'finish') finished.set(step.record.id, step.record);
            continue;
          }
          const before = step.beforeMs ?? Number.POSITIVE_INFINITY;
          const gone = [...finished.values()].filter((record) => record.startedAtMs < before);
          expect(ledger.writer.deleteBefore(step.beforeMs)).toBe(gone.length);
          for (const record of gone) finished.delete(record.id);
        }
        for (const by of keys) {
          const rows = ledger.reader.report({ by }).map(({ agent: _, model: __, ...row }) => row);
          expect(rows.toSorted(byKey)).toEqual(expectedReport([...finished.values()], by, dayOfRecord).toSorted(byKey));
        }
        const booked = ledger.reader.calls({}).toSorted((a, b) => (a.id < b.id ? -1 : 1));
        expect(booked).toEqual([...finished.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1)));
        ledger.close();
      }),
      { numRuns: 150 },
    );
  });

  it('book an advisor under its own model as no call, and the rest under the call’s model', () => {
    const ledger = openInMemory();
    ledger.writer.finish(advisedCall());
    const rows = ledger.reader.report({ by: 'model' });
    expect(
      rows.map(({ key, calls: count, costNanoUsd, inputTokens }) => [key, count, costNanoUsd, inputTokens]),
    ).toEqual([
      ['claude-advisor', 0, 1700, 300],
      ['claude-opus-4-6', 1, 900, 100],
    ]);
    const [session] = ledger.reader.report({ by: 'session' });
    expect(session).toMatchObject({ calls: 1, costNanoUsd: 2600, inputTokens: 400, model: 'claude-opus-4-6' });
    expect(session?.unknownThinkingCalls).toBe(1);
  });

  it('keep a call whole under its own model where its parts do not add up to what was billed', () => {
    const ledger = openInMemory();
    ledger.writer.finish(advisedCall({ cost: { ...priced(5000, 0), provenance: 'billed' } }));
    const rows = ledger.reader.report({ by: 'model' });
    expect(rows.map(({ key, costNanoUsd, inputTokens }) => [key, costNanoUsd, inputTokens])).toEqual([
      ['claude-opus-4-6', 5000, 400],
    ]);
  });

  it('know the effort of a call’s own model, and not that of others that took part in it', () => {
    const ledger = openInMemory();
    ledger.writer.finish(advisedCall());
    const rows = ledger.reader.report({ by: 'effort' });
    expect(rows.map(({ key, calls: count, costNanoUsd }) => [key, count, costNanoUsd])).toEqual([
      ['', 0, 1700],
      ['high', 1, 900],
    ]);
    const used = ledger.reader.modelUsage().map(({ model, effort, calls: count }) => [model, effort, count]);
    expect(used.toSorted()).toEqual([
      ['claude-advisor', null, 0],
      ['claude-opus-4-6', 'high', 1],
    ]);
  });

  it('show no price only where no call of the row has one, and count those without', () => {
    const ledger = openInMemory();
    ledger.writer.finish(call({ id: callId(1), session: 'mixed', cost: unpriced }));
    ledger.writer.finish(call({ id: callId(2), session: 'mixed', cost: priced(7, 0) }));
    ledger.writer.finish(call({ id: callId(3), session: 'none', cost: unpriced }));
    const rows = ledger.reader.report({ by: 'session' });
    expect(rows.map((row) => [row.key, row.costNanoUsd, row.unpricedCalls])).toEqual([
      ['mixed', 7, 1],
      ['none', null, 1],
    ]);
  });

  it('keep subscription and billed calls of one key in separate rows, the larger first', () => {
    const ledger = openInMemory();
    ledger.writer.finish(call({ id: callId(1), auth: 'subscription', cost: priced(900, 0) }));
    ledger.writer.finish(call({ id: callId(2), auth: 'key', cost: priced(100, 0) }));
    const rows = ledger.reader.report({ by: 'model' });
    expect(rows.map((row) => [row.key, row.auth, row.costNanoUsd])).toEqual([
      ['claude-opus-4-6', 'subscription', 900],
      ['claude-opus-4-6', 'key', 100],
    ]);
  });

  it('name the agent and model of the newest call of a session', () => {
    const ledger = openInMemory();
    ledger.writer.finish(call({ id: callId(1), startedAtMs: 2000, agent: 'codex', model: 'new' }));
    ledger.writer.finish(call({ id: callId(2), startedAtMs: 1000, agent: 'claude-code', model: 'old' }));
    const [row] = ledger.reader.report({ by: 'session' });
    expect(row).toMatchObject({ agent: 'codex', model: 'new', lastCallAtMs: 2000, calls: 2 });
  });

  it('name the call’s own model, not one that took part in it, whichever was booked first', () => {
    for (const first of ['claude-advisor', 'claude-opus-4-6']) {
      const ledger = openInMemory();
      ledger.writer.finish(call({ id: callId(1), startedAtMs: 1000, session: 'other', model: first }));
      ledger.writer.finish(advisedCall({ id: callId(2) }));
      const row = ledger.reader.report({ by: 'session' }).find(({ key }) => key === 's1');
      expect([first, row?.model]).toEqual([first, 'claude-opus-4-6']);
    }
  });

  it('restrict a report to days and to a workspace', () => {
    const ledger = openInMemory();
    const days = [20, 21, 22].map((date) => Date.UTC(2026, 10, date, 12));
    days.forEach((startedAtMs, index) => {
      ledger.writer.finish(call({ id: callId(index), startedAtMs, workspaceId: index === 1 ? 'w2' : 'w1' }));
    });
    const total = (query: object) =>
      ledger.reader.report({ by: 'agent', ...query }).reduce((sum, row) => sum + row.calls, 0);
    expect(total({})).toBe(3);
    expect(total({ sinceDay: '2026-11-21' })).toBe(2);
    expect(total({ untilDay: '2026-11-21' })).toBe(2);
    expect(total({ sinceDay: '2026-11-21', untilDay: '2026-11-21' })).toBe(1);
    expect(total({ workspaceId: 'w2' })).toBe(1);
    expect(total({ workspaceId: 'nowhere' })).toBe(0);
  });

  it('round counts and times that carry fractions, in calls and sums alike', () => {
    const ledger = openInMemory();
    ledger.writer.finish(call({ durationMs: 12.6, usage: usage({ inputTokens: 1.4, outputTokens: 2.6 }) }));
    expect(ledger.reader.calls({})[0]).toMatchObject({ durationMs: 13, usage: { inputTokens: 1, outputTokens: 3 } });
    expect(ledger.reader.report({ by: 'day' })[0]).toMatchObject({ inputTokens: 1, outputTokens: 3 });
  });
});
