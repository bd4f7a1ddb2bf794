import { statfs } from 'node:fs/promises';
import { dirname, isAbsolute, relative } from 'node:path';
import { printCompact, printUsd } from '../domain/format.ts';
import {
  agentLabels,
  contenderLabel,
  type TrialAgentId,
  type TrialEstimate,
  type TrialPlan,
  type TrialTask,
  trialAgentIds,
} from '../protocol/trials.ts';
import type { UserFacts } from './agents/trialAgent.ts';
import { trialAgents } from './agents/trialAgents.ts';
import { carryProblem } from './carryFiles.ts';
import { findProgram } from './findProgram.ts';
import { GitError, tryGit } from './git/gitCommand.ts';
import {
  inspectRepository,
  type RepositoryFacts,
  resolveCommit,
  treeBytes,
  unsupportedParts,
} from './git/inspectRepository.ts';
import type { TrialBooks } from './trialBooks.ts';

export interface PreflightParts {
  readonly books: TrialBooks;
  readonly user: UserFacts;
  /** Where worktrees are made. */
  readonly worktreeRoot: string;
  /** Of a trial that goes on: what is in the plan has been seen before. */
  readonly reserveBytes?: number;
}

export interface Preflight {
  /** With commits in place of names, which mean nothing in the trial's own repository. */
  readonly plan: TrialPlan;
  readonly facts: RepositoryFacts | null;
  /** The commit of each task. */
  readonly starts: readonly string[];
  /** Why the trial cannot start, in sentences. */
  readonly problems: readonly string[];
  readonly notices: readonly string[];
  readonly estimate: TrialEstimate | null;
}

/** Left free beside the worktrees. */
const RESERVE_BYTES = 200 * 1024 * 1024;

/** Everything that can be known before money is spent. */
export async function preflight(plan: TrialPlan, parts: PreflightParts): Promise<Preflight> {
  const problems: string[] = [];
  const notices: string[] = [];
  const { facts, starts, tasks } = await lookAtRepository(plan, problems);
  if (facts !== null) {
    await checkCopies(plan, { facts, starts, parts }, { problems, notices });
  }
  try {
    await parts.books.ensureMeter();
    for (const agent of new Set(plan.contenders.map((contender) => contender.agent))) {
      problems.push(...(await agentProblems(agent, plan, parts)));
    }
  } catch (error) {
    problems.push(sentenceOf(error));
  }
  const estimate = problems.length === 0 ? await estimateOf(plan, parts.books) : null;
  if (problems.length === 0) notices.push(...(await doubtfulContenders(plan, parts.books)));
  return { plan: { ...plan, tasks }, facts, starts, problems, notices, estimate };
}

async function lookAtRepository(
  plan: TrialPlan,
  problems: string[],
): Promise<Pick<Preflight, 'facts' | 'starts'> & Pick<TrialPlan, 'tasks'>> {
  try {
    const facts = await inspectRepository(plan.repository);
    const starts: string[] = [];
    const tasks: TrialTask[] = [];
    for (const task of plan.tasks) {
      const { start, checkFiles } = task;
      starts.push(await resolveCommit(facts, start));
      const commit = checkFiles === null ? null : await resolveCommit(facts, checkFiles.commit);
      if (checkFiles !== null && commit !== null) problems.push(...(await missingFiles(facts, commit, task)));
      tasks.push(checkFiles === null || commit === null ? task : { ...task, checkFiles: { ...checkFiles, commit } });
    }
    return { facts, starts, tasks };
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    problems.push(error.message);
    return { facts: null, starts: [], tasks: plan.tasks };
  }
}

/** Check files that their commit does not have. */
async function missingFiles(
  facts: RepositoryFacts,
  commit: string,
  { name, checkFiles }: TrialTask,
): Promise<string[]> {
  const missing: string[] = [];
  for (const path of checkFiles?.paths ?? []) {
    const { code } = await tryGit(['cat-file', '-e', `${commit}:${path}`], { cwd: facts.folder });
    if (code !== 0) missing.push(`The check file "${path}" of "${name}" is not in ${checkFiles?.commit ?? commit}.`);
  }
  return missing;
}

