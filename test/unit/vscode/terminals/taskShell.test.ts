import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { VariableChange } from '../../../../src/agents/noProxy.ts';
import { isConnected, taskShell } from '../../../../src/vscode/terminals/taskShell.ts';

const url = 'http://127.0.0.1:4000/made-up-token/task-abcdefgh12345678/anthropic';
const changes = new Map<string, VariableChange>([
  ['ANTHROPIC_BASE_URL', { kind: 'replace', value: url }],
  ['OPENCODE_CONFIG_CONTENT', { kind: 'replace', value: `{"a": "it's $HOME \`x\` \\"q\\""}\n` }],
  ['NO_PROXY', { kind: 'append', value: ',127.0.0.1' }],
  ['PATH', { kind: 'prependPath', value: '/data/bin:' }],
  ['OUTLAY_TERMINAL', { kind: 'replace', value: '{}' }],
]);
const layers = { process: { Path: 'C:\\bin', VSCODE_PID: '1', HOME: 'C:\\me' }, user: {}, workspace: {} };

describe('a terminal of a task', () => {
  it('hands the shell its own base URLs, although the window sets others', () => {
    const shell = taskShell({ platform: 'linux', shell: '/bin/sh', layers, changes });
    // What the editor does: the terminal's own variables first, those of extensions over them.
    const env = {
      ...shell.env,
      ANTHROPIC_BASE_URL: 'http://127.0.0.1:4000/made-up-token/ws-1/anthropic',
      PATH: '/usr/bin:/bin',
    };
    const args = [
      ...(shell.shellArgs ?? []),
      '-c',
      'printf "%s\\n" "$ANTHROPIC_BASE_URL"; printf %s "$OPENCODE_CONFIG_CONTENT"; env',
    ];
    const printed = execFileSync(shell.shellPath ?? '', args, { env: env as NodeJS.ProcessEnv, encoding: 'utf8' });
    expect(printed.split('\n')[0]).toBe(url);
    expect(printed).toContain(changes.get('OPENCODE_CONFIG_CONTENT')?.value);
    expect(printed).toContain('\nPATH=/usr/bin:/bin\n');
    expect(printed).not.toContain('OUTLAY_TASK_');
  });

  it('has no value on its command line, where others could read the token', () => {
    const shell = taskShell({ platform: 'linux', shell: '/bin/bash', layers, changes });
    expect(JSON.stringify(shell.shellArgs)).not.toContain('made-up-token');
    expect(shell.shellArgs?.slice(3)).toEqual(['/bin/bash', '--rcfile', '/dev/fd/9']);
    expect(taskShell({ platform: 'darwin', shell: '/bin/zsh', layers, changes }).shellArgs?.slice(-2)).toEqual([
      '/bin/zsh',
      '-l',
    ]);
  });

  it('keeps the launcher first on the PATH, whatever a start-up file of bash puts there', () => {
    const home = mkdtempSync(join(tmpdir(), 'outlay-bash-'));
    writeFileSync(join(home, '.bashrc'), 'PATH="/version-manager/bin:$PATH"\nMINE=kept\n');
    const shell = taskShell({ platform: 'linux', shell: '/bin/bash', layers, changes });
    const env = { ...shell.env, HOME: home, PATH: '/data/bin:/usr/bin:/bin' };
    const lines = 'echo "$PATH $MINE $ANTHROPIC_BASE_URL"; env | grep -c OUTLAY_TASK_; exit 0\n';
    const printed = execFileSync(shell.shellPath ?? '', [...(shell.shellArgs ?? []), '-i'], {
      env,
      encoding: 'utf8',
      input: lines,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    rmSync(home, { recursive: true });
    expect(printed).toBe(`/data/bin:/version-manager/bin:/data/bin:/usr/bin:/bin kept ${url}\n0\n`);
  });

  it('has its whole environment given on Windows', () => {
    const shell = taskShell({ platform: 'win32', shell: 'pwsh.exe', layers, changes });
    expect(shell.strictEnv).toBe(true);
    expect(shell.shellPath).toBeUndefined();
    expect(shell.env).toMatchObject({ ANTHROPIC_BASE_URL: url, Path: '/data/bin:C:\\bin', HOME: 'C:\\me' });
    expect(Object.keys(shell.env)).not.toContain('VSCODE_PID');
    expect(Object.keys(shell.env)).not.toContain('OUTLAY_UNMETERED');
  });

  it('is possible only where something is connected', () => {
    expect([isConnected(changes), isConnected(new Map())]).toEqual([true, false]);
  });
});
