import { printPercent, printUsd, printWhole } from '../domain/format.ts';
import type { Decomposition, Interval, PairState, Verdict } from './contract.ts';

/** "1 task", "9 tasks". */
export function counted(count: number, noun: string): string {
  return `${printWhole(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** A ratio against 1 in words: "22% more", "78% less", "28.0 times as much", "the same". */
export function comparedCost(ratio: number): string {
  if (Math.abs(ratio - 1) < 0.0005) return 'the same';
  if (ratio >= 3) return `${printTimes(ratio)} times as much`;
  return ratio > 1 ? `${printPercent(ratio - 1)} more` : `${printPercent(1 - ratio)} less`;
}

/** Three significant digits: 28.0, 1.22, 340. */
export function printTimes(ratio: number): string {
  if (ratio >= 1000) return printWhole(ratio);
  return ratio.toPrecision(3).includes('e') ? String(Math.round(ratio)) : ratio.toPrecision(3);
}

export function printInterval([low, high]: Interval): string {
  return `${printTimes(low)} to ${printTimes(high)} times`;
}

export function printUsdRange([low, high]: Interval): string {
  return `${printUsd(low)} to ${printUsd(high)}`;
}

export interface PairWords {
  readonly a: string;
  readonly b: string;
  readonly state: PairState;
  readonly verdict: Verdict;
  readonly listRatio: number | null;
  readonly costRatio: number | null;
  readonly interval: Interval | null;
  readonly commonTasks: number;
  /** Of the common tasks those with a cost ratio above 0: what a verdict rests on. */
  readonly ratios: number;
  readonly task: string | null;
  readonly why: Decomposition | null;
}

/** A pair in one plain sentence. */
export function pairSentence(words: PairWords): string {
  const { a, b, state, listRatio, costRatio, commonTasks, task } = words;
  if (commonTasks === 0) return `${a} and ${b} share no task with known costs.`;
  const where =
    task === null ? `on ${commonTasks === 1 ? 'this' : 'these'} ${counted(commonTasks, 'task')}` : `on ${task}`;
  const cost = costRatio === null ? 'cost what cannot be put as a ratio' : `cost ${comparedCost(costRatio)}`;
  if (state === 'not comparable') return `${a} ${cost} against ${b} ${where}; a list price is not known.`;
  if (state === 'tie in list') return `${a} and ${b} list the same; ${a} ${cost} ${where}${doubt(words)}.`;
  if (state === 'tie in cost') return `${a} lists ${lists(listRatio)} ${b} and cost the same ${where}.`;
  return `${a} lists ${lists(listRatio)} ${b} and ${cost} ${where}${thinkingPart(words)}${doubt(words)}.`;
}

function lists(listRatio: number | null): string {
  return listRatio === null ? 'below' : `${printPercent(1 - listRatio)} below`;
}

function thinkingPart({ state, why, commonTasks }: PairWords): string {
  const share = why?.thinkingShareOfIncrease ?? null;
  if (share === null || share === 0 || (state !== 'reversed' && state !== 'possibly')) return '';
  // Not every task has token counts, and on those that have the cheaper-listed model may not have cost more.
  if (why === null || why.logCostRatio <= 0) return '';
  const where = why.tasks < commonTasks ? ` on the ${counted(why.tasks, 'task')} with token counts` : '';
  return `; thinking tokens explain ${printPercent(share)} of it${where}`;
}

function doubt({ verdict, interval, task, commonTasks, ratios }: PairWords): string {
  if (verdict === 'established' || task !== null) return '';
  const without = ratios < commonTasks ? `, ${printWhole(commonTasks - ratios)} of them without a cost ratio` : '';
  if (verdict === 'too few to say') return `; too few to say with ${counted(commonTasks, 'common task')}${without}`;
  return interval === null ? '' : `; not established (typically ${printInterval(interval)})`;
}
