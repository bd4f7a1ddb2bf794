import { printUsd } from '../domain/format.ts';
import type { RunListPrice } from '../domain/run.ts';
import { medianOf } from './bootstrapTasks.ts';
import type { Interval, WhatIf } from './contract.ts';
import { counted, printUsdRange } from './sentences.ts';

/** What is repriced: a task's or a month's usage of one model. Null is unknown. */
export interface RepricedUsage {
  readonly inputTokens: number | null;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly outputTokens: number | null;
  readonly thinkingTokens: number | null;
}

/** How much the other model used against this one on one common task; each ratio above 0. */
export interface MeasuredRatios {
  /** Prompt tokens, which turns and context make. */
  readonly input: number;
  readonly thinking: number;
  readonly visible: number;
}

export interface WhatIfInput {
  /** For display and reference. */
  readonly model: string;
  readonly label: string;
  readonly usage: RepricedUsage;
  /** The other model's list prices; null where the book does not have it. */
  readonly price: RunListPrice | null;
  /** Tokens of the other model's tokenizer over those of this one's, for the same text; null where not known. */
  readonly tokenizerRatio: number | null;
  /** One entry a common task on this codebase. */
  readonly measured: readonly MeasuredRatios[];
}

/**
 * One usage at another model's prices, in three steps. (1) The same tokens. (2) All text, thinking included, in the other model's tokens: times the
 * tokenizer ratio; hidden thinking cannot be retokenized, so that this is a guess about it. (3) With what that model was measured to use
 * on common tasks: the median of what the tasks' own ratios of prompt, thinking and visible tokens lead to, with the smallest and largest as its range;
 * these ratios are in each model's own tokens, so that the tokenizer is in them already.
 *
 * Cache reads and writes without a price of their own count at the price of input. Steps whose figures are unknown are null. Nano-USD. O(tasks).
 */
export function whatIf(input: WhatIfInput): WhatIf {
  const { usage, tokenizerRatio, measured } = input;
  const same = costOf(input, { input: 1, thinking: 1, visible: 1 });
  const ratio = tokenizerRatio ?? null;
  const adjusted = ratio === null ? null : costOf(input, { input: ratio, thinking: ratio, visible: ratio });
  const canMeasure = usage.thinkingTokens !== null;
  const costs = canMeasure ? measured.map((ratios) => costOf(input, ratios)).filter((cost) => cost !== null) : [];
  const range: Interval | null =
    costs.length === 0 ? null : [costs.reduce((a, b) => Math.min(a, b)), costs.reduce((a, b) => Math.max(a, b))];
  const facts = {
    model: input.model,
    sameTokensNanoUsd: same,
    tokenizerAdjustedNanoUsd: adjusted,
    tokenizerRatio: ratio,
    measuredNanoUsd: medianOf(costs),
    measuredRange: range,
    measuredTasks: costs.length,
  };
  return { ...facts, sentence: sentenceOf(facts, input.label) };
}

function costOf({ usage, price }: WhatIfInput, ratios: MeasuredRatios): number | null {
  if (price === null || usage.inputTokens === null || usage.outputTokens === null) return null;
  const thinking = Math.min(usage.thinkingTokens ?? 0, usage.outputTokens);
  const read = price.cacheReadNanoUsdPerMtok ?? price.inputNanoUsdPerMtok;
  const write = price.cacheWriteNanoUsdPerMtok ?? price.inputNanoUsdPerMtok;
  const prompt =
    usage.inputTokens * price.inputNanoUsdPerMtok + usage.cacheReadTokens * read + usage.cacheWriteTokens * write;
  const output =
    (thinking * ratios.thinking + (usage.outputTokens - thinking) * ratios.visible) * price.outputNanoUsdPerMtok;
  return (prompt * ratios.input + output) / 1_000_000;
}

function sentenceOf(facts: Omit<WhatIf, 'sentence'>, label: string): string {
  const { sameTokensNanoUsd, tokenizerAdjustedNanoUsd, measuredNanoUsd, measuredRange, measuredTasks } = facts;
  if (sameTokensNanoUsd === null)
    return `What ${label} would have cost is not known: it has no price, or tokens are missing.`;
  const steps = [`${printUsd(sameTokensNanoUsd)} for the same tokens`];
  if (tokenizerAdjustedNanoUsd !== null) steps.push(`${printUsd(tokenizerAdjustedNanoUsd)} in its own tokens`);
  if (measuredNanoUsd === null || measuredRange === null) {
    return `${label} would have cost ${steps.join(', ')}; how much it thinks on this work was not measured.`;
  }
  const range = measuredTasks > 1 ? ` (${printUsdRange(measuredRange)})` : '';
  return `${label} would have cost ${steps.join(', ')}, and ${printUsd(measuredNanoUsd)}${range} as it thought on ${counted(measuredTasks, 'common task')}.`;
}
