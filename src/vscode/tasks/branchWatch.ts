import { type Memento, workspace } from 'vscode';
import { type Disposable, DisposableList } from '../../domain/disposable.ts';
import type { Task } from '../../domain/task.ts';
import type { BranchFacts } from './detectOutcome.ts';
import { detectOutcome } from './detectOutcome.ts';
import { type GitApi, type GitRepository, readsOf, whenGitIsOn } from './gitApi.ts';
import { readBranchFacts } from './readBranchFacts.ts';
import type { TaskDesk } from './taskDesk.ts';

const MEMORY_KEY = 'branches';
/** Git says many things in a row while it works. */
const SETTLE_MS = 400;
const MOST_TASKS = 20;
/** So long after it passed a task's branch is followed for a revert. */
const FOLLOWED_MS = 30 * 24 * 3_600_000;

type Remembered = Readonly<Record<string, BranchFacts>>;

export interface BranchWatchParts {
  readonly desk: TaskDesk;
  /** The workspace's memory: what was seen last, so that what happens while no window is open counts as well. */
  readonly memory: Memento;
  readonly log: (sentence: string) => void;
}

/** Follows the branches of this window's tasks and suggests an outcome when one is pushed, merged or reverted. */
export class BranchWatch implements Disposable {
  readonly #parts: BranchWatchParts;
  readonly #subscriptions = new DisposableList();
  readonly #repositories = new Map<GitRepository, Disposable>();
  #timer: NodeJS.Timeout | null = null;
  #looking: Promise<void> = Promise.resolve();
  #branches = '';
  #git: GitApi | null = null;

  constructor(parts: BranchWatchParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    this.#subscriptions.push(await whenGitIsOn((git) => this.#use(git)));
  }

  /** The branch that is checked out in the first folder; null for none. */
  currentBranch(): string | null {
    return this.#repository()?.state.HEAD?.name ?? null;
  }

  /** Looks again where tasks have come, gone or changed their branch. */
  tasksChanged(): void {
    const branches = JSON.stringify(this.#tasks().map(({ id, branch }) => [id, branch]));
    if (branches === this.#branches) return;
    this.#branches = branches;
    this.#later();
  }

  /** Looks now; resolves when what was found has been suggested. */
  look(): Promise<void> {
    this.#looking = this.#looking.then(() =>
      this.#look().catch((error: unknown) =>
        this.#parts.log(`The branches of tasks could not be read: ${String(error)}`),
      ),
    );
    return this.#looking;
  }

  dispose(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#subscriptions.dispose();
    for (const subscription of this.#repositories.values()) subscription.dispose();
  }

  #use(git: GitApi): void {
    if (git === this.#git) return;
    this.#git = git;
    for (const repository of git.repositories) this.#follow(repository);
    this.#subscriptions.push(git.onDidOpenRepository((repository) => this.#follow(repository)));
    this.#subscriptions.push(git.onDidCloseRepository((repository) => this.#forget(repository)));
  }

  #follow(repository: GitRepository): void {
    if (this.#repositories.has(repository)) return;
    this.#repositories.set(
      repository,
      repository.state.onDidChange(() => this.#later()),
    );
    this.#later();
  }

  #forget(repository: GitRepository): void {
    this.#repositories.get(repository)?.dispose();
    this.#repositories.delete(repository);
  }

  #later(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.look(), SETTLE_MS);
  }

  #repository(): GitRepository | null {
    const folder = workspace.workspaceFolders?.[0];
    if (this.#git === null || folder === undefined) return null;
    return this.#git.getRepository(folder.uri) ?? this.#git.repositories[0] ?? null;
  }

  /** The open tasks of this window that have a branch, and those that passed lately, whose work may be reverted yet. */
  #tasks(): readonly Task[] {
    const { desk } = this.#parts;
    return desk
      .tasks()
      .tasks.map(({ task }) => task)
      .filter((task) => task.branch !== null && task.workspaceId === desk.workspaceId)
      .filter(
        ({ state, endedAtMs }) =>
          state === 'open' || (state === 'passed' && Date.now() - (endedAtMs ?? 0) < FOLLOWED_MS),
      )
      .slice(0, MOST_TASKS);
  }

  async #look(): Promise<void> {
    const repository = this.#repository();
    const tasks = this.#tasks();
    if (repository === null || tasks.length === 0) return;
    const before = this.#parts.memory.get<Remembered>(MEMORY_KEY, {});
    const after: Record<string, BranchFacts> = {};
    for (const task of tasks) {
      const then = before[task.id] ?? null;
      const now = await readBranchFacts(readsOf(repository), task.branch ?? '', then);
      after[task.id] = (await this.#suggest(task, then, now)) ? now : (then ?? now);
    }
    if (JSON.stringify(after) !== JSON.stringify(before)) await this.#parts.memory.update(MEMORY_KEY, after);
  }

  /** False where a suggestion could not be given: then it is tried again at the next change. */
  async #suggest(task: Task, before: BranchFacts | null, after: BranchFacts): Promise<boolean> {
    const found = detectOutcome(before, after);
    if (found === null || found.outcome === task.state) return true;
    try {
      await this.#parts.desk.call('proposeOutcome', { id: task.id, ...found });
      return true;
    } catch (error) {
      this.#parts.log(`The outcome of a task could not be suggested: ${error instanceof Error ? error.message : ''}`);
      return false;
    }
  }
}
