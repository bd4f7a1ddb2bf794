import { printUsd } from '../domain/format.ts';
import type { RunListPrice } from '../domain/run.ts';
import { medianOf } from './bootstrapTasks.ts';
import type { Interval, WhatIf } from './contract.ts';
import { counted, printUsdRange } from './sentences.ts';

/** What one model used in a task or a month. Null is unknown. */
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

/** What one model used. */
export interface RepricedPart {
  readonly usage: RepricedUsage;
  /** Tokens of the other model's tokenizer over those of this one's, for the same text; null where not known. */
  readonly tokenizerRatio: number | null;
}

/** Usage that was measured as a whole: a task with its auxiliary models and sub-agents, or one model's month. */
export interface RepricedGroup {
  readonly parts: readonly RepricedPart[];
  /** One entry a common task on this codebase; 'itself' where the other model is the one whose usage this is. */
  readonly measured: readonly MeasuredRatios[] | 'itself';
}

export interface WhatIfInput {
  /** For display and reference. */
  readonly model: string;
  readonly groups: readonly RepricedGroup[];
  /** The other model's list prices; null where the book does not have it. */
  readonly price: RunListPrice | null;
  /** The work is not finished. */
  readonly isSoFar: boolean;
}

const unchanged: MeasuredRatios = { input: 1, thinking: 1, visible: 1 };

interface Measured {
  readonly nanoUsd: number;
  readonly range: Interval;
  /** Common tasks; null for usage of the model itself. */
  readonly tasks: number | null;
}

/**
 * One usage at another model's prices, in three steps. (1) The same tokens. (2) All text, thinking included, in the other model's tokens: times the
 * tokenizer ratio of whoever used them; hidden thinking cannot be retokenized, so that this is a guess about it. (3) With what that model was measured to use
 * on common tasks: for each group the median of what the tasks' own ratios of prompt, thinking and visible tokens lead to, with the smallest and largest as
 * its range; these ratios are in each model's own tokens, so that the tokenizer is in them already. Groups add up, their ranges end to end, which is
 * wider than the range of the sum. One group that was not measured leaves the third step unknown, and so does usage of the model by itself alone.
 *
 * Cache reads and writes without a price of their own count at the price of input. Steps whose figures are unknown are null. No usage: 0 in the
 * first two steps. Nano-USD. O(parts * tasks).
 */
export function whatIf(input: WhatIfInput): WhatIf {
  const { groups, price } = input;
  const parts = groups.flatMap((group) => group.parts);
  const same = sumOf(parts.map((part) => costOf(part, price, unchanged)));
  const ratios = parts.map(({ tokenizerRatio }) => tokenizerRatio);
  const adjusted = sumOf(
    parts.map((part) => {
      const ratio = part.tokenizerRatio;
      return ratio === null ? null : costOf(part, price, { input: ratio, thinking: ratio, visible: ratio });
    }),
  );
  const measured = measuredOf(groups, price);
  const facts = {
    model: input.model,
    sameTokensNanoUsd: same,
    tokenizerAdjustedNanoUsd: adjusted,
    tokenizerRatio: new Set(ratios).size === 1 ? (ratios[0] ?? null) : ratioOf(adjusted, same),
    measuredNanoUsd: measured?.nanoUsd ?? null,
    measuredRange: measured?.range ?? null,
    measuredTasks: measured?.tasks ?? 0,
  };
  return { ...facts, sentence: sentenceOf(facts, input.isSoFar) };
}

function sumOf(costs: readonly (number | null)[]): number | null {
  return costs.reduce<number | null>((sum, cost) => (sum === null || cost === null ? null : sum + cost), 0);
}

/** Of several models together: how much more the adjusted tokens cost. */
function ratioOf(adjusted: number | null, same: number | null): number | null {
  return adjusted === null || same === null || same === 0 ? null : adjusted / same;
}

function measuredOf(groups: readonly RepricedGroup[], price: RunListPrice | null): Measured | null {
  const each = groups.map((group) => measuredGroup(group, price));
  const known = each.filter((group) => group !== null);
  const tasks = known.flatMap((group) => group.tasks ?? []);
  // Usage of nothing but the model itself was never measured against anything.
  if (known.length < each.length || tasks.length === 0) return null;
  return {
    nanoUsd: known.reduce((sum, group) => sum + group.nanoUsd, 0),
    range: [known.reduce((sum, { range }) => sum + range[0], 0), known.reduce((sum, { range }) => sum + range[1], 0)],
    tasks: tasks.reduce((least, count) => Math.min(least, count)),
  };
}

function measuredGroup({ parts, measured }: RepricedGroup, price: RunListPrice | null): Measured | null {
  const costWith = (ratios: MeasuredRatios) => sumOf(parts.map((part) => costOf(part, price, ratios)));
  if (measured === 'itself') {
    const cost = costWith(unchanged);
    return cost === null ? null : { nanoUsd: cost, range: [cost, cost], tasks: null };
  }
  if (parts.some(({ usage }) => usage.thinkingTokens === null)) return null;
  const costs = measured.map(costWith).filter((cost) => cost !== null);
  const middle = medianOf(costs);
  if (middle === null) return null;
  return {
    nanoUsd: middle,
    range: [costs.reduce((a, b) => Math.min(a, b)), costs.reduce((a, b) => Math.max(a, b))],
    tasks: costs.length,
  };
}

function costOf({ usage }: RepricedPart, price: RunListPrice | null, ratios: MeasuredRatios): number | null {
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

function sentenceOf(facts: Omit<WhatIf, 'sentence'>, isSoFar: boolean): string {
  const { model, sameTokensNanoUsd, tokenizerAdjustedNanoUsd, measuredNanoUsd, measuredRange, measuredTasks } = facts;
  if (sameTokensNanoUsd === null)
    return `What ${model} would have cost is not known: it has no price, or tokens are missing.`;
  const steps = [`${printUsd(sameTokensNanoUsd)} for the same tokens`];
  if (tokenizerAdjustedNanoUsd !== null) steps.push(`${printUsd(tokenizerAdjustedNanoUsd)} in its own tokens`);
  const would = `${model} would have cost${isSoFar ? ', so far,' : ''} ${steps.join(', ')}`;
  if (measuredNanoUsd === null || measuredRange === null) {
    return `${would}; how much it thinks on this work was not measured.`;
  }
  const range = measuredTasks > 1 ? ` (${printUsdRange(measuredRange)})` : '';
  return `${would}, and ${printUsd(measuredNanoUsd)}${range} as it thought on ${counted(measuredTasks, 'common task')}.`;
}
