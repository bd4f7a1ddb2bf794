import { medianOf } from './bootstrapTasks.ts';
import type { TableModel } from './runTable.ts';
import type { RepeatSpread } from './thinkingContract.ts';

/** A coefficient of variation that the study of repeated runs counts from. */
const WIDE = 0.3;

/**
 * How far repeated runs of one task lie apart: the noise floor that a difference between models has to stand out from. Over tasks with two runs or
 * more of known cost above 0: max / min, coefficient of variation (standard deviation by n, over the mean), and the pooled standard deviation of ln
 * cost within tasks (by n - 1). Of thinking tokens the same, tasks with a run without thinking left out. Null without a repeated task.
 * No unit. O(runs). Source: `analyze_variance` of arXiv 2603.23971.
 */
export function repeatSpread(model: TableModel): RepeatSpread | null {
  const costs = groupsOf(model, ({ costNanoUsd }) => costNanoUsd);
  if (costs.length === 0) return null;
  const thinking = groupsOf(model, ({ run }) => run.thinkingTokens);
  const variations = costs.map(coefficientOfVariation);
  const ratios = costs.map(maxOverMin);
  return {
    tasks: costs.length,
    runs: costs.reduce((sum, group) => sum + group.length, 0),
    medianMaxOverMin: medianOf(ratios),
    largestMaxOverMin: ratios.reduce((max, ratio) => Math.max(max, ratio), 0),
    meanCoefficientOfVariation: mean(variations),
    shareAbove30Percent: mean(variations.map((value) => (value > WIDE ? 1 : 0))),
    thinkingMedianMaxOverMin: medianOf(thinking.map(maxOverMin)),
    thinkingMeanCoefficientOfVariation: thinking.length === 0 ? null : mean(thinking.map(coefficientOfVariation)),
    logSd: pooledLogSd(costs),
  };
}

function groupsOf(
  { cells }: TableModel,
  figure: (run: TableModel['runs'][number]) => number | null,
): readonly (readonly number[])[] {
  return cells
    .map(({ runs }) => runs.map(figure).filter((value) => value !== null))
    .filter((values) => values.length > 1 && values.every((value) => value > 0));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function maxOverMin(values: readonly number[]): number {
  return values.reduce((max, value) => Math.max(max, value), 0) / values.reduce((min, value) => Math.min(min, value));
}

function coefficientOfVariation(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2))) / middle;
}

/** Standard deviation of the logarithms within groups, by n - 1; groups of one say nothing. */
export function pooledLogSd(groups: readonly (readonly number[])[]): number {
  let squares = 0;
  let degrees = 0;
  for (const group of groups) {
    const logs = group.map(Math.log);
    const middle = mean(logs);
    squares += logs.reduce((sum, value) => sum + (value - middle) ** 2, 0);
    degrees += logs.length - 1;
  }
  return Math.sqrt(squares / degrees);
}
