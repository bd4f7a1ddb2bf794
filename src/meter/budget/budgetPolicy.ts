import {
  type BudgetMode,
  type BudgetPeriod,
  budgetModes,
  dimensions,
  type Limits,
  noLimits,
} from '../../domain/budget.ts';
import type { BudgetPolicy } from '../../protocol/tasks.ts';

/** Nothing is limited. */
export const noPolicy: BudgetPolicy = {
  machine: { day: noLimits, month: noLimits },
  folders: {},
  mode: 'steady',
  countsSubscription: false,
  timeZone: null,
  alarmNanoUsdPerHour: null,
  answerAsMessage: [],
  lowerMaxOutput: false,
};

export interface ReadPolicy {
  readonly policy: BudgetPolicy;
  /** A sentence for each part that was left out. */
  readonly problems: readonly string[];
}

/** Reads a policy from a client or from the books. What is no limit is left out and said; it never becomes a limit of 0. */
export function readBudgetPolicy(value: unknown): ReadPolicy {
  const problems: string[] = [];
  const fields = objectOr(value);
  const periodLimits = (held: unknown, where: string): BudgetPolicy['machine'] => {
    const { day, month } = objectOr(held);
    const read = (limits: unknown, period: BudgetPeriod): Limits => readLimits(limits, `${where} ${period}`, problems);
    return { day: read(day, 'day'), month: read(month, 'month') };
  };
  const folders = Object.entries(objectOr(fields['folders'])).map(
    ([id, held]) => [id, periodLimits(held, `folder ${id},`)] as const,
  );
  return {
    policy: {
      machine: periodLimits(fields['machine'], 'machine,'),
      folders: Object.fromEntries(folders),
      mode: budgetModes.find((mode): mode is BudgetMode => mode === fields['mode']) ?? noPolicy.mode,
      countsSubscription: fields['countsSubscription'] === true,
      timeZone: readZone(fields['timeZone'], problems),
      alarmNanoUsdPerHour: readAmount(fields['alarmNanoUsdPerHour'], 'The alarm', problems),
      answerAsMessage: readTexts(fields['answerAsMessage']),
      lowerMaxOutput: fields['lowerMaxOutput'] === true,
    },
    problems,
  };
}

function readLimits(value: unknown, where: string, problems: string[]): Limits {
  const fields = objectOr(value);
  const read = dimensions.map((dimension) => [
    dimension,
    readAmount(fields[dimension], `The limit of ${dimension} (${where})`, problems),
  ]);
  return { ...noLimits, ...Object.fromEntries(read) };
}

function readAmount(value: unknown, what: string, problems: string[]): number | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  problems.push(`${what} is no whole number from 0 up and was left out.`);
  return null;
}

function readZone(value: unknown, problems: string[]): string | null {
  if (typeof value !== 'string' || value === '') return null;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone;
  } catch {
    problems.push(`"${value.slice(0, 60)}" is no time zone; days and months are those of this machine.`);
    return null;
  }
}

function readTexts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

function objectOr(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}
