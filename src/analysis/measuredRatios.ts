import type { Run } from '../domain/run.ts';
import { groupBy } from './groupBy.ts';
import type { MeasuredRatios } from './whatIf.ts';

/**
 * How much one model used against another on each task that both attempted: prompt, thinking and visible tokens, each the mean of the task's runs. Tasks
 * where a count is unknown, or 0 for the model that is divided by, are left out; both 0 is a ratio of 1. O(runs).
 */
export function measuredRatios(of: readonly Run[], against: readonly Run[]): readonly MeasuredRatios[] {
  const others = groupBy(against, ({ task }) => task);
  return [...groupBy(of, ({ task }) => task)].flatMap(([task, runs]): readonly MeasuredRatios[] => {
    const [a, b] = [meanOf(runs), meanOf(others.get(task) ?? [])];
    if (a === null || b === null) return [];
    const ratios = {
      input: ratio(a.input, b.input),
      thinking: ratio(a.thinking, b.thinking),
      visible: ratio(a.visible, b.visible),
    };
    const { input, thinking, visible } = ratios;
    return input === null || thinking === null || visible === null ? [] : [{ input, thinking, visible }];
  });
}

function meanOf(runs: readonly Run[]): MeasuredRatios | null {
  const known = runs.flatMap((run): readonly MeasuredRatios[] => {
    const { inputTokens, outputTokens, thinkingTokens, isCensored } = run;
    if (isCensored || inputTokens === null || outputTokens === null || thinkingTokens === null) return [];
    const input = inputTokens + (run.cacheReadTokens ?? 0) + (run.cacheWriteTokens ?? 0);
    return [{ input, thinking: thinkingTokens, visible: Math.max(0, outputTokens - thinkingTokens) }];
  });
  if (known.length === 0) return null;
  const mean = (figure: (value: MeasuredRatios) => number): number =>
    known.reduce((sum, value) => sum + figure(value), 0) / known.length;
  return {
    input: mean(({ input }) => input),
    thinking: mean(({ thinking }) => thinking),
    visible: mean(({ visible }) => visible),
  };
}

function ratio(a: number, b: number): number | null {
  if (a === 0 && b === 0) return 1;
  return b > 0 ? a / b : null;
}
