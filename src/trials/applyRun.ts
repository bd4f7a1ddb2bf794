import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TrialRecord, TrialRun } from '../protocol/trials.ts';
import { GitError, git, tryGit } from './git/gitCommand.ts';
import { TrialRepository } from './git/trialRepository.ts';
import type { TrialStore } from './trialStore.ts';

/** What a run left behind, to be looked at or taken over. */
export interface RunResult {
  readonly repository: TrialRepository;
  readonly start: string;
  readonly commit: string;
}

/** @throws GitError where the run has no result. */
export function resultOf(store: TrialStore, record: TrialRecord, run: TrialRun): RunResult {
  const start = record.starts[run.task];
  if (run.commit === null || start === undefined)
    throw new GitError(`Run ${run.number} has no result: it did not get that far.`);
  return { repository: new TrialRepository(store.repositoryOf(record.id, run.task)), start, commit: run.commit };
}

/** The result as a new branch of the user's repository, with no file of the working tree touched. */
export async function applyAsBranch(folder: string, { repository, commit }: RunResult, branch: string): Promise<void> {
  const at = { cwd: folder };
  const { code } = await tryGit(['check-ref-format', '--branch', branch], at);
  if (code !== 0 || branch.startsWith('-')) throw new GitError(`"${branch}" is no name for a branch.`);
  if ((await tryGit(['rev-parse', '--verify', '--quiet', `refs/heads/${branch}`], at)).code === 0) {
    throw new GitError(`There is a branch "${branch}" already.`);
  }
  const source = `refs/outlay/apply-${commit}`;
  await git(['update-ref', source, commit], { cwd: repository.folder });
  await git(
    ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', repository.folder, `${source}:refs/heads/${branch}`],
    at,
  );
}

/** Changed and untracked files of a working tree, at most a few, for a question before anything is written over them. */
export async function changesOf(folder: string): Promise<readonly string[]> {
  const status = await git(['status', '--porcelain', '-z', '--no-renames', '--untracked-files=normal'], {
    cwd: folder,
  });
  return status.split('\0').flatMap((line) => (line === '' ? [] : [line.slice(3)]));
}

/** The result as changes of the working tree that are not committed: all of it, or nothing where a part does not fit. */
export async function applyHere(folder: string, result: RunResult): Promise<void> {
  const patch = join(result.repository.folder, `apply-${result.commit}.patch`);
  await writeFile(patch, await result.repository.patch(result.start, result.commit), { mode: 0o600 });
  const root = (await git(['rev-parse', '--show-toplevel'], { cwd: folder })).trimEnd();
  const { code, stderr } = await tryGit(['apply', '--whitespace=nowarn', patch], { cwd: root });
  if (code !== 0)
    throw new GitError(`The changes do not fit the working tree as it is: ${stderr.trim().split('\n')[0] ?? ''}`);
}
