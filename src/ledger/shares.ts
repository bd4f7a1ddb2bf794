import type { CallRecord } from '../domain/call.ts';
import type { NanoUsd } from '../domain/money.ts';
import { addKnown, addUsage, totalInputTokens, totalUsage, type Usage } from '../domain/usage.ts';

/** A row of the books: a call, or the sum of several of which only a log tells, which is no call to count. */
export interface BookedRecord extends CallRecord {
  readonly isSum?: boolean;
}

/** What a call adds to the rollup of one model. */
export interface Share {
  readonly model: string;
  /** That of the call for its own model; what others took part with is not told. */
  readonly effort: string | null;
  /** 1 for the call's own model; 0 for a model that took part in it (an advisor), and for the sum of calls that nobody counted. */
  readonly calls: 0 | 1;
  readonly usage: Usage;
  readonly unknownThinkingCalls: number;
  readonly thinkingAtLeastTokens: number;
  readonly costNanoUsd: NanoUsd | null;
  readonly inputNanoUsd: NanoUsd;
  readonly cacheNanoUsd: NanoUsd;
  readonly thinkingNanoUsd: NanoUsd;
  readonly outputNanoUsd: NanoUsd;
  readonly unpricedCalls: number;
  readonly estimatedCalls: number;
  readonly partialCalls: number;
}

interface Amounts {
  readonly usage: Usage;
  readonly costNanoUsd: NanoUsd | null;
  readonly inputNanoUsd: NanoUsd;
  readonly cacheNanoUsd: NanoUsd;
  readonly thinkingNanoUsd: NanoUsd;
  readonly outputNanoUsd: NanoUsd;
}

/**
 * The shares of a call, its own model's first. Shares always add up to the call: where the parts do not (a provider billed one
 * sum for all of them), the whole call stays with its own model. A sum of which nothing counts has none.
 */
export function sharesOf(record: BookedRecord): readonly Share[] {
  if (record.isSum === true && isNothing(record.usage)) return [];
  const whole = amountsOf(record.usage, record.cost);
  const split = amountsByModel(record);
  const own = split?.get(record.model);
  if (split === null || own === undefined) return [ownShare(record, whole)];
  const shares = [ownShare(record, own)];
  for (const [model, amounts] of split) {
    if (model !== record.model) shares.push(otherShare(model, amounts, shares));
  }
  return shares;
}

/** As `countsOf` has it in SQL. */
function isNothing(usage: Usage): boolean {
  return totalInputTokens(usage) === 0 && usage.outputTokens === 0 && usage.webSearches === 0;
}

function amountsByModel(record: CallRecord): ReadonlyMap<string, Amounts> | null {
  const { parts, partCosts } = record;
  if (parts.length === 0) return null;
  if (partCosts.length !== parts.length || !sameUsage(totalUsage(parts), record.usage)) return null;
  const byModel = new Map<string, Amounts>();
  parts.forEach((part, index) => {
    const cost = partCosts[index];
    if (cost === undefined) return;
    const model = part.model ?? record.model;
    const amounts = amountsOf(part.usage, cost);
    const sum = byModel.get(model);
    byModel.set(model, sum === undefined ? amounts : addAmounts(sum, amounts));
  });
  const sum = [...byModel.values()].reduce(addAmounts);
  const whole = amountsOf(record.usage, record.cost);
  const adds =
    sum.costNanoUsd === whole.costNanoUsd &&
    sum.inputNanoUsd === whole.inputNanoUsd &&
    sum.cacheNanoUsd === whole.cacheNanoUsd &&
    sum.thinkingNanoUsd === whole.thinkingNanoUsd &&
    sum.outputNanoUsd === whole.outputNanoUsd;
  return adds ? byModel : null;
}

function amountsOf(usage: Usage, cost: CallRecord['cost']): Amounts {
  const { costNanoUsd, split } = cost;
  const { inputNanoUsd, cacheNanoUsd, thinkingNanoUsd, outputNanoUsd } = split ?? noSplit;
  return { usage, costNanoUsd, inputNanoUsd, cacheNanoUsd, thinkingNanoUsd, outputNanoUsd };
}

const noSplit = { inputNanoUsd: 0, cacheNanoUsd: 0, thinkingNanoUsd: 0, outputNanoUsd: 0 };

function addAmounts(a: Amounts, b: Amounts): Amounts {
  return {
    usage: addUsage(a.usage, b.usage),
    costNanoUsd: addKnown(a.costNanoUsd, b.costNanoUsd),
    inputNanoUsd: a.inputNanoUsd + b.inputNanoUsd,
    cacheNanoUsd: a.cacheNanoUsd + b.cacheNanoUsd,
    thinkingNanoUsd: a.thinkingNanoUsd + b.thinkingNanoUsd,
    outputNanoUsd: a.outputNanoUsd + b.outputNanoUsd,
  };
}

function ownShare(record: BookedRecord, amounts: Amounts): Share {
  const unknownThinking = amounts.usage.thinkingTokens === null;
  return {
    ...amounts,
    usage: { ...amounts.usage, toolCalls: record.usage.toolCalls },
    model: record.model,
    effort: record.effort,
    calls: record.isSum === true ? 0 : 1,
    unknownThinkingCalls: unknownThinking ? 1 : 0,
    thinkingAtLeastTokens: unknownThinking ? (record.thinkingAtLeastTokens ?? 0) : 0,
    unpricedCalls: amounts.costNanoUsd === null ? 1 : 0,
    estimatedCalls: record.provenance === 'estimated' ? 1 : 0,
    partialCalls: record.provenance === 'partial' ? 1 : 0,
  };
}

/** A call counts once among the unpriced and once among those with unknown thinking, however many of its shares are. */
function otherShare(model: string, amounts: Amounts, before: readonly Share[]): Share {
  const thinkingCounted = before.some((share) => share.unknownThinkingCalls > 0);
  const unpricedCounted = before.some((share) => share.unpricedCalls > 0);
  return {
    ...amounts,
    usage: { ...amounts.usage, toolCalls: 0 },
    model,
    effort: null,
    calls: 0,
    unknownThinkingCalls: amounts.usage.thinkingTokens === null && !thinkingCounted ? 1 : 0,
    thinkingAtLeastTokens: 0,
    unpricedCalls: amounts.costNanoUsd === null && !unpricedCounted ? 1 : 0,
    estimatedCalls: 0,
    partialCalls: 0,
  };
}

/** Tool calls are left out: they are counted for the call as a whole. */
function sameUsage(a: Usage, b: Usage): boolean {
  return (
    a.inputTokens === b.inputTokens &&
    a.cacheReadTokens === b.cacheReadTokens &&
    a.cacheWrite5mTokens === b.cacheWrite5mTokens &&
    a.cacheWrite1hTokens === b.cacheWrite1hTokens &&
    a.outputTokens === b.outputTokens &&
    a.thinkingTokens === b.thinkingTokens &&
    a.webSearches === b.webSearches
  );
}
