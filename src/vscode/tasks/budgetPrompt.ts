import {
  type BudgetMode,
  budgetModes,
  type Dimension,
  dimensions,
  type Limits,
  noLimits,
} from '../../domain/budget.ts';
import { knownValue } from '../../domain/figure.ts';
import { parseAmount } from '../../domain/parseAmount.ts';
import { editableAmount, limitsText, printShortAmount } from '../../protocol/limitView.ts';
import { taskStrings } from '../../protocol/taskStrings.ts';
import type { SimilarTasks, TaskView } from '../../protocol/tasks.ts';
import type { Choice, Dialogs, InputRemark } from '../dialogs.ts';

export interface Budget {
  readonly limits: Limits;
  readonly mode: BudgetMode;
}

export interface BudgetQuestion {
  readonly title: string;
  /** `outlay.budget.default`; without any limit it is not offered. */
  readonly byDefault: Limits;
  readonly similar: SimilarTasks | null;
  readonly mode: BudgetMode;
  /** The task whose budget is changed; null for a new one. */
  readonly current: TaskView | null;
}

const NANO_USD_PER_CENT = 10_000_000;
const inCents = (amount: number): number => Math.ceil(amount / NANO_USD_PER_CENT) * NANO_USD_PER_CENT;
const usdOnly = (amount: number): Limits => ({ ...noLimits, costNanoUsd: inCents(amount) });
const isNone = (limits: Limits): boolean => dimensions.every((dimension) => limits[dimension] === null);

type Answer = Limits | 'custom' | 'mode';

/** The entries of the first list. */
export function budgetChoices(question: BudgetQuestion, mode: BudgetMode): readonly Choice<Answer>[] {
  const { byDefault, similar, current } = question;
  const currentLimits = current?.task.limits ?? noLimits;
  const ofSimilar = (words: string): string => `${words} of ${similar?.tasks ?? 0} tasks of this kind`;
  return [
    ...(isNone(currentLimits)
      ? []
      : [{ label: limitsText(currentLimits), description: 'as it is', value: currentLimits }]),
    { label: 'No budget', description: 'nothing is ever refused', value: noLimits },
    ...(isNone(byDefault)
      ? []
      : [{ label: limitsText(byDefault), description: 'the default of your settings', value: byDefault }]),
    ...(similar === null
      ? []
      : [
          { limits: usdOnly(similar.medianNanoUsd), words: 'the median' },
          { limits: usdOnly(similar.p90NanoUsd), words: 'what nine in ten stayed below,' },
        ].map(({ limits, words }) => ({ label: limitsText(limits), description: ofSimilar(words), value: limits }))),
    { label: 'Custom...', description: 'dollars, tokens, calls in any mix', value: 'custom' },
    { label: 'How it is kept...', description: `now ${taskStrings.mode[mode]}`, value: 'mode' },
  ];
}

/** Asks for a budget; undefined where the user changed their mind. */
export async function askBudget(dialogs: Dialogs, question: BudgetQuestion): Promise<Budget | undefined> {
  let { mode } = question;
  for (;;) {
    const choice = await dialogs.pick(question.title, 'Which budget', budgetChoices(question, mode));
    if (choice === undefined) return undefined;
    const { value } = choice;
    if (value === 'custom') {
      const limits = await askLimits(dialogs, question);
      return limits === undefined ? undefined : { limits, mode };
    }
    if (value !== 'mode') return { limits: value, mode };
    mode = (await askMode(dialogs, question.title, mode)) ?? mode;
  }
}

async function askMode(dialogs: Dialogs, title: string, current: BudgetMode): Promise<BudgetMode | undefined> {
  const choices = budgetModes.map((mode) => ({
    label: taskStrings.mode[mode],
    ...(mode === current ? { description: 'now' } : {}),
    value: mode,
  }));
  return (await dialogs.pick(title, 'How the budget is kept', choices))?.value;
}

async function askLimits(dialogs: Dialogs, question: BudgetQuestion): Promise<Limits | undefined> {
  const limits: Record<Dimension, number | null> = { ...noLimits };
  const before = question.current?.task.limits ?? question.byDefault;
  for (const [index, dimension] of dimensions.entries()) {
    const old = before[dimension];
    const text = await dialogs.input({
      title: `${question.title}: ${taskStrings.dimension[dimension]} (${index + 1} of ${dimensions.length})`,
      prompt: `The limit in ${dimension === 'costNanoUsd' ? 'dollars' : taskStrings.dimension[dimension].toLowerCase()}. Empty: no such limit.`,
      placeHolder: dimension === 'costNanoUsd' ? '5 or 5.25' : '200000 or 200k',
      ...(old === null ? {} : { value: editableAmount(dimension, old) }),
      check: (written) => remarkOnLimit(dimension, written, question.current),
    });
    if (text === undefined) return undefined;
    const parsed = text.trim() === '' ? null : parseAmount(dimension, text);
    limits[dimension] = parsed?.ok === true ? parsed.value : null;
  }
  return limits;
}

/** What a limit means before it is set: a mistake, or a consequence that Enter confirms. */
export function remarkOnLimit(dimension: Dimension, text: string, current: TaskView | null): InputRemark | null {
  if (text.trim() === '') return null;
  const parsed = parseAmount(dimension, text);
  if (!parsed.ok) return { severity: 'error', text: parsed.problem };
  const spent = current === null ? null : spentOf(current, dimension);
  if (spent !== null && parsed.value < spent) {
    const so = `${printShortAmount(dimension, spent)} is spent already`;
    return { severity: 'warning', text: `${so}: with this limit the task's next call is refused. Enter confirms.` };
  }
  if (parsed.value > 0) return null;
  const words =
    dimension === 'costNanoUsd'
      ? 'A limit of $0.00 refuses every call that costs anything'
      : `A limit of 0 ${taskStrings.dimension[dimension].toLowerCase()} allows none`;
  return { severity: 'warning', text: `${words}. Enter confirms.` };
}

function spentOf(view: TaskView, dimension: Dimension): number | null {
  const line = view.limits.find((limit) => limit.dimension === dimension);
  if (line !== undefined) return knownValue(line.spent);
  switch (dimension) {
    case 'costNanoUsd':
      return knownValue(view.spentNanoUsd);
    case 'thinkingTokens':
      return knownValue(view.thinkingTokens);
    case 'outputTokens':
      return knownValue(view.outputTokens);
    case 'toolCalls':
      return view.toolCalls;
    case 'calls':
      return view.calls;
  }
}
