import type { Task } from '../../domain/task.ts';
import { isTaskId } from '../../domain/task.ts';
import type { CallOwner } from '../../gateway/contract.ts';
import type { BudgetBooks, TaskBooks } from '../../ledger/contract.ts';

/** What is known of a call when its task is looked for. */
export interface CallOrigin {
  readonly workspaceId: string;
  /** The task that the base URL names. */
  readonly taskId: string | null;
  /** The agent's own session id; null where it is not known (yet). */
  readonly session: string | null;
}

const KEPT_BINDINGS = 20_000;

/**
 * Which task a call belongs to, answered from memory. A session that the user moved stays where it was moved to; else the task
 * that the base URL names counts, then the task that the session was bound to at its first call, then the workspace's active task.
 */
export class TaskDirectory {
  readonly #books: Pick<BudgetBooks, 'bindSession'>;
  readonly #log: (line: string) => void;
  readonly #tasks = new Map<string, Task>();
  /** Null: the session began while no task was active. */
  readonly #bindings = new Map<string, string | null>();
  readonly #moved = new Set<string>();
  readonly #active = new Map<string, string>();
  #isLoaded = false;

  constructor(books: Pick<BudgetBooks, 'bindSession'>, log: (line: string) => void) {
    this.#books = books;
    this.#log = log;
  }

  load({ tasks, bindings, active }: TaskBooks): void {
    for (const { task } of tasks) this.#tasks.set(task.id, task);
    for (const { session, taskId, isMoved } of bindings) {
      this.#bindings.set(session, taskId);
      if (isMoved) this.#moved.add(session);
    }
    for (const { workspaceId, taskId } of active) this.#active.set(workspaceId, taskId);
    this.#isLoaded = true;
  }

  /** The books were read; before that nothing is known of any task. */
  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  task(id: string | null): Task | null {
    return id === null ? null : (this.#tasks.get(id) ?? null);
  }

  all(): readonly Task[] {
    return [...this.#tasks.values()];
  }

  put(task: Task): void {
    this.#tasks.set(task.id, task);
    if (task.state !== 'open') this.#deactivate(task.id);
  }

  remove(id: string): void {
    this.#tasks.delete(id);
    this.#deactivate(id);
    for (const [session, taskId] of this.#bindings) if (taskId === id) this.#bindings.set(session, null);
  }

  activate(workspaceId: string, taskId: string | null): void {
    if (taskId === null) this.#active.delete(workspaceId);
    else this.#active.set(workspaceId, taskId);
  }

  active(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#active);
  }

  /** The user's own word about a session. */
  move(session: string, taskId: string | null): void {
    this.#bind(session, taskId);
    this.#moved.add(session);
  }

  isAssigned(session: string): boolean {
    return (this.#bindings.get(session) ?? null) !== null;
  }

  /** Whom the second segment of a base URL names. A task that is gone leaves its calls without a task. */
  ownerOf(segment: string): CallOwner {
    if (!isTaskId(segment)) return { workspaceId: segment, taskId: null };
    if (!this.#isLoaded) return { workspaceId: 'default', taskId: segment };
    const task = this.#tasks.get(segment);
    return { workspaceId: task?.workspaceId ?? 'default', taskId: task?.id ?? null };
  }

  /** The task of a call as far as it can be told now, without binding anything. */
  peek({ workspaceId, taskId, session }: CallOrigin): Task | null {
    if (session !== null && this.#moved.has(session)) return this.task(this.#bindings.get(session) ?? null);
    if (taskId !== null) return this.task(taskId);
    if (session !== null && this.#bindings.has(session)) return this.task(this.#bindings.get(session) ?? null);
    return this.task(this.#active.get(workspaceId) ?? null);
  }

  /** The task of a call; a session that is seen for the first time is bound to it, or to none, for good. */
  assign(origin: CallOrigin): Task | null {
    const task = this.peek(origin);
    const { session } = origin;
    if (session !== null && session !== '' && !this.#bindings.has(session)) {
      this.#bind(session, task?.id ?? null);
      this.#books.bindSession(session, task?.id ?? null, false).catch((error: unknown) => {
        this.#log(`a session's task is not kept: ${String(error)}`);
      });
    }
    return task;
  }

  #bind(session: string, taskId: string | null): void {
    this.#bindings.delete(session);
    this.#bindings.set(session, taskId);
    const oldest = this.#bindings.keys().next();
    if (this.#bindings.size <= KEPT_BINDINGS || oldest.done) return;
    this.#bindings.delete(oldest.value);
    this.#moved.delete(oldest.value);
  }

  #deactivate(id: string): void {
    for (const [workspaceId, taskId] of this.#active) if (taskId === id) this.#active.delete(workspaceId);
  }
}
