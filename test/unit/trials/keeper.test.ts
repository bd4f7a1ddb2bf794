import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { endRunProcesses, markedProcesses, processStart } from '../../../src/trials/processes/endProcesses.ts';
import { startKept } from '../../../src/trials/processes/keeper.ts';
import type { KeptCommand } from '../../../src/trials/processes/keeperProtocol.ts';
import { eventually } from '../../support/meterProcess.ts';
import { newFolder } from './repositoryFixture.ts';

const script = resolve(import.meta.dirname, '../../../src/trials/processes/keeperMain.ts');
const program = { nodePath: process.execPath, script };
const stops: (() => void)[] = [];
let markers = 0;

afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

function command(shell: string, more: Partial<KeptCommand> = {}): KeptCommand {
  const folder = newFolder();
  stops.push(() => folder.dispose());
  markers += 1;
  return {
    argv: ['sh', '-c', shell],
    cwd: folder.path,
    env: { PATH: process.env['PATH'] ?? '' },
    stdinPath: null,
    outputPath: join(folder.path, 'out.log'),
    timeoutMs: 60_000,
    marker: `test-${process.pid}-${markers}`,
    orphanedFolder: null,
    ...more,
  };
}

/** Children that leave their group and ignore being asked to end. */
const stubborn = `trap '' TERM; setsid sh -c "trap '' TERM; sleep 300" & sleep 300 & wait`;

async function running(kept: KeptCommand, atLeast: number): Promise<readonly number[]> {
  return eventually(
    () => markedProcesses(kept.marker),
    (pids) => pids.length >= atLeast,
  );
}

describe('a kept command', () => {
  it('gives its exit code, and what it printed in a file for this user alone', async () => {
    const kept = command('cat; echo out; echo err >&2; exit 3');
    const stdinPath = join(kept.cwd, 'in');
    writeFileSync(stdinPath, 'asked\n');
    const result = await startKept({ ...kept, stdinPath }, program).result;
    expect(result).toMatchObject({ code: 3, timedOut: false, cancelled: false, startProblem: null });
    expect(readFileSync(kept.outputPath, 'utf8')).toBe('asked\nout\nerr\n');
    expect(statSync(kept.outputPath).mode & 0o777).toBe(0o600);
  });

  it('is told of no other folder than the one that it is in', async () => {
    const kept = command('env');
    const env = { ...kept.env, PWD: '/the/user/s/repository', OLDPWD: '/the/user/s/repository' };
    const argv = [process.execPath, '-p', 'JSON.stringify([process.env.PWD, process.env.OLDPWD ?? null])'];
    await startKept({ ...kept, argv, env }, program).result;
    expect(JSON.parse(readFileSync(kept.outputPath, 'utf8'))).toEqual([kept.cwd, null]);
  });

  it('says what cannot be started', async () => {
    const kept = command('');
    const none = await startKept({ ...kept, argv: ['/no/such/program'] }, program).result;
    expect(none).toMatchObject({ code: null, startProblem: '"/no/such/program" was not found.' });
    const long = await startKept({ ...kept, argv: ['echo', 'x'.repeat(200_000)] }, program).result;
    expect(long.startProblem).toBe('"echo" cannot be started: its command line is too long.');
  });

  it('ends with everything that it left behind, in its group or out of it', async () => {
    const kept = command('setsid sleep 300 & sleep 300 & exit 0');
    expect(await startKept(kept, program).result).toMatchObject({ code: 0 });
    expect(await markedProcesses(kept.marker)).toEqual([]);
  });

  it('is ended when its time is up, children and all', async () => {
    const kept = command(stubborn, { timeoutMs: 300 });
    expect(await startKept(kept, program).result).toMatchObject({ timedOut: true });
    expect(await markedProcesses(kept.marker)).toEqual([]);
  });

  it('is ended when it is cancelled, and may end in good order', async () => {
    const kept = command(`trap 'echo bye; exit 0' TERM; echo there; sleep 300 & wait`);
    const groups: number[] = [];
    const process = startKept(kept, program, (group) => groups.push(group));
    await running(kept, 2);
    process.cancel();
    expect(await process.result).toMatchObject({ cancelled: true });
    expect(readFileSync(kept.outputPath, 'utf8')).toContain('bye');
    expect(groups).toHaveLength(1);
    expect(await markedProcesses(kept.marker)).toEqual([]);
  });

  it('is ended with its folder when the process that waits is killed', async () => {
    const worktree = join(command('').cwd, 'worktree');
    mkdirSync(worktree);
    const kept = command(stubborn, { orphanedFolder: worktree });
    const source = `import { startKept } from ${JSON.stringify(resolve(import.meta.dirname, '../../../src/trials/processes/keeper.ts'))};
      startKept(${JSON.stringify(kept)}, ${JSON.stringify(program)});`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', source], { stdio: 'ignore' });
    await running(kept, 3);
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    await eventually(
      async () => [await markedProcesses(kept.marker), existsSync(worktree)],
      ([pids, isThere]) => isThere === false && Array.isArray(pids) && pids.length === 0,
    );
  });

  it('is ended from here when its keeper is killed', async () => {
    const kept = command(stubborn);
    const started = startKept(kept, program);
    const [pid = 0] = await running(kept, 3);
    const parent = Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${Math.min(pid)}/status`, 'utf8'))?.[1]);
    process.kill(parent, 'SIGKILL');
    expect((await started.result).startProblem).toContain('was killed');
    expect(await markedProcesses(kept.marker)).toEqual([]);
  });

  it('keeps a bounded part of endless output, and is not held up by it', async () => {
    const kept = command('head -c 20000000 /dev/zero; exit 5');
    expect(await startKept(kept, program).result).toMatchObject({ code: 5 });
    const { size } = statSync(kept.outputPath);
    expect(size).toBeGreaterThan(16_000_000);
    expect(size).toBeLessThan(17_000_000);
  });
});

describe('ending by the marker', () => {
  it('ends what a run that nobody remembers left, and nothing else', async () => {
    const marker = `test-${process.pid}-left`;
    const env = { ...process.env, OUTLAY_TRIAL_RUN: marker };
    const left = spawn('sleep', ['300'], { env, detached: true, stdio: 'ignore' });
    const other = spawn('sleep', ['300'], { env: { ...env, OUTLAY_TRIAL_RUN: `${marker}-2` }, stdio: 'ignore' });
    stops.push(() => void other.kill('SIGKILL'));
    await eventually(
      () => markedProcesses(marker),
      (pids) => pids.length === 1,
    );
    expect(await endRunProcesses(marker, [])).toBe(1);
    expect(await markedProcesses(marker)).toEqual([]);
    expect(await markedProcesses(`${marker}-2`)).toEqual([other.pid]);
    expect(left.pid).toBeGreaterThan(1);
  });

  it('tells a process from a later one of its number by its start', async () => {
    expect(await processStart(process.pid)).toBe(await processStart(process.pid));
    expect(await processStart(process.pid)).not.toBeNull();
    expect(await processStart(4_000_000)).toBeNull();
  });
});
