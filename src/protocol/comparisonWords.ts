import type { BudgetCurve, CostOfPass, Decomposition, Factor, FactorShare, PairResult } from '../analysis/contract.ts';
import { printMultiple, printPercent, printUsd } from '../domain/format.ts';

/*
 * Words for the parts of a comparison of which there are too many to be sent with a sentence each: marks of charts and cells of tables. What a whole
 * chart, model or pair comes to is said by src/analysis, once.
 */

export const factorWords: Readonly<Record<Factor, string>> = {
  listPrice: 'List price',
  calls: 'Calls per task',
  inputVolume: 'Amount of input',
  cacheMix: 'Use of the cache',
  thinking: 'Thinking',
  visibleOutput: 'Visible output',
  billing: 'Billing',
};

/** The labels of a pair: `a` is the one that lists less. */
interface PairLabels {
  readonly a: string;
  readonly b: string;
}

/** What one factor does to the cost of `a`. */
export function factorSentence({ factor, ratio }: FactorShare, { a, b }: PairLabels): string {
  const effect =
    Math.abs(ratio - 1) < 0.0005 ? 'changes nothing' : `alone makes ${a} cost ${printMultiple(ratio)} what ${b} costs`;
  return `${factorWords[factor]} ${effect}.`;
}

/** What all factors come to. */
export function wholeSentence(why: Decomposition, { a, b }: PairLabels): string {
  return `In all, ${a} cost ${printMultiple(Math.exp(why.logCostRatio))} what ${b} cost.`;
}

/** How the split of a pair is to be read; nothing where there is none. */
export function whySentences({ why, commonTasks }: PairResult): readonly string[] {
  if (why === null) return [];
  const how =
    'From what the list prices alone would make of it to what was paid: each step multiplies, and together they are the whole difference.';
  if (why.tasks >= commonTasks) return [how];
  return [how, `The split is over the ${why.tasks} of ${commonTasks} common tasks that have token counts.`];
}

/** One step of a curve of what a budget solves. */
export function budgetSentence(
  label: string,
  tasks: number,
  { budgetNanoUsd, passRate, passRateAtMost }: BudgetCurve['points'][number],
): string {
  const open = passRateAtMost > passRate ? ` (at most ${printPercent(passRateAtMost)}, had no budget stopped it)` : '';
  return `With ${printUsd(budgetNanoUsd)} a task, ${label} solved ${printPercent(passRate)}${open} of ${tasks} ${tasks === 1 ? 'task' : 'tasks'}.`;
}

/** Cost of a pass where there is none yet. */
export function noPassText({ atLeastNanoUsd, spentNanoUsd }: CostOfPass): string {
  return `no pass yet, at least ${printUsd(atLeastNanoUsd ?? spentNanoUsd)}`;
}

/** The interval of a cost of a pass, of which the upper end may be open. */
export function passIntervalText([low, high]: NonNullable<CostOfPass['interval']>): string {
  return high === null ? `${printUsd(low)} and up` : `${printUsd(low)} to ${printUsd(high)}`;
}

export function thinkingShareText(share: number, of: 'output' | 'cost'): string {
  return `${printPercent(share)} of the ${of} was thinking.`;
}
