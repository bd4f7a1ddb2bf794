import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { applyHere } from '../../../src/trials/applyRun.ts';
import { inspectRepository } from '../../../src/trials/git/inspectRepository.ts';
import { TrialRepository } from '../../../src/trials/git/trialRepository.ts';
import { fingerprint, gitIn, newFolder, newRepository, writeFiles } from './repositoryFixture.ts';

const stops: (() => void)[] = [];

afterEach(() => {
  vi.unstubAllEnvs();
  for (const stop of stops.splice(0)) stop();
});

function folder(): string {
  const made = newFolder();
  stops.push(() => made.dispose());
  return made.path;
}

/** A worktree that lies within a repository of somebody else's, as that of a user who keeps the whole home folder in git. */
async function worktreeWithin(files: Readonly<Record<string, string>> = { 'a.txt': 'a\n' }) {
  const root = folder();
  const repository = newRepository(join(root, 'r'), files);
  const facts = await inspectRepository(repository);
  const trial = await TrialRepository.create(join(root, 'trial.git'), facts, facts.head);
  const home = newRepository(join(root, 'home'), { 'own.txt': 'mine\n' });
  const worktree = join(home, '.cache', 'run-1');
  mkdirSync(join(home, '.cache'));
  await trial.addWorktree(worktree, facts.head);
  return { repository, facts, trial, home, worktree };
}

const gitDir = (worktree: string): string => gitIn(worktree, 'rev-parse', '--absolute-git-dir');

describe('what a run did is kept, and nothing of another repository is touched,', () => {
  it.each([
    ['removed its link to git', (worktree: string) => rmSync(join(worktree, '.git'))],
    [
      'made a repository of its own in its place',
      (worktree: string) => {
        rmSync(join(worktree, '.git'));
        gitIn(worktree, 'init', '--quiet');
        gitIn(worktree, 'add', '-A');
        gitIn(worktree, 'commit', '--quiet', '-m', 'Mine');
      },
    ],
    ['left a locked index', (worktree: string) => writeFileSync(join(gitDir(worktree), 'index.lock'), '')],
    ['left a broken index', (worktree: string) => writeFileSync(join(gitDir(worktree), 'index'), 'DIRC')],
  ])('where the agent %s', async (_, harm) => {
    const { repository, facts, trial, home, worktree } = await worktreeWithin({ 'a.txt': 'a\n', 'test.sh': 'true\n' });
    writeFiles(worktree, { 'a.txt': 'b\n', 'new.txt': 'new\n', 'test.sh': 'weakened\n' });
    harm(worktree);
    const before = [fingerprint(join(home, '.git')), fingerprint(repository)];
    const { commit, leftOut } = await trial.commitResult(worktree, { start: facts.head, number: 1 });
    await trial.placeFiles(worktree, { commit: facts.head, paths: ['test.sh'] });
    expect(leftOut).toBeNull();
    expect((await trial.changedPaths(facts.head, commit)).map(({ path }) => path)).toEqual([
      'a.txt',
      'new.txt',
      'test.sh',
    ]);
    expect(readFileSync(join(worktree, 'test.sh'), 'utf8')).toBe('true\n');
    expect([fingerprint(join(home, '.git')), fingerprint(repository)]).toEqual(before);
  });

  it('but for a repository without a commit that the agent made in there, which git cannot take, and which is said', async () => {
    const { facts, trial, worktree } = await worktreeWithin();
    writeFiles(worktree, { 'new.txt': 'new\n', 'inner/file.txt': 'x\n' });
    gitIn(join(worktree, 'inner'), 'init', '--quiet');
    const { commit, leftOut } = await trial.commitResult(worktree, { start: facts.head, number: 1 });
    expect(leftOut).toContain('inner/');
    expect(await trial.changedPaths(facts.head, commit)).toEqual([{ path: 'new.txt', status: 'A' }]);
  });

  it('with what the agent added by force', async () => {
    const { facts, trial, worktree } = await worktreeWithin({ '.gitignore': '*.log\n' });
    writeFiles(worktree, { 'kept.log': 'x\n', 'other.log': 'x\n' });
    gitIn(worktree, 'add', '-f', 'kept.log');
    const { commit } = await trial.commitResult(worktree, { start: facts.head, number: 1 });
    expect(await trial.changedPaths(facts.head, commit)).toEqual([{ path: 'kept.log', status: 'A' }]);
  });
});

