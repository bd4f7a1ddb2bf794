import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { NanoUsd } from '../domain/money.ts';
import type { Outcome } from '../domain/task.ts';
import {
  agentLabels,
  type Contender,
  countsForModel,
  type RunFigures,
  type RunOutcome,
  type TrialRecord,
  type TrialRun,
} from '../protocol/trials.ts';
import type { AgentStart } from './agents/trialAgent.ts';
import { trialAgents } from './agents/trialAgents.ts';
import { DiskFullError, isDiskFull, refuseFullDisk } from './diskFull.ts';
import type { KeptResult } from './processes/keeperProtocol.ts';
import { POLL_MS, type RunnerParts } from './runnerParts.ts';
import type { RunAccess, RunProgress } from './trialBooks.ts';
import {
  codeText,
  dropWorktree,
  leftText,
  makeWorktree,
  markOf,
  runChecks,
  runInWorktree,
  runSetup,
  type TaskOfPlan,
  type WorktreeSite,
} from './worktreeRuns.ts';

/** An agent that goes on after its budget refused a call gets so long to end by itself. */
const STOPPED_PATIENCE_MS = 30_000;
/** Calls that the agent's end broke off are booked a moment later. */
const SETTLE_MS = 10_000;
const TAIL_BYTES = 64 * 1024;

/** What a run is done with. */
export interface RunJob extends TaskOfPlan {
  readonly record: TrialRecord;
  readonly contender: Contender;
  readonly start: string;
  readonly limitNanoUsd: NanoUsd;
  readonly site: WorktreeSite;
  /** Changes the run's record, and resolves when that is on disk. */
  update(change: Partial<TrialRun>): Promise<void>;
  isCancelled(): boolean;
  /** Ends what runs now. */
  stopProcess(): void;
}

interface Ending {
  readonly outcome: RunOutcome;
  readonly because: string | null;
}

/**
 * Does one run from its worktree to its verdict. Never rejects for what an agent, a check or git does: that is how the run ended. Rejects
 * where the disk is full, since then no run can tell anything.
 */
export async function runOne(run: TrialRun, job: RunJob, parts: RunnerParts): Promise<void> {
  const { update, site } = job;
  let ending: Ending;
  let full = false;
  try {
    ending = await doRun(run, job, parts);
    if (ending.outcome !== 'passed' && ending.outcome !== 'cancelled') await refuseFullDisk(site.worktree);
  } catch (error) {
    full = isDiskFull(error);
    if (full) ending = { outcome: 'interrupted', because: new DiskFullError().message };
    // What a terminal's interrupt ended includes git, which says so in words of its own.
    else if (job.isCancelled()) ending = cancelled;
    else ending = { outcome: 'setup-failed', because: error instanceof Error ? error.message : String(error) };
  }
  const left = await dropWorktree(site).then(() => null, leftText(site.worktree));
  const because = [ending.because, left].filter((sentence) => sentence !== null).join(' ') || null;
  await update({ ...ending, because, phase: 'ended', worktree: null, endedAtMs: parts.clock.nowMs() });
  if (full) throw new DiskFullError();
}

async function doRun(run: TrialRun, job: RunJob, parts: RunnerParts): Promise<Ending> {
  const { update, site, plan, start } = job;
  await update({
    phase: 'preparing',
    worktree: site.worktree,
    startedAtMs: parts.clock.nowMs(),
    limitNanoUsd: job.limitNanoUsd,
  });
  await makeWorktree(site, start, plan);
  if (job.isCancelled()) return cancelled;
  await update({ phase: 'setup' });
  const setupProblem = await runSetup(site, parts, job);
  if (job.isCancelled()) return cancelled;
  if (setupProblem !== null) return { outcome: 'setup-failed', because: setupProblem };
  await parts.books.ensureMeter();
  const access = await parts.books.openRun({
    title: titleOf(job, run),
    folder: plan.repository,
    agent: job.contender.agent,
    limitNanoUsd: job.limitNanoUsd,
  });
  let ending: Ending = { outcome: 'interrupted', because: null };
  try {
    ending = await workAndCheck(run, { job, access, parts });
  } finally {
    await parts.books.closeRun(access.taskId, bookedOutcome(ending.outcome), 'a trial').catch(() => undefined);
  }
  return ending;
}

const cancelled: Ending = { outcome: 'cancelled', because: null };

interface Work {
  readonly job: RunJob;
  readonly access: RunAccess;
  readonly parts: RunnerParts;
}

