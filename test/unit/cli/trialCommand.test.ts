import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { figuresOf } from '../../../src/cli/trial/meterBooks.ts';
import { priceRange } from '../../../src/cli/trial/priceRange.ts';
import { TrialStore } from '../../../src/trials/trialStore.ts';
import { call as callRecord } from '../ledger/callFixtures.ts';
import { fingerprint, gitIn, newFolder, newRepository, writeFiles } from '../trials/repositoryFixture.ts';
import { planOf, rigIn, shellAgent, startOf } from '../trials/trialFixture.ts';
import { book, run } from './cliFixture.ts';

const stops: (() => void)[] = [];

afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

function setUp() {
  const folder = newFolder();
  stops.push(() => folder.dispose());
  const repository = newRepository(join(folder.path, 'repo'), { 'a.txt': 'a\n' });
  return { folder: folder.path, repository, dataDir: join(folder.path, 'data') };
}

const suite = `
agents: [{ command: [sh, -c, "echo done > result.txt"], model: m }]
prompt: Do it.
check: grep -q done result.txt
budget: 1
`;

/** A trial that has run, in the data folder of the command. */
async function finished() {
  const { folder, repository, dataDir } = setUp();
  const contenders = [shellAgent('good', 'echo 1000000 > "$SPEND_FILE"; echo done > result.txt; echo b > a.txt')];
  const record = await (await startOf(planOf(repository, { contenders }), rigIn(folder))).runner.run();
  const cli = (...args: readonly string[]) => run(['trial', ...args, '--data-dir', dataDir]);
  return { folder, repository, dataDir, record, cli };
}

describe('outlay trial run', () => {
  it('starts nothing of a suite whose exact text was not accepted, and shows all of it with its hash', async () => {
    const { folder, repository, dataDir } = setUp();
    const file = join(folder, 'suite.yaml');
    writeFiles(folder, { 'suite.yaml': suite });
    const words = ['trial', 'run', file, '--repository', repository, '--data-dir', dataDir];
    const first = await run(words);
    expect(first.code).toBe(1);
    expect(first.stderr).toContain('check: grep -q done result.txt');
    expect(first.stderr).toContain('["sh","-c","echo done > result.txt"]');
    expect(first.stderr).toContain('The command is run as it is written');
    const [, hash = ''] = /--accept ([0-9a-f]{64})/.exec(first.stderr) ?? [];
    expect(hash).not.toBe('');
    writeFiles(folder, { 'suite.yaml': `${suite}setup: rm -rf ~\n` });
    const changed = await run([...words, '--accept', hash]);
    expect(changed.code).toBe(1);
    expect(changed.stderr).toContain('That is not the hash of this suite as it is now.');
    expect(await new TrialStore(dataDir).list()).toEqual([]);
    expect(await new TrialStore(dataDir).isAccepted(hash)).toBe(false);
  });

  it.each([
    [['run'], 2, 'This needs one suite'],
    [['run', '/no/such.yaml'], 1, 'There is no suite /no/such.yaml.'],
    [['fly'], 2, 'Say what to do with trials: run, check, resume'],
    [['list', '--runs', '2'], 2, 'trial list has no option --runs.'],
    [['show'], 2, 'This needs the id of one trial'],
    [['show', '../../etc'], 1, 'There is no trial "../../etc"'],
    [['show', 'trial-aaaaaaaaaa'], 1, 'There is no trial'],
  ])('%j: says in words what is wrong', async (args, code, sentence) => {
    const { dataDir } = setUp();
    const result = await run(['trial', ...args, '--data-dir', dataDir]);
    expect(result.code).toBe(code);
    expect(result.stderr).toContain(sentence);
  });

  it.each([
    [['--models', 'nobody:x'], 'names no agent and model'],
    [['--runs', '0'], '--runs takes a whole number'],
    [['--budget', 'lots'], '--budget: "lots" is no amount'],
  ])('with %j says what is wrong with it', async (more, sentence) => {
    const { folder, dataDir } = setUp();
    writeFiles(folder, { 'suite.yaml': suite });
    const result = await run(['trial', 'run', join(folder, 'suite.yaml'), ...more, '--data-dir', dataDir]);
    expect(result.code).toBe(2);
    expect(result.stderr).toContain(sentence);
  });
});

