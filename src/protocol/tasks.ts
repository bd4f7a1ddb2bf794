import type { AccountState, BudgetMode, BudgetScope, Dimension, Limits } from '../domain/budget.ts';
import type { Figure } from '../domain/figure.ts';
import type { NanoUsd } from '../domain/money.ts';
import type { Outcome, Task } from '../domain/task.ts';

/** One limited dimension of a scope: what is spent, what calls in flight reserve, and what is free. */
export interface LimitLine {
  readonly dimension: Dimension;
  readonly limit: number;
  /** Marked as estimated where a charge is; USD with subscription use in it only where the budget counts it. */
  readonly spent: Figure;
  readonly held: number;
  /** Never below 0. */
  readonly free: number;
  /** Spent and held of the limit, whole percent rounded down; 100 only at the line. A limit of 0 is at 100. */
  readonly percent: number;
  readonly mark: 'below' | 'soft75' | 'soft90' | 'at-line';
}

/** A task with its figures, as every surface shows it. */
export interface TaskView {
  readonly task: Task;
  /** Billed dollars. */
  readonly spentNanoUsd: Figure;
  /** Subscription use at API prices: no bill, never added to the billed dollars. */
  readonly subscriptionNanoUsd: Figure;
  readonly thinkingTokens: Figure;
  readonly outputTokens: Figure;
  /** Output less thinking, where thinking is known. */
  readonly visibleTokens: Figure;
  readonly toolCalls: number;
  readonly calls: number;
  readonly unpricedCalls: number;
  /** What calls in flight reserve. */
  readonly heldNanoUsd: NanoUsd;
  /** In the order of `dimensions`; empty without a budget. */
  readonly limits: readonly LimitLine[];
  /** Of the calls in flight now, each once. */
  readonly agentsAtWork: readonly string[];
  /** Newest first. */
  readonly sessions: readonly { readonly session: string; readonly agent: string; readonly lastCallAtMs: number }[];
  /** Of the last ten minutes; unknown while nothing ran. */
  readonly rateNanoUsdPerHour: Figure;
}

/** Limits of a folder or of the machine, for the day or month that is running. */
export interface ScopeView {
  readonly scope: BudgetScope;
  readonly mode: BudgetMode;
  readonly limits: readonly LimitLine[];
}

/** Something about budgets that a window tells its user once. */
export interface BudgetNews {
  /** Stable; a surface shows each once. */
  readonly id: string;
  /** `at-line` only where the budget warns and stops nothing. */
  readonly kind: 'refused' | 'stopped' | 'soft75' | 'soft90' | 'at-line' | 'alarm';
  readonly atMs: number;
  /** Null for limits of a folder or the machine. */
  readonly taskId: string | null;
  readonly workspaceId: string;
  /** The sentence that the agent was given, or the warning. */
  readonly text: string;
  /** The limit that was met, where one click can extend it by a quarter; null where there is none to extend. */
  readonly extend: { readonly taskId: string; readonly dimension: Dimension; readonly quarter: number } | null;
}

/** What tasks of this kind came to, once five are done. */
export interface SimilarTasks {
  readonly tasks: number;
  readonly medianNanoUsd: NanoUsd;
  readonly p90NanoUsd: NanoUsd;
}

export interface TasksSnapshot {
  /** Open ones first, newest first; then done ones, last ended first, at most 100. */
  readonly tasks: readonly TaskView[];
  /** The active task by workspace id. */
  readonly active: Readonly<Record<string, string>>;
  /** Sessions of today and yesterday that belong to no task, newest first, at most 50. */
  readonly unassigned: readonly { readonly session: string; readonly agent: string; readonly lastCallAtMs: number }[];
  readonly scopes: readonly ScopeView[];
  /** Newest first, at most 50, of the last hour. */
  readonly news: readonly BudgetNews[];
  readonly similar: SimilarTasks | null;
}

