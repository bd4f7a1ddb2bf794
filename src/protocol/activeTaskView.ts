import { formatFigure, formatUsd, printPercent } from '../domain/format.ts';
import { type LimitLineView, limitLineView, tightestLimit } from './limitView.ts';
import { thinkingShare } from './liveView.ts';
import { type Shown, showTokens, showUsd } from './shown.ts';
import { taskStrings } from './taskStrings.ts';
import type { ScopeView, TasksSnapshot, TaskView } from './tasks.ts';

const ALARM_SHOWN_MS = 10 * 60_000;

/** Limits of the user's settings that hold for this window. */
export interface ScopeLinesView {
  readonly key: string;
  readonly name: string;
  readonly lines: readonly LimitLineView[];
}

/** The active task of a window, ready to be printed. */
export interface ActiveTaskView {
  readonly id: string;
  readonly title: string;
  readonly spent: Shown;
  /** Null where no subscription call was made. */
  readonly subscription: Shown | null;
  readonly thinking: Shown;
  readonly visible: Shown;
  /** Null where it is unknown. */
  readonly share: string | null;
  readonly rate: Shown | null;
  readonly lines: readonly LimitLineView[];
  readonly notes: readonly string[];
  readonly atWork: string;
}

export interface TaskSectionView {
  readonly task: ActiveTaskView | null;
  readonly scopes: readonly ScopeLinesView[];
  readonly alarms: readonly { readonly id: string; readonly text: string }[];
}

/** The task that is active in a window; null for none, and for one that is done or gone. */
export function activeTask(tasks: TasksSnapshot, workspaceId: string): TaskView | null {
  const id = tasks.active[workspaceId];
  return tasks.tasks.find(({ task }) => task.id === id && task.state === 'open') ?? null;
}

/** What the live view shows of tasks and limits. */
export function taskSectionView(tasks: TasksSnapshot, workspaceId: string, nowMs: number): TaskSectionView {
  const view = activeTask(tasks, workspaceId);
  return {
    task: view === null ? null : activeTaskView(view),
    scopes: tasks.scopes.flatMap((scope) => scopeLines(scope, workspaceId)),
    alarms: tasks.news
      .filter(({ kind, atMs }) => kind === 'alarm' && nowMs - atMs < ALARM_SHOWN_MS)
      .filter((news) => news.workspaceId === workspaceId || (view !== null && news.taskId === view.task.id))
      .map(({ id, text }) => ({ id, text })),
  };
}

function activeTaskView(view: TaskView): ActiveTaskView {
  const share = thinkingShare(view.thinkingTokens, view.visibleTokens);
  const isSubscriptionUsed = view.subscriptionNanoUsd.kind !== 'exact' || view.subscriptionNanoUsd.value > 0;
  const { task } = view;
  return {
    id: task.id,
    title: task.title,
    spent: showUsd(view.spentNanoUsd),
    subscription: isSubscriptionUsed ? showUsd(view.subscriptionNanoUsd) : null,
    thinking: showTokens(view.thinkingTokens),
    visible: showTokens(view.visibleTokens),
    share: share.kind === 'unknown' ? null : formatFigure(share, printPercent),
    rate: view.rateNanoUsdPerHour.kind === 'unknown' ? null : showUsd(view.rateNanoUsdPerHour),
    lines: view.limits.map(limitLineView),
    notes: [
      ...(view.limits.length === 0 ? [taskStrings.noBudget] : []),
      ...(view.limits.length > 0 && task.mode === 'warn' ? [taskStrings.warnOnly] : []),
      ...(view.limits.length > 0 && task.countsSubscription ? [taskStrings.countsSubscription] : []),
      ...(view.unpricedCalls > 0 ? [taskStrings.unpriced(view.unpricedCalls)] : []),
    ],
    atWork:
      view.agentsAtWork.length === 0 ? taskStrings.nobodyAtWork : taskStrings.atWork(view.agentsAtWork.join(', ')),
  };
}

function scopeLines({ scope, limits }: ScopeView, workspaceId: string): readonly ScopeLinesView[] {
  if (scope.kind === 'task' || limits.length === 0) return [];
  if (scope.kind === 'folder' && scope.workspaceId !== workspaceId) return [];
  const name = taskStrings.scope[scope.kind][scope.period];
  return [{ key: `${scope.kind}.${scope.period}`, name, lines: limits.map(limitLineView) }];
}

/** The active task's budget for the status bar, null where it has none. */
export function activeTaskWords(tasks: TasksSnapshot, workspaceId: string): string | null {
  const view = activeTask(tasks, workspaceId);
  const line = view === null ? null : tightestLimit(view);
  if (line === null) return null;
  const { text, mark } = limitLineView(line);
  return line.mark === 'at-line' && mark !== null ? `${text}, ${mark}` : text;
}

/** What the active task came to so far, for the status bar's hover; null for no task. */
export function activeTaskRow(tasks: TasksSnapshot, workspaceId: string): readonly [string, string] | null {
  const view = activeTask(tasks, workspaceId);
  if (view === null) return null;
  const budget = activeTaskWords(tasks, workspaceId) ?? taskStrings.noBudget;
  return [view.task.title, `${formatUsd(view.spentNanoUsd)}, ${budget}`];
}
