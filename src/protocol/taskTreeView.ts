import { describeFigure, formatUsd, printUsdFine } from '../domain/format.ts';
import { budgetWords, limitLineView } from './limitView.ts';
import { shortenId, showTokens, showUsd, type TimePrinter } from './shown.ts';
import { taskStrings } from './taskStrings.ts';
import type { TasksSnapshot, TaskView } from './tasks.ts';

/** What a node of the tree "Tasks" stands for. */
export type TaskNodeSubject =
  | { readonly kind: 'task'; readonly taskId: string }
  | { readonly kind: 'limit'; readonly taskId: string }
  | { readonly kind: 'session'; readonly session: string; readonly taskId: string | null }
  | { readonly kind: 'proposal'; readonly taskId: string }
  | { readonly kind: 'group' };

/** One line of the tree, all of it text: the editor's part adds nothing but layout. */
export interface TaskNode {
  /** Unique and stable, so that the editor keeps what is open and selected. */
  readonly id: string;
  readonly subject: TaskNodeSubject;
  readonly label: string;
  readonly description: string;
  /** Lines; empty for no more than the label. */
  readonly tooltip: readonly string[];
  /** Name of an icon of the editor's own set. */
  readonly icon: string;
  /** Words that menus ask for, with a blank between. */
  readonly context: string;
  readonly spoken: string;
  readonly open: boolean;
  readonly children: readonly TaskNode[];
}

export interface TaskTreeEnv {
  readonly workspaceId: string;
  readonly nowMs: number;
  readonly times: TimePrinter;
}

/** The tree: open tasks, the sessions that belong to none, and the group of those that are done. Empty where there is nothing. */
export function taskTreeNodes(snapshot: TasksSnapshot, env: TaskTreeEnv): readonly TaskNode[] {
  const nodes = snapshot.tasks.map((view) => taskNode(view, snapshot, env));
  const isOpen = (index: number): boolean => snapshot.tasks[index]?.task.state === 'open';
  const open = nodes.filter((_, index) => isOpen(index));
  const done = nodes.filter((_, index) => !isOpen(index));
  const unassigned = snapshot.unassigned.map((session) => sessionNode(session, null, env));
  return [
    ...open,
    ...(unassigned.length === 0
      ? []
      : [groupNode('unassigned', taskStrings.unassigned, unassigned, 'comment-unresolved')]),
    ...(done.length === 0 ? [] : [groupNode('done', taskStrings.done, done, 'archive')]),
  ];
}

function groupNode(id: string, label: string, children: readonly TaskNode[], icon: string): TaskNode {
  return {
    id: `group ${id}`,
    subject: { kind: 'group' },
    label,
    description: String(children.length),
    tooltip: [],
    icon,
    context: `group ${id}`,
    spoken: `${label}, ${children.length}`,
    open: false,
    children,
  };
}

function taskNode(view: TaskView, snapshot: TasksSnapshot, env: TaskTreeEnv): TaskNode {
  const { task } = view;
  const isActive = snapshot.active[env.workspaceId] === task.id;
  const isOpen = task.state === 'open';
  const parts = [
    ...(isActive ? [taskStrings.active] : []),
    ...(isOpen ? [] : [taskStrings.state[task.state]]),
    formatUsd(view.spentNanoUsd),
    budgetWords(view),
    ...(view.agentsAtWork.length === 0 ? [] : [taskStrings.atWork(view.agentsAtWork.join(', '))]),
  ];
  const context = [
    'task',
    isOpen ? 'open' : 'done',
    isActive ? 'active' : 'idle',
    ...(view.limits.length > 0 ? ['limited'] : []),
    ...(task.checkCommand === null ? [] : ['check']),
    ...(task.proposal === null ? [] : ['proposal']),
  ];
  const spokenSpend = taskStrings.spend(describeFigure(view.spentNanoUsd, printUsdFine));
  return {
    id: task.id,
    subject: { kind: 'task', taskId: task.id },
    label: task.title,
    description: parts.join(' · '),
    tooltip: taskTooltip(view, isActive, env),
    icon: taskIcon(view, isActive),
    context: context.join(' '),
    spoken: taskStrings.spokenTask(
      task.title,
      parts.map((part) => (part === formatUsd(view.spentNanoUsd) ? spokenSpend : part)).join(', '),
    ),
    open: isActive,
    children: [
      ...proposalNodes(view),
      ...view.limits.map((line) => limitNode(task.id, limitLineView(line))),
      ...view.sessions.map((session) => sessionNode(session, task.id, env)),
    ],
  };
}

