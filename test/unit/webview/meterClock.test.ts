import { describe, expect, it } from 'vitest';
import { Announcer } from '../../../webview/shared/announcer.ts';
import { MeterClock } from '../../../webview/shared/meterClock.ts';
import { initialUiState, restoreUiState, toggled } from '../../../webview/sidebar/uiState.ts';

describe('the clock of the meter', () => {
  it('is right though the two machines disagree about the time', () => {
    const clock = new MeterClock();
    clock.heard(1_000_000, 5_000);
    expect(clock.nowMs(6_000)).toBe(1_001_000);
  });

  it('never runs backwards when a message is late', () => {
    const clock = new MeterClock();
    clock.heard(1_000, 1_010);
    const before = clock.nowMs(2_000);
    clock.heard(1_500, 2_000);
    expect(clock.nowMs(2_000)).toBe(before);
  });

  it('recovers from a replayed snapshot and from a clock that was set', () => {
    const clock = new MeterClock();
    clock.heard(0, 60_000);
    clock.heard(60_000, 60_010);
    expect(clock.nowMs(60_010)).toBe(60_000);
    clock.heard(20_000, 60_020);
    expect(clock.nowMs(60_020)).toBe(20_000);
  });
});

describe('the announcer', () => {
  it('speaks at most every ten seconds and says only news', () => {
    const announcer = new Announcer();
    expect(announcer.textFor('one', 0)).toBe('one');
    expect(announcer.textFor('two', 9_999)).toBe('one');
    expect(announcer.isBehind('two')).toBe(true);
    expect(announcer.textFor('three', 10_000)).toBe('three');
    expect(announcer.isBehind('three')).toBe(false);
  });
});

describe('the state of the interface', () => {
  it('is restored only when it is one', () => {
    const saved = { period: 'week', expanded: ['call:1'], full: [] } as const;
    expect(restoreUiState(saved)).toEqual(saved);
    for (const junk of [undefined, null, 'x', { period: 'year', expanded: [], full: [] }]) {
      expect(restoreUiState(junk)).toEqual(initialUiState);
    }
  });

  it('opens, closes and forgets the oldest of very many rows', () => {
    expect(toggled(toggled([], 'a'), 'a')).toEqual([]);
    const many = Array.from({ length: 500 }, (_, index) => String(index)).reduce<readonly string[]>(toggled, []);
    expect(many.length).toBeLessThan(500);
    expect(many.at(-1)).toBe('499');
  });
});
