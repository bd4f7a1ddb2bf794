import { describe, expect, it } from 'vitest';
import { TurnBatch } from '../../../src/domain/turnBatch.ts';

function collect() {
  const due: (() => void)[] = [];
  const sent: (readonly number[])[] = [];
  const batch = new TurnBatch<number>(
    (work) => due.push(work),
    (items) => sent.push(items),
  );
  const turn = () => {
    for (const work of due.splice(0)) work();
  };
  return { batch, sent, turn, due };
}

describe('TurnBatch', () => {
  it('sends what came in one turn together, in its order, and nothing before the turn ends', () => {
    const { batch, sent, turn } = collect();
    batch.add(1);
    batch.add(2);
    expect(sent).toEqual([]);
    turn();
    batch.add(3);
    turn();
    expect(sent).toEqual([[1, 2], [3]]);
  });

  it('sends nothing twice and nothing empty when it was flushed before its turn', () => {
    const { batch, sent, turn } = collect();
    batch.add(1);
    batch.flush();
    turn();
    batch.flush();
    expect(sent).toEqual([[1]]);
  });

  it('sends what is added while it sends in a later turn', () => {
    const due: (() => void)[] = [];
    const sent: (readonly number[])[] = [];
    const batch: TurnBatch<number> = new TurnBatch(
      (work) => due.push(work),
      (items) => {
        sent.push(items);
        if (sent.length === 1) batch.add(2);
      },
    );
    batch.add(1);
    due.shift()?.();
    expect(sent).toEqual([[1]]);
    due.shift()?.();
    expect(sent).toEqual([[1], [2]]);
  });

  it('forgets what was cleared and goes on with what comes next', () => {
    const { batch, sent, turn } = collect();
    batch.add(1);
    batch.clear();
    batch.add(2);
    turn();
    expect(sent).toEqual([[2]]);
  });
});
