import { taskAccountKey } from '../budget/accountKeys.ts';
import { budgetModes, type Limits, type ScopedLimits } from '../domain/budget.ts';
import {
  type OutcomeProposal,
  outcomes,
  type Task,
  type TaskEvent,
  type TaskState,
  taskEventKinds,
} from '../domain/task.ts';
import type { Names } from './names.ts';
import { DamagedRow, integerOf, integerOrNull, type SqlRow, type SqlValue, textOf, textOrNull } from './sqlite.ts';

const states: readonly TaskState[] = ['open', ...outcomes];

/** The columns of a task besides its number. Adds a new name, so only inside a write transaction. */
export function taskColumns(task: Task, names: Names): Readonly<Record<string, SqlValue>> {
  return {
    id: task.id,
    title: task.title,
    workspace: names.idOrNull(task.workspaceId),
    folder: task.folder,
    branch: task.branch,
    check_command: task.checkCommand,
    state: task.state,
    created_at_ms: Math.round(task.createdAtMs),
    ended_at_ms: task.endedAtMs === null ? null : Math.round(task.endedAtMs),
    limit_nano_usd: task.limits.costNanoUsd,
    limit_thinking_tokens: task.limits.thinkingTokens,
    limit_output_tokens: task.limits.outputTokens,
    limit_tool_calls: task.limits.toolCalls,
    limit_calls: task.limits.calls,
    mode: task.mode,
    counts_subscription: Number(task.countsSubscription),
    outcome_by: task.outcomeBy,
    proposed_outcome: task.proposal?.outcome ?? null,
    proposed_because: task.proposal?.because ?? null,
    proposed_at_ms: task.proposal === null ? null : Math.round(task.proposal.atMs),
  };
}

export function taskOf(row: SqlRow, names: Names): Task {
  return {
    id: textOf(row, 'id'),
    title: textOf(row, 'title'),
    workspaceId: names.textOrNull(integerOrNull(row, 'workspace')),
    folder: textOrNull(row, 'folder'),
    branch: textOrNull(row, 'branch'),
    checkCommand: textOrNull(row, 'check_command'),
    state: oneOf(states, row, 'state'),
    createdAtMs: integerOf(row, 'created_at_ms'),
    endedAtMs: integerOrNull(row, 'ended_at_ms'),
    limits: limitsOf(row),
    mode: oneOf(budgetModes, row, 'mode'),
    countsSubscription: row['counts_subscription'] === 1,
    outcomeBy: textOrNull(row, 'outcome_by'),
    proposal: row['proposed_outcome'] === null ? null : proposalOf(row),
  };
}

/** A task's limits as its calls are admitted by. */
export function taskLimitsOf(row: SqlRow): ScopedLimits {
  const taskId = textOf(row, 'id');
  return {
    scope: { kind: 'task', taskId, title: textOf(row, 'title') },
    accountKey: taskAccountKey(taskId),
    limits: limitsOf(row),
    mode: oneOf(budgetModes, row, 'mode'),
    countsSubscription: row['counts_subscription'] === 1,
  };
}

export function taskEventOf(row: SqlRow): TaskEvent {
  return {
    taskId: textOf(row, 'task_id'),
    atMs: integerOf(row, 'at_ms'),
    kind: oneOf(taskEventKinds, row, 'kind'),
    text: textOf(row, 'text'),
    by: textOf(row, 'done_by'),
  };
}

function limitsOf(row: SqlRow): Limits {
  return {
    costNanoUsd: integerOrNull(row, 'limit_nano_usd'),
    thinkingTokens: integerOrNull(row, 'limit_thinking_tokens'),
    outputTokens: integerOrNull(row, 'limit_output_tokens'),
    toolCalls: integerOrNull(row, 'limit_tool_calls'),
    calls: integerOrNull(row, 'limit_calls'),
  };
}

function proposalOf(row: SqlRow): OutcomeProposal {
  return {
    outcome: oneOf(outcomes, row, 'proposed_outcome'),
    because: textOf(row, 'proposed_because'),
    atMs: integerOf(row, 'proposed_at_ms'),
  };
}

function oneOf<T extends string>(allowed: readonly T[], row: SqlRow, column: string): T {
  const found = allowed.find((value) => value === row[column]);
  if (found === undefined) throw new DamagedRow(`${column} holds an unknown value`);
  return found;
}

/** The path that the newest task of a workspace was made in, as an expression; null where no task names one. The list of folders is made once a query. */
export function folderOf(workspace: string): string {
  return `(SELECT folder FROM (SELECT workspace, folder, max(seq) FROM tasks
    WHERE folder IS NOT NULL AND workspace IS NOT NULL GROUP BY workspace) f WHERE f.workspace = ${workspace})`;
}
