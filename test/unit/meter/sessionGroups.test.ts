import { describe, expect, it } from 'vitest';
import { SessionGroups } from '../../../src/meter/observe/sessionGroups.ts';

const minute = 60_000;

describe('SessionGroups', () => {
  it('groups calls of one agent in one workspace until it is idle for half an hour', () => {
    const groups = new SessionGroups();
    const first = groups.sessionOf('w1', 'gemini-cli', 0);
    expect(groups.sessionOf('w1', 'gemini-cli', 29 * minute)).toBe(first);
    expect(groups.sessionOf('w1', 'gemini-cli', 58 * minute)).toBe(first);
    expect(groups.sessionOf('w1', 'gemini-cli', 89 * minute)).not.toBe(first);
  });

  it('keeps agents and workspaces apart', () => {
    const groups = new SessionGroups();
    const ids = [
      groups.sessionOf('w1', 'gemini-cli', 0),
      groups.sessionOf('w2', 'gemini-cli', 0),
      groups.sessionOf('w1', 'qwen-code', 0),
    ];
    expect(new Set(ids).size).toBe(3);
  });
});
