import { softMark, usedPercent } from '../../budget/softMark.ts';
import { type AccountState, dimensions, type ScopedLimits } from '../../domain/budget.ts';
import { estimatedFigure, exactFigure } from '../../domain/figure.ts';
import type { LimitLine } from '../../protocol/tasks.ts';

/** One line for each limited dimension, in the order of `dimensions`, by the same sums as admission goes by. */
export function limitLines(scoped: ScopedLimits, account: AccountState): readonly LimitLine[] {
  return dimensions.flatMap((dimension): readonly LimitLine[] => {
    const limit = scoped.limits[dimension];
    if (limit === null) return [];
    const withSubscription = dimension === 'costNanoUsd' && scoped.countsSubscription;
    const spent = account.spent[dimension] + (withSubscription ? account.spentSubscriptionNanoUsd : 0);
    const held = account.held[dimension] + (withSubscription ? account.heldSubscriptionNanoUsd : 0);
    return [
      {
        dimension,
        limit,
        spent: account.estimatedCharges > 0 ? estimatedFigure(spent) : exactFigure(spent),
        held,
        free: Math.max(0, limit - spent - held),
        percent: usedPercent(spent + held, limit),
        mark: softMark(spent, limit),
      },
    ];
  });
}
