import { resolve } from 'node:path';
import { GitError, git, tryGit } from './gitCommand.ts';

/** What a trial needs to know of the user's repository. */
export interface RepositoryFacts {
  /** The working tree's root; null for a bare repository. */
  readonly root: string | null;
  /** Where git commands are run: the root, or the bare repository itself. */
  readonly folder: string;
  /** The folder that all worktrees share: objects, refs, config. */
  readonly commonDir: string;
  readonly gitDir: string;
  readonly objectFormat: string;
  readonly isShallow: boolean;
  readonly head: string;
  /** Null where the head is detached. */
  readonly branch: string | null;
  /** Files that differ from the head, untracked ones included. */
  readonly changedFiles: number;
  readonly isSparse: boolean;
}

/** @throws GitError in words: no git, no repository, no commits, or something that trials cannot copy. */
export async function inspectRepository(path: string): Promise<RepositoryFacts> {
  const at = { cwd: path };
  const parsed = await tryGit(
    ['rev-parse', '--is-bare-repository', '--absolute-git-dir', '--git-common-dir', '--show-object-format'],
    at,
  );
  if (parsed.code !== 0) {
    const why = parsed.stderr.includes('dubious ownership') ? 'belongs to another user' : 'is no git repository';
    throw new GitError(`${path} ${why}: a trial needs one, since each run gets its own copy of it.`);
  }
  const [isBare, gitDir = '', commonText = '', objectFormat = 'sha1'] = parsed.stdout.trimEnd().split('\n');
  const commonDir = resolve(path, commonText);
  const root = isBare === 'true' ? null : (await git(['rev-parse', '--show-toplevel'], at)).trimEnd();
  const folder = root ?? gitDir;
  const here = { cwd: folder };
  const head = await tryGit(['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'], here);
  if (head.code !== 0) throw new GitError('The repository has no commits yet: a trial starts from one.');
  const branch = await tryGit(['symbolic-ref', '--quiet', '--short', 'HEAD'], here);
  await refusePartialClone(folder);
  return {
    ...{ root, folder, commonDir, gitDir, objectFormat },
    isShallow: (await git(['rev-parse', '--is-shallow-repository'], here)).trim() === 'true',
    head: head.stdout.trim(),
    branch: branch.code === 0 ? branch.stdout.trim() : null,
    changedFiles: root === null ? 0 : await countChanges(root),
    isSparse: (await tryGit(['config', '--type=bool', '--get', 'core.sparseCheckout'], here)).stdout.trim() === 'true',
  };
}

/** The commit that a revision names. @throws GitError where it names none. */
export async function resolveCommit(facts: RepositoryFacts, revision: string): Promise<string> {
  if (revision.startsWith('-')) throw new GitError(`"${revision}" is no commit.`);
  const found = await tryGit(['rev-parse', '--verify', '--quiet', `${revision}^{commit}`], { cwd: facts.folder });
  if (found.code !== 0) throw new GitError(`"${revision}" names no commit of ${facts.folder}.`);
  return found.stdout.trim();
}

/** What of a commit a run's copy would lack, in sentences. */
export async function unsupportedParts(facts: RepositoryFacts, commit: string): Promise<readonly string[]> {
  const at = { cwd: facts.folder };
  const found: string[] = [];
  if ((await tryGit(['cat-file', '-e', `${commit}:.gitmodules`], at)).code === 0) {
    found.push('The repository has submodules: they are not supported, and are empty folders in the runs.');
  }
  const attributes = [':(glob)**/.gitattributes'];
  if ((await tryGit(['grep', '-q', '-F', 'filter=lfs', commit, '--', ...attributes], at)).code === 0) {
    found.push(
      'The repository keeps files in Git LFS: that is not supported, and runs have the pointers instead of the files.',
    );
  }
  return found;
}

/** Bytes of all files of a commit, so that a full disk is met before any money is spent. */
export async function treeBytes(facts: RepositoryFacts, commit: string): Promise<number> {
  const listing = await git(['ls-tree', '-r', '-l', '-z', '--full-tree', commit], { cwd: facts.folder });
  let bytes = 0;
  for (const line of listing.split('\0')) {
    // Mode, type, id and size, then a tab and the path; a submodule has "-" for its size.
    const [, , , size] = line.slice(0, Math.max(0, line.indexOf('\t'))).split(/ +/);
    bytes += Number(size) || 0;
  }
  return bytes;
}

async function refusePartialClone(folder: string): Promise<void> {
  const { code } = await tryGit(['config', '--get-regexp', '^(remote\\..*\\.promisor|extensions\\.partialclone)$'], {
    cwd: folder,
  });
  if (code === 0) {
    throw new GitError(
      'The repository is a partial clone, whose missing files a copy cannot fetch: trials need a full clone.',
    );
  }
}

async function countChanges(root: string): Promise<number> {
  const status = await git(['status', '--porcelain', '-z', '--no-renames', '--untracked-files=normal'], { cwd: root });
  return status.split('\0').filter((line) => line !== '').length;
}
