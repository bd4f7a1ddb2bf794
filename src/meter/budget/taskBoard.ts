import { scopeAccountKey } from '../../budget/accountKeys.ts';
import { mapAmounts } from '../../budget/amounts.ts';
import { emptyAccount } from '../../budget/emptyAccount.ts';
import { printAmount } from '../../budget/printAmount.ts';
import type { AccountState, Amounts, BudgetScope, ScopedLimits } from '../../domain/budget.ts';
import type { CallRecord } from '../../domain/call.ts';
import type { Clock } from '../../domain/clock.ts';
import type { BudgetBooks, ReportRow, TaskWithAccount } from '../../ledger/contract.ts';
import type { LiveCall } from '../../protocol/snapshot.ts';
import type { BudgetPolicy, LimitLine, ScopeView, TasksSnapshot, TaskView } from '../../protocol/tasks.ts';
import { limitLines } from './limitLines.ts';
import type { NewsBoard } from './newsBoard.ts';
import { limitsOfPolicy, limitsOfTask } from './scopedLimits.ts';
import type { TaskDirectory } from './taskDirectory.ts';
import { scopeView, similarTasks, taskView } from './taskViews.ts';

const SHOWN_DONE = 100;
const SHOWN_UNASSIGNED = 50;

export interface TaskBoardOptions {
  readonly books: Pick<BudgetBooks, 'loadTasks' | 'accounts' | 'addEvent'>;
  readonly directory: TaskDirectory;
  readonly policy: () => BudgetPolicy;
  readonly news: NewsBoard;
  readonly clock: Clock;
  readonly log: (line: string) => void;
}

/** What else a snapshot knows that tasks are shown with. */
export interface BoardMoment {
  readonly live: readonly LiveCall[];
  readonly recent: readonly CallRecord[];
  readonly sessionsToday: readonly ReportRow[];
}

export interface LimitedAccount {
  readonly limits: ScopedLimits;
  readonly account: AccountState;
}

/** Keeps what surfaces show of tasks and limits, and tells of 75 %, 90 % and the line as they are passed. */
export class TaskBoard {
  readonly #options: TaskBoardOptions;
  #tasks: readonly TaskWithAccount[] = [];
  #scopes: readonly ScopeView[] = [];
  #scoped: readonly LimitedAccount[] = [];
  #ofMonth: AccountState | null = null;
  /** The highest mark of each limit so far; what was passed before this meter started is no news. */
  readonly #marks = new Map<string, LimitLine['mark']>();
  #isFirst = true;

  constructor(options: TaskBoardOptions) {
    this.#options = options;
  }

  /** Reads the books anew. Rejects where they cannot be read; what was read before stays. */
  async read(): Promise<void> {
    const { books, clock, policy } = this.#options;
    const nowMs = clock.nowMs();
    const current = policy();
    const folders = Object.keys(current.folders).flatMap((id) =>
      limitsOfPolicy(current, id, nowMs).filter(({ scope }) => scope.kind === 'folder'),
    );
    const scoped = [...limitsOfPolicy(current, null, nowMs), ...folders];
    const ofMonth = scopeAccountKey({ kind: 'machine', period: 'month' }, nowMs, current.timeZone);
    const [{ tasks }, accounts] = await Promise.all([
      books.loadTasks(),
      books.accounts([...new Set([ofMonth, ...scoped.map(({ accountKey }) => accountKey)])]),
    ]);
    const byKey = new Map(accounts.map((account) => [account.key, account]));
    const accountOf = ({ accountKey }: Pick<ScopedLimits, 'accountKey'>): AccountState =>
      byKey.get(accountKey) ?? emptyAccount(accountKey);
    this.#tasks = tasks;
    this.#ofMonth = accountOf({ accountKey: ofMonth });
    this.#scoped = scoped.map((limits) => ({ limits, account: accountOf(limits) }));
    this.#scopes = scoped.map((limits) => scopeView(limits, accountOf(limits)));
    for (const { task, account } of tasks) {
      if (task.state === 'open') this.#noteMarks(limitsOfTask(task), account, task.workspaceId ?? 'default');
    }
    for (const limits of scoped) {
      const workspaceId = limits.scope.kind === 'folder' ? limits.scope.workspaceId : 'default';
      this.#noteMarks(limits, accountOf(limits), workspaceId);
    }
    this.#isFirst = false;
  }

