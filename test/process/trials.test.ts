import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { askMeter } from '../../src/cli/meterClient.ts';
import { readMeterLock } from '../../src/protocol/meterLock.ts';
import type { SuiteCheck } from '../../src/protocol/trials.ts';
import { markedProcesses } from '../../src/trials/processes/endProcesses.ts';
import { TrialStore } from '../../src/trials/trialStore.ts';
import { eventually, projectDir } from '../support/meterProcess.ts';
import { endMeters } from '../support/processes.ts';
import { fingerprint, newRepository } from '../unit/trials/repositoryFixture.ts';

const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) {
    await endMeters(folder);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
});

/** A machine on which Outlay has never run: no editor, no meter, no data folder. */
function newMachine(agent: string) {
  const folder = mkdtempSync(join(tmpdir(), 'outlay-trial-'));
  folders.push(folder);
  const repository = newRepository(join(folder, 'repository'), { 'a.txt': 'a\n' });
  const suite = join(folder, 'suite.yaml');
  const agents = [{ command: ['sh', '-c', agent], model: 'script' }];
  writeFileSync(
    suite,
    JSON.stringify({ agents, prompt: 'Do it.', check: 'grep -q done result.txt', budget: 1, runs: 2 }),
  );
  const [dataDir, worktrees] = [join(folder, 'data'), join(folder, 'runs')];
  const env = { PATH: process.env['PATH'], HOME: folder, OUTLAY_TRIALS_DIR: worktrees };
  const start = (...words: readonly string[]): ChildProcess =>
    spawn(process.execPath, [join(projectDir, 'dist/cli.js'), 'trial', ...words, '--data-dir', dataDir], { env });
  const run = async (...words: readonly string[]) => {
    const child = start(...words);
    let stdout = '';
    let stderr = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const [code] = await once(child, 'close');
    return { code: code as number | null, stdout, stderr };
  };
  const words = ['run', suite, '--repository', repository, '--json'];
  const accept = async (): Promise<readonly string[]> => [
    ...words,
    '--accept',
    JSON.parse((await run(...words)).stdout).hash,
  ];
  return { folder, repository, worktrees, dataDir, store: new TrialStore(dataDir), start, run, accept };
}

