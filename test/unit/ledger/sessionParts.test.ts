import { describe, expect, it } from 'vitest';
import { noon, task, taskId } from './budgetFixtures.ts';
import { call, callId, priced, usage } from './callFixtures.ts';
import { atMs, openBooks, told } from './importFixtures.ts';

const day = 86_400_000;

function booked() {
  const ledger = openBooks();
  ledger.budget.saveTask(task());
  const thinking = {
    ...priced(1, 2),
    split: { inputNanoUsd: 1, cacheNanoUsd: 0, thinkingNanoUsd: 2, outputNanoUsd: 0 },
  };
  const counted = usage({ inputTokens: 1, outputTokens: 2, thinkingTokens: 2 });
  ledger.writer.finish(call({ id: callId(1), startedAtMs: noon, taskId: taskId(1), cost: thinking, usage: counted }));
  ledger.writer.finish(call({ id: callId(2), startedAtMs: noon + day, cost: priced(3, 4), provenance: 'partial' }));
  ledger.writer.finish(call({ id: callId(3), startedAtMs: noon, agent: 'codex', session: 's3' }));
  ledger.writer.bookImport({
    calls: [
      told({ responseId: 'msg_9', requestId: 'req_9', session: 's4', atMs: atMs + 2 * day, provenance: 'partial' }),
    ],
    logs: [],
  });
  return ledger;
}

const part = {
  session: 's1',
  auth: 'key',
  agent: 'claude-code',
  thinkingNanoUsd: 0,
  outputNanoUsd: 0,
  partialCalls: 0,
};

describe('the parts of sessions', () => {
  it('are those of the agents that are asked for, by session, day and key', () => {
    const ledger = booked();
    const parts = ledger.reader.sessionParts({ by: 'day', agents: ['claude-code'] });
    expect(parts.toSorted((a, b) => (a.day < b.day ? -1 : 1))).toEqual([
      { ...part, day: '2026-11-22', key: '2026-11-22', thinkingNanoUsd: 2 },
      { ...part, day: '2026-11-23', key: '2026-11-23', outputNanoUsd: 4, partialCalls: 1 },
      {
        ...{ ...part, session: 's4', auth: 'unknown', day: '2026-11-24', key: '2026-11-24' },
        ...{ outputNanoUsd: 400, partialCalls: 1 },
      },
    ]);
    ledger.close();
  });

  it('begin on the day that is asked for', () => {
    const ledger = booked();
    const query = { by: 'model', agents: ['claude-code', 'codex'] } as const;
    expect(ledger.reader.sessionParts(query)).toHaveLength(4);
    const days = ledger.reader.sessionParts({ ...query, sinceDay: '2026-11-23' }).map((each) => each.day);
    expect(days.toSorted()).toEqual(['2026-11-23', '2026-11-24']);
    expect(ledger.reader.sessionParts({ by: 'model', agents: [] })).toEqual([]);
    ledger.close();
  });

  it.each([
    ['task', [`Fix login (${taskId(1)})`, '']],
    ['taskId', [taskId(1), '']],
    ['session', ['s1', 's3', 's4']],
  ] as const)('read their keys as a report does, but tasks by their id where that is asked: %s', (by, keys) => {
    const ledger = booked();
    const parts = ledger.reader.sessionParts({ by, agents: ['claude-code', 'codex'] });
    expect(new Set(parts.map(({ key }) => key))).toEqual(new Set(keys));
    ledger.close();
  });
});
