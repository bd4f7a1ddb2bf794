import { type Dimension, dimensions, type Limits } from '../domain/budget.ts';
import { exactFigure, knownValue } from '../domain/figure.ts';
import { printCompact, printPercent, printUsd } from '../domain/format.ts';
import { NANO_USD_PER_USD } from '../domain/money.ts';
import { withoutTrailingZeros } from '../domain/withoutTrailingZeros.ts';
import { type Shown, showTokens, showUsd } from './shown.ts';
import { taskStrings } from './taskStrings.ts';
import type { LimitLine, TaskView } from './tasks.ts';

/** An amount of a dimension with its unit: "$5.00", "200K thinking tokens". */
export function printShortAmount(dimension: Dimension, amount: number): string {
  return `${printBare(dimension)(amount)}${taskStrings.unit[dimension]}`;
}

function printBare(dimension: Dimension): (amount: number) => string {
  return dimension === 'costNanoUsd' ? printUsd : printCompact;
}

/** As a user would write it into an input box, so that reading it back gives the same limit. */
export function editableAmount(dimension: Dimension, amount: number): string {
  if (dimension !== 'costNanoUsd') return String(amount);
  const fraction = withoutTrailingZeros(String(amount % NANO_USD_PER_USD).padStart(9, '0'));
  const whole = Math.floor(amount / NANO_USD_PER_USD);
  return fraction === '' ? String(whole) : `${whole}.${fraction.padEnd(2, '0')}`;
}

/** Limits in words, "no budget" for none. */
export function limitsText(limits: Limits): string {
  const parts = dimensions.flatMap((dimension) => {
    const limit = limits[dimension];
    return limit === null ? [] : [printShortAmount(dimension, limit)];
  });
  return parts.length === 0 ? taskStrings.noBudget : parts.join(', ');
}

/** One limited dimension, ready to be printed. */
export interface LimitLineView {
  readonly dimension: Dimension;
  readonly name: string;
  /** "62% of $5.00", "62% of 80K thinking tokens". */
  readonly text: string;
  /** The same without the unit, for where the name stands beside it. */
  readonly bare: string;
  /** What to say of a mark that is passed; null below all of them. */
  readonly mark: string | null;
  readonly level: 'normal' | 'warning' | 'strong';
  readonly spent: Shown;
  readonly held: Shown;
  readonly free: Shown;
  readonly detail: string;
  /** Shares of the limit; together at most 1. */
  readonly spentShare: number;
  readonly heldShare: number;
}

const showFor = (dimension: Dimension) => (dimension === 'costNanoUsd' ? showUsd : showTokens);

export function limitLineView(line: LimitLine): LimitLineView {
  const { dimension, limit } = line;
  const show = showFor(dimension);
  const [spent, held, free] = [show(line.spent), show(exactFigure(line.held)), show(exactFigure(line.free))];
  const spentShare = shareOf(knownValue(line.spent) ?? 0, limit);
  const reserved = line.held === 0 ? taskStrings.noneReserved : held.text;
  return {
    dimension,
    name: taskStrings.dimension[dimension],
    text: taskStrings.ofLimit(printPercent(line.percent / 100), printShortAmount(dimension, limit)),
    bare: taskStrings.ofLimit(printPercent(line.percent / 100), printBare(dimension)(limit)),
    mark: markWords(line),
    level: line.mark === 'at-line' || line.mark === 'soft90' ? 'strong' : line.mark === 'soft75' ? 'warning' : 'normal',
    spent,
    held,
    free,
    detail: taskStrings.lineDetail(spent.text, reserved, free.text),
    spentShare,
    heldShare: Math.min(1 - spentShare, shareOf(line.held, limit)),
  };
}

function shareOf(part: number, limit: number): number {
  return limit <= 0 ? 1 : Math.min(1, Math.max(0, part / limit));
}

function markWords(line: LimitLine): string | null {
  switch (line.mark) {
    case 'below':
      return null;
    case 'soft75':
      return taskStrings.mark75;
    case 'soft90':
      return taskStrings.mark90;
    case 'at-line':
      // Only calls in flight stand between what is spent and the line: waiting may help, extending is not the only way.
      return (knownValue(line.spent) ?? 0) < line.limit ? taskStrings.allReserved : taskStrings.usedUp;
  }
}

/** The limit that is nearest to its line; null without a budget. */
export function tightestLimit(view: Pick<TaskView, 'limits'>): LimitLine | null {
  return view.limits.reduce<LimitLine | null>(
    (tightest, line) => (tightest === null || line.percent > tightest.percent ? line : tightest),
    null,
  );
}

/** A task's budget in few words: of its tightest limit, "no budget" without one. */
export function budgetWords(view: Pick<TaskView, 'limits' | 'task'>): string {
  const line = tightestLimit(view);
  if (line === null) return taskStrings.noBudget;
  const { text, mark } = limitLineView(line);
  const parts = [text, ...(mark === null ? [] : [mark])];
  return view.task.mode === 'warn' ? [...parts, taskStrings.warnOnly].join(', ') : parts.join(', ');
}
