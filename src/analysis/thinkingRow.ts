import { printPercent, printWhole } from '../domain/format.ts';
import { repeatSpread } from './repeatSpread.ts';
import type { TableModel, UsableRun } from './runTable.ts';
import type { ThinkingRow } from './thinkingContract.ts';

/**
 * What thinking takes of a model's output and cost, over runs whose thinking is known (and, for cost, priced), as ratios of totals; and how much a
 * passed and a failed run thinks on average. Unknown thinking is never 0: such runs are counted and left out. O(runs).
 */
export function thinkingRow(model: TableModel): ThinkingRow {
  const known = model.runs.filter(({ run }) => run.thinkingTokens !== null);
  const facts = {
    model: model.id.key,
    shareOfOutput: shareOf(known, ({ run }) => [run.thinkingTokens, run.outputTokens]),
    shareOfCost: shareOf(known, ({ costNanoUsd, withoutThinkingNanoUsd }) =>
      costNanoUsd === null || withoutThinkingNanoUsd === null
        ? null
        : [costNanoUsd - withoutThinkingNanoUsd, costNanoUsd],
    ),
    tokensPerPassedTask: meanThinking(known, true),
    tokensPerFailedTask: meanThinking(known, false),
    knownRuns: known.length,
    unknownRuns: model.runs.length - known.length,
    spread: repeatSpread(model),
  };
  return { ...facts, sentence: sentenceOf(facts, model.id.label) };
}

function shareOf(
  runs: readonly UsableRun[],
  partAndWhole: (run: UsableRun) => readonly [part: number | null, whole: number | null] | null,
): number | null {
  let part = 0;
  let whole = 0;
  for (const run of runs) {
    const [ownPart, ownWhole] = partAndWhole(run) ?? [null, null];
    if (ownPart === null || ownWhole === null) continue;
    part += ownPart;
    whole += ownWhole;
  }
  return whole > 0 ? Math.min(1, part / whole) : null;
}

function meanThinking(runs: readonly UsableRun[], passed: boolean): number | null {
  const tokens = runs.flatMap(({ run }) =>
    run.passed === passed && run.thinkingTokens !== null ? [run.thinkingTokens] : [],
  );
  return tokens.length === 0 ? null : tokens.reduce((sum, value) => sum + value, 0) / tokens.length;
}

function sentenceOf(facts: Omit<ThinkingRow, 'sentence'>, label: string): string {
  const { shareOfOutput, shareOfCost, tokensPerPassedTask, tokensPerFailedTask } = facts;
  if (facts.knownRuns === 0) return `How much ${label} thinks is not known.`;
  const shares: string[] = [];
  if (shareOfOutput !== null) shares.push(`${printPercent(shareOfOutput)} of its output`);
  if (shareOfCost !== null) shares.push(`${printPercent(shareOfCost)} of its cost`);
  const what = shares.length === 0 ? `${label} thinks` : `Thinking is ${shares.join(' and ')} for ${label}`;
  if (tokensPerPassedTask === null || tokensPerFailedTask === null) return `${what}.`;
  return `${what}; ${printWhole(tokensPerPassedTask)} tokens for a passed run, ${printWhole(tokensPerFailedTask)} for a failed one.`;
}
