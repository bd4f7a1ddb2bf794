import type { NanoUsd } from '../domain/money.ts';

/** Who can do a task: a known agent, or any command of the user's. */
export const trialAgentIds = [
  'claude-code',
  'codex',
  'gemini-cli',
  'opencode',
  'aider',
  'copilot-cli',
  'command',
] as const;

export type TrialAgentId = (typeof trialAgentIds)[number];

/** One agent with one model and effort: what a trial compares. */
export interface Contender {
  readonly agent: TrialAgentId;
  /** As the agent takes it. */
  readonly model: string;
  readonly effort: string | null;
  /** Further arguments of the agent's command line. */
  readonly args: readonly string[];
  /** Of `command` only: the program and its arguments, with placeholders. */
  readonly command: readonly string[] | null;
}

export interface TrialCheck {
  readonly name: string;
  /** For the shell. Passed means exit code 0. */
  readonly command: string;
}

/** One piece of work with what tells whether it is done. */
export interface TrialTask {
  readonly name: string;
  readonly prompt: string;
  /** Where the work starts: anything that git takes for a commit. */
  readonly start: string;
  readonly setup: string | null;
  readonly checks: readonly TrialCheck[];
  /** Files that are put in place for the checks only, so that the agent never sees them: hidden tests. */
  readonly checkFiles: { readonly commit: string; readonly paths: readonly string[] } | null;
}

/** A file or folder that git does not know and the work needs. A link leads to the user's own: what a run writes there is written there. */
export interface CarriedFile {
  /** Within the repository. */
  readonly path: string;
  readonly how: 'copy' | 'link';
}

export interface TrialPlan {
  readonly name: string;
  /** Any folder of the repository. */
  readonly repository: string;
  readonly contenders: readonly Contender[];
  readonly tasks: readonly TrialTask[];
  /** Of each contender on each task. */
  readonly runs: number;
  /** Runs at once. */
  readonly parallel: number;
  /** Decides the order. */
  readonly seed: number;
  readonly runLimitNanoUsd: NanoUsd;
  readonly totalLimitNanoUsd: NanoUsd;
  readonly setupTimeoutMs: number;
  readonly agentTimeoutMs: number;
  readonly checkTimeoutMs: number;
  readonly carry: readonly CarriedFile[];
  /** Begin with the changes that are not committed, where a task starts at HEAD. */
  readonly uncommitted: boolean;
  /** Go on although a check passes before any work, and so cannot tell. */
  readonly checkMayPass: boolean;
}

export const runPhases = ['waiting', 'preparing', 'setup', 'working', 'checking', 'ended'] as const;

export type RunPhase = (typeof runPhases)[number];

/**
 * How a run ended. Everything but `passed` counts as failed, except for what says nothing about the model: `setup-failed`, `cancelled`,
 * `interrupted`, `not-started`, `not-logged-in`, `model-refused` and `not-metered`.
 */
export const runOutcomes = [
  'passed',
  'failed',
  'over-budget',
  'timed-out',
  'agent-failed',
  'not-logged-in',
  'model-refused',
  'not-metered',
  'setup-failed',
  'cancelled',
  'interrupted',
  'not-started',
] as const;

export type RunOutcome = (typeof runOutcomes)[number];

/** What a run came to in the books; null is unknown. */
export interface RunFigures {
  /** At the prices of the calls; subscription use at API prices. Null where a call has no price, or none was seen. */
  readonly costNanoUsd: NanoUsd | null;
  readonly inputTokens: number | null;
  readonly cacheReadTokens: number | null;
  readonly cacheWriteTokens: number | null;
  readonly outputTokens: number | null;
  readonly thinkingTokens: number | null;
  readonly calls: number;
  readonly toolCalls: number;
}

export interface CheckResult {
  readonly name: string;
  readonly passed: boolean;
  readonly code: number | null;
  readonly timedOut: boolean;
  readonly durationMs: number;
  /** Its output, a file beside the record. */
  readonly log: string;
}

export interface DiffSize {
  readonly files: number;
  readonly insertions: number;
  readonly deletions: number;
}

export interface TrialRun {
  /** From 1, in the order in which runs start. */
  readonly number: number;
  /** Index into the plan's tasks and contenders. */
  readonly task: number;
  readonly contender: number;
  /** From 1: which of the runs of this contender on this task. */
  readonly attempt: number;
  readonly phase: RunPhase;
  readonly outcome: RunOutcome | null;
  /** In a sentence; null where the outcome says it all. */
  readonly because: string | null;
  /** The task in the books. */
  readonly taskId: string | null;
  readonly worktree: string | null;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  /** Of the agent alone. */
  readonly agentMs: number | null;
  /** What it may spend: less than the plan says where that is all that was left of the whole. */
  readonly limitNanoUsd: NanoUsd | null;
  readonly figures: RunFigures | null;
  readonly checks: readonly CheckResult[];
  readonly diff: DiffSize | null;
  /** The result as a commit of the trial's own repository. */
  readonly commit: string | null;
  /** What was started, for people. */
  readonly commandLine: string | null;
}

/** What a trial is expected to cost. Null where no price is known. */
export interface TrialEstimate {
  readonly lowNanoUsd: NanoUsd | null;
  readonly highNanoUsd: NanoUsd | null;
  /** What it was made from, in words, one a contender. */
  readonly basis: readonly string[];
}

