import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { unmeteredShell } from '../../../../src/vscode/terminals/unmeteredShell.ts';

const run = promisify(execFile);

describe('unmeteredShell', () => {
  it("starts the shell without our variables and with the user's own", async () => {
    const users = "https://mine.example/it's $HOME; echo";
    const marker = {
      ANTHROPIC_BASE_URL: ['http://127.0.0.1:1/t', users],
      ENABLE_TOOL_SEARCH: ['true', null],
    } as const;
    const { shellPath, shellArgs } = unmeteredShell('/usr/bin/env', marker, '/data dir/bin');
    const { stdout } = await run(shellPath, [...shellArgs], {
      env: {
        PATH: '/data dir/bin:/usr/bin:/bin',
        OUTLAY_TERMINAL: '{}',
        ANTHROPIC_BASE_URL: 'http://127.0.0.1:1/t',
        ENABLE_TOOL_SEARCH: 'true',
        EDITOR: 'vi',
      },
    });
    const lines = stdout.split('\n').filter((line) => !/^(PWD|OLDPWD|SHLVL|_)=|^$/.test(line));
    expect(lines.sort()).toEqual([`ANTHROPIC_BASE_URL=${users}`, 'EDITOR=vi', 'PATH=/usr/bin:/bin']);
  });

  it('takes no name into its script that is no name', () => {
    const { shellArgs } = unmeteredShell('/bin/sh', { 'A; echo': ['x', null] }, null);
    expect(shellArgs[1]).not.toContain('echo');
  });
});
