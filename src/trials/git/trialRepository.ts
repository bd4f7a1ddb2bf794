import { appendFile, copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DiffSize } from '../../protocol/trials.ts';
import { GitError, git, tryGit } from './gitCommand.ts';
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

  constructor(folder: string) {
    this.folder = folder;
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
    await git(['update-ref', branch, start], { cwd: folder });
    await git(['symbolic-ref', 'HEAD', branch], { cwd: folder });
    return new TrialRepository(folder);
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
    await copyFile(join(facts.gitDir, 'index'), index).catch(() => undefined);
    // An index that shares its entries with another file cannot be copied alone.
    if ((await tryGit(['ls-files', '-t', '--', '.gitignore'], at)).code !== 0) {
      await rm(index, { force: true });
      await git(['read-tree', facts.head], at);
    }
    try {
      await git(['add', '-A'], at);
      const tree = (await git(['write-tree'], at)).trim();
      const args = ['commit-tree', tree, '-p', facts.head, '-m', 'Changes that were not committed'];
      return (await git(args, at)).trim();
    } finally {
      await rm(index, { force: true });
    }
  }

  async addWorktree(path: string, commit: string): Promise<void> {
    await git(['-c', 'checkout.workers=4', 'worktree', 'add', '--quiet', '--detach', '--force', path, commit], {
      cwd: this.folder,
    });
  }

  /** Also where it is half made, or gone already. */
  async removeWorktree(path: string): Promise<void> {
    await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    await tryGit(['worktree', 'prune', '--expire=now'], { cwd: this.folder });
  }

  /** Puts files of another commit into a worktree. */
  async placeFiles(
    worktree: string,
    { commit, paths }: { readonly commit: string; readonly paths: readonly string[] },
  ): Promise<void> {
    await git(['--literal-pathspecs', 'checkout', '--quiet', commit, '--', ...paths], { cwd: worktree });
  }

  /** Everything that a run left in its worktree, as a commit on its start that `refs/outlay/run-<number>` keeps. */
  async commitResult(
    worktree: string,
    { start, number }: { readonly start: string; readonly number: number },
  ): Promise<string> {
    const at = { cwd: worktree, env: author };
    await git(['add', '-A'], at);
    const tree = (await git(['write-tree'], at)).trim();
    const commit = (await git(['commit-tree', tree, '-p', start, '-m', `Outlay trial, run ${number}`], at)).trim();
    await git(['update-ref', `refs/outlay/run-${number}`, commit], { cwd: this.folder });
    return commit;
  }

  async diffSize(start: string, commit: string): Promise<DiffSize> {
    const text = await git(['diff', '--numstat', '-z', '--no-renames', start, commit], { cwd: this.folder });
    const lines = text.split('\0').filter((line) => line !== '');
    const sum = (column: number): number =>
      lines.reduce((total, line) => total + (Number(line.split('\t')[column]) || 0), 0);
    return { files: lines.length, insertions: sum(0), deletions: sum(1) };
  }

  /** A patch that git and `patch` take. */
  patch(start: string, commit: string): Promise<string> {
    return git(['diff', '--binary', '--no-color', '--no-ext-diff', '--no-textconv', start, commit], {
      cwd: this.folder,
    });
  }

  async changedPaths(
    start: string,
    commit: string,
  ): Promise<readonly { readonly path: string; readonly status: string }[]> {
    const text = await git(['diff', '--name-status', '-z', '--no-renames', start, commit], { cwd: this.folder });
    const parts = text.split('\0').filter((part) => part !== '');
    return parts.flatMap((status, index) => {
      const path = parts[index + 1];
      return index % 2 === 0 && path !== undefined ? [{ status, path }] : [];
    });
  }

  /** The text of a file of a commit; null where it has none. */
  async fileAt(commit: string, path: string): Promise<string | null> {
    const { code, stdout } = await tryGit(['cat-file', 'blob', `${commit}:${path}`], { cwd: this.folder });
    return code === 0 ? stdout : null;
  }
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
  // An agent's commit must not wait for a passphrase.
  for (const [key, value] of [
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
