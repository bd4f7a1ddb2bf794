import * as fc from 'fast-check';
import type { AuthKind } from '../../../src/domain/api.ts';
import type { CallCost, CallRecord, CallStatus, RatesUsed, UsageProvenance } from '../../../src/domain/call.ts';
import { addKnown, totalUsage, type Usage, unknownUsage } from '../../../src/domain/usage.ts';

const rates: RatesUsed = {
  model: 'claude-opus-4-6',
  inputNanoUsdPerMtok: 5_000_000_000,
  cacheReadNanoUsdPerMtok: 500_000_000,
  cacheWrite5mNanoUsdPerMtok: 6_250_000_000,
  cacheWrite1hNanoUsdPerMtok: 10_000_000_000,
  outputNanoUsdPerMtok: 25_000_000_000,
  webSearchNanoUsdPerThousand: 10_000_000_000,
  modifiers: ['batch x0.5'],
};

export function priced(inputNanoUsd: number, outputNanoUsd: number): CallCost {
  return {
    costNanoUsd: inputNanoUsd + outputNanoUsd,
    provenance: 'priced',
    split: { inputNanoUsd, cacheNanoUsd: 0, thinkingNanoUsd: 0, outputNanoUsd },
    rates: [rates],
    priceVersion: 'book 1 (2026-11-20)',
  };
}

export const unpriced: CallCost = {
  costNanoUsd: null,
  provenance: 'unpriced',
  split: null,
  rates: [],
  priceVersion: null,
};

export function usage(counts: Partial<Usage>): Usage {
  return { ...unknownUsage, ...counts };
}

/** A UUID version 7 in form, distinct by its number. */
export function callId(index: number): string {
  return `019aab00-0000-7000-8000-${index.toString(16).padStart(12, '0')}`;
}

export function call(change: Partial<CallRecord> = {}): CallRecord {
  return {
    id: callId(1),
    startedAtMs: Date.UTC(2026, 10, 22, 12),
    durationMs: 2500,
    ttftMs: 400,
    workspaceId: 'w1',
    taskId: null,
    agent: 'claude-code',
    session: 's1',
    subAgent: null,
    provider: 'anthropic',
    api: 'anthropic-messages',
    auth: 'key',
    source: 'gateway',
    model: 'claude-opus-4-6',
    requestedModel: 'claude-opus-4-6',
    effort: 'high',
    status: 'ok',
    httpStatus: 200,
    errorType: null,
    requestId: 'req_1',
    responseId: 'msg_1',
    usage: usage({ inputTokens: 100, cacheReadTokens: 50, outputTokens: 40, thinkingTokens: 10 }),
    parts: [],
    thinkingAtLeastTokens: null,
    provenance: 'reported',
    cost: priced(500_000, 1_000_000),
    partCosts: [],
    problems: [],
    ...change,
  };
}

/** A call with an advisor: two parts that add up to the whole. */
export function advisedCall(change: Partial<CallRecord> = {}): CallRecord {
  const own = usage({ inputTokens: 100, outputTokens: 40, thinkingTokens: 10, toolCalls: 2 });
  const advisor = usage({ inputTokens: 300, outputTokens: 20, thinkingTokens: null });
  const parts = [
    { model: null, usage: own },
    { model: 'claude-advisor', usage: advisor },
  ];
  return call({
    usage: totalUsage(parts),
    parts,
    cost: priced(2000, 600),
    partCosts: [priced(500, 400), priced(1500, 200)],
    ...change,
  });
}

const count = fc.nat({ max: 1_000_000 });
const maybeCount = fc.option(count, { nil: null });

const usages: fc.Arbitrary<Usage> = fc.record({
  inputTokens: maybeCount,
  cacheReadTokens: count,
  cacheWrite5mTokens: count,
  cacheWrite1hTokens: count,
  outputTokens: maybeCount,
  thinkingTokens: maybeCount,
  webSearches: fc.nat({ max: 5 }),
  toolCalls: fc.nat({ max: 5 }),
});

const costs: fc.Arbitrary<CallCost> = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(count, count).map(([input, output]) => priced(input, output)) },
  { weight: 1, arbitrary: fc.constant(unpriced) },
);

function sumOfCosts(all: readonly CallCost[]): CallCost {
  const amount = all.reduce<number | null>((sum, cost) => addKnown(sum, cost.costNanoUsd), null);
  const input = all.reduce((sum, cost) => sum + (cost.split?.inputNanoUsd ?? 0), 0);
  return amount === null ? unpriced : priced(input, amount - input);
}

const models = ['m1', 'm2', 'm3'];
const partLists = fc.array(fc.record({ model: fc.constantFrom(null, ...models), usage: usages, cost: costs }), {
  minLength: 2,
  maxLength: 4,
});

/** Calls of few ids, models and sessions over a few days, so that rows of a rollup and repeats are common. */
export const calls: fc.Arbitrary<CallRecord> = fc
  .record({
    id: fc.nat({ max: 15 }).map(callId),
    startedAtMs: fc.integer({ min: 0, max: 80 }).map((hours) => Date.UTC(2026, 2, 27) + hours * 3_600_000),
    durationMs: fc.option(count, { nil: null }),
    workspaceId: fc.constantFrom('w1', 'w2'),
    agent: fc.constantFrom('claude-code', 'codex'),
    session: fc.constantFrom('s1', 's2', 's3'),
    auth: fc.constantFrom<AuthKind>('key', 'subscription', 'unknown'),
    model: fc.constantFrom(...models),
    effort: fc.constantFrom(null, 'low', 'high'),
    status: fc.constantFrom<CallStatus>('ok', 'error', 'truncated', 'aborted'),
    provenance: fc.constantFrom<UsageProvenance>('reported', 'estimated', 'partial'),
    thinkingAtLeastTokens: maybeCount,
    usage: usages,
    cost: costs,
    partList: fc.option(partLists, { nil: null, freq: 3 }),
    requestId: fc.constantFrom(null, 'req_1', 'req_2'),
  })
  .map(({ partList, ...fields }) => {
    if (partList === null) return call(fields);
    const parts = partList.map((part) => ({ model: part.model, usage: part.usage }));
    const partCosts = partList.map((part) => part.cost);
    return call({ ...fields, usage: totalUsage(parts), parts, cost: sumOfCosts(partCosts), partCosts });
  });
