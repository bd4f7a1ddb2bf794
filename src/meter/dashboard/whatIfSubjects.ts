import type { RepricedUsage } from '../../analysis/whatIf.ts';
import { printUsd } from '../../domain/format.ts';
import type { ReportRow, TaskHead, TaskUsageRow } from '../../ledger/contract.ts';
import type { WhatIfSubject } from '../../protocol/dashboard.ts';

/** Usage that is repriced. */
export interface RepricedSubject {
  readonly id: string;
  /** What each model used. */
  readonly used: readonly { readonly model: string; readonly usage: RepricedUsage }[];
  /** The model that the whole stands for in measurements: a task's main one. Null: each model stands for itself. */
  readonly mainModel: string | null;
  readonly costNanoUsd: number | null;
  readonly isSoFar: boolean;
  readonly sentence: string;
}

const stateWords: Readonly<Record<TaskHead['state'], string>> = {
  open: 'open, so far',
  passed: 'passed',
  failed: 'failed',
  abandoned: 'abandoned',
};

export function taskSubject({ id, title, state, isActive }: TaskHead): WhatIfSubject {
  const word = isActive && state === 'open' ? 'active, so far' : stateWords[state];
  return {
    id: `task:${id}`,
    title: `${title} (${word})`,
    group: state !== 'open' ? 'Finished tasks' : isActive ? 'Active task' : 'Open tasks',
  };
}

/** This month's subjects: for each kind of payment all models together, where there are several, and each by itself. */
export function monthSubjects(month: readonly ReportRow[]): readonly WhatIfSubject[] {
  return payments(month).flatMap(([auth, rows]) => [
    ...(rows.length > 1
      ? [{ id: `month:${auth}`, title: `This month, all models${paidWords[auth]}`, group: 'This month' }]
      : []),
    ...rows.map((row) => ({
      id: `month:${auth}:${row.key}`,
      title: `This month with ${row.key}${paidWords[auth]}`,
      group: 'This month',
    })),
  ]);
}

const paidWords: Readonly<Record<ReportRow['auth'], string>> = {
  key: '',
  subscription: ' (subscription, at API prices)',
  unknown: ' (who paid is not known)',
};

function payments(month: readonly ReportRow[]): readonly (readonly [ReportRow['auth'], readonly ReportRow[]])[] {
  const auths = [...new Set(month.map(({ auth }) => auth))];
  return auths.map((auth) => [auth, month.filter((row) => row.auth === auth)] as const);
}

/** The month's usage of a subject's id; null where it names none. */
export function repricedMonth(month: readonly ReportRow[], id: string): RepricedSubject | null {
  for (const [auth, rows] of payments(month)) {
    const chosen = id === `month:${auth}` ? rows : rows.filter(({ key }) => id === `month:${auth}:${key}`);
    const [first] = chosen;
    if (first === undefined) continue;
    const who = chosen.length > 1 ? 'all models' : first.key;
    const isPriced = chosen.every(({ unpricedCalls }) => unpricedCalls === 0);
    const costNanoUsd = isPriced ? chosen.reduce((sum, row) => sum + (row.costNanoUsd ?? 0), 0) : null;
    return {
      id,
      used: chosen.map((row) => ({ model: row.key, usage: monthUsage(row) })),
      mainModel: null,
      costNanoUsd,
      isSoFar: false,
      sentence: `What ${who} did this month${paidWords[auth]} ${cameTo(costNanoUsd)}.`,
    };
  }
  return null;
}

function monthUsage(row: ReportRow): RepricedUsage {
  return {
    inputTokens: row.inputTokens,
    cacheReadTokens: row.cacheReadTokens,
    cacheWriteTokens: row.cacheWrite5mTokens + row.cacheWrite1hTokens,
    outputTokens: row.outputTokens,
    thinkingTokens: row.unknownThinkingCalls > 0 ? null : row.thinkingTokens,
  };
}

/** A task's usage; its main model is the one that cost most, sub-agents left out. Null without calls. */
export function repricedTask({ id, title, state }: TaskHead, rows: readonly TaskUsageRow[]): RepricedSubject | null {
  const main = rows.find(({ isSubAgent }) => !isSubAgent) ?? rows[0];
  if (main === undefined) return null;
  const models = [...new Set([main.model, ...rows.map(({ model }) => model)])];
  const costNanoUsd = rows.reduce<number | null>((sum, row) => plus(sum, row.costNanoUsd), 0);
  const others = models.length - 1;
  const who = `${main.model}${others === 0 ? '' : ` and ${others} other ${others === 1 ? 'model' : 'models'}`}`;
  const paid = rows.some(({ auth }) => auth === 'subscription') ? ', subscription use at API prices' : '';
  const isSoFar = state === 'open';
  return {
    id: `task:${id}`,
    used: models.map((model) => ({ model, usage: usageOf(rows.filter((row) => row.model === model)) })),
    mainModel: main.model,
    costNanoUsd,
    isSoFar,
    sentence: isSoFar
      ? `“${title}” with ${who} is not finished: so far it ${cameTo(costNanoUsd)}${paid}.`
      : `“${title}” with ${who} ${cameTo(costNanoUsd)}${paid}.`,
  };
}

function usageOf(rows: readonly TaskUsageRow[]): RepricedUsage {
  const sum = (figure: (row: TaskUsageRow) => number | null): number | null =>
    rows.reduce<number | null>((total, row) => plus(total, figure(row)), 0);
  return {
    inputTokens: sum(({ inputTokens }) => inputTokens),
    cacheReadTokens: sum(({ cacheReadTokens }) => cacheReadTokens) ?? 0,
    cacheWriteTokens: sum(({ cacheWriteTokens }) => cacheWriteTokens) ?? 0,
    outputTokens: sum(({ outputTokens }) => outputTokens),
    thinkingTokens: sum(({ thinkingTokens }) => thinkingTokens),
  };
}

/** One unknown makes the sum unknown. */
function plus(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a + b;
}

function cameTo(costNanoUsd: number | null): string {
  return costNanoUsd === null ? 'has no price' : `came to ${printUsd(costNanoUsd)}`;
}
