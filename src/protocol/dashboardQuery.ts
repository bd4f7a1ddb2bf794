import type { FrontierAxis, HistoryKey, HistoryPeriod } from '../analysis/contract.ts';
import type { RunOrigin } from '../domain/run.ts';
import type { DashboardQuery } from './dashboard.ts';

const axes: readonly FrontierAxis[] = ['cost', 'costOfPass', 'thinkingTokens', 'seconds'];
const periods: readonly HistoryPeriod[] = ['day', 'week', 'month'];
const keys: readonly HistoryKey[] = ['model', 'effort', 'agent', 'folder', 'branch', 'task'];

const MOST_LETTERS = 1_000;
const MOST_ORIGINS = 1_000;

const isText = (value: unknown): value is string => typeof value === 'string' && value.length <= MOST_LETTERS;
const isTextOrNull = (value: unknown): value is string | null => value === null || isText(value);
const isOrigin = (value: unknown): value is RunOrigin =>
  value === 'trial' || value === 'task' || (isText(value) && value.startsWith('import:'));
const isOneOf = <T extends string>(values: readonly T[], value: unknown): value is T =>
  values.some((allowed) => allowed === value);

/** A query that came from a webview or over the control API, with nothing in it that is not one; null for anything else. */
export function readDashboardQuery(value: unknown): DashboardQuery | null {
  if (typeof value !== 'object' || value === null) return null;
  const { origins, reprice, axis, historyPeriod, historyKey, subject, call } = value as Readonly<
    Partial<Record<keyof DashboardQuery, unknown>>
  >;
  const areOrigins =
    origins === null || (Array.isArray(origins) && origins.length <= MOST_ORIGINS && origins.every(isOrigin));
  if (!areOrigins || typeof reprice !== 'boolean' || !isTextOrNull(subject) || !isTextOrNull(call)) return null;
  if (!isOneOf(axes, axis) || !isOneOf(periods, historyPeriod) || !isOneOf(keys, historyKey)) return null;
  return { origins, reprice, axis, historyPeriod, historyKey, subject, call };
}
