import type { BudgetMode, Limits } from './budget.ts';

/** How a task ended. */
export const outcomes = ['passed', 'failed', 'abandoned'] as const;

export type Outcome = (typeof outcomes)[number];

export type TaskState = 'open' | Outcome;

/** An outcome that something other than the user suggests; one click confirms it. */
export interface OutcomeProposal {
  readonly outcome: Outcome;
  /** In words, for example "branch fix-login was merged into main". */
  readonly because: string;
  readonly atMs: number;
}

/** A unit of work with a title and an optional budget. */
export interface Task {
  /** "task-" and 16 letters and digits; also the second segment of the task's base URLs. */
  readonly id: string;
  readonly title: string;
  /** Null for a task made outside the editor. */
  readonly workspaceId: string | null;
  /** The folder's path as the window named it, for display; null where there is none. */
  readonly folder: string | null;
  readonly branch: string | null;
  /** A command of the user's whose exit code tells whether the work is done; null for none. */
  readonly checkCommand: string | null;
  readonly state: TaskState;
  readonly createdAtMs: number;
  readonly endedAtMs: number | null;
  readonly limits: Limits;
  readonly mode: BudgetMode;
  /** The USD limit counts subscription use at API prices as well. */
  readonly countsSubscription: boolean;
  /** Where the outcome came from, in words ("you", "branch fix-login was merged into main"); null while the task is open. */
  readonly outcomeBy: string | null;
  readonly proposal: OutcomeProposal | null;
}

export const taskEventKinds = [
  'created',
  'refused',
  'stopped',
  'mark',
  'extended',
  'limits',
  'outcome',
  'assigned',
] as const;

/** Something that happened to a task and is no call. */
export interface TaskEvent {
  readonly taskId: string;
  readonly atMs: number;
  readonly kind: (typeof taskEventKinds)[number];
  /** One sentence for the user. */
  readonly text: string;
  /** Who did it: "you (VS Code)", "outlay command", "Outlay". */
  readonly by: string;
}

export const maxTitleLength = 200;

/** Ids have nothing in common with workspace ids, so that a base URL names one or the other. */
export function isTaskId(text: string): boolean {
  return /^task-[a-z0-9]{16}$/.test(text);
}
