import type { BudgetNews } from '../../protocol/tasks.ts';

/** News that are older say nothing that helps now. */
const STALE_MS = 10 * 60_000;
/** After a notification, so long no second one of its kind. */
const QUIET_MS = 60_000;
/** More than the meter keeps for the hour that it keeps news. */
const MOST_TOLD = 300;

export interface NewsWindow {
  readonly workspaceId: string;
  readonly activeTaskId: string | null;
  readonly nowMs: number;
}

/**
 * Decides which news this window tells its user: those of its workspace or its active task, each once, over reloads too, and never a
 * storm of them: of one kind, task and dimension at most one a minute. One that is still open does not keep a later one back, because
 * the editor hides a notification after some seconds without closing it; the same sentence takes the place of the earlier one there.
 */
export class NewsBoard {
  #told: string[];
  readonly #shownAtMs = new Map<string, number>();

  /** @param told ids that were told before a reload. */
  constructor(told: readonly string[]) {
    this.#told = [...told];
  }

  /** The ids to remember. */
  get told(): readonly string[] {
    return this.#told;
  }

  /** The news to tell now, in their order, newest first. */
  take(news: readonly BudgetNews[], { workspaceId, activeTaskId, nowMs }: NewsWindow): readonly BudgetNews[] {
    const fresh = news.filter(
      (item) =>
        !this.#told.includes(item.id) &&
        (item.workspaceId === workspaceId || (item.taskId !== null && item.taskId === activeTaskId)),
    );
    if (fresh.length === 0) return [];
    this.#told = [...this.#told, ...fresh.map(({ id }) => id)].slice(-MOST_TOLD);
    const current = fresh.filter((item) => nowMs - item.atMs < STALE_MS && !isOvertaken(item, fresh));
    return current.filter((item) => {
      const key = keyOf(item);
      const shownAtMs = this.#shownAtMs.get(key);
      if (shownAtMs !== undefined && nowMs - shownAtMs < QUIET_MS) return false;
      this.#shownAtMs.set(key, nowMs);
      return true;
    });
  }
}

/** How far a budget has come; alarms are another matter. */
const rank: Readonly<Record<BudgetNews['kind'], number>> = {
  alarm: 0,
  soft75: 1,
  soft90: 2,
  'at-line': 3,
  refused: 3,
  stopped: 3,
};

/** A mark says nothing any more when a later one of the same task came in the same breath. */
function isOvertaken(item: BudgetNews, among: readonly BudgetNews[]): boolean {
  if (item.kind === 'alarm') return false;
  return among.some((other) => other.taskId === item.taskId && rank[other.kind] > rank[item.kind]);
}

/** A refusal and a stop at the same limit are one matter for the user. */
function keyOf({ kind, taskId, extend }: BudgetNews): string {
  const matter = kind === 'refused' || kind === 'stopped' ? 'line' : kind;
  return [matter, taskId ?? '', extend?.dimension ?? ''].join(' ');
}
