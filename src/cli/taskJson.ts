import { dimensions, type Limits } from '../domain/budget.ts';
import { usdOf } from '../domain/money.ts';
import type { Outcome, TaskState } from '../domain/task.ts';
import type { TaskDetails } from '../protocol/tasks.ts';

/** Amounts as `--json` prints them: dollars as dollars; null is no limit. */
export interface AmountsJson {
  readonly usd: number | null;
  readonly thinkingTokens: number | null;
  readonly outputTokens: number | null;
  readonly toolCalls: number | null;
  readonly calls: number | null;
}

/** A task as `task show --json` prints it. Stable interface: exactly these keys. */
export interface TaskJson {
  readonly id: string;
  readonly title: string;
  readonly state: TaskState;
  /** What the dollar limit counts: billed dollars, and subscription use at API prices only where the budget says so. */
  readonly spentUsd: number;
  readonly heldUsd: number;
  readonly limits: AmountsJson;
  readonly spent: AmountsJson;
  readonly held: AmountsJson;
  readonly sessions: readonly string[];
  readonly outcome: Outcome | null;
}

export function taskJson({ view, account }: TaskDetails): TaskJson {
  const { task, sessions } = view;
  const counted = task.countsSubscription;
  const spentNanoUsd = account.spent.costNanoUsd + (counted ? account.spentSubscriptionNanoUsd : 0);
  const heldNanoUsd = account.held.costNanoUsd + (counted ? account.heldSubscriptionNanoUsd : 0);
  return {
    id: task.id,
    title: task.title,
    state: task.state,
    spentUsd: usdOf(spentNanoUsd),
    heldUsd: usdOf(heldNanoUsd),
    limits: amountsJson(task.limits),
    spent: amountsJson({ ...account.spent, costNanoUsd: spentNanoUsd }),
    held: amountsJson({ ...account.held, costNanoUsd: heldNanoUsd }),
    sessions: sessions.map(({ session }) => session),
    outcome: task.state === 'open' ? null : task.state,
  };
}

function amountsJson(amounts: Limits): AmountsJson {
  const [usd = null, thinkingTokens = null, outputTokens = null, toolCalls = null, calls = null] = dimensions.map(
    (dimension) => amounts[dimension],
  );
  return { usd: usd === null ? null : usdOf(usd), thinkingTokens, outputTokens, toolCalls, calls };
}