async function workAndCheck(run: TrialRun, { job, access, parts }: Work): Promise<Ending> {
  const { update, site, contender, task } = job;
  const promptPath = join(site.folder, 'prompt.md');
  await writeFile(promptPath, task.prompt, { mode: 0o600 });
  const adapter = trialAgents[contender.agent];
  const { env } = parts.user;
  const started = adapter.start({
    contender,
    prompt: task.prompt,
    promptPath,
    worktree: site.worktree,
    baseUrls: access.baseUrls,
    env,
  });
  const commandLine = shownCommand(started, task.prompt);
  await update({ phase: 'working', taskId: access.taskId, commandLine });
  const sinceMs = parts.clock.nowMs();
  if (job.isCancelled()) return cancelled;
  const worked = await work(started, { promptPath, work: { job, access, parts } });
  const { result, stoppedBecause } = worked;
  const figures = await settledFigures(access.taskId, sinceMs, parts);
  await update({ agentMs: result.durationMs, figures });
  await keepResult(run, job);
  if (result.startProblem !== null) {
    return job.isCancelled() ? cancelled : { outcome: 'agent-failed', because: result.startProblem };
  }
  if (stoppedBecause !== null) {
    // Some agents ask once more for a whole answer where a stream was refused, which takes more of the budget than there is.
    const errors = hasAnswer(figures) ? [] : await parts.books.providerErrors(access.taskId, sinceMs);
    const refused = refusedEnding(errors.join('\n'), contender);
    if (refused !== null) return refused;
    // Where nothing was spent, the budget is too small for a single call, which is no failure of the model.
    return { outcome: figures.calls === 0 ? 'not-started' : 'over-budget', because: stoppedBecause };
  }
  if (job.isCancelled()) return cancelled;
  if (result.timedOut) return { outcome: 'timed-out', because: 'The agent did not end in time.' };
  const failure = await agentFailure(result, figures, job);
  if (failure !== null) return failure;
  await update({ phase: 'checking' });
  const checks = await runChecks(site, parts, job);
  await update({ checks });
  if (job.isCancelled()) return cancelled;
  return checkedEnding(result, job, checks);
}

function checkedEnding(result: KeptResult, { contender }: RunJob, checks: TrialRun['checks']): Ending {
  const endedWith = result.code === 0 ? null : `${agentLabels[contender.agent]} ended with ${codeText(result.code)}.`;
  const failed = checks.filter(({ passed }) => !passed);
  if (failed.length === 0) return { outcome: 'passed', because: endedWith };
  const names = failed.map(({ name, timedOut }) => (timedOut ? `${name} (out of time)` : name)).join(', ');
  if (endedWith !== null) return { outcome: 'agent-failed', because: `${endedWith} Not passed: ${names}.` };
  return { outcome: 'failed', because: `Not passed: ${names}.` };
}

/** What keeps a run from saying anything about its model. */
async function agentFailure(
  result: KeptResult,
  figures: RunFigures,
  { contender, site }: RunJob,
): Promise<Ending | null> {
  const { agent } = contender;
  if (result.code !== 0 && !hasAnswer(figures)) {
    const refused = refusedEnding(await tailOf(join(site.folder, 'agent.log')), contender);
    if (refused !== null) return refused;
  }
  if (figures.calls > 0 || agent === 'command' || result.code !== 0) return null;
  return {
    outcome: 'not-metered',
    because: `No call of ${agentLabels[agent]} came through Outlay, so that neither its cost is known nor its budget held.`,
  };
}

/** What an agent's output, or the provider's own words for its errors, say of a login or a model that was refused. */
function refusedEnding(said: string, { agent, model }: RunJob['contender']): Ending | null {
  const label = agentLabels[agent];
  switch (trialAgents[agent].readFailure(said)) {
    case 'not-logged-in':
      return { outcome: 'not-logged-in', because: `${label} is not logged in, or its key was refused.` };
    case 'model-refused':
      return { outcome: 'model-refused', because: `${label} was refused the model ${model}.` };
    case null:
      return null;
  }
}

function hasAnswer({ outputTokens }: RunFigures): boolean {
  return (outputTokens ?? 0) > 0;
}

interface Worked {
  readonly result: KeptResult;
  readonly stoppedBecause: string | null;
}

