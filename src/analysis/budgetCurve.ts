import type { BudgetCurve } from './contract.ts';
import type { TableModel, UsableRun } from './runTable.ts';

interface Step {
  readonly budget: number;
  readonly weight: number;
  /** A budget stopped the run here: it might have passed with more. */
  readonly isOpen: boolean;
}

/**
 * Resolved within budget: for each budget b the share of a model's tasks passed at a cost of at most b; a task with several runs adds the share
 * of its runs. Never falls. Starts at budget 0 and ends at the dearest pass or the dearest run that a budget stopped.
 *
 * Runs without a known outcome or cost are left out. A run that a budget stopped at c has not passed up to c; beyond it nobody knows, which
 * is what `passRateAtMost` spans. No run that counts: no points. Nano-USD and shares. O(runs log runs). Source: the chart of swebench.com.
 */
export function budgetCurve(model: TableModel): BudgetCurve {
  const cells = model.cells.map(({ runs }) => runs.filter(isJudged)).filter((runs) => runs.length > 0);
  const tasks = cells.length;
  if (tasks === 0) return { model: model.id.key, tasks: 0, points: [] };
  const steps = cells.flatMap((runs) => runs.flatMap((run) => stepOf(run, 1 / (tasks * runs.length))));
  steps.sort((a, b) => a.budget - b.budget);
  const points: { budgetNanoUsd: number; passRate: number; passRateAtMost: number }[] = [
    { budgetNanoUsd: 0, passRate: 0, passRateAtMost: 0 },
  ];
  let passed = 0;
  let open = 0;
  for (const { budget, weight, isOpen } of steps) {
    if (isOpen) open += weight;
    else passed += weight;
    const point = { budgetNanoUsd: budget, passRate: share(passed), passRateAtMost: share(passed + open) };
    if (points.at(-1)?.budgetNanoUsd === budget) points[points.length - 1] = point;
    else points.push(point);
  }
  return { model: model.id.key, tasks, points };
}

function isJudged({ run, cost }: UsableRun): boolean {
  return cost.kind === 'censored' || (cost.kind === 'known' && run.passed !== null);
}

function stepOf({ run, cost }: UsableRun, weight: number): readonly Step[] {
  if (cost.kind === 'censored') return [{ budget: cost.atLeastNanoUsd, weight, isOpen: true }];
  if (cost.kind !== 'known' || run.passed !== true) return [];
  return [{ budget: cost.nanoUsd, weight, isOpen: false }];
}

/** Sums of n-ths miss their whole by a rounding: nine ninths are 1. */
function share(sum: number): number {
  return Math.min(1, Math.round(sum * 1e12) / 1e12);
}
