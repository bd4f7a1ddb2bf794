import type { Outcome } from '../../domain/task.ts';

/** What a repository says about a task's branch at one moment. Commits by their full hash. */
export interface BranchFacts {
  readonly branch: string;
  /** Its newest commit; that of before where the branch has been deleted since; null where it never was there. */
  readonly tip: string | null;
  /** Its newest commit when the task was first seen: what comes after is the task's. */
  readonly base: string | null;
  /** The branch that it is pushed to, for example "origin/fix-login", and its newest commit as far as it is known here. */
  readonly upstream: string | null;
  readonly pushed: string | null;
  /** Branches that work is merged into, by name. */
  readonly targets: Readonly<Record<string, TargetFacts>>;
  /** Commits that take back a commit of the task. */
  readonly reverts: readonly Revert[];
}

export interface TargetFacts {
  readonly commit: string;
  /** It contains the tip of the task's branch. */
  readonly contains: boolean;
}

export interface Revert {
  readonly commit: string;
  readonly of: string;
}

export interface SuggestedOutcome {
  readonly outcome: Outcome;
  readonly because: string;
}

/** Branches that many push to and pull from. */
export const commonBranches = ['main', 'master', 'trunk', 'develop'] as const;

const short = (commit: string): string => commit.slice(0, 7);

/**
 * What happened to a task's branch between two moments, as a suggestion that the user confirms or not. Only changes count: a branch that
 * was merged before Outlay first saw it suggests nothing. A squash merge leaves no trace that could be told from other work.
 */
export function detectOutcome(before: BranchFacts | null, after: BranchFacts): SuggestedOutcome | null {
  if (before === null || before.branch !== after.branch) return null;
  const revert = after.reverts.find(({ commit }) => before.reverts.every((known) => known.commit !== commit));
  if (revert !== undefined) {
    return { outcome: 'failed', because: `commit ${short(revert.commit)} reverted ${short(revert.of)} of this task` };
  }
  const target = mergedInto(before, after);
  if (target !== null) {
    return { outcome: 'passed', because: `branch ${after.branch} was merged into ${target}` };
  }
  return wasPushed(before, after)
    ? { outcome: 'passed', because: `branch ${after.branch} was pushed to ${after.upstream}` }
    : null;
}

/** A branch that was known before, moved, and now contains the task's. A new branch on top of the task's is no merge. */
function mergedInto(before: BranchFacts, after: BranchFacts): string | null {
  const names = Object.entries(after.targets)
    .filter(([name, now]) => {
      const then = before.targets[name];
      return then !== undefined && now.contains && !then.contains && now.commit !== then.commit;
    })
    .map(([name]) => name);
  // The local branch stands for its remote one.
  return names.find((name) => !name.includes('/')) ?? names[0] ?? null;
}

/**
 * The upstream came up with the branch. On a branch that many share, the same is seen after a pull; there only a push of what was
 * there before counts.
 */
function wasPushed(before: BranchFacts, after: BranchFacts): boolean {
  if (after.pushed === null || after.pushed === before.pushed || after.pushed !== after.tip) return false;
  const isShared = commonBranches.some((name) => name === after.branch);
  return !isShared || before.tip === after.tip;
}

/** The commit that a message takes back, as `git revert` writes it. */
export function revertedBy(message: string): string | null {
  return /^This reverts commit ([0-9a-f]{7,64})\b/m.exec(message)?.[1] ?? null;
}
