import { execFileSync } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import { HostVariables } from '../../../../src/vscode/childProcesses/hostVariables.ts';

const before = { ...process.env };

afterEach(() => {
  for (const name of Object.keys(process.env)) if (name.startsWith('OUTLAY_TEST_')) delete process.env[name];
});

const inChild = (name: string): string =>
  execFileSync(process.execPath, ['-p', `process.env[${JSON.stringify(name)}] ?? 'unset'`], {
    encoding: 'utf8',
  }).trim();

describe('variables of the host', () => {
  it('reach its child processes, follow a new value and are gone without a trace', () => {
    const variables = new HostVariables();
    variables.apply({ OUTLAY_TEST_A: 'one', OUTLAY_TEST_B: 'two' });
    expect(inChild('OUTLAY_TEST_A')).toBe('one');
    variables.apply({ OUTLAY_TEST_A: 'three' });
    expect([inChild('OUTLAY_TEST_A'), inChild('OUTLAY_TEST_B')]).toEqual(['three', 'unset']);
    expect(variables.without()).toEqual(before);
    variables.dispose();
    expect({ ...process.env }).toEqual(before);
    expect(variables.names.size).toBe(0);
  });

  it('are put back to what they were', () => {
    process.env['OUTLAY_TEST_A'] = 'inherited';
    const variables = new HostVariables();
    variables.apply({ OUTLAY_TEST_A: 'ours' });
    variables.apply({ OUTLAY_TEST_A: 'ours, later' });
    expect(variables.without()['OUTLAY_TEST_A']).toBe('inherited');
    variables.dispose();
    expect(process.env['OUTLAY_TEST_A']).toBe('inherited');
  });

  it('are left to whoever has changed them meanwhile', () => {
    const variables = new HostVariables();
    variables.apply({ OUTLAY_TEST_A: 'ours', OUTLAY_TEST_B: 'ours' });
    process.env['OUTLAY_TEST_A'] = 'theirs';
    delete process.env['OUTLAY_TEST_B'];
    variables.apply({ OUTLAY_TEST_A: 'ours, later', OUTLAY_TEST_B: 'ours, later' });
    expect(process.env['OUTLAY_TEST_A']).toBe('theirs');
    variables.dispose();
    expect(process.env['OUTLAY_TEST_A']).toBe('theirs');
    expect(process.env).not.toHaveProperty('OUTLAY_TEST_B');
  });
});