describe('outlay trial look', () => {
  it("tells the repository's suites and history, and what past repeats suggest for the number of runs", async () => {
    const { folder, repository, dataDir } = setUp();
    const look = async () => JSON.parse((await run(words)).stdout);
    const words = ['trial', 'look', '--json', '--repository', repository, '--data-dir', dataDir];
    book(dataDir, []);
    expect(await look()).toMatchObject({ suites: [], hasHistory: false, suggestedRuns: null });
    writeFiles(repository, { '.outlay/trials/s.yaml': suite, 'src/a.js': '1', 'test/a.test.js': '1' });
    gitIn(repository, 'add', '-A');
    gitIn(repository, 'commit', '-q', '-m', 'Make the login keep its session');
    const contenders = [shellAgent('good', 'echo 1000000 > "$SPEND_FILE"; echo done > result.txt')];
    await (await startOf(planOf(repository, { contenders, runs: 4 }), rigIn(folder))).runner.run();
    expect(await look()).toMatchObject({
      suites: [{ path: join('.outlay', 'trials', 's.yaml'), name: 's', tasks: 1, missing: [], problem: null }],
      hasHistory: true,
      suggestedRuns: { runs: 2 },
    });
    const text = (await run(words.filter((word) => word !== '--json'))).stdout;
    expect(text).toContain('2 runs a model would tell a difference of 1.5 times');
    expect(text).toContain('s.yaml: s');
  });

  it('proposes the commits that were picked, as a suite', async () => {
    const { repository, dataDir } = setUp();
    const commit = (message: string, text: string): string => {
      writeFiles(repository, { 'src/a.js': text, 'test/a.test.js': text });
      gitIn(repository, 'add', '-A');
      gitIn(repository, 'commit', '-q', '-m', message);
      return gitIn(repository, 'rev-parse', 'HEAD');
    };
    const first = commit('Make the login keep its session', '1');
    const second = commit('Make the logout forget its session', '2');
    const words = ['trial', 'propose', '--repository', repository, '--data-dir', dataDir];
    expect((await run(words)).stdout).toContain(second);
    const picked = (await run([...words, '--commits', first])).stdout;
    expect(picked).toContain('Make the login keep its session');
    expect(picked).not.toContain('logout');
  });
});

describe('a trial that has ended', () => {
  it('is listed and shown, for people and for programs', async () => {
    const { cli, record } = await finished();
    expect((await cli('list')).stdout).toContain(record.id);
    const shown = (await cli('show', record.id)).stdout;
    expect(shown).toContain('Command, good  1 of 1');
    expect(shown).toContain(record.verdict);
    const json = JSON.parse((await cli('show', record.id, '--json')).stdout);
    expect(json).toMatchObject({
      id: record.id,
      end: 'finished',
      spentUsd: 0.001,
      models: [{ model: 'good', passed: 1, runs: 1, costPerPassUsd: 0.001 }],
    });
    expect(json.results).toHaveLength(1);
    expect((await cli('cancel', record.id)).stderr).toBe('The trial is not running.\n');
    expect((await cli('resume', record.id)).stderr).toContain('came to its end');
  });

  it('gives the changes of a run as text, as a branch, as a patch, and into a working tree that is clean', async () => {
    const { cli, record, repository, folder } = await finished();
    const before = fingerprint(repository);
    expect((await cli('diff', record.id, '--run', '1')).stdout).toContain('+done');
    expect((await cli('diff', record.id)).stderr).toContain('This needs --run N');
    const patch = join(folder, 'out.patch');
    expect((await cli('apply', record.id, '--run', '1', '--patch', patch)).code).toBe(0);
    expect(readFileSync(patch, 'utf8')).toContain('+done');
    expect(fingerprint(repository)).toBe(before);
    expect((await cli('apply', record.id, '--run', '1', '--branch', 'taken')).stdout).toContain(
      'Made the branch taken',
    );
    expect(gitIn(repository, 'show', 'taken:result.txt')).toBe('done');
    expect(gitIn(repository, 'rev-parse', 'taken~1')).toBe(gitIn(repository, 'rev-parse', 'main'));
    expect(gitIn(repository, 'status', '--porcelain')).toBe('');
    expect((await cli('apply', record.id, '--run', '1', '--branch', 'taken')).stderr).toContain(
      'There is a branch "taken" already.',
    );
    expect((await cli('apply', record.id, '--run', '1', '--branch', 'a..b')).stderr).toContain(
      'is no name for a branch',
    );
    writeFiles(repository, { 'mine.txt': 'mine\n' });
    expect((await cli('apply', record.id, '--run', '1', '--here')).stderr).toContain(
      'The working tree has changes of its own (mine.txt)',
    );
    expect(existsSync(join(repository, 'result.txt'))).toBe(false);
    expect((await cli('apply', record.id, '--run', '1', '--here', '--dirty')).code).toBe(0);
    expect(readFileSync(join(repository, 'result.txt'), 'utf8')).toBe('done\n');
    expect((await cli('apply', record.id, '--run', '1', '--here', '--dirty')).stderr).toContain(
      'do not fit the working tree',
    );
  });

  it('is deleted whole', async () => {
    const { cli, record, dataDir } = await finished();
    expect(statSync(join(dataDir, 'trials', record.id)).mode & 0o777).toBe(0o700);
    expect((await cli('delete', record.id)).code).toBe(0);
    expect(existsSync(join(dataDir, 'trials', record.id))).toBe(false);
    expect((await cli('list')).stdout).toContain('No trials yet');
  });
});