async function checkCopies(
  plan: TrialPlan,
  {
    facts,
    starts,
    parts,
  }: { readonly facts: RepositoryFacts; readonly starts: readonly string[]; readonly parts: PreflightParts },
  { problems, notices }: { readonly problems: string[]; readonly notices: string[] },
): Promise<void> {
  const root = facts.root ?? facts.folder;
  if (!relative(root, parts.worktreeRoot).startsWith('..')) {
    problems.push(`The folder for the runs, ${parts.worktreeRoot}, is within the repository: it must be outside.`);
  }
  for (const file of plan.carry) {
    const problem = await carryProblem(facts.root, file);
    if (problem !== null) problems.push(`Cannot carry: ${problem}`);
  }
  for (const start of new Set(starts)) notices.push(...(await unsupportedParts(facts, start)));
  if (facts.isSparse) notices.push('The repository is a sparse checkout; runs get all of its files.');
  if (facts.changedFiles > 0 && !plan.uncommitted) {
    notices.push(`${facts.changedFiles} changed or untracked files are not committed, and not in the runs.`);
  }
  const [first] = starts;
  if (first === undefined) return;
  const needed = (await treeBytes(facts, first)) * (plan.parallel + 1) + (parts.reserveBytes ?? RESERVE_BYTES);
  const free = await freeBytes(parts.worktreeRoot);
  if (free !== null && free < needed) {
    problems.push(
      `The disk is too full: ${parts.worktreeRoot} has ${printCompact(free)} bytes free, and the runs need about ${printCompact(needed)}.`,
    );
  }
}

async function agentProblems(
  agent: TrialAgentId,
  plan: TrialPlan,
  { user, books }: PreflightParts,
): Promise<readonly string[]> {
  const adapter = trialAgents[agent];
  const commands = plan.contenders
    .filter((contender) => contender.agent === agent)
    .map(({ command }) => command?.[0] ?? '');
  for (const program of adapter.program === null ? commands : [adapter.program]) {
    // Programs of the repository are started from a run's copy, and are looked for there.
    if (adapter.program === null && !isAbsolute(program) && /[\\/]/.test(program)) continue;
    if ((await findProgram(program, user.env, user.platform)) !== null) continue;
    if (adapter.program === null) return [`"${program}" is not installed: it was not found on the PATH.`];
    return [
      `${agentLabels[agent]} is not installed: "${program}" was not found on the PATH. ${await foundAgentsText(user)}`,
    ];
  }
  const models = plan.contenders.filter((contender) => contender.agent === agent).map(({ model }) => model);
  const login = await adapter.loginProblem(user, models);
  if (login !== null) return [login];
  const connection = await books.connectionProblem(agent);
  return connection === null ? [] : [connection];
}

/** Who else could try. */
async function foundAgentsText({ env, platform }: UserFacts): Promise<string> {
  const found: string[] = [];
  for (const id of trialAgentIds) {
    const { program } = trialAgents[id];
    if (program !== null && (await findProgram(program, env, platform)) !== null) found.push(agentLabels[id]);
  }
  return found.length === 0 ? 'Nor was any other agent.' : `Found were: ${found.join(', ')}.`;
}

/** Contenders of whom even a cheap run is expected to reach its budget, and those whose every call may be refused. */
async function doubtfulContenders(
  { contenders, runLimitNanoUsd }: TrialPlan,
  books: TrialBooks,
): Promise<readonly string[]> {
  const notices: string[] = [];
  for (const contender of contenders) {
    const { lowNanoUsd, highNanoUsd } = await books.priceRange(contender);
    if (highNanoUsd === null) {
      notices.push(
        `${contenderLabel(contender)}: no price is known for a model of this name, so that no budget in dollars can be held for it. Calls that ask for it by this name are refused, unless "outlay.prices" names a price: is it spelled right?`,
      );
    }
    if (lowNanoUsd === null || lowNanoUsd <= runLimitNanoUsd) continue;
    notices.push(
      `${contenderLabel(contender)}: a run is expected to cost ${printUsd(lowNanoUsd)} or more, and may spend ${printUsd(runLimitNanoUsd)}: most of its runs will end over budget.`,
    );
  }
  return notices;
}

async function estimateOf(plan: TrialPlan, books: TrialBooks): Promise<TrialEstimate> {
  const perContender = plan.runs * plan.tasks.length;
  const ranges = await Promise.all(plan.contenders.map((contender) => books.priceRange(contender)));
  const sum = (values: readonly (number | null)[]): number | null =>
    values.reduce<number | null>(
      (total, value) => (total === null || value === null ? null : total + value * perContender),
      0,
    );
  const capped = (value: number | null): number | null =>
    value === null ? null : Math.min(value, plan.runLimitNanoUsd);
  const bounded = (total: number | null): number | null =>
    total === null ? null : Math.min(total, plan.totalLimitNanoUsd);
  return {
    lowNanoUsd: bounded(sum(ranges.map(({ lowNanoUsd }) => capped(lowNanoUsd)))),
    highNanoUsd: bounded(sum(ranges.map(({ highNanoUsd }) => capped(highNanoUsd)))),
    basis: plan.contenders.map((contender, index) => `${contenderLabel(contender)}: ${ranges[index]?.basis ?? ''}`),
  };
}

/** Of the nearest folder above that exists; null where the system does not tell. */
async function freeBytes(path: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  } catch {
    const above = dirname(path);
    return above === path ? null : freeBytes(above);
  }
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
