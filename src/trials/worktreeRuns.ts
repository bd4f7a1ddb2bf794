import { readdir, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { CheckResult, TrialPlan, TrialTask } from '../protocol/trials.ts';
import { carryFiles } from './carryFiles.ts';
import type { TrialRepository } from './git/trialRepository.ts';
import { type KeptProcess, startKept } from './processes/keeper.ts';
import { type KeptCommand, type KeptResult, MARKER_VARIABLE } from './processes/keeperProtocol.ts';
import { plainEnvironment, type RunnerParts, shellCommand } from './runnerParts.ts';

/** One worktree and what is run in it. */
export interface WorktreeSite {
  readonly repository: TrialRepository;
  /** The user's working tree, from which files are carried; null where there is none. */
  readonly root: string | null;
  readonly worktree: string;
  /** Where outputs are kept. */
  readonly folder: string;
  readonly marker: string;
  /** Takes each process that is started, so that it can be cancelled. */
  readonly onStart: (process: KeptProcess) => void;
}

export async function makeWorktree(site: WorktreeSite, start: string, plan: TrialPlan): Promise<void> {
  await site.repository.addWorktree(site.worktree, start, markOf(site));
  if (site.root !== null) await carryFiles(site.root, site.worktree, plan.carry);
}

/** For git too: one that still writes a worktree after a kill has to be ended before that can be removed. */
export function markOf({ marker }: WorktreeSite): Readonly<Record<string, string>> {
  return { [MARKER_VARIABLE]: marker };
}

/** With the folder of its trial, when it was the last in there. */
export async function dropWorktree(site: WorktreeSite): Promise<void> {
  await site.repository.removeWorktree(site.worktree);
  await dropEmptyFolder(dirname(site.worktree));
}

/** Of a copy that could not be removed, for instance since a program of another user wrote into it. */
export function leftText(worktree: string): (error: unknown) => string {
  return (error) =>
    `Its copy ${worktree} could not be removed: ${error instanceof Error ? error.message : String(error)}.`;
}

export async function dropEmptyFolder(folder: string): Promise<void> {
  if ((await readdir(folder).catch(() => [''])).length === 0) await rmdir(folder).catch(() => undefined);
}

/** Runs a program in the worktree, under a keeper. */
export function runInWorktree(
  site: WorktreeSite,
  parts: RunnerParts,
  command: Pick<KeptCommand, 'argv' | 'stdinPath' | 'timeoutMs'> & {
    readonly env?: KeptCommand['env'];
    readonly log: string;
  },
): Promise<KeptResult> {
  const kept = startKept(
    {
      argv: command.argv,
      cwd: site.worktree,
      env: command.env ?? plainEnvironment(parts.user.env),
      stdinPath: command.stdinPath,
      outputPath: join(site.folder, command.log),
      timeoutMs: command.timeoutMs,
      marker: site.marker,
      orphanedFolder: site.worktree,
    },
    parts.keeper,
  );
  site.onStart(kept);
  return kept.result;
}

/** Null where there is none or it worked; else why not, in a sentence. */
export async function runSetup(
  site: WorktreeSite,
  parts: RunnerParts,
  { task, plan }: TaskOfPlan,
): Promise<string | null> {
  if (task.setup === null) return null;
  const argv = shellCommand(task.setup, parts.user.platform);
  const result = await runInWorktree(site, parts, {
    argv,
    stdinPath: null,
    timeoutMs: plan.setupTimeoutMs,
    log: 'setup.log',
  });
  if (result.startProblem !== null) return result.startProblem;
  if (result.timedOut) return `The set-up "${task.setup}" did not end in time.`;
  return result.code === 0 || result.cancelled
    ? null
    : `The set-up "${task.setup}" failed with ${codeText(result.code)}.`;
}

export interface TaskOfPlan {
  readonly task: TrialTask;
  readonly plan: TrialPlan;
}

/** Runs every check, the failed ones' successors too, since each is named in the table. Stops where the run is cancelled. */
export async function runChecks(
  site: WorktreeSite,
  parts: RunnerParts,
  { task, plan }: TaskOfPlan,
): Promise<readonly CheckResult[]> {
  if (task.checkFiles !== null) await site.repository.placeFiles(site.worktree, task.checkFiles, markOf(site));
  const results: CheckResult[] = [];
  for (const [index, { name, command }] of task.checks.entries()) {
    const log = `check-${index + 1}.log`;
    const argv = shellCommand(command, parts.user.platform);
    const result = await runInWorktree(site, parts, { argv, stdinPath: null, timeoutMs: plan.checkTimeoutMs, log });
    const { code, timedOut, durationMs, cancelled } = result;
    results.push({ name, passed: code === 0 && !timedOut && !cancelled, code, timedOut, durationMs, log });
    if (cancelled) break;
  }
  return results;
}

export function codeText(code: number | null): string {
  return code === null ? 'a signal' : `exit code ${code}`;
}
