import type { NanoUsd } from '../domain/money.ts';
import type { Outcome } from '../domain/task.ts';
import type { Contender, RunFigures, TrialAgentId } from '../protocol/trials.ts';

export interface RunAccess {
  readonly taskId: string;
  /** The whole environment of the agent. */
  readonly env: Readonly<Record<string, string>>;
  readonly baseUrls: Readonly<Record<string, string>>;
}

export interface RunProgress {
  readonly spentNanoUsd: NanoUsd;
  readonly thinkingTokens: number | null;
  readonly outputTokens: number | null;
  readonly calls: number;
  readonly toolCalls: number;
  /** The sentence with which the budget refused or stopped a call; null while it has not. */
  readonly stoppedBecause: string | null;
  /** Calls in flight that reserve something. */
  readonly openHolds: number;
}

/** What a trial needs of the meter and its books. Everything rejects with a sentence. */
export interface TrialBooks {
  /** Makes sure that a meter answers, and starts one where none does. */
  ensureMeter(): Promise<void>;
  /** Why calls of an agent would not come through the gateway, in a sentence; null where they would. */
  connectionProblem(agent: TrialAgentId): Promise<string | null>;
  /** A task of its own with its budget, and the environment that leads the agent's calls there. */
  openRun(request: {
    readonly title: string;
    readonly folder: string;
    readonly agent: TrialAgentId;
    readonly limitNanoUsd: NanoUsd;
  }): Promise<RunAccess>;
  /** Null while no meter answers. */
  progress(taskId: string): Promise<RunProgress | null>;
  closeRun(taskId: string, outcome: Outcome, because: string): Promise<void>;
  /** From the books, once the run's calls are in them. */
  figures(taskId: string, sinceMs: number): Promise<RunFigures>;
  /** What the provider called the calls of a run that it refused, such as "not_found_error"; none where it answered them all. */
  providerErrors(taskId: string, sinceMs: number): Promise<readonly string[]>;
  /** What one run of a contender is expected to cost. */
  priceRange(contender: Contender): Promise<PriceRange>;
}

export interface PriceRange {
  readonly lowNanoUsd: NanoUsd | null;
  readonly highNanoUsd: NanoUsd | null;
  /** In words: "12 sessions with it on this machine", "its list price and ...". */
  readonly basis: string;
}
