import { randomBytes } from 'node:crypto';
import { printAmount } from '../../budget/printAmount.ts';
import { type Dimension, dimensions, type Limits } from '../../domain/budget.ts';
import type { Clock } from '../../domain/clock.ts';
import type { Task, TaskEvent } from '../../domain/task.ts';
import type { BudgetBooks } from '../../ledger/contract.ts';
import type { NewTask, TaskChange, TaskControlMap, TaskDetails } from '../../protocol/tasks.ts';
import { ControlProblem } from '../control/controlServer.ts';
import type { TaskDirectory } from './taskDirectory.ts';
import { taskView } from './taskViews.ts';

const SHOWN_EVENTS = 100;

type Params<Name extends keyof TaskControlMap> = TaskControlMap[Name]['params'];

export interface TaskOfficeOptions {
  readonly books: BudgetBooks;
  readonly directory: TaskDirectory;
  readonly clock: Clock;
  readonly baseUrls: (taskId: string) => Readonly<Record<string, string>>;
  /** A limit, a title or a state is another now. */
  readonly onChange: () => void;
}

/**
 * What clients do with tasks. The books are written first and memory follows, so that nothing is promised which a crash would
 * take back. Each change that matters is an event of the task, with who did it.
 */
export class TaskOffice {
  readonly #options: TaskOfficeOptions;

  constructor(options: TaskOfficeOptions) {
    this.#options = options;
  }

  async create({ activate, by, ...fields }: NewTask): Promise<TaskDetails> {
    const task: Task = {
      ...fields,
      id: newTaskId(),
      state: 'open',
      createdAtMs: this.#options.clock.nowMs(),
      endedAtMs: null,
      outcomeBy: null,
      proposal: null,
    };
    await this.#save(task, { kind: 'created', text: `Created with ${wordsOf(task.limits)}.`, by });
    if (activate && task.workspaceId !== null) await this.activate({ workspaceId: task.workspaceId, id: task.id });
    return this.show(task.id);
  }

  async change({ id, by, ...changes }: TaskChange): Promise<TaskDetails> {
    const before = this.#known(id);
    const task: Task = { ...before, ...changes };
    const isLimit = changes.limits !== undefined || changes.mode !== undefined;
    const text = isLimit
      ? `Budget set to ${wordsOf(task.limits)} (${task.mode}); it was ${wordsOf(before.limits)} (${before.mode}).`
      : 'Changed.';
    await this.#save(task, isLimit ? { kind: 'limits', text, by } : null);
    return this.show(id);
  }

