import type { FrontierAxis, HistoryKey, HistoryPeriod } from '../analysis/contract.ts';
import type { RunOrigin } from '../domain/run.ts';
import type { DashboardQuery } from './dashboard.ts';

const axes: readonly FrontierAxis[] = ['cost', 'costOfPass', 'thinkingTokens', 'seconds'];
const periods: readonly HistoryPeriod[] = ['day', 'week', 'month'];
const keys: readonly HistoryKey[] = ['model', 'effort', 'agent', 'folder', 'branch', 'task'];

const MOST_LETTERS = 1_000;
const MOST_ORIGINS = 1_000;
const MOST_MODELS = 1_000;
const MOST_WEIGHT = 1e9;

const isText = (value: unknown): value is string => typeof value === 'string' && value.length <= MOST_LETTERS;
const isTextOrNull = (value: unknown): value is string | null => value === null || isText(value);
const isOrigin = (value: unknown): value is RunOrigin =>
  value === 'trial' || value === 'task' || (isText(value) && value.startsWith('import:'));
const isOneOf = <T extends string>(values: readonly T[], value: unknown): value is T =>
  values.some((allowed) => allowed === value);

const areTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.length <= MOST_MODELS && value.every(isText);
const isWeight = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value <= MOST_WEIGHT;

function readWeights(value: unknown): DashboardQuery['priceWeights'] | null {
  if (typeof value !== 'object' || value === null) return null;
  const { input, output } = value as Readonly<Partial<Record<'input' | 'output', unknown>>>;
  return isWeight(input) && isWeight(output) && input + output > 0 ? { input, output } : null;
}

/** A query that came from a webview or over the control API, with nothing in it that is not one; null for anything else. */
export function readDashboardQuery(value: unknown): DashboardQuery | null {
  if (typeof value !== 'object' || value === null) return null;
  const { origins, reprice, without, priceWeights, axis, historyPeriod, historyKey, subject, findTask, call } =
    value as Readonly<Partial<Record<keyof DashboardQuery, unknown>>>;
  const areOrigins =
    origins === null || (Array.isArray(origins) && origins.length <= MOST_ORIGINS && origins.every(isOrigin));
  if (!areOrigins || typeof reprice !== 'boolean' || !isTextOrNull(subject) || !isTextOrNull(call)) return null;
  if (!isOneOf(axes, axis) || !isOneOf(periods, historyPeriod) || !isOneOf(keys, historyKey)) return null;
  const weights = readWeights(priceWeights);
  if (!areTexts(without) || !isText(findTask) || weights === null) return null;
  return { origins, reprice, without, priceWeights: weights, axis, historyPeriod, historyKey, subject, findTask, call };
}
