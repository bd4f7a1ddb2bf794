import { describe, expect, it } from 'vitest';
import { CrashWindow } from '../../../../src/vscode/meter/crashWindow.ts';
import { isOlderVersion } from '../../../../src/vscode/meter/versions.ts';

describe('isOlderVersion', () => {
  it.each([
    ['0.1.0', '0.1.1', true],
    ['0.9.0', '0.10.0', true],
    ['1.0.0', '0.99.99', false],
    ['0.1.0', '0.1.0', false],
    ['0.1.0-next', '0.1.0', false],
    ['nonsense', '0.1.0', false],
    ['0.1.0', 'nonsense', false],
  ])('%s before %s: %s', (version, than, expected) => {
    expect(isOlderVersion(version, than)).toBe(expected);
  });
});

describe('CrashWindow', () => {
  it('counts the crashes of one minute', () => {
    const crashes = new CrashWindow();
    expect([0, 30_000, 60_000, 61_000].map((time) => crashes.add(time))).toEqual([false, false, false, true]);
    crashes.clear();
    expect(crashes.add(61_500)).toBe(false);
  });
});
