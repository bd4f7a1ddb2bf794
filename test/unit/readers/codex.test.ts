import { describe, expect, it } from 'vitest';
import { codex } from '../../../src/readers/codex/codex.ts';
import { callsOf, goldenOf, homeOf } from './goldenCalls.ts';
import { readHome } from './readHome.ts';

const golden = goldenOf('codex');
const withoutKeys = (calls: ReturnType<typeof callsOf>) =>
  calls.map(({ key: _, ...call }) => JSON.stringify(call)).toSorted();

describe('the reader of Codex', () => {
  it('comes to what a person counted: forks, forks of forks, sub-agents and the archive each call once', () => {
    const reading = readHome(codex, { homeDir: homeOf('codex') });
    expect(reading.problems).toEqual([]);
    expect(withoutKeys(callsOf(reading.observations))).toEqual(withoutKeys(golden.calls));
  });

  it('names a call the same whenever it is read', () => {
    const keys = () => callsOf(readHome(codex, { homeDir: homeOf('codex') }).observations).map(({ key }) => key);
    expect(keys()).toEqual(keys());
    expect(keys()).toEqual(golden.calls.map(({ key }) => key));
  });

  it('looks where CODEX_HOME says, else below the home', () => {
    const pathsOf = (env: Record<string, string>) =>
      codex.paths({ homeDir: '/home/u', env, platform: 'linux' }).map(({ path }) => path);
    expect(pathsOf({})).toEqual(['/home/u/.codex/sessions', '/home/u/.codex/archived_sessions']);
    expect(pathsOf({ CODEX_HOME: '/x' })).toEqual(['/x/sessions', '/x/archived_sessions']);
  });
});
