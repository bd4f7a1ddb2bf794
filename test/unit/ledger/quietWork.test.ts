import { describe, expect, it } from 'vitest';
import { QuietWork } from '../../../src/ledger/quietWork.ts';
import { ManualTimers } from './manualTimers.ts';

function quiet() {
  let nowMs = 1000;
  let done = 0;
  const timers = new ManualTimers();
  const work = new QuietWork({
    clock: { nowMs: () => 0, monotonicMs: () => nowMs },
    after: timers.after,
    quietMs: 500,
    work: () => {
      done += 1;
    },
  });
  const pass = (ms: number) => {
    nowMs += ms;
    timers.fire();
  };
  return { work, timers, pass, done: () => done };
}

describe('QuietWork', () => {
  it('works once when nothing was asked for long enough, and not again by itself', () => {
    const { work, pass, done } = quiet();
    work.touch();
    pass(500);
    pass(500);
    expect(done()).toBe(1);
    work.touch();
    pass(500);
    expect(done()).toBe(2);
  });

  it('waits for the rest where something was asked meanwhile, with one timer however often', () => {
    const { work, timers, pass, done } = quiet();
    work.touch();
    pass(0);
    for (let index = 0; index < 100; index++) work.touch();
    pass(300);
    expect(done()).toBe(0);
    expect(timers.delays).toEqual([500, 500, 200]);
    pass(200);
    expect(done()).toBe(1);
  });

  it('does nothing once it is disposed', () => {
    const { work, pass, done } = quiet();
    work.touch();
    work.dispose();
    pass(500);
    expect(done()).toBe(0);
  });
});
