import { describe, expect, it } from 'vitest';
import { lastCalls } from '../../../../src/vscode/coverage/lastCalls.ts';
import { logsState } from '../../../support/sidebarHarness/logsState.ts';
import { callRecord, liveCall, snapshotAt } from '../../../support/sidebarHarness/states.ts';

const nowMs = 1_800_000_000_000;

describe('when agents last called', () => {
  it('keeps what was seen as it passed apart from what only a log told of', () => {
    const { snapshot } = logsState(nowMs);
    // The newest call that was told of codex is one of the last calls; that of claude-code is the time of its session.
    expect([...lastCalls(snapshot, 'told')]).toEqual([
      ['claude-code', nowMs - 60_000],
      ['codex', nowMs - 120_000],
      ['cursor', nowMs - 120_000],
    ]);
    expect([...lastCalls(snapshot, 'seen')]).toEqual([['claude-code', nowMs - 120_000]]);
  });

  it('takes calls in flight for seen, and knows nothing without a snapshot', () => {
    const recent = [callRecord(nowMs, { source: 'transcript', startedAtMs: 5 })];
    const snapshot = snapshotAt(nowMs, { live: [liveCall(nowMs, { startedAtMs: 9 })], recent });
    expect([...lastCalls(snapshot, 'seen')]).toEqual([['claude-code', 9]]);
    expect([...lastCalls(snapshot, 'told')]).toEqual([['claude-code', 5]]);
    expect(lastCalls(null, 'seen').size).toBe(0);
  });
});
