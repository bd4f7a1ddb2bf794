import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { RunPhase, TrialRecord } from '../../../src/protocol/trials.ts';
import { inspectRepository } from '../../../src/trials/git/inspectRepository.ts';
import { preflight } from '../../../src/trials/preflight.ts';
import { endRunProcesses, markedProcesses } from '../../../src/trials/processes/endProcesses.ts';
import { resumedTrial, TrialRunner } from '../../../src/trials/runTrial.ts';
import { runMarker, sweepTrials } from '../../../src/trials/sweep.ts';
import { eventually } from '../../support/meterProcess.ts';
import { fingerprint, gitIn, newFolder, newRepository, writeFiles } from './repositoryFixture.ts';
import { planOf, rigIn, shellAgent, startOf } from './trialFixture.ts';

const stops: (() => void)[] = [];

afterEach(() => {
  vi.unstubAllEnvs();
  for (const stop of stops.splice(0)) stop();
});

function setUp(files: Readonly<Record<string, string>> = { 'a.txt': 'a\n' }) {
  const folder = newFolder();
  stops.push(() => folder.dispose());
  return { folder: folder.path, repository: newRepository(join(folder.path, 'répo'), files) };
}

const good = shellAgent('good', 'echo 1000000 > "$SPEND_FILE"; echo done > result.txt; echo worked');
const codex = { agent: 'codex', model: 'gpt-5', effort: null, args: [], command: null } as const;
const bad = shellAgent('bad', 'echo 2000000 > "$SPEND_FILE"; echo nothing > result.txt');
const dear = shellAgent('dear', 'echo 20000000 > "$SPEND_FILE"; sleep 0.6; exit 1');

function outcomes(record: TrialRecord): readonly string[] {
  return record.runs
    .map((run) => `${record.plan.contenders[run.contender]?.model ?? ''} ${run.outcome ?? run.phase}`)
    .toSorted();
}