/** A shape for each state, not a colour. */
function taskIcon({ task, limits, agentsAtWork }: TaskView, isActive: boolean): string {
  if (task.state === 'passed') return 'pass';
  if (task.state === 'failed') return 'error';
  if (task.state === 'abandoned') return 'circle-slash';
  if (limits.some(({ mark }) => mark === 'at-line')) return task.mode === 'warn' ? 'warning' : 'stop-circle';
  if (agentsAtWork.length > 0) return 'play-circle';
  return isActive ? 'target' : 'circle-large-outline';
}

function taskTooltip(view: TaskView, isActive: boolean, env: TaskTreeEnv): readonly string[] {
  const { task } = view;
  const usd = showUsd(view.spentNanoUsd);
  const isSubscriptionUsed = view.subscriptionNanoUsd.kind !== 'exact' || view.subscriptionNanoUsd.value > 0;
  return [
    isActive ? `${task.title} (${taskStrings.active})` : task.title,
    ...(task.state === 'open'
      ? []
      : [taskStrings.outcome(taskStrings.state[task.state], task.outcomeBy ?? taskStrings.state[task.state])]),
    taskStrings.spend(usd.text),
    ...(isSubscriptionUsed ? [taskStrings.subscription(formatUsd(view.subscriptionNanoUsd))] : []),
    taskStrings.tokens(showTokens(view.thinkingTokens).text, showTokens(view.visibleTokens).text),
    `${taskStrings.calls(view.calls)}, ${taskStrings.toolCalls(view.toolCalls)}`,
    ...(view.unpricedCalls === 0 ? [] : [taskStrings.unpriced(view.unpricedCalls)]),
    ...view.limits.map(limitLineView).map((line) => `${line.name}: ${line.bare}: ${line.detail}`),
    ...(view.limits.length === 0 ? [taskStrings.noBudget] : [taskStrings.kept(taskStrings.mode[task.mode])]),
    ...(task.countsSubscription && task.limits.costNanoUsd !== null ? [taskStrings.countsSubscription] : []),
    ...(view.rateNanoUsdPerHour.kind === 'unknown' ? [] : [taskStrings.rate(formatUsd(view.rateNanoUsdPerHour))]),
    ...(task.branch === null ? [] : [taskStrings.branch(task.branch)]),
    ...(task.checkCommand === null ? [] : [taskStrings.check(task.checkCommand)]),
    ...(task.folder === null ? [] : [task.folder]),
    taskStrings.createdAt(env.times.print(task.createdAtMs, env.nowMs)),
    ...(task.endedAtMs === null ? [] : [taskStrings.endedAt(env.times.print(task.endedAtMs, env.nowMs))]),
  ];
}

function proposalNodes({ task }: TaskView): readonly TaskNode[] {
  const { proposal } = task;
  if (proposal === null) return [];
  const label = taskStrings.confirm(proposal.outcome);
  return [
    {
      id: `${task.id} proposal`,
      subject: { kind: 'proposal', taskId: task.id },
      label,
      description: `(${proposal.because})`,
      tooltip: [`${label} (${proposal.because})`],
      icon: 'question',
      context: 'proposal',
      spoken: `${label}: ${proposal.because}`,
      open: false,
      children: [],
    },
  ];
}

function limitNode(taskId: string, line: ReturnType<typeof limitLineView>): TaskNode {
  const words = line.mark === null ? line.bare : `${line.bare}, ${line.mark}`;
  return {
    id: `${taskId} limit ${line.dimension}`,
    subject: { kind: 'limit', taskId },
    label: `${line.name}: ${words}`,
    description: line.detail,
    tooltip: [`${line.name}: ${words}`, line.detail],
    icon: line.level === 'normal' ? 'dashboard' : 'warning',
    context: 'limit',
    spoken: `${line.name}: ${words}, ${line.detail}`,
    open: false,
    children: [],
  };
}

function sessionNode(
  { session, agent, lastCallAtMs }: TaskView['sessions'][number],
  taskId: string | null,
  env: TaskTreeEnv,
): TaskNode {
  const label = taskStrings.session(agent, shortenId(session));
  const last = taskStrings.lastCall(env.times.print(lastCallAtMs, env.nowMs));
  return {
    id: `${taskId ?? 'none'} session ${session}`,
    subject: { kind: 'session', session, taskId },
    label,
    description: last,
    tooltip: [taskStrings.session(agent, session), last],
    icon: 'comment-discussion',
    context: taskId === null ? 'session unassigned' : 'session assigned',
    spoken: `${label}, ${last}`,
    open: false,
    children: [],
  };
}

/** A task's spend and budget in one line, for pick lists. */
export const taskLine = (view: TaskView): string => `${formatUsd(view.spentNanoUsd)} · ${budgetWords(view)}`;
