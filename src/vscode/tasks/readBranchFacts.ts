import { type BranchFacts, commonBranches, type Revert, revertedBy, type TargetFacts } from './detectOutcome.ts';

export interface GitCommit {
  readonly hash: string;
  readonly message: string;
  readonly parents: readonly string[];
}

/** What is asked of a repository; all of it only reads. */
export interface GitReads {
  /** The branch that is checked out; null for none. */
  head(): string | null;
  /** The commit of a branch or remote branch; null where there is none. */
  resolve(ref: string): Promise<string | null>;
  mergeBase(a: string, b: string): Promise<string | null>;
  /** Newest first; of what is checked out where no range is given. */
  log(maxEntries: number, range: string | null): Promise<readonly GitCommit[]>;
  /** For example "origin/fix-login"; null where the branch is not there or has none. */
  upstreamOf(branch: string): Promise<string | null>;
}

const MOST_OWN_COMMITS = 200;
const MOST_NEW_COMMITS = 50;

/** Looks at a task's branch. What was seen before tells which branches to look at again, and where the task's commits begin. */
export async function readBranchFacts(git: GitReads, branch: string, before: BranchFacts | null): Promise<BranchFacts> {
  const known = before?.branch === branch ? before : null;
  const tip = (await git.resolve(`refs/heads/${branch}`)) ?? known?.tip ?? null;
  const base = known?.base ?? tip;
  const upstream = (await git.upstreamOf(branch)) ?? known?.upstream ?? `origin/${branch}`;
  const pushed = await git.resolve(`refs/remotes/${upstream}`);
  const targets = tip === null ? {} : await readTargets(git, branch, tip, known);
  const own = tip === null || base === null || tip === base ? [] : await git.log(MOST_OWN_COMMITS, `${base}..${tip}`);
  const reverts = await readReverts(git, new Set(own.map(({ hash }) => hash)), tip, base);
  return { branch, tip, base, upstream, pushed, targets, reverts };
}

async function readTargets(
  git: GitReads,
  branch: string,
  tip: string,
  known: BranchFacts | null,
): Promise<Readonly<Record<string, TargetFacts>>> {
  const head = git.head();
  const names = new Set([...commonBranches, ...commonBranches.map((name) => `origin/${name}`)]);
  const all = new Set<string>([...names, ...Object.keys(known?.targets ?? {}), ...(head === null ? [] : [head])]);
  all.delete(branch);
  all.delete(`origin/${branch}`);
  const targets: Record<string, TargetFacts> = {};
  for (const name of all) {
    const commit = (await git.resolve(`refs/heads/${name}`)) ?? (await git.resolve(`refs/remotes/${name}`));
    if (commit !== null) targets[name] = { commit, contains: (await git.mergeBase(tip, commit)) === tip };
  }
  return targets;
}

/** Commits of what is checked out that take back one of the task's, or the merge that brought them. */
async function readReverts(
  git: GitReads,
  own: ReadonlySet<string>,
  tip: string | null,
  base: string | null,
): Promise<readonly Revert[]> {
  if (tip === null || tip === base) return [];
  const recent = await git.log(MOST_NEW_COMMITS, null);
  const merges = recent.filter(({ parents }) => parents.length > 1 && parents.includes(tip)).map(({ hash }) => hash);
  const undone = [...own, ...merges];
  return recent.flatMap(({ hash, message }) => {
    const named = revertedBy(message);
    const of = named === null ? undefined : undone.find((commit) => commit.startsWith(named));
    return of === undefined ? [] : [{ commit: hash, of }];
  });
}