/** One line of the table at the end. */
export interface ContenderSummary {
  readonly contender: number;
  readonly label: string;
  /** Runs that say something about the model. */
  readonly runs: number;
  readonly passed: number;
  /** 95 % interval of the pass rate (Jeffreys). */
  readonly passLow: number;
  readonly passHigh: number;
  readonly medianCostNanoUsd: NanoUsd | null;
  readonly medianThinkingTokens: number | null;
  readonly medianCalls: number | null;
  readonly medianAgentMs: number | null;
  readonly medianDiffLines: number | null;
  /** Everything that was spent, by the passes; null without a pass or a price. */
  readonly costPerPassNanoUsd: NanoUsd | null;
}

export interface TrialRecord {
  readonly version: 1;
  /** "trial-" and 10 letters and digits. */
  readonly id: string;
  readonly plan: TrialPlan;
  /** Only its set-ups and checks are tried, without any agent, and nothing of it is kept: `outlay trial check --run-checks`. */
  readonly isRehearsal?: true;
  readonly createdAtMs: number;
  readonly endedAtMs: number | null;
  readonly state: 'preparing' | 'running' | 'ended';
  readonly end: 'finished' | 'cancelled' | 'failed' | 'interrupted' | null;
  /** Why it failed, in a sentence. */
  readonly because: string | null;
  /** The process that runs it, with what tells it from a later one of the same number. */
  readonly runner: { readonly pid: number; readonly startedAt: string } | null;
  /** The commit that each task starts from; empty until they are known. */
  readonly starts: readonly string[];
  /** Tasks whose checks were seen to fail before any work. */
  readonly proven: readonly number[];
  /** Of the checks before any work, while they are there. */
  readonly baseWorktrees: readonly string[];
  /** What the user should know, in sentences. */
  readonly notices: readonly string[];
  readonly estimate: TrialEstimate | null;
  readonly runs: readonly TrialRun[];
  /** All that it cost, runs that were done again included. */
  readonly spentNanoUsd: NanoUsd;
  /** What runs cost that were interrupted or cancelled and are done again; none where it was never resumed. */
  readonly redoneNanoUsd?: NanoUsd;
  readonly summaries: readonly ContenderSummary[];
  readonly verdict: string | null;
}

/** Outcomes that say nothing about the model, and count neither as passed nor as failed. */
const silent: readonly RunOutcome[] = [
  'not-logged-in',
  'model-refused',
  'not-metered',
  'setup-failed',
  'cancelled',
  'interrupted',
  'not-started',
];

export function countsForModel(run: Pick<TrialRun, 'outcome'>): boolean {
  return run.outcome !== null && !silent.includes(run.outcome);
}

/** For people: "Claude Code, claude-sonnet-4-5 (high)". */
export function contenderLabel({ agent, model, effort }: Contender): string {
  return `${agentLabels[agent]}, ${model}${effort === null ? '' : ` (${effort})`}`;
}

export const agentLabels: Readonly<Record<TrialAgentId, string>> = {
  'claude-code': 'Claude Code',
  codex: 'Codex',
  'gemini-cli': 'Gemini CLI',
  opencode: 'OpenCode',
  aider: 'aider',
  'copilot-cli': 'Copilot CLI',
  command: 'Command',
};

/** What a trial could be made of in a repository, as `outlay trial look --json` prints it. */
export interface TrialLook {
  readonly root: string;
  readonly branch: string | null;
  readonly changedFiles: number;
  readonly notices: readonly string[];
  /** A guess from the project's files. */
  readonly check: string | null;
  /** Files that git does not know and that are likely needed. */
  readonly carry: readonly CarriedFile[];
  /** Those that are installed; with why they cannot be used, and the models that they used last. */
  readonly agents: readonly {
    readonly agent: TrialAgentId;
    readonly problem: string | null;
    readonly models: readonly string[];
  }[];
  /** Those of the repository's `.outlay/trials`. */
  readonly suites: readonly FoundSuite[];
  /** Whether its history has commits that make tasks. */
  readonly hasHistory: boolean;
  /** From the spread of repeated runs in the books; null where too few were repeated. */
  readonly suggestedRuns: SuggestedRuns | null;
}

/** A suite that a repository brings; nothing of it has run. */
export interface FoundSuite {
  /** From the repository's root. */
  readonly path: string;
  readonly name: string;
  readonly tasks: number;
  /** What it leaves to whoever runs it. */
  readonly missing: readonly ('agents' | 'budget')[];
  /** What is wrong with it, in sentences. */
  readonly problem: string | null;
}

/** How often each model should try for a difference to stand out from the noise. */
export interface SuggestedRuns {
  /** Null where more would be needed than a trial can have. */
  readonly runs: number | null;
  /** What it was made from, in a sentence. */
  readonly because: string;
}

/** A task that the repository's own history suggests: the message asks for it, the new tests tell whether it is done. */
export interface ProposedTask {
  readonly name: string;
  readonly prompt: string;
  /** The commit before. */
  readonly start: string;
  readonly checkFiles: { readonly commit: string; readonly paths: readonly string[] };
  readonly codeFiles: number;
}

/** What `outlay trial check --json` prints: everything that can be said before money is spent. */
export interface SuiteCheck {
  /** Of the exact text; accepted with it. */
  readonly hash: string;
  readonly problems: readonly string[];
  /** The rest is not there where the suite cannot be read. */
  readonly isAccepted?: boolean;
  /** The exact text, with the files of its prompts after it. */
  readonly text?: string;
  readonly notices?: readonly string[];
  readonly approvals?: readonly string[];
  readonly commands?: readonly string[];
  /** Of all models on all tasks. */
  readonly runs?: number;
  readonly estimate?: {
    readonly lowUsd: number | null;
    readonly highUsd: number | null;
    readonly basis: readonly string[];
  } | null;
  readonly budgetUsd?: number;
  readonly runBudgetUsd?: number;
}
