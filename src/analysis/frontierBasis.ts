export interface BasisModel {
  readonly key: string;
  readonly label: string;
  /** Indices of the tasks that count for it. */
  readonly tasks: ReadonlySet<number>;
}

export interface FrontierBasis {
  readonly kind: 'common tasks' | 'own tasks';
  /** The tasks that every kept model attempted; null for "own tasks". */
  readonly tasks: ReadonlySet<number> | null;
  readonly kept: ReadonlySet<string>;
  readonly dropped: readonly { readonly model: string; readonly because: string }[];
}

/**
 * Which models are put on one frontier, and over which tasks: all on the tasks that each of them attempted. A model that attempted few of them
 * would take the tasks away from all others, so models are dropped one by one as long as that at least doubles models x common tasks, two
 * staying at least. Where no two share a task, each stands on its own tasks, which is no comparison of like with like and says so.
 *
 * Ties: the model with fewest tasks goes first, then by key. Empty input: own tasks, nothing kept. O(models^2 * tasks) at worst.
 */
export function frontierBasis(models: readonly BasisModel[]): FrontierBasis {
  let kept = models.toSorted((a, b) => a.tasks.size - b.tasks.size || (a.key < b.key ? -1 : 1));
  const dropped: BasisModel[] = [];
  let common = commonTasks(kept);
  while (kept.length > 2) {
    const next = bestDrop(kept);
    const isWorth = common.size === 0 || (kept.length - 1) * next.common.size >= 2 * kept.length * common.size;
    if (!isWorth) break;
    dropped.push(next.model);
    kept = kept.filter((model) => model !== next.model);
    common = next.common;
  }
  if (common.size === 0) {
    return { kind: 'own tasks', tasks: null, kept: new Set(models.map(({ key }) => key)), dropped: [] };
  }
  return {
    kind: 'common tasks',
    tasks: common,
    kept: new Set(kept.map(({ key }) => key)),
    dropped: dropped.map((model) => ({
      model: model.key,
      because: `${model.label} attempted too few of the tasks that the others share.`,
    })),
  };
}

function commonTasks(models: readonly BasisModel[]): ReadonlySet<number> {
  const [first, ...rest] = models;
  return new Set([...(first?.tasks ?? [])].filter((task) => rest.every(({ tasks }) => tasks.has(task))));
}

/** The model without which most tasks are common; without any gain the one with the fewest tasks. */
function bestDrop(models: readonly BasisModel[]): { readonly model: BasisModel; readonly common: ReadonlySet<number> } {
  const candidates = models.map((model) => ({ model, common: commonTasks(models.filter((other) => other !== model)) }));
  return candidates.reduce((best, candidate) => (candidate.common.size > best.common.size ? candidate : best));
}
