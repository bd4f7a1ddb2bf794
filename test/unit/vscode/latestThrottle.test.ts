import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LatestThrottle } from '../../../src/vscode/latestThrottle.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('LatestThrottle', () => {
  it('sends the first value at once, then the newest one an interval', () => {
    const sent: number[] = [];
    const throttle = new LatestThrottle<number>(250, (value) => sent.push(value));
    for (let value = 1; value <= 100; value++) {
      throttle.push(value);
      vi.advanceTimersByTime(10);
    }
    vi.advanceTimersByTime(250);
    expect(sent).toEqual([1, 25, 50, 75, 100]);
  });

  it('sends nothing after it was disposed', () => {
    const sent: number[] = [];
    const throttle = new LatestThrottle<number>(250, (value) => sent.push(value));
    throttle.push(1);
    throttle.push(2);
    throttle.dispose();
    vi.advanceTimersByTime(1000);
    expect(sent).toEqual([1]);
  });
});
