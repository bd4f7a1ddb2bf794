import { dimensions, type Limits, noLimits } from '../../src/domain/budget.ts';
import { atLeastFigure, estimatedFigure, exactFigure, unknownFigure } from '../../src/domain/figure.ts';
import type { Task } from '../../src/domain/task.ts';
import type { BudgetNews, LimitLine, TasksSnapshot, TaskView } from '../../src/protocol/tasks.ts';
import { noTasks } from '../../src/protocol/tasks.ts';

/** Made-up tasks, for tests and screenshots. */

export const USD = 1_000_000_000;

/** Ids are "task-" and 16 letters and digits. */
export const taskId = (name: string): string => `task-${name.padEnd(16, '0').slice(0, 16)}`;

export function taskOf(fields: Partial<Task> = {}): Task {
  return {
    id: taskId('login'),
    title: 'Fix login',
    workspaceId: 'w-1',
    folder: null,
    branch: null,
    checkCommand: null,
    state: 'open',
    createdAtMs: 0,
    endedAtMs: null,
    limits: noLimits,
    mode: 'steady',
    countsSubscription: false,
    outcomeBy: null,
    proposal: null,
    ...fields,
  };
}

export function lineOf(fields: Partial<LimitLine> = {}): LimitLine {
  const { dimension = 'costNanoUsd', limit = 5 * USD, spent = exactFigure(2.6 * USD), held = 0.5 * USD } = fields;
  const used = (spent.kind === 'unknown' ? 0 : spent.value) + held;
  const percent = limit === 0 ? 100 : Math.min(100, Math.floor((used / limit) * 100));
  const mark = percent >= 100 ? 'at-line' : percent >= 90 ? 'soft90' : percent >= 75 ? 'soft75' : 'below';
  return { dimension, limit, spent, held, free: Math.max(0, limit - used), percent, mark, ...fields };
}

/** The limits of a task are those of its lines. */
export function viewOf(task: Partial<Task> = {}, fields: Partial<TaskView> = {}): TaskView {
  const lines = fields.limits ?? [];
  const limits = Object.fromEntries(
    dimensions.map((dimension) => [dimension, lines.find((line) => line.dimension === dimension)?.limit ?? null]),
  ) as Limits;
  return {
    task: taskOf({ limits, ...task }),
    spentNanoUsd: exactFigure(2.6 * USD),
    subscriptionNanoUsd: exactFigure(0),
    thinkingTokens: exactFigure(61_000),
    outputTokens: exactFigure(104_000),
    visibleTokens: exactFigure(43_000),
    toolCalls: 31,
    calls: 42,
    unpricedCalls: 0,
    heldNanoUsd: 0,
    limits: [],
    agentsAtWork: [],
    sessions: [],
    rateNanoUsdPerHour: unknownFigure,
    ...fields,
  };
}

export function newsOf(fields: Partial<BudgetNews> = {}): BudgetNews {
  return {
    id: 'news-1',
    kind: 'refused',
    atMs: 0,
    taskId: taskId('login'),
    workspaceId: 'w-1',
    text: 'Outlay: the budget of "Fix login" ($5.00) is used up: $4.98 spent. Extend it in the Outlay sidebar.',
    extend: { taskId: taskId('login'), dimension: 'costNanoUsd', quarter: 1.25 * USD },
    ...fields,
  };
}

export const snapshotOfTasks = (fields: Partial<TasksSnapshot> = {}): TasksSnapshot => ({ ...noTasks, ...fields });

/** An active task in the middle of its budget, with calls in flight, and a limit of the machine. */
export function budgetTasks(nowMs: number): TasksSnapshot {
  return snapshotOfTasks({
    tasks: [
      viewOf(
        { createdAtMs: nowMs - 7_200_000, branch: 'fix-login', checkCommand: 'npm test' },
        {
          limits: [
            lineOf(),
            lineOf({ dimension: 'thinkingTokens', limit: 80_000, spent: atLeastFigure(61_000), held: 0 }),
            lineOf({ dimension: 'toolCalls', limit: 50, spent: exactFigure(31), held: 2 }),
          ],
          heldNanoUsd: 0.5 * USD,
          agentsAtWork: ['claude-code', 'codex'],
          sessions: [
            { session: '3f2a9c1d-77e0-4f6b-9a1c-5d2e8b7a4c30', agent: 'claude-code', lastCallAtMs: nowMs - 60_000 },
            { session: '019a9d1c-5b1e-7c02-b0a4-2f6a1d9e8c77', agent: 'codex', lastCallAtMs: nowMs - 600_000 },
          ],
          rateNanoUsdPerHour: estimatedFigure(8.4 * USD),
        },
      ),
      viewOf({
        id: taskId('export'),
        title: 'Export as CSV: a title that is a good deal longer than the sidebar is wide',
        createdAtMs: nowMs - 9_000_000,
        proposal: { outcome: 'passed', because: 'branch export was merged into main', atMs: nowMs - 5_000 },
      }),
      viewOf({
        id: taskId('docs'),
        title: 'Write the docs',
        state: 'passed',
        outcomeBy: 'you',
        createdAtMs: nowMs - 90_000_000,
        endedAtMs: nowMs - 80_000_000,
      }),
    ],
    active: { 'w-1': taskId('login') },
    unassigned: [
      { session: '9c01b2aa-10d4-4a0f-8f43-0b6a5f1e2d3c', agent: 'gemini-cli', lastCallAtMs: nowMs - 900_000 },
    ],
    scopes: [
      {
        scope: { kind: 'machine', period: 'day' },
        mode: 'steady',
        limits: [lineOf({ limit: 20 * USD, spent: exactFigure(11.87 * USD) })],
      },
    ],
  });
}

/** The active task at its line, with what a window tells of it. */
export function stoppedTasks(nowMs: number): TasksSnapshot {
  const tasks = budgetTasks(nowMs);
  return {
    ...tasks,
    tasks: tasks.tasks.map((view, index) =>
      index > 0
        ? view
        : viewOf(view.task, {
            limits: [
              lineOf({ spent: exactFigure(5 * USD), held: 0 }),
              lineOf({ dimension: 'outputTokens', limit: 120_000, spent: exactFigure(109_000), held: 0 }),
              lineOf({ dimension: 'calls', limit: 60, spent: exactFigure(40), held: 20 }),
            ],
            spentNanoUsd: exactFigure(5 * USD),
            subscriptionNanoUsd: estimatedFigure(1.12 * USD),
            thinkingTokens: unknownFigure,
            visibleTokens: unknownFigure,
            unpricedCalls: 2,
          }),
    ),
    news: [
      newsOf({ atMs: nowMs - 3_000 }),
      newsOf({
        id: 'news-2',
        kind: 'alarm',
        atMs: nowMs - 60_000,
        text: 'A session of claude-code spends $31.40 an hour, faster than the $12.00 of your settings.',
        extend: null,
      }),
    ],
  };
}
