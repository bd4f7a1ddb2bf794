import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { git } from '../../../src/trials/git/gitCommand.ts';
import { inspectRepository, resolveCommit, unsupportedParts } from '../../../src/trials/git/inspectRepository.ts';
import { TrialRepository } from '../../../src/trials/git/trialRepository.ts';
import { fingerprint, gitIn, newFolder, newRepository, writeFiles } from './repositoryFixture.ts';

const stops: (() => void)[] = [];

afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

function folder(): string {
  const made = newFolder();
  stops.push(() => made.dispose());
  return made.path;
}

const files = { 'a.txt': 'one\n', 'dir/ä b.txt': 'two\n', '.gitignore': '.env\nnode_modules/\n' };

async function trialOf(repository: string, start?: string) {
  const facts = await inspectRepository(repository);
  const root = folder();
  const trial = await TrialRepository.create(join(root, 'repository.git'), facts, start ?? facts.head);
  return { facts, trial, worktree: join(root, 'wörk tree') };
}

describe('the repository of a trial', () => {
  it('gives a run the files of the start, and gives its changes back as a commit with its size and patch', async () => {
    const repository = newRepository(join(folder(), 'my repo'), files);
    const { facts, trial, worktree } = await trialOf(repository);
    await trial.addWorktree(worktree, facts.head);
    expect(readFileSync(join(worktree, 'dir/ä b.txt'), 'utf8')).toBe('two\n');
    writeFiles(worktree, { 'a.txt': 'uno\nzwei\n', 'new.txt': 'new\n', '.env': 'KEY=1' });
    rmSync(join(worktree, 'dir/ä b.txt'));
    const { commit } = await trial.commitResult(worktree, { start: facts.head, number: 3 });
    expect(await trial.diffSize(facts.head, commit)).toEqual({ files: 3, insertions: 3, deletions: 2 });
    expect(await trial.changedPaths(facts.head, commit)).toEqual([
      { status: 'M', path: 'a.txt' },
      { status: 'D', path: 'dir/ä b.txt' },
      { status: 'A', path: 'new.txt' },
    ]);
    expect(await trial.fileAt(commit, 'a.txt')).toBe('uno\nzwei\n');
    expect(await trial.fileAt(commit, 'dir/ä b.txt')).toBeNull();
    const patch = join(folder(), 'p.patch');
    writeFileSync(patch, await trial.patch(facts.head, commit));
    gitIn(repository, 'apply', patch);
    expect(readFileSync(join(repository, 'a.txt'), 'utf8')).toBe('uno\nzwei\n');
  });

  it('leaves every byte of the repository as it is, whatever a run does with git', async () => {
    const repository = newRepository(join(folder(), 'r'), files);
    writeFiles(repository, { 'a.txt': 'stashed\n' });
    gitIn(repository, 'stash');
    writeFiles(repository, { 'a.txt': 'staged\n', 'untracked.txt': 'u\n', '.env': 'SECRET=1\n' });
    gitIn(repository, 'add', 'a.txt');
    writeFiles(repository, { '.git/hooks/post-checkout': `#!/bin/sh\ntouch ${join(repository, 'hook-ran')}\n` });
    const before = fingerprint(repository);
    const { facts, trial, worktree } = await trialOf(repository);
    const start = await trial.commitChanges(facts);
    await trial.addWorktree(worktree, start);
    expect(readFileSync(join(worktree, 'a.txt'), 'utf8')).toBe('staged\n');
    expect(readFileSync(join(worktree, 'untracked.txt'), 'utf8')).toBe('u\n');
    expect(existsSync(join(worktree, '.env'))).toBe(false);
    for (const args of [
      ['config', 'user.name', 'Agent'],
      ['config', 'user.email', 'agent@example.com'],
      ['checkout', '-b', 'mine'],
    ])
      gitIn(worktree, ...args);
    writeFiles(worktree, { 'b.txt': 'b\n' });
    gitIn(worktree, 'add', '-A');
    gitIn(worktree, 'commit', '-m', 'Work');
    writeFiles(worktree, { 'b.txt': 'c\n' });
    gitIn(worktree, 'stash');
    gitIn(worktree, 'tag', 'done');
    gitIn(worktree, 'branch', '-f', 'main');
    const { commit } = await trial.commitResult(worktree, { start, number: 1 });
    expect(await trial.diffSize(start, commit)).toEqual({ files: 1, insertions: 1, deletions: 0 });
    await trial.removeWorktree(worktree);
    expect(existsSync(worktree)).toBe(false);
    expect(await git(['worktree', 'list', '--porcelain'], { cwd: trial.folder })).not.toContain('detached');
    expect(fingerprint(repository)).toBe(before);
  });

  it('knows no branch but the one it starts from, so that no run finds the solution', async () => {
    const repository = newRepository(join(folder(), 'r'), files);
    const start = gitIn(repository, 'rev-parse', 'HEAD');
    writeFiles(repository, { 'a.txt': 'solved\n' });
    gitIn(repository, 'commit', '-qam', 'Solve');
    gitIn(repository, 'tag', 'solved');
    const { trial, worktree } = await trialOf(repository, start);
    await trial.addWorktree(worktree, start);
    expect(gitIn(worktree, 'log', '--all', '--format=%s')).toBe('Begin');
  });

  it.each([
    ['a bare repository', (from: string, to: string) => gitIn(from, 'clone', '-q', '--bare', '.', to)],
    ['a shallow clone', (from: string, to: string) => gitIn(from, 'clone', '-q', '--depth=1', `file://${from}`, to)],
    ['a linked worktree', (from: string, to: string) => gitIn(from, 'worktree', 'add', '-q', '--detach', to)],
    [
      'a repository with SHA-256',
      (_: string, to: string) => {
        gitIn(folder(), 'init', '-q', '--object-format=sha256', to);
        writeFiles(to, files);
        gitIn(to, 'add', '-A');
        gitIn(to, 'commit', '-qm', 'Begin');
      },
    ],
    [
      'a detached head',
      (from: string, to: string) => {
        gitIn(from, 'clone', '-q', '.', to);
        gitIn(to, 'checkout', '-q', '--detach');
      },
    ],
  ])('works from %s', async (_, make) => {
    const origin = newRepository(join(folder(), 'origin'), files);
    writeFiles(origin, { 'a.txt': 'second\n' });
    gitIn(origin, 'commit', '-qam', 'Second');
    const repository = join(folder(), 'it\'s "a" répo');
    make(origin, repository);
    const before = fingerprint(repository);
    const { facts, trial, worktree } = await trialOf(repository);
    await trial.addWorktree(worktree, facts.head);
    expect(existsSync(join(worktree, 'a.txt'))).toBe(true);
    writeFiles(worktree, { 'a.txt': 'changed\n' });
    const { commit } = await trial.commitResult(worktree, { start: facts.head, number: 1 });
    expect((await trial.diffSize(facts.head, commit)).files).toBe(1);
    expect(fingerprint(repository)).toBe(before);
  });

  it('keeps carried files out of the diff, links too', async () => {
    const repository = newRepository(join(folder(), 'r'), files);
    const { facts, trial, worktree } = await trialOf(repository);
    await trial.exclude(['node_modules', 'odd[1].txt']);
    await trial.addWorktree(worktree, facts.head);
    symlinkSync(repository, join(worktree, 'node_modules'));
    writeFiles(worktree, { 'odd[1].txt': 'x' });
    const { commit } = await trial.commitResult(worktree, { start: facts.head, number: 1 });
    expect((await trial.diffSize(facts.head, commit)).files).toBe(0);
  });

  it('removes a worktree that is half made', async () => {
    const repository = newRepository(join(folder(), 'r'), files);
    const { facts, trial, worktree } = await trialOf(repository);
    writeFiles(worktree, { 'half.txt': '' });
    await trial.removeWorktree(worktree);
    await trial.addWorktree(worktree, facts.head);
    expect(existsSync(join(worktree, 'half.txt'))).toBe(false);
  });
});

