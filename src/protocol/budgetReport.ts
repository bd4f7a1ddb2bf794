import type { BudgetScope, Dimension } from '../domain/budget.ts';
import { knownValue } from '../domain/figure.ts';
import { NANO_USD_PER_USD } from '../domain/money.ts';
import { activeTask } from './activeTaskView.ts';
import { printShortAmount } from './limitView.ts';
import type { LimitLine, TasksSnapshot } from './tasks.ts';

/** What an agent is told of its budget. Dollars are dollars here. Null is not known. */
export interface BudgetReport {
  /** Null where no task is active. */
  readonly task: string | null;
  /** Empty where nothing is limited. */
  readonly limits: readonly BudgetReportLine[];
}

export interface BudgetReportLine {
  /** "task", or whose limit it is and for which period. */
  readonly of: string;
  readonly dimension: string;
  readonly limit: number;
  readonly used: number | null;
  /** By calls in flight. */
  readonly reserved: number;
  readonly left: number;
  /** Of the limit, used and reserved. */
  readonly percent: number;
}

export const budgetToolDescription =
  'Tells what is left of the budget of the task that you are working on: used, reserved, left and share, for dollars, thinking tokens, output tokens, tool calls and calls, and the limits of this folder and machine. Read-only; takes no input. Use it before long or expensive work.';

const names: Readonly<Record<Dimension, string>> = {
  costNanoUsd: 'usd',
  thinkingTokens: 'thinkingTokens',
  outputTokens: 'outputTokens',
  toolCalls: 'toolCalls',
  calls: 'calls',
};

/** What is left for calls of a workspace. */
export function budgetReport(tasks: TasksSnapshot, workspaceId: string): BudgetReport {
  const task = activeTask(tasks, workspaceId);
  const scopes = tasks.scopes.filter(({ scope }) => scope.kind !== 'folder' || scope.workspaceId === workspaceId);
  return {
    task: task?.task.title ?? null,
    limits: [
      ...(task?.limits ?? []).map((line) => reportLine('task', line)),
      ...scopes.flatMap(({ scope, limits }) => limits.map((line) => reportLine(nameOf(scope), line))),
    ],
  };
}

/** The same in words, a line each. */
export function budgetReportText(tasks: TasksSnapshot, workspaceId: string): string {
  const task = activeTask(tasks, workspaceId);
  const scopes = tasks.scopes.filter(({ scope }) => scope.kind !== 'folder' || scope.workspaceId === workspaceId);
  const lines = [
    ...(task?.limits ?? []).map((line) => lineText('The task', line)),
    ...scopes.flatMap(({ scope, limits }) => limits.map((line) => lineText(`This ${nameOf(scope)}`, line))),
  ];
  const head = task === null ? 'No task is active.' : `The active task is “${task.task.title}”.`;
  return [head, ...(lines.length === 0 ? ['Nothing is limited.'] : lines)].join('\n');
}

function reportLine(of: string, { dimension, limit, spent, held, free, percent }: LimitLine): BudgetReportLine {
  const inUnits = (amount: number): number => (dimension === 'costNanoUsd' ? amount / NANO_USD_PER_USD : amount);
  const used = knownValue(spent);
  return {
    ...{ of, dimension: names[dimension], limit: inUnits(limit), used: used === null ? null : inUnits(used) },
    ...{ reserved: inUnits(held), left: inUnits(free), percent },
  };
}

function lineText(whose: string, { dimension, limit, spent, held, free, percent }: LimitLine): string {
  const used = knownValue(spent);
  const print = (amount: number): string => printShortAmount(dimension, amount);
  const reserved = held > 0 ? `, ${print(held)} reserved` : '';
  return `${whose}: ${used === null ? '-' : print(used)} of ${print(limit)} used${reserved}, ${print(free)} left (${percent}% used).`;
}

function nameOf(scope: BudgetScope): string {
  if (scope.kind === 'task') return 'task';
  return `${scope.kind}’s ${scope.period === 'day' ? 'day' : 'month'}`;
}
