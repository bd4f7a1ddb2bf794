import { describe, expect, it } from 'vitest';
import type { CallCost, CallRecord } from '../../../src/domain/call.ts';
import { totalUsage, type Usage, type UsagePart } from '../../../src/domain/usage.ts';
import { sharesOf } from '../../../src/ledger/shares.ts';
import { call, priced, unpriced, usage } from './callFixtures.ts';

/** Every count known and different. */
const own: Usage = {
  inputTokens: 100,
  cacheReadTokens: 11,
  cacheWrite5mTokens: 12,
  cacheWrite1hTokens: 13,
  outputTokens: 40,
  thinkingTokens: 10,
  webSearches: 2,
  toolCalls: 3,
};
const advisor: Usage = { ...own, inputTokens: 300, outputTokens: 20, thinkingTokens: 5, toolCalls: 1 };

function cost(input: number, cache: number, thinking: number, output: number): CallCost {
  const split = { inputNanoUsd: input, cacheNanoUsd: cache, thinkingNanoUsd: thinking, outputNanoUsd: output };
  return { ...priced(0, 0), costNanoUsd: input + cache + thinking + output, split };
}

const parts: readonly UsagePart[] = [
  { model: null, usage: own },
  { model: 'advisor', usage: advisor },
];

function advised(change: Partial<CallRecord> = {}): CallRecord {
  return call({
    model: 'main',
    parts,
    usage: totalUsage(parts),
    partCosts: [cost(1, 2, 3, 4), cost(10, 20, 30, 40)],
    cost: cost(11, 22, 33, 44),
    ...change,
  });
}

describe('the shares of a call', () => {
  it('are its own model’s and each other’s, with what each used and cost', () => {
    const record = advised();
    expect(sharesOf(record)).toEqual([
      {
        model: 'main',
        effort: 'high',
        calls: 1,
        usage: { ...own, toolCalls: record.usage.toolCalls },
        ...{ costNanoUsd: 10, inputNanoUsd: 1, cacheNanoUsd: 2, thinkingNanoUsd: 3, outputNanoUsd: 4 },
        ...{ unknownThinkingCalls: 0, thinkingAtLeastTokens: 0, unpricedCalls: 0, estimatedCalls: 0, partialCalls: 0 },
      },
      {
        model: 'advisor',
        effort: null,
        calls: 0,
        usage: { ...advisor, toolCalls: 0 },
        ...{ costNanoUsd: 100, inputNanoUsd: 10, cacheNanoUsd: 20, thinkingNanoUsd: 30, outputNanoUsd: 40 },
        ...{ unknownThinkingCalls: 0, thinkingAtLeastTokens: 0, unpricedCalls: 0, estimatedCalls: 0, partialCalls: 0 },
      },
    ]);
  });

  it('add up several parts of one model', () => {
    const three = [...parts, { model: 'advisor', usage: advisor }, { model: 'main', usage: own }];
    const shares = sharesOf(
      advised({
        parts: three,
        usage: totalUsage(three),
        partCosts: [cost(1, 2, 3, 4), cost(10, 20, 30, 40), cost(10, 20, 30, 40), cost(1, 2, 3, 4)],
        cost: cost(22, 44, 66, 88),
      }),
    );
    expect(shares).toMatchObject([
      { model: 'main', costNanoUsd: 20, cacheNanoUsd: 4, thinkingNanoUsd: 6, usage: { inputTokens: 200 } },
      { model: 'advisor', costNanoUsd: 200, cacheNanoUsd: 40, thinkingNanoUsd: 60, usage: { inputTokens: 600 } },
    ]);
  });

  it('are one where the parts do not make the call, in whatever count', () => {
    const total = totalUsage(parts);
    const counts = Object.keys(own).filter((name) => name !== 'toolCalls') as (keyof Usage)[];
    for (const name of counts) {
      const record = advised({ usage: { ...total, [name]: (total[name] ?? 0) + 1 } });
      expect([name, sharesOf(record)]).toEqual([
        name,
        [expect.objectContaining({ model: 'main', usage: record.usage })],
      ]);
    }
    // Tool calls are counted for the call as a whole.
    expect(sharesOf(advised({ usage: { ...total, toolCalls: 99 } }))).toMatchObject([
      { usage: { toolCalls: 99 } },
      { usage: { toolCalls: 0 } },
    ]);
  });

  it('are one where the parts do not cost what the call does, in whatever amount', () => {
    const whole = cost(11, 22, 33, 44);
    const off: CallCost[] = [
      { ...whole, costNanoUsd: 111 },
      cost(12, 21, 33, 44),
      cost(11, 23, 32, 44),
      cost(11, 22, 34, 43),
      cost(12, 22, 33, 43),
    ];
    for (const changed of off) {
      expect(sharesOf(advised({ cost: changed }))).toMatchObject([
        { model: 'main', costNanoUsd: changed.costNanoUsd, ...changed.split },
      ]);
    }
  });

  it('are one where a part came without its cost, even if the others cost all', () => {
    const [first = unpriced] = advised().partCosts;
    expect(sharesOf(advised({ partCosts: [first], cost: first }))).toMatchObject([
      { model: 'main', calls: 1, usage: totalUsage(parts) },
    ]);
  });

  it('are one where nothing was the call’s own', () => {
    const theirs = [{ model: 'advisor', usage: advisor }];
    const record = advised({ parts: theirs, usage: advisor, partCosts: [cost(1, 2, 3, 4)], cost: cost(1, 2, 3, 4) });
    expect(sharesOf(record)).toMatchObject([{ model: 'main', calls: 1, costNanoUsd: 10 }]);
    expect(sharesOf(call({ parts: [], partCosts: [], usage: usage({}), cost: unpriced }))).toMatchObject([
      { model: 'claude-opus-4-6', calls: 1, costNanoUsd: null, unpricedCalls: 1 },
    ]);
  });

  it('count a call once among those with unknown thinking, at the first that does not know', () => {
    const hidden = (which: readonly boolean[]) => {
      const models = [null, 'advisor', 'critic'];
      const list = which.map((isHidden, index) => ({
        model: models[index] ?? null,
        usage: isHidden ? { ...own, thinkingTokens: null } : own,
      }));
      const partCosts = list.map(() => cost(1, 1, 1, 1));
      const record = advised({ parts: list, usage: totalUsage(list), partCosts, cost: cost(3, 3, 3, 3) });
      return sharesOf({ ...record, thinkingAtLeastTokens: 5 }).map((share) => [
        share.unknownThinkingCalls,
        share.thinkingAtLeastTokens,
      ]);
    };
    expect(hidden([true, true, true])).toEqual([
      [1, 5],
      [0, 0],
      [0, 0],
    ]);
    expect(hidden([false, true, true])).toEqual([
      [0, 0],
      [1, 0],
      [0, 0],
    ]);
  });

  it('count a call once among the unpriced, and an estimated one at its own model', () => {
    const record = advised({ partCosts: [unpriced, unpriced], cost: unpriced, provenance: 'estimated' });
    expect(sharesOf(record).map((share) => [share.unpricedCalls, share.estimatedCalls])).toEqual([
      [1, 1],
      [0, 0],
    ]);
    const half = advised({ partCosts: [cost(1, 2, 3, 4), unpriced], cost: cost(1, 2, 3, 4) });
    expect(sharesOf(half).map((share) => share.unpricedCalls)).toEqual([0, 1]);
  });
});