describe('a trial', () => {
  it('gives every contender its runs, checks each, and ends with a table, a verdict and nothing left behind', async () => {
    const { folder, repository } = setUp();
    const before = fingerprint(repository);
    const rig = rigIn(folder);
    const { runner, looked } = await startOf(
      planOf(repository, { contenders: [good, bad, dear], runs: 3, parallel: 2 }),
      rig,
    );
    expect(looked.estimate).toMatchObject({ lowNanoUsd: 9_000_000, highNanoUsd: 45_000_000 });
    const record = await runner.run();
    expect(record).toMatchObject({ state: 'ended', end: 'finished', because: null });
    expect(outcomes(record)).toEqual([
      ...Array.from({ length: 3 }, () => 'bad failed'),
      ...Array.from({ length: 3 }, () => 'dear over-budget'),
      ...Array.from({ length: 3 }, () => 'good passed'),
    ]);
    expect(record.spentNanoUsd).toBe(3 * 1_000_000 + 3 * 2_000_000 + 3 * 20_000_000);
    expect(record.summaries.map(({ label, passed, runs }) => [label, passed, runs])).toEqual([
      ['Command, good', 3, 3],
      ['Command, bad', 0, 3],
      ['Command, dear', 0, 3],
    ]);
    expect(record.verdict).toContain('Command, good passed 3 of 3 (46 % to 100 %) for a median of $0.001');
    const passed = record.runs.find(({ outcome }) => outcome === 'passed');
    expect(passed).toMatchObject({ diff: { files: 1, insertions: 1, deletions: 0 }, limitNanoUsd: 10_000_000 });
    expect(rig.books.closed.map(([, outcome]) => outcome).toSorted()).toEqual([
      ...Array(6).fill('failed'),
      ...Array(3).fill('passed'),
    ]);
    expect(fingerprint(repository)).toBe(before);
    expect(readdirSync(rig.parts.worktreeRoot)).toEqual([]);
    for (const { number } of record.runs) expect(await markedProcesses(runMarker(record.id, number))).toEqual([]);
    const kept = join(rig.store.folderOf(record.id), 'runs', String(passed?.number), 'agent.log');
    expect(readFileSync(kept, 'utf8')).toBe('worked\n');
    expect(statSync(kept).mode & 0o777).toBe(0o600);
    expect(statSync(join(rig.store.folderOf(record.id), 'record.json')).mode & 0o777).toBe(0o600);
    const rows = readFileSync(join(rig.store.folderOf(record.id), 'results.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rows).toHaveLength(9);
    expect(rows.find(({ passed: isPassed }) => isPassed === 1)).toMatchObject({
      task: 'write a result',
      model: 'good',
      cost_usd: 0.001,
    });
  });

  it('has the same order for the same seed, and tries all before it tries any again', async () => {
    const { folder, repository } = setUp();
    const plan = planOf(repository, { contenders: [good, bad, dear], runs: 3, seed: 7 });
    const orders = await Promise.all(
      [plan, plan, { ...plan, seed: 8 }].map(async (each) => (await startOf(each, rigIn(folder))).runner.record.runs),
    );
    const [one, two, three] = orders.map((runs) => runs.map(({ contender }) => contender));
    expect(one).toEqual(two);
    expect(one).not.toEqual(three);
    expect(one?.slice(0, 3).toSorted()).toEqual([0, 1, 2]);
    expect(one?.slice(3, 6).toSorted()).toEqual([0, 1, 2]);
  });

  it('stops before any money is spent where the check passes already, hangs, or the set-up fails', async () => {
    const { folder, repository } = setUp();
    const [task] = planOf(repository).tasks;
    if (task === undefined) throw new Error('no task');
    const tell = async (more: object, plan: object = {}) => {
      const rig = rigIn(folder);
      const { runner } = await startOf(planOf(repository, { tasks: [{ ...task, ...more }], ...plan }), rig);
      const record = await runner.run();
      expect(rig.books.opened).toEqual([]);
      expect(readdirSync(rig.parts.worktreeRoot)).toEqual([]);
      return record.because;
    };
    expect(await tell({ checks: [{ name: 'c', command: 'true' }] })).toContain(
      'passes before any work, so that it cannot tell',
    );
    expect(await tell({ checks: [{ name: 'c', command: 'sleep 60' }] }, { checkTimeoutMs: 200 })).toContain(
      'does not end within its time',
    );
    expect(await tell({ setup: 'echo no >&2; exit 4' })).toContain('failed with exit code 4');
  });

  it('goes on with a check that cannot tell where the user said so, and says it', async () => {
    const { folder, repository } = setUp({ 'result.txt': 'done\n' });
    const { runner } = await startOf(planOf(repository, { checkMayPass: true, contenders: [bad] }), rigIn(folder));
    const record = await runner.run();
    expect(record.notices.join(' ')).toContain('cannot tell');
    expect(outcomes(record)).toEqual(['bad failed']);
  });

  it('begins no run that the whole budget has nothing left for, and gives the last one what is left', async () => {
    const { folder, repository } = setUp();
    const rig = rigIn(folder);
    const plan = planOf(repository, {
      contenders: [good],
      runs: 4,
      runLimitNanoUsd: 1_500_000,
      totalLimitNanoUsd: 2_300_000,
    });
    const record = await (await startOf(plan, rig)).runner.run();
    expect(rig.books.opened.map(({ limitNanoUsd }) => limitNanoUsd)).toEqual([1_500_000, 1_300_000, 300_000]);
    expect(record.runs.map(({ outcome }) => outcome)).toEqual(['passed', 'passed', 'over-budget', 'not-started']);
    expect(record.runs[3]?.because).toBe('The budget of the trial is used up.');
  });

  it('has what interrupted runs spent counted where it goes on', async () => {
    const { folder, repository } = setUp();
    const rig = rigIn(folder);
    const [contenders, totalLimitNanoUsd] = [[good], 2_500_000];
    const { runner } = await startOf(planOf(repository, { contenders, runs: 2, totalLimitNanoUsd }), rig);
    const first = await runner.run();
    expect(first.spentNanoUsd).toBe(2_000_000);
    const runs = first.runs.map((run) => ({ ...run, outcome: 'interrupted' as const }));
    const resumed = resumedTrial({ ...first, runs, end: 'interrupted' });
    const record = await new TrialRunner(resumed, await inspectRepository(repository), rig.parts).run();
    expect(rig.books.opened.slice(2).map(({ limitNanoUsd }) => limitNanoUsd)).toEqual([500_000]);
    expect(record.runs.map(({ outcome }) => outcome)).toEqual(['over-budget', 'not-started']);
    expect(record.spentNanoUsd).toBe(3_000_000);
  });

  it('runs the set-up, carries files and hidden tests, and keeps them out of what the agent sees and did', async () => {
    const { folder, repository } = setUp({ '.gitignore': '.env\n', 'a.txt': 'a\n' });
    writeFiles(repository, { '.env': 'KEY=1\n', 'untracked.txt': 'mine\n' });
    const start = gitIn(repository, 'rev-parse', 'HEAD');
    gitIn(repository, 'checkout', '-q', '-b', 'solved');
    writeFiles(repository, { 'hidden.sh': 'grep -q done result.txt\n' });
    gitIn(repository, 'add', 'hidden.sh');
    gitIn(repository, 'commit', '-qm', 'Solve');
    gitIn(repository, 'checkout', '-q', 'main');
    const before = fingerprint(repository);
    const rig = rigIn(folder);
    const [task] = planOf(repository).tasks;
    const plan = planOf(repository, {
      contenders: [
        shellAgent('look', 'ls -a > seen.txt; cat .env setup.txt untracked.txt >> seen.txt; echo done > result.txt'),
      ],
      carry: [{ path: '.env', how: 'copy' }],
      uncommitted: true,
      tasks:
        task === undefined
          ? []
          : [
              {
                ...task,
                setup: 'echo set > setup.txt',
                checks: [{ name: 'hidden', command: 'sh hidden.sh' }],
                checkFiles: { commit: 'solved', paths: ['hidden.sh'] },
              },
            ],
    });
    const record = await (await startOf(plan, rig)).runner.run();
    expect(record.because).toBeNull();
    expect(outcomes(record)).toEqual(['look passed']);
    const shown = gitIn(rig.store.repositoryOf(record.id, 0), 'show', '--format=', record.runs[0]?.commit ?? '');
    expect(shown).toContain('+KEY=1');
    expect(shown).toContain('+mine');
    expect(shown).toContain('+set');
    expect(shown).not.toContain('hidden.sh');
    expect(shown).not.toContain('b/.env');
    expect(shown).not.toContain('b/untracked.txt');
    expect(record.starts[0]).not.toBe(start);
    expect(fingerprint(repository)).toBe(before);
  });

  it('counts an agent that does not end in time, that cannot be started, or that fails, as it should', async () => {
    const { folder, repository } = setUp();
    const contenders = [
      shellAgent('slow', 'sleep 60'),
      { ...shellAgent('none', ''), command: ['sh', '-c', 'exit 7'] },
      shellAgent('odd', 'echo done > result.txt; exit 3'),
    ];
    const record = await (
      await startOf(planOf(repository, { contenders, agentTimeoutMs: 500 }), rigIn(folder))
    ).runner.run();
    expect(outcomes(record)).toEqual(['none agent-failed', 'odd passed', 'slow timed-out']);
    expect(record.runs.find(({ outcome }) => outcome === 'agent-failed')?.because).toBe(
      'Command ended with exit code 7. Not passed: check.',
    );
    expect(record.runs.find(({ outcome }) => outcome === 'passed')?.because).toBe('Command ended with exit code 3.');
  });

  it('takes a prompt of 100 KB', async () => {
    const { folder, repository } = setUp();
    const [task] = planOf(repository).tasks;
    const prompt = 'ä'.repeat(50_000);
    const counter = {
      ...shellAgent('counter', ''),
      command: ['sh', '-c', 'test "$(wc -c)" = 100000 && echo done > result.txt'],
    };
    const plan = planOf(repository, { contenders: [counter], tasks: task === undefined ? [] : [{ ...task, prompt }] });
    expect(outcomes(await (await startOf(plan, rigIn(folder))).runner.run())).toEqual(['counter passed']);
  });
});

describe('cancelling', () => {
  const slow = { setup: 'sleep 0.3', checks: [{ name: 'check', command: 'test -f result.txt && sleep 0.3' }] };

  it.each<RunPhase | 'before'>(['before', 'preparing', 'setup', 'working', 'checking'])(
    '%s ends all of it, with nothing left',
    async (phase) => {
      const { folder, repository } = setUp();
      const before = fingerprint(repository);
      let isDone = false;
      let runner: TrialRunner | null = null;
      const rig = rigIn(folder, (record) => {
        const isNow = phase === 'before' ? record.baseWorktrees.length > 0 : record.runs[0]?.phase === phase;
        if (!isNow || isDone) return;
        isDone = true;
        runner?.cancel();
      });
      const [task] = planOf(repository).tasks;
      const plan = planOf(repository, {
        contenders: [shellAgent('slow', `trap '' TERM; setsid sleep 300 & echo done > result.txt; sleep 0.6`)],
        runs: 2,
        tasks: task === undefined ? [] : [{ ...task, ...slow }],
      });
      runner = (await startOf(plan, rig)).runner;
      const record = await runner.run();
      expect(isDone).toBe(true);
      expect(record).toMatchObject({ state: 'ended', end: 'cancelled' });
      expect(outcomes(record)).toEqual(['slow cancelled', 'slow cancelled']);
      expect(readdirSync(rig.parts.worktreeRoot)).toEqual([]);
      for (const number of [0, 1, 2]) expect(await markedProcesses(runMarker(record.id, number))).toEqual([]);
      expect(rig.books.closed.map(([, outcome]) => outcome)).toEqual(rig.books.opened.map(() => 'abandoned'));
      expect(fingerprint(repository)).toBe(before);
    },
  );

  it('ends one run by a request of another program, and the others go on', async () => {
    const { folder, repository } = setUp();
    const rig = rigIn(folder);
    const hanging = { ...good, command: ['sh', '-c', 'sleep 300'] };
    const plan = planOf(repository, { contenders: [hanging, good], parallel: 2 });
    const { runner } = await startOf(plan, rig);
    const { id, runs } = runner.record;
    const over = runner.run();
    const number = runs.find(({ contender }) => contender === 0)?.number ?? 0;
    await eventually(
      () => markedProcesses(runMarker(id, number)),
      (pids) => pids.length > 0,
    );
    await rig.store.requestCancel(id, { all: false, runs: [number] });
    const record = await over;
    expect(record.end).toBe('finished');
    expect(record.runs.map(({ outcome }) => outcome).toSorted()).toEqual(['cancelled', 'passed']);
  });
});

describe('git that writes the copy of a run', () => {
  /** Writing a copy waits in here for as long as git lives. */
  function hangingCopies(folder: string): void {
    const path = join(folder, 'gitconfig');
    writeFileSync(path, '[filter "slow"]\n\tsmudge = "exec sleep 300"\n\tclean = cat\n');
    vi.stubEnv('GIT_CONFIG_GLOBAL', path);
  }

  it('is ended with the trial that was killed, before what it wrote is removed', async () => {
    const { folder, repository } = setUp({ 'a.txt': 'a\n', '.gitattributes': '*.txt filter=slow\n' });
    const rig = rigIn(folder);
    const { runner } = await startOf(planOf(repository), rig);
    hangingCopies(folder);
    const over = runner.run();
    const { id } = runner.record;
    const marker = runMarker(id, 0);
    await eventually(
      () => markedProcesses(marker),
      (pids) => pids.length >= 2,
    );
    await endRunProcesses(marker, []);
    expect(await over).toMatchObject({ end: 'failed', because: expect.stringContaining('git worktree failed') });
    expect(await markedProcesses(marker)).toEqual([]);
    expect(readdirSync(rig.parts.worktreeRoot)).toEqual([]);
  });

  it('and ends with the terminal that cancels it makes the run a cancelled one', async () => {
    const { folder, repository } = setUp({ 'a.txt': 'a\n', '.gitattributes': '*.txt filter=slow\n' });
    const rig = rigIn(folder, (record) => {
      if (record.runs[0]?.phase === 'preparing') hangingCopies(folder);
    });
    const { runner } = await startOf(planOf(repository), rig);
    const over = runner.run();
    const marker = runMarker(runner.record.id, 1);
    await eventually(
      () => markedProcesses(marker),
      (pids) => pids.length >= 2,
      20_000,
    );
    runner.cancel();
    await endRunProcesses(marker, []);
    expect(outcomes(await over)).toEqual(['good cancelled']);
  });
});

describe('a runner that is killed', () => {
  const child = resolve(import.meta.dirname, 'killedRunner.child.ts');

  it('leaves no process and no worktree, says what happened, and its trial can go on', async () => {
    const { folder, repository } = setUp();
    const before = fingerprint(repository);
    const runner = spawn(process.execPath, [child, folder, repository], { stdio: 'inherit' });
    const rig = rigIn(folder);
    const [running] = await eventually(
      () => rig.store.list(),
      ([first]) => first?.runs[1]?.phase === 'working',
      20_000,
    );
    if (running === undefined) throw new Error('no trial');
    const at = 2;
    await eventually(
      () => markedProcesses(runMarker(running.id, at)),
      (pids) => pids.length >= 2,
    );
    runner.kill('SIGKILL');
    await once(runner, 'exit');
    const [swept] = await sweepTrials(rig.store, 5);
    expect(swept).toMatchObject({ id: running.id, state: 'ended', end: 'interrupted', endedAtMs: 5 });
    expect(swept?.runs[at - 1]).toMatchObject({ phase: 'ended', outcome: 'interrupted', worktree: null });
    expect(await markedProcesses(runMarker(running.id, at))).toEqual([]);
    expect(readdirSync(rig.parts.worktreeRoot)).toEqual([]);
    expect(await sweepTrials(rig.store, 6)).toEqual([]);
    const resumed = resumedTrial({ ...(swept ?? running), plan: planOf(repository, { runs: 3 }) });
    const record = await new TrialRunner(resumed, await inspectRepository(repository), rig.parts).run();
    expect(record.runs.map(({ outcome }) => outcome)).toEqual(['passed', 'passed', 'passed']);
    expect(rig.books.opened).toHaveLength(resumed.runs.filter(({ phase }) => phase === 'waiting').length);
    expect(fingerprint(repository)).toBe(before);
  });
});

describe('trying the checks of a trial', () => {
  it('says of every task what keeps its check from telling, starts no agent, and leaves no copy behind', async () => {
    const { folder, repository } = setUp();
    const before = fingerprint(repository);
    const rig = rigIn(folder);
    const task = planOf(repository).tasks[0];
    if (task === undefined) throw new Error('A plan has a task.');
    const tasks = [
      { ...task, name: 'fails' },
      { ...task, name: 'passes', checks: [{ name: 'check', command: 'true' }] },
      { ...task, name: 'no set-up', setup: 'echo It is gone.; exit 3' },
      { ...task, name: 'no program', checks: [{ name: 'check', command: 'no-such-check-here' }] },
    ];
    const rehearsed = await (await startOf(planOf(repository, { tasks }), rig)).runner.rehearse();
    expect(rehearsed.problems).toEqual([
      expect.stringContaining('The check of "passes" passes before any work'),
      expect.stringMatching(/failed with exit code 3\.\nIt is gone\.$/),
      expect.stringMatching(/"no program" cannot be run: .* \(exit code 127\)\..*no-such-check-here/s),
    ]);
    expect(rig.books.opened).toEqual([]);
    expect(readdirSync(join(folder, 'run folder'))).toEqual([]);
    expect(fingerprint(repository)).toBe(before);
  });
});

describe('looking before a trial', () => {
  it('says which check files are missing, and where a budget is less than a run is expected to cost', async () => {
    const { folder, repository } = setUp();
    const rig = rigIn(folder);
    const [task] = planOf(repository).tasks;
    if (task === undefined) throw new Error('A plan has a task.');
    const checkFiles = { commit: 'HEAD', paths: ['a.txt', 'gone.txt'] };
    const looked = await preflight(planOf(repository, { tasks: [{ ...task, checkFiles }] }), rig.parts);
    expect(looked.problems).toEqual(['The check file "gone.txt" of "write a result" is not in HEAD.']);
    const scant = await preflight(planOf(repository, { runLimitNanoUsd: 1_000 }), rig.parts);
    expect(scant.problems).toEqual([]);
    expect(scant.notices.join(' ')).toContain('most of its runs will end over budget');
  });

  it('says everything that is missing, before any money is spent', async () => {
    const { folder, repository } = setUp();
    const rig = rigIn(folder);
    const look = async (more: object) => (await preflight(planOf(repository, more), rig.parts)).problems.join(' ');
    expect(await look({ repository: folder })).toContain('is no git repository');
    expect(await look({ repository: join(folder, 'gone') })).toBe(`There is no folder ${join(folder, 'gone')}.`);
    const nobody = { ...rig.parts, user: { ...rig.parts.user, env: { PATH: folder } } };
    const alone = await preflight(planOf(repository, { contenders: [codex] }), nobody);
    expect(alone.problems).toEqual([
      'Codex is not installed: "codex" was not found on the PATH. Nor was any other agent.',
    ]);
    writeFileSync(join(folder, 'gemini'), '', { mode: 0o755 });
    const other = await preflight(planOf(repository, { contenders: [codex] }), nobody);
    expect(other.problems.join(' ')).toContain('Found were: Gemini CLI.');
    expect(await look({ contenders: [{ ...good, command: ['no-such-agent'] }] })).toBe(
      '"no-such-agent" is not installed: it was not found on the PATH.',
    );
    // Of the repository or of its set-up: a copy has it.
    expect(await look({ contenders: [{ ...good, command: ['./scripts/agent'] }] })).toBe('');
    expect(await look({ carry: [{ path: '../x', how: 'copy' }] })).toContain('is not within the repository');
    expect(await look({ carry: [{ path: 'gone', how: 'copy' }] })).toContain('"gone" is not there');
    expect(await look({ carry: [{ path: '.git/config', how: 'copy' }] })).toContain('belongs to git');
    rig.books.isPriced = false;
    const { notices } = await preflight(planOf(repository), rig.parts);
    expect(notices.join(' ')).toContain('Command, good: no price is known for a model of this name');
    rig.books.problem = 'It is not metered.';
    expect(await look({})).toBe('It is not metered.');
    const full = await preflight(planOf(repository), { ...rig.parts, reserveBytes: Number.MAX_SAFE_INTEGER });
    expect(full.problems.join(' ')).toContain('The disk is too full');
    const inside = await preflight(planOf(repository), { ...rig.parts, worktreeRoot: join(repository, 'runs') });
    expect(inside.problems.join(' ')).toContain('is within the repository');
  });
});