describe('a trial on a machine where Outlay has never run', () => {
  it('is accepted once, starts a meter of its own, and ends with results and nothing else', async () => {
    const machine = newMachine('cat > prompt.txt; echo done > result.txt');
    const before = fingerprint(machine.repository);
    const words = await machine.accept();
    const { code, stdout, stderr } = await machine.run(...words);
    expect(code, stderr).toBe(0);
    const told = JSON.parse(stdout);
    expect(told.runs.map(({ outcome }: { outcome: string }) => outcome)).toEqual(['passed', 'passed']);
    // No call came through the gateway: what it cost is not known, and is not $0.
    expect(told.results[0]).toEqual(expect.not.objectContaining({ cost_usd: expect.anything() }));
    expect(existsSync(join(machine.dataDir, 'meter.json'))).toBe(true);
    expect(readdirSync(machine.worktrees)).toEqual([]);
    expect(fingerprint(machine.repository)).toBe(before);
    const again = await machine.run(...words.slice(0, -2));
    expect(again.code, again.stderr).toBe(0);
  });

  it('is checked without an agent: its exact text, its commands and budgets, and with an acceptance its checks', async () => {
    const machine = newMachine('echo done > result.txt');
    const suite = join(machine.folder, 'team.yaml');
    const text = (check: string): string =>
      `agents: [{ command: [sh, -c, 'touch "$HOME/started"'], model: m }]\npromptFile: task.md\nruns: 3\nbudget: 1\ncheck: ${check}\n`;
    writeFileSync(join(machine.folder, 'task.md'), 'Do it well.\n');
    writeFileSync(suite, text('touch "$HOME/checked"; test -e result.txt'));
    const words = ['check', suite, '--repository', machine.repository, '--json'];
    const checked: SuiteCheck = JSON.parse((await machine.run(...words)).stdout);
    expect(checked).toMatchObject({ isAccepted: false, runs: 3, budgetUsd: 1, problems: [] });
    expect(checked.text).toContain('# The file task.md:\nDo it well.');
    expect((await machine.run(...words, '--run-checks')).code).toBe(1);
    expect(existsSync(join(machine.folder, 'checked'))).toBe(false);
    const tried = await machine.run(...words, '--run-checks', '--accept', checked.hash);
    expect(tried.code, tried.stderr).toBe(0);
    expect(existsSync(join(machine.folder, 'checked'))).toBe(true);
    writeFileSync(suite, text('test -e a.txt'));
    const { hash }: SuiteCheck = JSON.parse((await machine.run(...words)).stdout);
    expect(hash).not.toBe(checked.hash);
    const passing = await machine.run(...words, '--run-checks', '--accept', hash);
    expect(passing.code).toBe(1);
    expect(JSON.parse(passing.stdout).problems.join(' ')).toContain('passes before any work');
    expect(existsSync(join(machine.folder, 'started'))).toBe(false);
    expect(await machine.store.list()).toEqual([]);
    expect(readdirSync(machine.worktrees)).toEqual([]);
  });

  it.each([
    ['asked to end by a signal', (child: ChildProcess) => void child.kill('SIGTERM'), []],
    ['left by the program that started it', (child: ChildProcess) => void child.stdin?.end(), ['--with-parent']],
  ])('ends in good order when it is %s', async (_, end, more) => {
    const machine = newMachine(`trap '' TERM; setsid sleep 300 & sleep 300`);
    const before = fingerprint(machine.repository);
    const child = machine.start(...(await machine.accept()), ...more);
    const [record] = await eventually(
      () => machine.store.list(),
      ([first]) => first?.runs[0]?.phase === 'working',
      20_000,
    );
    const marker = `${record?.id ?? ''}.1`;
    await eventually(
      () => markedProcesses(marker),
      (pids) => pids.length >= 2,
    );
    end(child);
    const [code] = await once(child, 'exit');
    expect(code).toBe(1);
    expect(await machine.store.load(record?.id ?? '')).toMatchObject({ state: 'ended', end: 'cancelled' });
    expect(await markedProcesses(marker)).toEqual([]);
    expect(readdirSync(machine.worktrees)).toEqual([]);
    expect(fingerprint(machine.repository)).toBe(before);
  });

  it('whose checks alone are tried says so, can be cancelled, and is gone for good when it was killed', async () => {
    const machine = newMachine('exit 0');
    const suite = join(machine.folder, 'suite.yaml');
    const check = 'touch "$HOME/checking"; setsid sleep 300 & sleep 300';
    const agents = [{ command: ['sh', '-c', 'exit 0'], model: 'script' }];
    writeFileSync(suite, JSON.stringify({ agents, prompt: 'Do it.', check, budget: 1 }));
    const [, ...accepted] = await machine.accept();
    const begin = async () => {
      const child = machine.start('check', ...accepted, '--run-checks');
      await eventually(
        async () => existsSync(join(machine.folder, 'checking')),
        (is) => is,
        20_000,
      );
      rmSync(join(machine.folder, 'checking'));
      const [record] = await machine.store.list();
      return { child, id: record?.id ?? '' };
    };
    const first = await begin();
    expect((await machine.run('list')).stdout).toContain('trying the checks');
    expect((await machine.run('show', first.id)).stdout).toContain('without any agent');
    const ended = once(first.child, 'exit');
    expect((await machine.run('cancel', first.id)).code).toBe(0);
    expect(await ended).toEqual([1, null]);
    const second = await begin();
    second.child.kill('SIGKILL');
    await once(second.child, 'exit');
    const resumed = await machine.run('resume', second.id);
    expect(resumed.code).toBe(1);
    expect(resumed.stderr).toContain('which only tried the checks of a suite, was interrupted; it was deleted');
    expect(resumed.stderr).toContain('There is no trial');
    expect(await machine.store.list()).toEqual([]);
    expect(await markedProcesses(`${second.id}.0`)).toEqual([]);
    expect(readdirSync(machine.worktrees)).toEqual([]);
    expect(existsSync(machine.store.folderOf(second.id))).toBe(false);
  });

  it('is cleaned up by the next command when it was killed, and the meter with it, and goes on', async () => {
    const machine = newMachine(
      'if [ -e "$HOME/go" ]; then echo done > result.txt; else setsid sleep 300 & sleep 300; fi',
    );
    const child = machine.start(...(await machine.accept()));
    const [record] = await eventually(
      () => machine.store.list(),
      ([first]) => first?.runs[0]?.phase === 'working',
      20_000,
    );
    const id = record?.id ?? '';
    child.kill('SIGKILL');
    await once(child, 'exit');
    const meter = await readMeterLock(machine.dataDir);
    if (meter !== null) process.kill(meter.pid, 'SIGKILL');
    const listed = await machine.run('list', '--json');
    expect(JSON.parse(listed.stdout)[0]).toMatchObject({ id, end: 'interrupted' });
    expect(await markedProcesses(`${id}.1`)).toEqual([]);
    expect(readdirSync(machine.worktrees)).toEqual([]);
    const task = await askMeter(machine.dataDir, 'showTask', { id: record?.runs[0]?.taskId ?? '' });
    expect(task).toMatchObject({ result: { view: { task: { state: 'abandoned' } }, account: { openHolds: 0 } } });
    writeFileSync(join(machine.folder, 'go'), '');
    const resumed = await machine.run('resume', id, '--json');
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(JSON.parse(resumed.stdout).runs.map(({ outcome }: { outcome: string }) => outcome)).toEqual([
      'passed',
      'passed',
    ]);
  });
});