/** The agent at work, with its figures as they grow, until it ends or its budget ends it. */
async function work(
  started: AgentStart,
  { promptPath, work: { job, access, parts } }: { readonly promptPath: string; readonly work: Work },
): Promise<Worked> {
  let isOver = false;
  let stoppedBecause: string | null = null;
  const process = runInWorktree(job.site, parts, {
    argv: started.argv,
    env: access.env,
    stdinPath: started.promptOnStdin ? promptPath : null,
    timeoutMs: job.plan.agentTimeoutMs,
    log: 'agent.log',
  }).finally(() => {
    isOver = true;
  });
  const watch = async (): Promise<void> => {
    let stoppedAtMs: number | null = null;
    let missing = 0;
    while (!isOver) {
      await Promise.race([process, delay(POLL_MS)]);
      const progress = await parts.books.progress(access.taskId).catch(() => null);
      missing = progress === null ? missing + 1 : 0;
      // Whoever else has the meter in its care comes first; after that the run needs one.
      if (missing > 5 && !isOver) await parts.books.ensureMeter().catch(() => undefined);
      if (progress === null) continue;
      stoppedBecause ??= progress.stoppedBecause;
      if (!isOver) await job.update({ figures: interimFigures(progress) });
      if (stoppedBecause === null) continue;
      stoppedAtMs ??= parts.clock.monotonicMs();
      if (parts.clock.monotonicMs() - stoppedAtMs > STOPPED_PATIENCE_MS) job.stopProcess();
    }
  };
  const watching = watch().catch(async (error: unknown) => {
    job.stopProcess();
    await process;
    throw error;
  });
  const [result] = await Promise.all([process, watching]);
  return { result, stoppedBecause };
}

function interimFigures({ spentNanoUsd, thinkingTokens, outputTokens, calls, toolCalls }: RunProgress): RunFigures {
  const unknown = { inputTokens: null, cacheReadTokens: null, cacheWriteTokens: null };
  return { ...unknown, costNanoUsd: spentNanoUsd, thinkingTokens, outputTokens, calls, toolCalls };
}

async function settledFigures(taskId: string, sinceMs: number, { books, clock }: RunnerParts): Promise<RunFigures> {
  const deadline = clock.monotonicMs() + SETTLE_MS;
  for (;;) {
    const progress = await books.progress(taskId).catch(() => null);
    if (progress?.openHolds === 0 || clock.monotonicMs() > deadline) return books.figures(taskId, sinceMs);
    if (progress === null) await books.ensureMeter().catch(() => undefined);
    await delay(100);
  }
}

/** The diff of the run. A worktree that the agent broke has none, which is no reason to lose the run. */
async function keepResult(run: TrialRun, { site, start, update }: RunJob): Promise<void> {
  try {
    const how = { start, number: run.number, env: markOf(site) };
    const { commit, leftOut } = await site.repository.commitResult(site.worktree, how);
    const diff = await site.repository.diffSize(start, commit);
    await update({ commit, diff });
    if (leftOut !== null) await keepDiffProblem(site, leftOut);
  } catch (error) {
    await keepDiffProblem(site, error instanceof Error ? error.message : String(error));
  }
}

function keepDiffProblem({ folder }: WorktreeSite, sentence: string): Promise<void> {
  return writeFile(join(folder, 'diff.problem'), sentence, { mode: 0o600 });
}

async function tailOf(path: string): Promise<string> {
  try {
    await using file = await open(path, 'r');
    const { size } = await file.stat();
    const from = Math.max(0, size - TAIL_BYTES);
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(TAIL_BYTES), position: from });
    return buffer.toString('utf8', 0, bytesRead);
  } catch {
    return '';
  }
}

/** The prompt stands in its own file; here it would only be long. */
function shownCommand({ argv, promptOnStdin }: AgentStart, prompt: string): string {
  const words = argv
    .map((word) => (word === prompt ? '<prompt>' : word))
    .map((word) => (/^[\w@%+=:,./<>-]+$/.test(word) ? word : JSON.stringify(word)));
  return `${words.join(' ')}${promptOnStdin ? ' < prompt.md' : ''}`;
}

/** Holds neither the prompt nor a name that may be made of it: the books keep it when the trial is deleted. */
function titleOf({ record, contender }: RunJob, run: TrialRun): string {
  return `Trial ${record.id.replace('trial-', '')}, run ${run.number}: ${contender.model}`
    .replace(/\s+/g, ' ')
    .slice(0, 200);
}

function bookedOutcome(outcome: RunOutcome): Outcome {
  if (outcome === 'passed') return 'passed';
  return countsForModel({ outcome }) ? 'failed' : 'abandoned';
}
