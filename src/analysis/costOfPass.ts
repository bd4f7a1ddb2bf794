import { printPercent, printUsd } from '../domain/format.ts';
import type { CostOfPass, OpenInterval } from './contract.ts';
import { jeffreysInterval } from './jeffreysInterval.ts';
import type { TableModel, UsableRun } from './runTable.ts';
import { counted } from './sentences.ts';

/** What a run adds to the cost of a pass; null where its cost or its outcome is unknown. */
export function attemptOf({ run, cost }: UsableRun): { readonly nanoUsd: number; readonly passed: boolean } | null {
  if (cost.kind === 'censored') return { nanoUsd: cost.atLeastNanoUsd, passed: false };
  if (cost.kind !== 'known' || run.passed === null) return null;
  return { nanoUsd: cost.nanoUsd, passed: run.passed };
}

/**
 * Cost per solved task of each model: the sum of what was spent over the number of passes, a ratio of totals and not a mean of ratios. Failed,
 * abandoned and stopped runs are spend; runs without a known cost or outcome are in neither.
 *
 * Interval: the mean cost of a run over the Jeffreys interval of the pass rate, which leaves out how the cost itself varies. No pass: null, with
 * what was spent as the least that a pass will cost, and an interval that is open above. No run that counts: nothing but nulls. Nano-USD. O(runs).
 * Source: arXiv 2504.13359, v = C / R.
 */
export function costOfPass(model: TableModel): CostOfPass {
  const attempts = model.runs.map(attemptOf).filter((attempt) => attempt !== null);
  const runs = attempts.length;
  const passes = attempts.filter(({ passed }) => passed).length;
  const spent = attempts.reduce((sum, { nanoUsd }) => sum + nanoUsd, 0);
  const rateInterval = jeffreysInterval(passes, runs);
  const facts = {
    model: model.id.key,
    nanoUsd: passes === 0 ? null : spent / passes,
    atLeastNanoUsd: passes === 0 && runs > 0 ? spent : null,
    interval: rateInterval && intervalOf(spent / runs, rateInterval),
    passes,
    runs,
    spentNanoUsd: spent,
    passRate: runs === 0 ? null : passes / runs,
    passRateInterval: rateInterval,
  };
  return { ...facts, sentence: sentenceOf(facts, model.id.label) };
}

function intervalOf(costPerRun: number, [low, high]: readonly [number, number]): OpenInterval {
  return [costPerRun / high, low > 0 ? costPerRun / low : null];
}

function sentenceOf(facts: Omit<CostOfPass, 'sentence'>, label: string): string {
  const { nanoUsd, atLeastNanoUsd, interval, passes, runs } = facts;
  if (runs === 0) return `${label} has no run whose cost and outcome are known.`;
  if (nanoUsd === null)
    return `${label}: no pass yet in ${counted(runs, 'run')}, at least ${printUsd(atLeastNanoUsd ?? 0)}.`;
  const [low, high] = interval ?? [nanoUsd, null];
  const range = high === null ? `at least ${printUsd(low)}` : `${printUsd(low)} to ${printUsd(high)}`;
  return `${label} costs ${printUsd(nanoUsd)} a solved task (${range}), with ${passes} of ${counted(runs, 'run')} passed, ${printPercent(passes / runs)}.`;
}