  async extend({ id, dimension, amount, by }: Params<'extendTask'>): Promise<TaskDetails> {
    if (this.#known(id).limits[dimension] === null) {
      throw new ControlProblem(`This task has no limit of ${dimensionWords[dimension]} that could be extended.`);
    }
    const task = await this.#options.books.extendTask(id, dimension, amount);
    if (task === null) throw unknownTask(id);
    const limit = task.limits[dimension] ?? 0;
    await this.#changed(task, {
      kind: 'extended',
      text: `Extended by ${printAmount(dimension, amount)} to ${printAmount(dimension, limit)}.`,
      by,
    });
    return this.show(id);
  }

  /** Calls in flight end as they end and are charged to the task; its budget goes on holding for them. */
  async close({ id, outcome, because, by }: Params<'closeTask'>): Promise<TaskDetails> {
    const outcomeBy = because === '' ? by : because;
    const endedAtMs = this.#options.clock.nowMs();
    const task: Task = { ...this.#known(id), state: outcome, endedAtMs, outcomeBy, proposal: null };
    const { workspaceId } = task;
    const wasActive = workspaceId !== null && this.#options.directory.active()[workspaceId] === id;
    await this.#save(task, { kind: 'outcome', text: `Marked ${outcome} (${outcomeBy}).`, by });
    if (wasActive) await this.#options.books.setActive(workspaceId, null);
    return this.show(id);
  }

  async reopen(id: string, by: string): Promise<TaskDetails> {
    const task: Task = { ...this.#known(id), state: 'open', endedAtMs: null, outcomeBy: null, proposal: null };
    await this.#save(task, { kind: 'outcome', text: 'Opened again.', by });
    return this.show(id);
  }

  /** For a task that has ended only another outcome is worth a word: its work was reverted after it passed. */
  async propose({ id, outcome, because }: Params<'proposeOutcome'>): Promise<TaskDetails> {
    const before = this.#known(id);
    if (before.state !== outcome) {
      await this.#save({ ...before, proposal: { outcome, because, atMs: this.#options.clock.nowMs() } }, null);
    }
    return this.show(id);
  }

  async delete(id: string): Promise<void> {
    this.#known(id);
    await this.#options.books.deleteTask(id);
    this.#options.directory.remove(id);
    this.#options.onChange();
  }

  async activate({ workspaceId, id }: Params<'activateTask'>): Promise<void> {
    if (id !== null && this.#known(id).state !== 'open') {
      throw new ControlProblem('This task has ended; open it again before it can be active.');
    }
    await this.#options.books.setActive(workspaceId, id);
    this.#options.directory.activate(workspaceId, id);
    this.#options.onChange();
  }

  async assign({ session, id, by }: Params<'assignSession'>): Promise<number> {
    const task = id === null ? null : this.#known(id);
    const moved = await this.#options.books.bindSession(session, id, true);
    this.#options.directory.move(session, id);
    if (task)
      await this.#note(task.id, { kind: 'assigned', text: `A session was moved here with ${moved} calls.`, by });
    this.#options.onChange();
    return moved;
  }

  async show(id: string): Promise<TaskDetails> {
    const { books, baseUrls } = this.#options;
    const found = await books.task(id);
    if (found === null) throw unknownTask(id);
    const events = await books.events(id, SHOWN_EVENTS);
    return {
      view: taskView(found, { live: [], recent: [], nowMs: this.#options.clock.nowMs() }),
      account: found.account,
      events: events.map(({ atMs, kind, text, by }) => ({ atMs, kind, text, by })),
      baseUrls: baseUrls(id),
    };
  }

  async showAll(): Promise<{ readonly tasks: readonly TaskDetails[] }> {
    const { tasks } = await this.#options.books.loadTasks();
    const nowMs = this.#options.clock.nowMs();
    const newestFirst = tasks.toSorted((a, b) => b.task.createdAtMs - a.task.createdAtMs);
    return {
      tasks: newestFirst.map((found) => {
        const view = taskView(found, { live: [], recent: [], nowMs });
        return { view, account: found.account, events: [], baseUrls: {} };
      }),
    };
  }

  #known(id: string): Task {
    const task = this.#options.directory.task(id);
    if (task === null) throw unknownTask(id);
    return task;
  }

  async #save(task: Task, event: Omit<TaskEvent, 'taskId' | 'atMs'> | null): Promise<void> {
    await this.#options.books.saveTask(task);
    await this.#changed(task, event);
  }

  async #changed(task: Task, event: Omit<TaskEvent, 'taskId' | 'atMs'> | null): Promise<void> {
    this.#options.directory.put(task);
    this.#options.onChange();
    if (event) await this.#note(task.id, event);
  }

  #note(taskId: string, event: Omit<TaskEvent, 'taskId' | 'atMs'>): Promise<void> {
    return this.#options.books.addEvent({ ...event, taskId, atMs: this.#options.clock.nowMs() });
  }
}

const dimensionWords: Readonly<Record<Dimension, string>> = {
  costNanoUsd: 'dollars',
  thinkingTokens: 'thinking tokens',
  outputTokens: 'output tokens',
  toolCalls: 'tool calls',
  calls: 'calls',
};

function wordsOf(limits: Limits): string {
  const words = dimensions.flatMap((dimension) => {
    const limit = limits[dimension];
    return limit === null ? [] : [printAmount(dimension, limit)];
  });
  return words.length === 0 ? 'no budget' : `a budget of ${words.join(', ')}`;
}

function unknownTask(id: string): ControlProblem {
  return new ControlProblem(`There is no task ${id}.`);
}

function newTaskId(): string {
  const letters = 'abcdefghijklmnopqrstuvwxyz234567';
  return `task-${Array.from(randomBytes(16), (byte) => letters[byte % letters.length]).join('')}`;
}
