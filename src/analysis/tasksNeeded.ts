import { MIN_TASKS_FOR_VERDICT } from './pairedInterval.ts';
import { twoSided95 } from './studentT.ts';

/** More than anybody will run; beyond it "not with any number of tasks" is the honest answer. */
const MOST_TASKS = 1000;

/**
 * Common tasks that a paired t-interval needs to exclude 1, if tasks go on as they did: the smallest n from five on with
 * t(0.975, n - 1) * sd / sqrt(n) < |mean| of the log cost ratios. A guess from few tasks, and no promise: about half of all trials of this size decide.
 *
 * Null where the two cost the same so far, and above 1,000 tasks. No spread: five. No unit. O(log n) quantiles.
 */
export function tasksNeeded(meanLogRatio: number, logSd: number): number | null {
  const size = Math.abs(meanLogRatio);
  if (!(size > 1e-12) || !Number.isFinite(logSd)) return null;
  const decides = (tasks: number): boolean => twoSided95(tasks - 1) * logSd < size * Math.sqrt(tasks);
  if (!decides(MOST_TASKS)) return null;
  let [low, high] = [MIN_TASKS_FOR_VERDICT, MOST_TASKS];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (decides(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