describe('what a trial is made from', () => {
  it('is looked at and proposed', async () => {
    const { repository, dataDir, folder } = setUp();
    writeFiles(repository, { 'src/a.js': 'x', 'src/a.test.js': 'y', 'go.mod': '' });
    gitIn(repository, 'add', '-A');
    gitIn(repository, 'commit', '-qm', 'Teach it to count to ten');
    const look = await run(['trial', 'look', '--repository', repository, '--json', '--data-dir', dataDir], {
      env: { PATH: folder },
    });
    expect(JSON.parse(look.stdout)).toMatchObject({
      root: repository,
      branch: 'main',
      changedFiles: 0,
      check: 'go test ./...',
      carry: [],
      agents: [],
    });
    const proposed = await run(['trial', 'propose', '--repository', repository, '--data-dir', dataDir]);
    expect(proposed.stdout).toContain('prompt: Teach it to count to ten');
    expect(proposed.stdout).toContain('check: go test ./...');
  });
});

describe('the figures of a run', () => {
  it('are sums over its calls, unknown where an answered call leaves them unknown', () => {
    const known = callRecord({ id: 'a', taskId: 'task-a' });
    expect(figuresOf([])).toMatchObject({ costNanoUsd: null, calls: 0, inputTokens: null });
    const two = figuresOf([known, known]);
    expect(two.calls).toBe(2);
    expect(two.costNanoUsd).toBe(2 * (known.cost.costNanoUsd ?? Number.NaN));
    expect(two.outputTokens).toBe(2 * (known.usage.outputTokens ?? Number.NaN));
    const unpriced = { ...known, cost: { ...known.cost, costNanoUsd: null } };
    expect(figuresOf([known, unpriced]).costNanoUsd).toBeNull();
    expect(figuresOf([known, { ...unpriced, status: 'error' as const }]).costNanoUsd).toBe(known.cost.costNanoUsd);
  });
});

describe('the expected cost of a run', () => {
  const contender = { ...shellAgent('claude-sonnet-4-5', ''), agent: 'claude-code' as const };

  it('is what sessions with the model came to, once there are three', async () => {
    const call = callRecord({ id: 'a', model: 'claude-sonnet-4-5' });
    const cost = (costNanoUsd: number) => ({ ...call.cost, costNanoUsd });
    const calls = [1, 2, 3, 4].map((amount) => ({ ...call, session: `s${amount}`, cost: cost(amount * 1e9) }));
    const range = await priceRange(contender, () => calls);
    expect(range).toMatchObject({ lowNanoUsd: 2e9, highNanoUsd: 4e9, basis: '4 sessions with it on this machine' });
  });

  it('is a guess from the list price before that, and unknown without one', async () => {
    const range = await priceRange(contender, () => []);
    expect(range.lowNanoUsd ?? 0).toBeGreaterThan(10_000_000);
    expect(range.highNanoUsd ?? 0).toBeGreaterThan(range.lowNanoUsd ?? 0);
    expect(range.basis).toContain('list price');
    expect(await priceRange({ ...contender, model: 'no-such-model' }, () => [])).toMatchObject({
      lowNanoUsd: null,
      basis: 'no price is known',
    });
  });
});