describe('the configuration that a user has for all repositories', () => {
  /** Outlay's git and the fixture's have it for the rest of the test. */
  function configure(text: string): string {
    const path = join(folder(), 'gitconfig');
    writeFileSync(path, text);
    vi.stubEnv('GIT_CONFIG_GLOBAL', path);
    return path;
  }

  it('may forbid git to use a bare repository that it was not told of', async () => {
    configure('[safe]\n\tbareRepository = explicit\n');
    const { facts, trial, worktree } = await worktreeWithin();
    writeFiles(worktree, { 'new.txt': 'new\n' });
    const { commit } = await trial.commitResult(worktree, { start: facts.head, number: 1 });
    expect(await trial.diffSize(facts.head, commit)).toEqual({ files: 1, insertions: 1, deletions: 0 });
  });

  it('may give diffs another form, and a patch fits all the same', async () => {
    configure('[diff]\n\tnoprefix = true\n\tcontext = 0\n');
    const { repository, facts, trial, worktree } = await worktreeWithin({ 'dir/a.txt': '1\n2\n3\n' });
    writeFiles(worktree, { 'dir/a.txt': '1\n2\nthree\n' });
    const { commit } = await trial.commitResult(worktree, { start: facts.head, number: 1 });
    await applyHere(repository, { repository: trial, start: facts.head, commit });
    expect(readFileSync(join(repository, 'dir/a.txt'), 'utf8')).toBe('1\n2\nthree\n');
  });

  it('may have the filter of Git LFS, which finds no server in a copy: that has the pointers', async () => {
    const broken = '"test \\"$GIT_LFS_SKIP_SMUDGE\\" = 1 && cat"';
    configure(`[filter "lfs"]\n\tclean = cat\n\tsmudge = ${broken}\n\trequired = true\n`);
    const { worktree } = await worktreeWithin({ '.gitattributes': '*.bin filter=lfs\n', 'a.bin': 'a pointer\n' });
    expect(readFileSync(join(worktree, 'a.bin'), 'utf8')).toBe('a pointer\n');
  });

  it('may have hooks, which the commits of an agent do not run', async () => {
    const hooks = join(folder(), 'hooks');
    const ran = join(folder(), 'ran');
    mkdirSync(hooks);
    writeFileSync(join(hooks, 'pre-commit'), `#!/bin/sh\ntouch ${JSON.stringify(ran)}\nexit 1\n`, { mode: 0o755 });
    const { worktree } = await worktreeWithin();
    configure(`[core]\n\thooksPath = ${JSON.stringify(hooks)}\n[user]\n\tname = A\n\temail = a@example.com\n`);
    const commit = ['commit', '--quiet', '--allow-empty', '-m', 'Work'];
    execFileSync('git', commit, { cwd: worktree, env: process.env, stdio: 'pipe' });
    expect(existsSync(ran)).toBe(false);
  });

  it('may not show untracked files, which are changes all the same', async () => {
    const { repository } = await worktreeWithin();
    gitIn(repository, 'config', 'status.showUntrackedFiles', 'no');
    writeFiles(repository, { 'new.txt': 'new\n' });
    expect(await inspectRepository(repository)).toMatchObject({ changedFiles: 1 });
  });
});

describe('the patch of a run', () => {
  it('has the bytes of a text that is not UTF-8', async () => {
    const { repository, facts, trial, worktree } = await worktreeWithin();
    const latin = Buffer.from('caf\xe9 = 1\n', 'latin1');
    writeFileSync(join(worktree, 'latin.txt'), latin);
    const { commit } = await trial.commitResult(worktree, { start: facts.head, number: 1 });
    await applyHere(repository, { repository: trial, start: facts.head, commit });
    expect(readFileSync(join(repository, 'latin.txt'))).toEqual(latin);
  });
});
