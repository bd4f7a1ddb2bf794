import { scopeAccountKey, taskAccountKey } from '../../budget/accountKeys.ts';
import {
  type BudgetPeriod,
  type BudgetScope,
  dimensions,
  type Limits,
  type ScopedLimits,
} from '../../domain/budget.ts';
import type { Task } from '../../domain/task.ts';
import type { BudgetPolicy } from '../../protocol/tasks.ts';

const periods: readonly BudgetPeriod[] = ['day', 'month'];

/** Whether these limits can turn a call away. */
export function isHard({ limits, mode }: Pick<ScopedLimits, 'limits' | 'mode'>): boolean {
  return mode !== 'warn' && hasLimit(limits);
}

export function hasLimit(limits: Limits): boolean {
  return dimensions.some((dimension) => limits[dimension] !== null);
}

export function limitsOfTask({ id, title, limits, mode, countsSubscription }: Task): ScopedLimits {
  const scope: BudgetScope = { kind: 'task', taskId: id, title };
  return { scope, accountKey: taskAccountKey(id), limits, mode, countsSubscription };
}

/** The limits of the machine, and of the folder where one is named, for the day and month of an instant; only those that limit anything. */
export function limitsOfPolicy(
  policy: BudgetPolicy,
  workspaceId: string | null,
  atMs: number,
): readonly ScopedLimits[] {
  const { mode, countsSubscription, timeZone } = policy;
  const folder = workspaceId === null ? undefined : policy.folders[workspaceId];
  return periods.flatMap((period) => {
    const scoped: readonly (readonly [BudgetScope, Limits | undefined])[] = [
      [{ kind: 'machine', period }, policy.machine[period]],
      [{ kind: 'folder', workspaceId: workspaceId ?? '', period }, folder?.[period]],
    ];
    return scoped.flatMap(([scope, limits]) =>
      limits && hasLimit(limits)
        ? [{ scope, accountKey: scopeAccountKey(scope, atMs, timeZone), limits, mode, countsSubscription }]
        : [],
    );
  });
}