describe('looking at a repository', () => {
  it('says in words what is missing', async () => {
    const none = folder();
    await expect(inspectRepository(none)).rejects.toThrow('is no git repository: a trial needs one');
    await expect(inspectRepository(join(none, 'not there'))).rejects.toThrow('There is no folder');
    gitIn(none, 'init', '-q');
    await expect(inspectRepository(none)).rejects.toThrow('has no commits yet');
    const repository = newRepository(join(folder(), 'r'), files);
    const facts = await inspectRepository(repository);
    await expect(resolveCommit(facts, 'no-such-branch')).rejects.toThrow('names no commit');
    await expect(resolveCommit(facts, '--all')).rejects.toThrow('is no commit');
    gitIn(repository, 'config', 'remote.origin.promisor', 'true');
    await expect(inspectRepository(repository)).rejects.toThrow('partial clone');
  });

  it('finds the changes, the branch and the root from a folder within', async () => {
    const repository = newRepository(join(folder(), 'r'), files);
    writeFiles(repository, { 'a.txt': 'x', 'n.txt': 'y' });
    expect(await inspectRepository(join(repository, 'dir'))).toMatchObject({
      root: repository,
      branch: 'main',
      changedFiles: 2,
      isShallow: false,
    });
  });

  it('tells of submodules and of Git LFS', async () => {
    const repository = newRepository(join(folder(), 'r'), {
      ...files,
      '.gitmodules': '[submodule "x"]\n',
      'deep/.gitattributes': '*.bin filter=lfs\n',
    });
    const facts = await inspectRepository(repository);
    const said = await unsupportedParts(facts, facts.head);
    expect(said.join(' ')).toContain('submodules');
    expect(said.join(' ')).toContain('Git LFS');
    const plain = await inspectRepository(newRepository(join(folder(), 'p'), files));
    expect(await unsupportedParts(plain, plain.head)).toEqual([]);
  });
});
