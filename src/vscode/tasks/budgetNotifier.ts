import { commands, type Memento } from 'vscode';
import { tasksViewId } from '../../manifest/manifest.ts';
import { activeTask } from '../../protocol/activeTaskView.ts';
import { printShortAmount } from '../../protocol/limitView.ts';
import type { SidebarState } from '../../protocol/sidebar.ts';
import type { BudgetNews } from '../../protocol/tasks.ts';
import type { Dialogs } from '../dialogs.ts';
import { NewsBoard } from './newsBoard.ts';
import { BY_USER, findTask, type TaskDesk } from './taskDesk.ts';

const TOLD_KEY = 'toldNews';
const SILENCED_KEY = 'silencedBudgetNews';

export interface BudgetNotifierParts {
  readonly desk: TaskDesk;
  readonly dialogs: Dialogs;
  /** The workspace's memory: which news this window told. */
  readonly told: Memento;
  /** The user's memory: which kinds of news they do not want. */
  readonly silenced: Memento;
  readonly log: (sentence: string) => void;
  readonly onError: (error: unknown) => void;
  /** Asks by how much, as the command does. */
  readonly extend: (news: NonNullable<BudgetNews['extend']>) => Promise<void>;
}

/** Tells the user what happened to a budget, and offers what helps. What is told, and when, is decided by `NewsBoard`. */
export class BudgetNotifier {
  readonly #parts: BudgetNotifierParts;
  readonly #board: NewsBoard;

  constructor(parts: BudgetNotifierParts) {
    this.#parts = parts;
    this.#board = new NewsBoard(parts.told.get<readonly string[]>(TOLD_KEY, []));
  }

  show({ snapshot, workspaceId }: SidebarState): void {
    if (snapshot === null) return;
    const before = this.#board.told;
    const news = this.#board.take(snapshot.tasks.news, {
      workspaceId,
      activeTaskId: activeTask(snapshot.tasks, workspaceId)?.task.id ?? null,
      nowMs: snapshot.generatedAtMs,
    });
    if (this.#board.told !== before) void this.#parts.told.update(TOLD_KEY, this.#board.told);
    for (const item of news) {
      this.#parts.log(item.text);
      this.#tell(item).catch(this.#parts.onError);
    }
  }

  async #tell(news: BudgetNews): Promise<void> {
    if (this.#silenced().includes(news.kind)) return;
    return news.kind === 'refused' || news.kind === 'stopped' ? this.#tellStop(news) : this.#tellWarning(news);
  }

  async #tellStop(news: BudgetNews): Promise<void> {
    const { dialogs, desk } = this.#parts;
    const keep = 'Keep stopped';
    const { extend } = news;
    if (extend === null) {
      const openSettings = 'Open Settings';
      const answer = await dialogs.warn(news.text, openSettings, keep);
      if (answer === openSettings) await commands.executeCommand('workbench.action.openSettings', 'outlay.budget');
      return;
    }
    const byQuarter = `Extend by ${printShortAmount(extend.dimension, extend.quarter)}`;
    const byAmount = 'Extend...';
    // A limit of 0 has no quarter.
    const answer = await dialogs.warn(news.text, ...(extend.quarter > 0 ? [byQuarter] : []), byAmount, keep);
    if (answer === byAmount) return this.#parts.extend(extend);
    if (answer !== byQuarter) return;
    await desk.call('extendTask', {
      id: extend.taskId,
      dimension: extend.dimension,
      amount: extend.quarter,
      by: BY_USER,
    });
    const title = findTask(desk, extend.taskId)?.task.title ?? '';
    dialogs.tell(`"${title}" was extended by ${printShortAmount(extend.dimension, extend.quarter)}.`);
  }

  async #tellWarning(news: BudgetNews): Promise<void> {
    const showTasks = 'Show Tasks';
    const silence = "Don't Show Again";
    const answer = await this.#parts.dialogs.warn(news.text, showTasks, silence);
    if (answer === showTasks) await commands.executeCommand(`${tasksViewId}.focus`);
    if (answer === silence) await this.#parts.silenced.update(SILENCED_KEY, [...this.#silenced(), news.kind]);
  }

  #silenced(): readonly string[] {
    return this.#parts.silenced.get<readonly string[]>(SILENCED_KEY, []);
  }
}
