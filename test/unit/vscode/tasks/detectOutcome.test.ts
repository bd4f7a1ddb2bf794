import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BranchFacts, detectOutcome } from '../../../../src/vscode/tasks/detectOutcome.ts';
import { type GitReads, readBranchFacts } from '../../../../src/vscode/tasks/readBranchFacts.ts';

// Real repositories on disk, read through git itself, as the editor's git extension does.

let root = '';
let repo = '';
let files = 0;

const environment = {
  ...process.env,
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_AUTHOR_NAME: 'Somebody',
  GIT_AUTHOR_EMAIL: 'somebody@example.com',
  GIT_COMMITTER_NAME: 'Somebody',
  GIT_COMMITTER_EMAIL: 'somebody@example.com',
};

function git(...words: readonly string[]): string {
  return execFileSync('git', words, { cwd: repo, env: environment, encoding: 'utf8', stdio: 'pipe' }).trim();
}

async function ask(...words: readonly string[]): Promise<string | null> {
  const run = promisify(execFile)('git', words, { cwd: repo, env: environment });
  return run.then(
    ({ stdout }) => stdout.trim(),
    () => null,
  );
}

function commit(message: string): string {
  writeFileSync(join(repo, `file-${files++}`), message);
  git('add', '.');
  git('commit', '-q', '-m', message);
  return git('rev-parse', 'HEAD');
}

const reads: GitReads = {
  head: () => git('branch', '--show-current') || null,
  resolve: (ref) => ask('rev-parse', '--verify', '-q', `${ref}^{commit}`),
  mergeBase: (a, b) => ask('merge-base', a, b),
  log: async (maxEntries, range) => {
    const text = await ask('log', `-${maxEntries}`, '--format=%H%x00%P%x00%B%x01', ...(range === null ? [] : [range]));
    const entries = (text ?? '').split('\u0001').map((entry) => entry.trim());
    return entries
      .filter((entry) => entry !== '')
      .map((entry) => {
        const [hash = '', parents = '', message = ''] = entry.split('\0');
        return { hash, parents: parents.split(' '), message };
      });
  },
  upstreamOf: (branch) => ask('rev-parse', '--abbrev-ref', `${branch}@{upstream}`),
};

/** Looks, does something, looks again, and gives what is suggested. */
async function suggested(branch: string, act: () => void, before?: BranchFacts) {
  const then = before ?? (await readBranchFacts(reads, branch, null));
  act();
  return detectOutcome(then, await readBranchFacts(reads, branch, then));
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'outlay-git-'));
  repo = join(root, 'work');
  execFileSync('git', ['init', '-q', '--bare', '-b', 'main', join(root, 'remote')], { env: environment });
  execFileSync('git', ['init', '-q', '-b', 'main', repo], { env: environment });
  git('remote', 'add', 'origin', join(root, 'remote'));
  commit('first');
  git('push', '-q', '-u', 'origin', 'main');
  git('switch', '-q', '-c', 'fix-login');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe("a task's branch", { timeout: 60_000 }, () => {
  it('suggests nothing while it is worked on', async () => {
    expect(await suggested('fix-login', () => commit('work'))).toBeNull();
  });

  it('suggests that the task passed when it is pushed, with its upstream or without', async () => {
    commit('work');
    const push = () => git('push', '-q', '-u', 'origin', 'fix-login');
    const because = 'branch fix-login was pushed to origin/fix-login';
    expect(await suggested('fix-login', push)).toEqual({ outcome: 'passed', because });
    const again = () => {
      commit('more');
      git('push', '-q', 'origin', 'fix-login');
    };
    expect(await suggested('fix-login', again)).toEqual({ outcome: 'passed', because });
  });

  it.each([
    ['with a merge commit', ['merge', '-q', '--no-ff', '--no-edit', 'fix-login']],
    ['by a fast-forward', ['merge', '-q', 'fix-login']],
    ['by a rebase of the other branch', ['rebase', '-q', 'fix-login']],
  ])('suggests that the task passed when it is merged %s', async (_, words) => {
    commit('work');
    const before = await readBranchFacts(reads, 'fix-login', null);
    git('switch', '-q', 'main');
    expect(await suggested('fix-login', () => git(...words), before)).toEqual({
      outcome: 'passed',
      because: 'branch fix-login was merged into main',
    });
  });

  it('is still known when it is deleted with its merge', async () => {
    commit('work');
    const before = await readBranchFacts(reads, 'fix-login', null);
    const merge = () => {
      git('switch', '-q', 'main');
      git('merge', '-q', '--no-ff', '--no-edit', 'fix-login');
      git('branch', '-q', '-d', 'fix-login');
    };
    expect((await suggested('fix-login', merge, before))?.because).toBe('branch fix-login was merged into main');
  });

  it('suggests that the task failed when one of its commits is reverted, or its merge', async () => {
    const before = await readBranchFacts(reads, 'fix-login', null);
    const work = commit('work');
    git('switch', '-q', 'main');
    git('merge', '-q', '--no-ff', '--no-edit', 'fix-login');
    const merged = await readBranchFacts(reads, 'fix-login', before);
    const revert = await suggested('fix-login', () => git('revert', '--no-edit', work), merged);
    expect(revert?.outcome).toBe('failed');
    expect(revert?.because).toMatch(new RegExp(`^commit [0-9a-f]{7} reverted ${work.slice(0, 7)} of this task$`));
    git('reset', '-q', '--hard', 'HEAD~1');
    const merge = await suggested('fix-login', () => git('revert', '--no-edit', '-m', '1', 'HEAD'), merged);
    expect(merge?.outcome).toBe('failed');
  });

  it('suggests nothing when something else is reverted', async () => {
    const other = commit('before the task');
    const before = await readBranchFacts(reads, 'fix-login', null);
    commit('work');
    expect(await suggested('fix-login', () => git('revert', '--no-edit', other), before)).toBeNull();
  });

  it('suggests nothing when another branch is made on top of it', async () => {
    commit('work');
    expect(await suggested('fix-login', () => git('switch', '-q', '-c', 'next'))).toBeNull();
  });

  it('suggests nothing for what happened before it was first seen', async () => {
    commit('work');
    git('push', '-q', '-u', 'origin', 'fix-login');
    git('switch', '-q', 'main');
    git('merge', '-q', 'fix-login');
    expect(await suggested('fix-login', () => git('switch', '-q', 'fix-login'))).toBeNull();
    expect(detectOutcome(null, await readBranchFacts(reads, 'fix-login', null))).toBeNull();
  });

  it('suggests nothing for a pull of a branch that many share', async () => {
    git('switch', '-q', 'main');
    const other = join(root, 'other');
    execFileSync('git', ['clone', '-q', join(root, 'remote'), other], { env: environment });
    writeFileSync(join(other, 'theirs'), 'theirs');
    for (const words of [
      ['add', '.'],
      ['commit', '-q', '-m', 'theirs'],
      ['push', '-q'],
    ]) {
      execFileSync('git', words, { cwd: other, env: environment });
    }
    expect(await suggested('main', () => git('pull', '-q'))).toBeNull();
    commit('ours');
    expect((await suggested('main', () => git('push', '-q')))?.because).toBe('branch main was pushed to origin/main');
  });

  it('suggests nothing where it is in no repository', async () => {
    expect(await suggested('never-was', () => commit('work'))).toBeNull();
  });
});
