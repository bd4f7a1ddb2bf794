import type { Run } from '../domain/run.ts';
import { pooledLogSd } from './repeatSpread.ts';
import { twoSided95 } from './studentT.ts';

/** Repeats below which a spread is a guess: degrees of freedom of its standard deviation. */
const FEWEST_DEGREES = 3;
/** A difference that is worth a trial: one model costs half as much again as the other. */
const WORTH_SEEING = 1.5;

/** How often each of two models should try, and what that was made from. */
export interface RunsSuggestion {
  /** Null where more than the most would be needed. */
  readonly runs: number | null;
  /** Repeated runs that the spread is from. */
  readonly repeatedRuns: number;
  /** How many times as dear a run typically is as another of the same model on the same task: exp of the pooled standard deviation of ln cost. */
  readonly typicalFactor: number;
  /** The difference that so many runs tell. */
  readonly toldFactor: number;
}

/**
 * Runs of each model that tell a cost difference of 1.5 times from noise on one task: the smallest n from two on with
 * t(0.975, 2n - 2) * sd * sqrt(2 / n) < ln 1.5, where sd is the spread of ln cost among past runs of one task by one model and effort under one agent.
 * About half of the trials of this size decide where the difference is just so large. Null below three degrees of freedom. No unit. O(runs).
 */
export function suggestRuns(runs: readonly Run[], most: number): RunsSuggestion | null {
  const groups = repeatedCosts(runs);
  const repeatedRuns = groups.reduce((sum, group) => sum + group.length, 0);
  if (repeatedRuns - groups.length < FEWEST_DEGREES) return null;
  const logSd = pooledLogSd(groups);
  const tells = (count: number): boolean =>
    twoSided95(2 * count - 2) * logSd * Math.sqrt(2 / count) < Math.log(WORTH_SEEING);
  let count = 2;
  while (count <= most && !tells(count)) count += 1;
  return {
    runs: count > most ? null : count,
    ...{ repeatedRuns, typicalFactor: Math.exp(logSd), toldFactor: WORTH_SEEING },
  };
}

/** Costs above 0 that are known and whole, by what makes runs repeats of each other. */
function repeatedCosts(runs: readonly Run[]): readonly (readonly number[])[] {
  const groups = new Map<string, number[]>();
  for (const { origin, task, model, effort, agent, costNanoUsd, isCensored } of runs) {
    if (costNanoUsd === null || costNanoUsd <= 0 || isCensored) continue;
    const key = JSON.stringify([origin, task, model, effort, agent]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [costNanoUsd]);
    else group.push(costNanoUsd);
  }
  return [...groups.values()].filter((group) => group.length > 1);
}