  /** The limits of calls of a workspace and of its task, as they were last read. */
  limitsOf(workspaceId: string, taskId: string | null): readonly LimitedAccount[] {
    const found = this.#tasks.find(({ task }) => task.id === taskId);
    const ofTask = found === undefined ? [] : [{ limits: limitsOfTask(found.task), account: found.account }];
    const concerns = ({ limits: { scope } }: LimitedAccount): boolean =>
      scope.kind === 'machine' || (scope.kind === 'folder' && scope.workspaceId === workspaceId);
    return [...ofTask, ...this.#scoped.filter(concerns)];
  }

  /** What a call on this machine came to in the mean of this month, subscription use at API prices included; null without any. */
  get usualCall(): Amounts | null {
    const { spent, spentSubscriptionNanoUsd } = this.#ofMonth ?? emptyAccount('');
    if (spent.calls === 0) return null;
    const all = { ...spent, costNanoUsd: spent.costNanoUsd + spentSubscriptionNanoUsd };
    return mapAmounts(all, all, (sum) => sum / spent.calls);
  }

  view({ live, recent, sessionsToday }: BoardMoment): TasksSnapshot {
    const { directory, news, clock } = this.#options;
    const nowMs = clock.nowMs();
    const viewOf = (found: TaskWithAccount): TaskView => {
      const { id } = found.task;
      const ofTask = {
        live: live.filter(({ taskId }) => taskId === id),
        recent: recent.filter(({ taskId }) => taskId === id),
      };
      return taskView(found, { ...ofTask, nowMs });
    };
    const open = this.#tasks.filter(({ task }) => task.state === 'open');
    const done = this.#tasks.filter(({ task }) => task.state !== 'open');
    return {
      tasks: [
        ...open.toSorted((a, b) => b.task.createdAtMs - a.task.createdAtMs),
        ...done.toSorted((a, b) => (b.task.endedAtMs ?? 0) - (a.task.endedAtMs ?? 0)).slice(0, SHOWN_DONE),
      ].map(viewOf),
      active: directory.active(),
      unassigned: sessionsToday
        .filter(({ key }) => key !== '' && !directory.isAssigned(key))
        .toSorted((a, b) => b.lastCallAtMs - a.lastCallAtMs)
        .slice(0, SHOWN_UNASSIGNED)
        .map(({ key, agent, lastCallAtMs }) => ({ session: key, agent, lastCallAtMs })),
      scopes: this.#scopes,
      news: news.all(),
      similar: similarTasks(this.#tasks),
    };
  }

  #noteMarks(scoped: ScopedLimits, account: AccountState, workspaceId: string): void {
    for (const line of limitLines(scoped, account)) {
      const key = `${scoped.accountKey} ${line.dimension} ${line.limit}`;
      const before = this.#marks.get(key) ?? 'below';
      if (order[line.mark] <= order[before]) continue;
      this.#marks.set(key, line.mark);
      if (!this.#isFirst) this.#tell(scoped, line, workspaceId);
    }
  }

  #tell({ scope, mode }: ScopedLimits, line: LimitLine, workspaceId: string): void {
    const { news, books, clock, log } = this.#options;
    // At the line a hard budget speaks by refusing.
    const kind = line.mark === 'at-line' ? 'at-line' : line.mark === 'soft90' ? 'soft90' : 'soft75';
    if (kind === 'at-line' && mode !== 'warn') return;
    const taskId = scope.kind === 'task' ? scope.taskId : null;
    const share = kind === 'at-line' ? 'all' : kind === 'soft90' ? '90%' : '75%';
    const text = `${share} of ${printAmount(line.dimension, line.limit)} is spent: ${nameOf(scope)}.`;
    const sentence = text.charAt(0).toUpperCase() + text.slice(1);
    const extend =
      taskId === null ? null : { taskId, dimension: line.dimension, quarter: Math.max(1, Math.ceil(line.limit / 4)) };
    news.post(`${nameOf(scope)} ${line.dimension} ${line.limit}`, {
      kind,
      taskId,
      workspaceId,
      text: sentence,
      extend,
    });
    if (taskId === null) return;
    books
      .addEvent({ taskId, atMs: clock.nowMs(), kind: 'mark', text: sentence, by: 'Outlay' })
      .catch((error: unknown) => log(`an event is not kept: ${String(error)}`));
  }
}

const order: Readonly<Record<LimitLine['mark'], number>> = { below: 0, soft75: 1, soft90: 2, 'at-line': 3 };

const periodWords = { day: 'today', month: 'this month' } as const;

function nameOf(scope: BudgetScope): string {
  switch (scope.kind) {
    case 'task':
      return `the budget of “${scope.title}”`;
    case 'folder':
      return `this folder’s limit for ${periodWords[scope.period]}`;
    case 'machine':
      return `this machine’s limit for ${periodWords[scope.period]}`;
  }
}
