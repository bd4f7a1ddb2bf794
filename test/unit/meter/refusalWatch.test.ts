import { describe, expect, it, vi } from 'vitest';
import { NoticeBoard } from '../../../src/meter/noticeBoard.ts';
import { RefusalWatch } from '../../../src/meter/refusalWatch.ts';

function watched(quietMs?: number): { readonly watch: RefusalWatch; readonly board: NoticeBoard; changes(): number } {
  let changed = 0;
  const board = new NoticeBoard(() => {
    changed += 1;
  });
  const watch = new RefusalWatch({
    port: () => 4711,
    post: (notice) => board.post(notice),
    clear: (id) => board.clear(id),
    ...(quietMs === undefined ? {} : { quietMs }),
  });
  return { watch, board, changes: () => changed };
}

describe('requests that are refused', () => {
  it('are told of in one warning a reason, with the port and what to do', () => {
    const { watch, board } = watched();
    for (const reason of ['token', 'address', 'web-page', 'other-user', 'token'] as const) watch.note(reason);
    expect(board.all().map(({ id, severity }) => [id, severity])).toEqual([
      ['refused-token', 'warning'],
      ['refused-address', 'warning'],
      ['refused-web-page', 'warning'],
      ['refused-other-user', 'warning'],
    ]);
    for (const { text } of board.all()) expect(text).toContain('port 4711');
    expect(board.all()[0]?.text).toContain('(more than once)');
    expect(board.all()[0]?.text).toContain('stop forwarding it');
    watch.close();
  });

  it('change the sentence a few times only, however many they are', () => {
    const { watch, board, changes } = watched();
    for (let i = 0; i < 123_456; i += 1) watch.note('token');
    expect(board.all()[0]?.text).toContain('(100000 times or more)');
    expect(changes()).toBe(7);
    watch.close();
  });

  it('are forgotten after an hour without another one', () => {
    vi.useFakeTimers();
    try {
      const { watch, board } = watched();
      watch.note('token');
      vi.advanceTimersByTime(3_000_000);
      watch.note('token');
      vi.advanceTimersByTime(3_000_000);
      expect(board.all()).toHaveLength(1);
      vi.advanceTimersByTime(600_000);
      expect(board.all()).toEqual([]);
      watch.note('token');
      expect(board.all()[0]?.text).toContain('(once)');
      watch.close();
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});
