import { randomUUID } from 'node:crypto';
import { appendFile, copyFile, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { DiffSize } from '../../protocol/trials.ts';
import { removeFolder } from '../removeFolder.ts';
import { GitError, type GitOptions, git, gitBytes, tryGit } from './gitCommand.ts';
import type { RepositoryFacts } from './inspectRepository.ts';

/** What of the user's own configuration decides how files look in a working tree. */
const copiedKeys = [
  'core.autocrlf',
  'core.eol',
  'core.symlinks',
  'core.filemode',
  'core.ignorecase',
  'core.precomposeunicode',
  'core.longpaths',
  'core.excludesFile',
  'user.name',
  'user.email',
];

const author = {
  GIT_AUTHOR_NAME: 'Outlay trial',
  GIT_AUTHOR_EMAIL: 'trial@outlay.invalid',
  GIT_COMMITTER_NAME: 'Outlay trial',
  GIT_COMMITTER_EMAIL: 'trial@outlay.invalid',
};

/**
 * A repository of the trial's own, which borrows the user's objects and has refs, index, stash and config of its own. The worktrees of all
 * runs belong to it: whatever an agent does with git (commits, branches, stashes, config) ends here, and the user's repository is
 * only ever read. A branch that holds the solution is no ref of it either.
 */
export class TrialRepository {
  readonly folder: string;
  /** Named and never searched for: some users forbid git to use a bare repository that it only happens to be in. */
  readonly #here: GitOptions;

  constructor(folder: string) {
    this.folder = folder;
    this.#here = { cwd: folder, env: { GIT_DIR: folder } };
  }

  static async create(folder: string, facts: RepositoryFacts, start: string): Promise<TrialRepository> {
    const objects = join(facts.commonDir, 'objects');
    if (objects.includes('\n'))
      throw new GitError('The path of the repository holds a line break, which git cannot borrow from.');
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await git(['init', '--quiet', '--bare', '--template=', `--object-format=${facts.objectFormat}`, folder], {
      cwd: folder,
    });
    await mkdir(join(folder, 'info'), { recursive: true });
    await mkdir(join(folder, 'objects', 'info'), { recursive: true });
    // A path that begins with a quotation mark or a hash would be read as something else.
    await writeFile(join(folder, 'objects', 'info', 'alternates'), `${quotedAlternate(objects)}\n`);
    for (const name of ['shallow', 'info/exclude', 'info/attributes']) {
      await copyFile(join(facts.commonDir, name), join(folder, name)).catch(() => undefined);
    }
    await copyConfig(folder, facts);
    const branch = `refs/heads/${facts.branch ?? 'trial'}`;
    const made = new TrialRepository(folder);
    await git(['update-ref', branch, start], made.#here);
    await git(['symbolic-ref', 'HEAD', branch], made.#here);
    return made;
  }

  /** Keeps files that are carried into the runs out of every diff. */
  async exclude(paths: readonly string[]): Promise<void> {
    if (paths.length === 0) return;
    const lines = paths.map((path) => `/${path.replace(/[\\*?[\]]/g, '\\$&')}`);
    await appendFile(join(this.folder, 'info', 'exclude'), `\n${lines.join('\n')}\n`);
  }

  /**
   * The user's working tree as it is, changes and untracked files included, as a commit of this repository. The user's index is
   * copied, never written; new objects are written here.
   */
  async commitChanges(facts: RepositoryFacts): Promise<string> {
    if (facts.root === null) throw new GitError('A bare repository has no changes to carry.');
    const index = join(this.folder, 'index.changes');
    const env = { GIT_DIR: this.folder, GIT_WORK_TREE: facts.root, GIT_INDEX_FILE: index, ...author };
    const at = { cwd: facts.root, env };
    try {
      await fillIndex(join(facts.gitDir, 'index'), facts.head, at);
      await git(['add', '-A'], at);
      const tree = (await git(['write-tree'], at)).trim();
      const args = ['commit-tree', tree, '-p', facts.head, '-m', 'Changes that were not committed'];
      return (await git(args, at)).trim();
    } finally {
      await rm(index, { force: true });
    }
  }

  /** `env` is for finding git again where whoever waits for it is killed. */
  async addWorktree(path: string, commit: string, env: GitOptions['env'] = {}): Promise<void> {
    await git(['-c', 'checkout.workers=4', 'worktree', 'add', '--quiet', '--detach', '--force', path, commit], {
      cwd: this.folder,
      env: { ...env, GIT_DIR: this.folder },
    });
  }

  /** Also where it is half made, or gone already. */
  async removeWorktree(path: string): Promise<void> {
    await removeFolder(path);
    await tryGit(['worktree', 'prune', '--expire=now'], this.#here);
  }

  /** Puts files of another commit into a worktree. */
  async placeFiles(
    worktree: string,
    { commit, paths }: { readonly commit: string; readonly paths: readonly string[] },
    env: GitOptions['env'] = {},
  ): Promise<void> {
    const index = join(this.folder, `index.${randomUUID()}`);
    try {
      const at = { cwd: worktree, env: { ...env, ...this.#workTree(worktree, index) } };
      await git(['--literal-pathspecs', 'checkout', '--quiet', commit, '--', ...paths], at);
    } finally {
      await rm(index, { force: true });
    }
  }

  /**
   * Everything that a run left in its worktree, as a commit on its start that `refs/outlay/run-<number>` keeps. What git cannot take, such
   * as a repository without a commit that the agent made in there, is left out, and `leftOut` says what.
   */
  async commitResult(
    worktree: string,
    { start, number, env = {} }: { readonly start: string; readonly number: number; readonly env?: GitOptions['env'] },
  ): Promise<{ readonly commit: string; readonly leftOut: string | null }> {
    const index = join(this.folder, `index.${randomUUID()}`);
    const at = { cwd: worktree, env: { ...env, ...this.#workTree(worktree, index), ...author } };
    try {
      await fillIndex(await this.#indexOf(worktree), start, at);
      const added = await tryGit(['add', '-A', '--ignore-errors'], at);
      const tree = (await git(['write-tree'], at)).trim();
      const commit = (await git(['commit-tree', tree, '-p', start, '-m', `Outlay trial, run ${number}`], at)).trim();
      await git(['update-ref', `refs/outlay/run-${number}`, commit], this.#here);
      return { commit, leftOut: added.code === 0 ? null : added.stderr.trim() };
    } finally {
      await rm(index, { force: true });
    }
  }

  /**
   * For git in a worktree whose own link to this repository may be gone, or lead to another one that the agent made or that lies above it:
   * neither is to be written to. Nor does an index that a killed git left locked stand in the way of one that is nobody else's.
   */
  #workTree(worktree: string, index: string) {
    return { GIT_DIR: this.folder, GIT_WORK_TREE: worktree, GIT_INDEX_FILE: index };
  }

  /** The index that an agent worked with: what it added by force is in no other. */
  async #indexOf(worktree: string): Promise<string | null> {
    const folder = join(this.folder, 'worktrees');
    for (const name of await readdir(folder).catch(() => [])) {
      const link = await readFile(join(folder, name, 'gitdir'), 'utf8').catch(() => '');
      if (link !== '' && resolve(link.trimEnd()) === resolve(worktree, '.git')) return join(folder, name, 'index');
    }
    return null;
  }

  async diffSize(start: string, commit: string): Promise<DiffSize> {
    const text = await git(['diff', '--numstat', '-z', '--no-renames', start, commit], this.#here);
    const lines = text.split('\0').filter((line) => line !== '');
    const sum = (column: number): number =>
      lines.reduce((total, line) => total + (Number(line.split('\t')[column]) || 0), 0);
    return { files: lines.length, insertions: sum(0), deletions: sum(1) };
  }

  /** A patch that git and `patch` take, whatever the user's own diffs look like. Bytes, since not every text is UTF-8. */
  patch(start: string, commit: string): Promise<Buffer> {
    const plain = ['--no-color', '--no-ext-diff', '--no-textconv', '--no-relative', '--submodule=short', '--unified=3'];
    return gitBytes(['diff', '--binary', ...plain, '--src-prefix=a/', '--dst-prefix=b/', start, commit], this.#here);
  }

  async changedPaths(
    start: string,
    commit: string,
  ): Promise<readonly { readonly path: string; readonly status: string }[]> {
    const text = await git(['diff', '--name-status', '-z', '--no-renames', start, commit], this.#here);
    const parts = text.split('\0').filter((part) => part !== '');
    return parts.flatMap((status, index) => {
      const path = parts[index + 1];
      return index % 2 === 0 && path !== undefined ? [{ status, path }] : [];
    });
  }

  /** The text of a file of a commit; null where it has none. */
  async fileAt(commit: string, path: string): Promise<string | null> {
    const { code, stdout } = await tryGit(['cat-file', 'blob', `${commit}:${path}`], this.#here);
    return code === 0 ? stdout : null;
  }
}

/**
 * Fills the index of `at` from another one, which is not touched; from a commit where there is none, or it cannot be read alone because it
 * shares its entries with a file beside it.
 */
async function fillIndex(
  from: string | null,
  commit: string,
  at: GitOptions & { readonly env: { readonly GIT_INDEX_FILE: string } },
): Promise<void> {
  const index = at.env.GIT_INDEX_FILE;
  if (from !== null) {
    try {
      const seconds = Math.floor((await stat(from)).mtimeMs) / 1000;
      await copyFile(from, index);
      // Git looks into files that are as new as their index, and would trust those that only look older than its copy.
      await utimes(index, seconds, seconds);
      if ((await tryGit(['ls-files', '-t', '--', '.gitignore'], at)).code === 0) return;
    } catch {
      // There is none.
    }
    await rm(index, { force: true });
  }
  await git(['read-tree', commit], at);
}

async function copyConfig(folder: string, facts: RepositoryFacts): Promise<void> {
  const local = await tryGit(['config', '--local', '--null', '--list'], { cwd: facts.folder });
  const values = new Map(
    local.stdout.split('\0').flatMap((entry) => {
      const cut = entry.indexOf('\n');
      return cut < 0 ? [] : [[entry.slice(0, cut), entry.slice(cut + 1)] as const];
    }),
  );
  for (const key of copiedKeys) {
    const value = values.get(key);
    if (value !== undefined) await git(['config', '--file', join(folder, 'config'), key, value], { cwd: folder });
  }
  // An agent's commit must not wait for a passphrase, nor run hooks that the user has for all repositories.
  for (const [key, value] of [
    ['core.hooksPath', join(folder, 'hooks')],
    ['commit.gpgsign', 'false'],
    ['tag.gpgsign', 'false'],
    ['gc.auto', '0'],
    ['maintenance.auto', 'false'],
  ]) {
    await git(['config', '--file', join(folder, 'config'), key ?? '', value ?? ''], { cwd: folder });
  }
}

function quotedAlternate(path: string): string {
  if (!/^["#]/.test(path)) return path;
  return `"${path.replace(/[\\"]/g, '\\$&')}"`;
}

/** The repository of a trial that was made before; null where it is gone. */
export async function openTrialRepository(folder: string): Promise<TrialRepository | null> {
  const head = await readFile(join(folder, 'HEAD'), 'utf8').catch(() => null);
  return head === null ? null : new TrialRepository(folder);
}
