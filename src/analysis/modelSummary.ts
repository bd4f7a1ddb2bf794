import { printPercent, printUsd } from '../domain/format.ts';
import { NANO_USD_PER_USD } from '../domain/money.ts';
import type { Frontier, ModelSummary, PairResult } from './contract.ts';
import { modelFamily } from './modelFamily.ts';
import type { TableModel, UsableRun } from './runTable.ts';
import { counted } from './sentences.ts';

interface SummaryContext {
  /** Pairs over whole tasks, never by task. */
  readonly pairs: readonly PairResult[];
  readonly frontier: Frontier | null;
}

/** A model with its sums over all its runs. A sum of token counts is null only where no run has a count. O(runs + pairs). */
export function modelSummary(model: TableModel, { pairs, frontier }: SummaryContext): ModelSummary {
  const { id, runs, cells, costs, listPrice, rank } = model;
  const judged = runs.filter(({ run }) => run.passed !== null);
  const passes = judged.filter(({ run }) => run.passed).length;
  const known = [...costs].filter((cost) => !Number.isNaN(cost));
  const sum = (figure: (run: UsableRun) => number | null): number | null => sumKnown(runs.map(figure));
  const facts = {
    ...id,
    family: modelFamily(id.model),
    runs: runs.length,
    tasks: cells.length,
    passes,
    judgedRuns: judged.length,
    passRate: judged.length === 0 ? null : passes / judged.length,
    censoredRuns: runs.filter(({ run }) => run.isCensored).length,
    unknownCostRuns: runs.filter(({ cost }) => cost.kind === 'unknown' || cost.kind === 'zero').length,
    inputNanoUsdPerMtok: listPrice?.inputNanoUsdPerMtok ?? null,
    outputNanoUsdPerMtok: listPrice?.outputNanoUsdPerMtok ?? null,
    listPrice: rank === null ? null : rank / NANO_USD_PER_USD,
    costNanoUsd: sum(({ costNanoUsd }) => costNanoUsd),
    costPerTaskNanoUsd: known.length === 0 ? null : known.reduce((total, cost) => total + cost, 0) / known.length,
    inputTokens: sum(({ run }) => run.inputTokens),
    cacheReadTokens: sum(({ run }) => run.cacheReadTokens),
    outputTokens: sum(({ run }) => run.outputTokens),
    thinkingTokens: sum(({ run }) => run.thinkingTokens),
    calls: sum(({ run }) => run.calls),
    seconds: sum(({ run }) => run.seconds),
    reversedAgainst: pairs.filter(({ a, state }) => state === 'reversed' && a === id.key).map(({ b }) => b),
    isOnFrontier: placeOf(id.key, frontier),
  };
  return { ...facts, sentence: sentenceOf(facts) };
}

/** Of models that did different work nobody can say it. */
function placeOf(key: string, frontier: Frontier | null): boolean | null {
  if (frontier === null || frontier.basis === 'own tasks') return null;
  return frontier.points.find((point) => point.model === key)?.isOnFrontier ?? null;
}

function sumKnown(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0);
}

function sentenceOf({ label, runs, tasks, costPerTaskNanoUsd, passRate }: Omit<ModelSummary, 'sentence'>): string {
  const cost = costPerTaskNanoUsd === null ? 'at an unknown cost' : `at ${printUsd(costPerTaskNanoUsd)} a task`;
  const rate = passRate === null ? '' : `, ${printPercent(passRate)} passed`;
  return `${label}: ${counted(runs, 'run')} of ${counted(tasks, 'task')} ${cost}${rate}.`;
}
