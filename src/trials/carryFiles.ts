import { constants } from 'node:fs';
import { cp, lstat, mkdir, symlink } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { CarriedFile } from '../protocol/trials.ts';

/** Files that projects keep out of git and yet need, with the way that is offered first. */
const usual: readonly CarriedFile[] = [
  { path: '.env', how: 'copy' },
  { path: '.env.local', how: 'copy' },
  { path: 'node_modules', how: 'link' },
  { path: '.venv', how: 'link' },
  { path: 'vendor', how: 'link' },
];

/** Those of the usual files that are there and that git does not know, for the user to choose from. */
export async function proposeCarried(
  root: string,
  isKnownToGit: (path: string) => Promise<boolean>,
): Promise<readonly CarriedFile[]> {
  const found: CarriedFile[] = [];
  for (const file of usual) {
    const isThere = await lstat(join(root, file.path)).then(
      () => true,
      () => false,
    );
    if (isThere && !(await isKnownToGit(file.path))) found.push(file);
  }
  return found;
}

/** What is wrong with a path that is to be carried, in a sentence; null for nothing. Nothing outside the repository is ever carried. */
export async function carryProblem(root: string | null, { path }: CarriedFile): Promise<string | null> {
  if (root === null) return 'A bare repository has no files to carry.';
  const inside = relative(root, resolve(root, path));
  if (path === '' || isAbsolute(path) || inside === '' || inside.startsWith('..'))
    return `"${path}" is not within the repository.`;
  if (inside.split(sep)[0] === '.git') return `"${path}" belongs to git.`;
  const isThere = await lstat(join(root, inside)).then(
    () => true,
    () => false,
  );
  return isThere ? null : `"${path}" is not there.`;
}

/** Puts the chosen files into a worktree. Copies share their blocks with the original where the file system can. */
export async function carryFiles(root: string, worktree: string, files: readonly CarriedFile[]): Promise<void> {
  for (const { path, how } of files) {
    const [from, to] = [join(root, path), join(worktree, path)];
    await mkdir(dirname(to), { recursive: true });
    if (how === 'link') await symlink(from, to, 'junction');
    else await cp(from, to, { recursive: true, verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE });
  }
}
