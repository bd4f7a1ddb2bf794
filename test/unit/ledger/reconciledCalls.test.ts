import { describe, expect, it } from 'vitest';
import { unknownUsage } from '../../../src/domain/usage.ts';
import { call, callId, priced, usage } from './callFixtures.ts';
import { atMs, openBooks, told } from './importFixtures.ts';

const wireUsage = usage({ inputTokens: 100, outputTokens: 40 });

describe('the calls of a session as the wire and as logs saw them', () => {
  it('are those of either, oldest first, each with what each told', () => {
    const ledger = openBooks();
    const seen = { session: 's1', usage: wireUsage, cost: priced(3, 4) };
    ledger.writer.finish(
      call({ ...seen, id: callId(1), startedAtMs: atMs + 20, responseId: 'msg_1', requestId: null }),
    );
    ledger.writer.finish(
      call({ ...seen, id: callId(2), startedAtMs: atMs + 10, responseId: 'msg_2', requestId: null }),
    );
    ledger.writer.finish(call({ ...seen, id: callId(3), session: 'other', responseId: 'msg_3', requestId: null }));
    ledger.writer.begin(call({ ...seen, id: callId(4) }));
    const both = told({ requestId: null, atMs: atMs + 20, provenance: 'partial', counts: { outputTokens: 4 } });
    const alone = told({ requestId: null, responseId: 'msg_9', atMs, model: 'm9', auth: 'key' });
    ledger.writer.bookImport({ calls: [both, alone], logs: [] });
    const wire = { source: 'gateway', usage: wireUsage, provenance: 'reported', costNanoUsd: 7 };
    expect(ledger.reader.reconcile('s1')).toEqual([
      {
        ...{ id: expect.any(String), startedAtMs: atMs, model: 'm9', wire: null },
        told: { source: 'transcript', usage: alone.usage, provenance: 'reported', costNanoUsd: 500 },
      },
      { id: callId(2), startedAtMs: atMs + 10, model: 'claude-opus-4-6', wire, told: null },
      {
        ...{ id: callId(1), startedAtMs: atMs + 20, model: 'claude-opus-4-6', wire },
        told: { source: 'transcript', usage: both.usage, provenance: 'partial', costNanoUsd: 140 },
      },
    ]);
    expect(ledger.reader.reconcile('nobody’s')).toEqual([]);
    ledger.close();
  });

  it('are found by the session that a log names, and told as the fullest of several logs has them', () => {
    const ledger = openBooks();
    ledger.writer.finish(call({ session: 'of the wire', usage: wireUsage }));
    const counts = { ...unknownUsage, inputTokens: 100 };
    const small = told({ requestId: null, session: 'of a log', usage: { ...counts, outputTokens: 2, toolCalls: 3 } });
    const large = told({ responseId: null, session: 'of a copy', usage: { ...counts, outputTokens: 30 } });
    ledger.writer.bookImport({ calls: [small, large], logs: [] });
    const found = ledger.reader.reconcile('of a log');
    expect(found).toMatchObject([
      { wire: { costNanoUsd: 1_500_000 }, told: { usage: { outputTokens: 30, toolCalls: 3 } } },
    ]);
    expect(ledger.reader.reconcile('of a copy')).toEqual(found);
    expect(ledger.reader.reconcile('of the wire')).toEqual(found);
    ledger.close();
  });

  it.each([
    [2, 30],
    [30, 2],
  ])('are told as the dearest log has them, with the larger of each count: %d and %d', (byMessage, byRequest) => {
    const ledger = openBooks();
    ledger.writer.finish(call({ usage: wireUsage }));
    const of = (outputTokens: number) => ({
      provenance: outputTokens === 30 ? ('partial' as const) : ('reported' as const),
      counts: { inputTokens: 32 - outputTokens, outputTokens },
    });
    ledger.writer.bookImport({
      calls: [told({ requestId: null, ...of(byMessage) }), told({ responseId: null, ...of(byRequest) })],
      logs: [],
    });
    expect(ledger.reader.reconcile('s1')).toMatchObject([
      { told: { provenance: 'partial', costNanoUsd: 302, usage: { inputTokens: 30, outputTokens: 30 } } },
    ]);
    ledger.close();
  });
});
