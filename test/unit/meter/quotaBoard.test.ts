import { describe, expect, it } from 'vitest';
import type { QuotaWindow } from '../../../src/domain/quota.ts';
import { QuotaBoard } from '../../../src/meter/quotaBoard.ts';

const DAY_MS = 86_400_000;
const startMs = Date.UTC(2026, 10, 22);

function boardAt(nowMs: number) {
  const time = { nowMs };
  let changes = 0;
  const board = new QuotaBoard({ nowMs: () => time.nowMs, monotonicMs: () => 0 }, () => {
    changes += 1;
  });
  return { board, time, changes: () => changes };
}

const window = (id: string, usedShare: number, observedAtMs: number): QuotaWindow => ({
  id,
  usedShare,
  resetsAtMs: observedAtMs + DAY_MS,
  observedAtMs,
});

describe('the quota board', () => {
  it('keeps the latest of each window by provider and login, and says that something changed', () => {
    const { board, time, changes } = boardAt(startMs);
    board.note('anthropic', 'subscription', [window('5h', 0.1, startMs), window('7d_opus', 0.3, startMs)]);
    time.nowMs += 60_000;
    board.note('anthropic', 'subscription', [window('5h', 0.2, startMs + 60_000)]);
    board.note('chatgpt', 'subscription', [window('5h', 0.9, startMs + 60_000)]);
    board.note('anthropic', 'subscription', [window('5h', 0.15, startMs + 30_000)]);
    board.note('anthropic', 'key', []);
    expect(
      board.all().map(({ provider, auth, windows }) => [provider, auth, windows.map((w) => [w.id, w.usedShare])]),
    ).toEqual([
      [
        'anthropic',
        'subscription',
        [
          ['5h', 0.2],
          ['7d_opus', 0.3],
        ],
      ],
      ['chatgpt', 'subscription', [['5h', 0.9]]],
    ]);
    expect(changes()).toBe(4);
  });

  it('believes what comes after the clock was set back', () => {
    const { board, time } = boardAt(startMs);
    board.note('anthropic', 'subscription', [window('5h', 0.1, startMs)]);
    time.nowMs = startMs - DAY_MS;
    board.note('anthropic', 'subscription', [window('5h', 0.4, time.nowMs)]);
    expect(board.all()[0]?.windows.map(({ usedShare }) => usedShare)).toEqual([0.4]);
  });

  it('forgets windows that are long over, and all of them when asked', () => {
    const { board, time } = boardAt(startMs);
    board.note('anthropic', 'subscription', [window('5h', 0.1, startMs)]);
    time.nowMs = startMs + 8 * DAY_MS;
    expect(board.all()).toHaveLength(1);
    time.nowMs += DAY_MS;
    expect(board.all()).toEqual([]);
    board.note('anthropic', 'subscription', [window('5h', 0.1, time.nowMs)]);
    board.clear();
    expect(board.all()).toEqual([]);
  });

  it('does not grow without end', () => {
    const { board } = boardAt(startMs);
    for (let i = 0; i < 100; i += 1) {
      board.note('anthropic', 'subscription', [window(`${i + 1}min`, 0.1, startMs - 100 + i)]);
      board.note(`provider-${i}`, 'unknown', [window('5h', 0.1, startMs)]);
    }
    expect(board.all()).toHaveLength(32);
    const kept = board
      .all()
      .find(({ provider }) => provider === 'anthropic')
      ?.windows.map(({ id }) => id);
    expect(kept).toHaveLength(12);
    expect(kept).toContain('100min');
  });
});