export interface NewTask {
  readonly title: string;
  readonly workspaceId: string | null;
  readonly folder: string | null;
  readonly branch: string | null;
  readonly checkCommand: string | null;
  readonly limits: Limits;
  readonly mode: BudgetMode;
  readonly countsSubscription: boolean;
  /** Make it the active task of its workspace at once. */
  readonly activate: boolean;
  /** Who did it, for the log of events. */
  readonly by: string;
}

/** Fields that are left out stay as they are. */
export interface TaskChange {
  readonly id: string;
  readonly by: string;
  readonly title?: string;
  readonly limits?: Limits;
  readonly mode?: BudgetMode;
  readonly countsSubscription?: boolean;
  readonly branch?: string | null;
  readonly checkCommand?: string | null;
}

/** A task as the CLI and commands print it. */
export interface TaskDetails {
  readonly view: TaskView;
  readonly account: AccountState;
  readonly events: readonly {
    readonly atMs: number;
    readonly kind: string;
    readonly text: string;
    readonly by: string;
  }[];
  readonly baseUrls: Readonly<Record<string, string>>;
}

/** Limits of the user's own settings, for every folder and the machine. A repository's own may only lower the folder's. */
export interface BudgetPolicy {
  readonly machine: Readonly<Record<'day' | 'month', Limits>>;
  /**
   * By workspace id; already the lower of the user's and the repository's. A window sends the entry of its own workspace only, since it
   * cannot know what other repositories lower: the meter keeps the entries of others as they were.
   */
  readonly folders: Readonly<Record<string, Readonly<Record<'day' | 'month', Limits>>>>;
  readonly mode: BudgetMode;
  readonly countsSubscription: boolean;
  /** IANA name; null for the machine's own. */
  readonly timeZone: string | null;
  /** Warn of a session that spends faster than this; null never warns. */
  readonly alarmNanoUsdPerHour: NanoUsd | null;
  /** Agents that are answered with a message in place of an error, because they try again after every error. */
  readonly answerAsMessage: readonly string[];
  /** Send requests with a lower max output where only that fits. */
  readonly lowerMaxOutput: boolean;
}

/** Task requests of the control API. All refuse bad values with a sentence. */
export interface TaskControlMap {
  readonly newTask: { readonly params: NewTask; readonly result: TaskDetails };
  readonly changeTask: { readonly params: TaskChange; readonly result: TaskDetails };
  /** `by` is in the dimension's own unit; the dimension must have a limit. */
  readonly extendTask: {
    readonly params: {
      readonly id: string;
      readonly dimension: Dimension;
      readonly amount: number;
      readonly by: string;
    };
    readonly result: TaskDetails;
  };
  readonly closeTask: {
    readonly params: { readonly id: string; readonly outcome: Outcome; readonly because: string; readonly by: string };
    readonly result: TaskDetails;
  };
  readonly reopenTask: { readonly params: { readonly id: string; readonly by: string }; readonly result: TaskDetails };
  readonly proposeOutcome: {
    readonly params: { readonly id: string; readonly outcome: Outcome; readonly because: string };
    readonly result: TaskDetails;
  };
  readonly deleteTask: { readonly params: { readonly id: string }; readonly result: Record<string, never> };
  readonly activateTask: {
    readonly params: { readonly workspaceId: string; readonly id: string | null };
    readonly result: Record<string, never>;
  };
  /** Moves a session with its spend; null takes it out of its task. */
  readonly assignSession: {
    readonly params: { readonly session: string; readonly id: string | null; readonly by: string };
    readonly result: { readonly moved: number };
  };
  readonly showTask: { readonly params: { readonly id: string }; readonly result: TaskDetails };
  /** Every task, newest first, without events and addresses. */
  readonly allTasks: {
    readonly params: Record<string, never>;
    readonly result: { readonly tasks: readonly TaskDetails[] };
  };
  readonly listTasks: { readonly params: Record<string, never>; readonly result: TasksSnapshot };
  readonly setBudgetPolicy: {
    readonly params: BudgetPolicy;
    readonly result: { readonly problems: readonly string[] };
  };
}

/** No tasks, no limits, no news. */
export const noTasks: TasksSnapshot = { tasks: [], active: {}, unassigned: [], scopes: [], news: [], similar: null };
