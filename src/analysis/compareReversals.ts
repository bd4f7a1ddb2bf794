import { printPercent } from '../domain/format.ts';
import type { CompareOptions, PairResult, ReversalCounts, Reversals } from './contract.ts';
import { type ReversalInput, reversalCounts } from './reversalCounts.ts';
import { meansByTask, type RunTable, type UsableRun } from './runTable.ts';
import { printTimes } from './sentences.ts';

/**
 * The counts of reversals with and without thinking. Without thinking a run costs what it cost less its thinking; runs whose thinking is unknown
 * are left out of that half, never taken for runs without thinking, and `countWithThinking` counts the same runs with it.
 */
export function compareReversals(
  table: RunTable,
  pairs: readonly PairResult[],
  options: Pick<CompareOptions, 'byTask' | 'resamples' | 'seed'>,
): Reversals {
  const inputOf = (figure: (run: UsableRun) => number | null): ReversalInput => ({
    models: table.models.map(({ id, rank, cells }) => ({
      key: id.key,
      rank,
      costs: meansByTask(cells, table.tasks.length, figure),
    })),
    tasks: table.tasks,
    ...options,
  });
  const counts = reversalCounts(inputOf(({ costNanoUsd }) => costNanoUsd));
  const without = reversalCounts(inputOf(({ withoutThinkingNanoUsd }) => withoutThinkingNanoUsd));
  const unknownRuns = table.models
    .flatMap(({ runs }) => runs)
    .filter((run) => run.costNanoUsd !== null && run.withoutThinkingNanoUsd === null).length;
  const countWithThinking =
    unknownRuns === 0 ? counts.count : reversalCounts({ ...inputOf(withKnownThinking), resamples: 0 }).count;
  const withoutThinking = { ...without, countWithThinking, unknownRuns };
  const established = pairs.filter(({ state }) => state === 'reversed').length;
  return { ...counts, established, withoutThinking, sentence: sentenceOf(counts, withoutThinking, table) };
}

function withKnownThinking({ costNanoUsd, withoutThinkingNanoUsd }: UsableRun): number | null {
  return withoutThinkingNanoUsd === null ? null : costNanoUsd;
}

function sentenceOf(counts: ReversalCounts, without: Reversals['withoutThinking'], table: RunTable): string {
  const { count, pairs, rate, maxMagnitude } = counts;
  if (rate === null)
    return 'No pair of models can be compared yet: it takes two models with list prices and a task that both attempted.';
  const label = (key: string): string => table.models.find(({ id }) => id.key === key)?.id.label ?? key;
  const parts = [`In ${count} of ${pairs} comparisons (${printPercent(rate)}) the model that lists less cost more`];
  if (maxMagnitude !== null) {
    const where = maxMagnitude.task === null ? '' : ` on ${maxMagnitude.task}`;
    parts.push(
      `at most ${printTimes(maxMagnitude.ratio)} times as much (${label(maxMagnitude.cheaperListed)} against ${label(maxMagnitude.dearerListed)}${where})`,
    );
  }
  if (without.pairs > 0 && without.countWithThinking > 0) {
    parts.push(
      `without thinking tokens in ${without.count} instead of ${without.countWithThinking} of ${without.pairs}`,
    );
  }
  return `${parts.join('; ')}.`;
}
