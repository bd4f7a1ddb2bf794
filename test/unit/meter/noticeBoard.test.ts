import { describe, expect, it } from 'vitest';
import { NoticeBoard } from '../../../src/meter/noticeBoard.ts';

describe('NoticeBoard', () => {
  it('keeps an error however many informational notices come after it', () => {
    const board = new NoticeBoard(() => undefined);
    board.post({ id: 'ledger', severity: 'error', text: 'The disk is full.' });
    for (let path = 0; path < 100; path++) {
      board.post({ id: `unmetered-${path}`, severity: 'info', text: `Requests to ${path} are not metered.` });
    }
    const ids = board.all().map(({ id }) => id);
    expect(ids).toContain('ledger');
    expect(ids).toContain('unmetered-99');
    expect(ids).toHaveLength(20);
  });

  it('tells of changes only', () => {
    let changes = 0;
    const board = new NoticeBoard(() => {
      changes += 1;
    });
    const notice = { id: 'a', severity: 'info', text: 'b' } as const;
    board.post(notice);
    board.post({ ...notice });
    board.clear('unknown');
    expect(changes).toBe(1);
    board.post({ ...notice, text: 'c' });
    board.clear('a');
    expect(changes).toBe(3);
    expect(board.all()).toEqual([]);
  });
});
