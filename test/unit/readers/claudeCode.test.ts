import { describe, expect, it } from 'vitest';
import { claudeCode } from '../../../src/readers/claudeCode/claudeCode.ts';
import { callsOf, goldenOf, homeOf } from './goldenCalls.ts';
import { readHome } from './readHome.ts';

const golden = goldenOf('claude-code');

describe('the reader of Claude Code', () => {
  it('comes to what a person counted, with the lines that cannot be read', () => {
    const reading = readHome(claudeCode, { homeDir: homeOf('claude-code') });
    expect(callsOf(reading.observations)).toEqual(golden.calls);
    const problems = reading.problems.map((problem) => ({
      line: 'line' in problem ? problem.line : null,
      code: problem.code,
    }));
    expect(problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0))).toEqual(golden.problems);
  });

  it('looks where the variables say, else in both of its own folders and the desktop app’s', () => {
    const pathsOf = (env: Record<string, string>) =>
      claudeCode.paths({ homeDir: '/home/u', env, platform: 'linux' }).map(({ path }) => path);
    const desktop = '/home/u/.config/Claude/local-agent-mode-sessions';
    expect(pathsOf({})).toEqual(['/home/u/.claude/projects', '/home/u/.config/claude/projects', desktop]);
    expect(pathsOf({ CLAUDE_CONFIG_DIR: '/a, ~/b' })).toEqual(['/a/projects', '/home/u/b/projects', desktop]);
    expect(pathsOf({ CLAUDE_CONFIG_DIRS: '/c' })).toEqual(['/c/projects', desktop]);
  });
});
