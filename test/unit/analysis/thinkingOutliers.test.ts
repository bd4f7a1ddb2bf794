import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callOutliers } from '../../../src/analysis/callOutliers.ts';
import { type RequestFacts, requestSamples } from '../../../src/analysis/requestKinds.ts';
import { type ThinkingSample, thinkingOutliers } from '../../../src/analysis/thinkingOutliers.ts';

const fine = { key: 'fine', text: 'the fine kind' };
const coarse = { key: 'coarse', text: 'the coarse kind' };

const sample = (id: string, thinkingTokens: number | null, kinds = [fine, coarse]): ThinkingSample => ({
  ...{ id, model: 'm', kinds, thinkingTokens },
});
const samples = (tokens: readonly number[], kinds = [fine, coarse]) =>
  tokens.map((count, index) => sample(`${kinds[0]?.key}-${String(index).padStart(2, '0')}`, count, kinds));

const request = (place: number, changes: Partial<RequestFacts> = {}): RequestFacts => ({
  ...{ id: `call-${place}`, startedAtMs: place, model: 'm', agent: 'claude-code', effort: 'high', session: 's' },
  ...{ subAgent: null, promptTokens: 5000, thinkingTokens: 100, toolCalls: 1, isOk: true },
  ...changes,
});

describe('thinking outliers', () => {
  it('stand out by a bound that is worked out by hand', () => {
    // ln(1 + x) of 7 times 999 and 1 time 1e6: median ln 1000, deviation 0, so that the floor of 0.2 counts: 1000 * e^0.7 - 1.
    const { found } = thinkingOutliers(samples([999, 999, 999, 999, 999, 999, 999, 1_000_000]), 'call');
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ id: 'fine-07', samples: 8, kind: 'the fine kind', isCoarser: false });
    expect(found[0]?.medianTokens).toBeCloseTo(999, 6);
    expect(found[0]?.boundTokens).toBeCloseTo(1000 * Math.exp(0.7) - 1, 6);
  });

  it('need eight of a kind, and are measured by a coarser one until there are', () => {
    const many = samples([100, 110, 90, 120, 95, 105, 100, 130], [coarse]);
    const rare = samples([100, 100, 5000]);
    const { found, coarser, tooFew, known } = thinkingOutliers([...many, ...rare], 'call');
    expect(found.map(({ id, isCoarser, samples: of }) => [id, isCoarser, of])).toEqual([['fine-02', true, 11]]);
    expect(found[0]?.sentence).toContain('of its finer kinds there are fewer than 8');
    expect({ coarser, tooFew, known }).toEqual({ coarser: 3, tooFew: 0, known: 11 });
    expect(thinkingOutliers(rare, 'call')).toEqual({ found: [], known: 3, coarser: 0, tooFew: 3 });
  });

  it('are usual where their own kind always thinks so much', () => {
    const small = samples([10, 11, 12, 10, 11, 12, 10, 11, 12, 10], [coarse]);
    const large = samples([9000, 9100, 9200, 9000, 9100, 9200, 9000, 9100]);
    expect(thinkingOutliers([...small, ...large], 'call').found).toEqual([]);
    const asOneKind = large.map((one) => ({ ...one, kinds: [coarse] }));
    expect(
      thinkingOutliers([...small, ...small.map((one) => ({ ...one, id: `b${one.id}` })), ...asOneKind], 'call').found,
    ).toHaveLength(8);
  });

  it('ignore unknown thinking, other models, low counts and an empty list', () => {
    expect(thinkingOutliers([], 'call')).toEqual({ found: [], known: 0, coarser: 0, tooFew: 0 });
    const usual = samples([1000, 1010, 990, 1005, 995, 1000, 1000, 0]);
    expect(thinkingOutliers(usual, 'call').found).toEqual([]);
    const others = [sample('x', null), { ...sample('y', 90_000), model: 'n' }, sample('z', Number.NaN)];
    expect(thinkingOutliers([...usual, ...others], 'call')).toMatchObject({ found: [], known: 9, tooFew: 1 });
  });

  it('are the same in any order, highest score first', () => {
    const all = samples([100, 101, 99, 102, 98, 100, 100, 4000, 9000, 4000]);
    const ids = thinkingOutliers(all, 'call').found.map(({ id }) => id);
    expect(ids).toEqual(['fine-08', 'fine-07', 'fine-09']);
    fc.assert(
      fc.property(fc.shuffledSubarray([...all], { minLength: all.length }), (shuffled) => {
        expect(thinkingOutliers(shuffled, 'call').found.map(({ id }) => id)).toEqual(ids);
      }),
    );
  });

  it('think more than their kind’s bound, and nothing else does', () => {
    const counts = fc.array(fc.integer({ min: 0, max: 200_000 }), { minLength: 8, maxLength: 40 });
    fc.assert(
      fc.property(counts, (tokens) => {
        const { found } = thinkingOutliers(samples(tokens), 'call');
        for (const { thinkingTokens, boundTokens, medianTokens } of found) {
          expect(thinkingTokens).toBeGreaterThan(boundTokens * 0.999999);
          expect(boundTokens).toBeGreaterThan(medianTokens);
        }
        const bound = found[0]?.boundTokens ?? Number.POSITIVE_INFINITY;
        expect(found).toHaveLength(
          found.length === 0 ? 0 : tokens.filter((count) => Math.log1p(count) > Math.log1p(bound)).length,
        );
      }),
    );
  });
});

describe('kinds of requests', () => {
  const kindsOf = (requests: readonly RequestFacts[], id: string) =>
    requestSamples(requests)
      .find((one) => one.id === id)
      ?.kinds.map(({ text }) => text);

  it('go from what the books tell to the model alone', () => {
    const before = request(1, { toolCalls: 2 });
    expect(kindsOf([request(2), before], 'call-2')).toEqual([
      'claude-code, effort high, main agent, goes on after tools, prompt of 1K to 10K tokens',
      'claude-code, effort high, main agent, goes on after tools',
      'claude-code, effort high, main agent',
      'claude-code, effort high',
      'any request to this model',
    ]);
  });

  it('tell a turn’s first request from those that carry results of tools', () => {
    const place = (before: Partial<RequestFacts>) => kindsOf([request(1, before), request(2)], 'call-2')?.[1] ?? '';
    expect(place({ toolCalls: 0 })).toContain('begins a turn');
    expect(place({ toolCalls: 1 })).toContain('goes on after tools');
    for (const other of [{ isOk: false }, { session: 't' }, { subAgent: 'a' }, { model: 'n' }]) {
      expect(place(other)).not.toMatch(/turn|tools/);
    }
  });

  it('leave out what is not known', () => {
    const kinds = kindsOf([request(1, { promptTokens: null, effort: null, subAgent: 'a' })], 'call-1');
    expect(kinds).toEqual([
      'claude-code, no effort named, sub-agent',
      'claude-code, no effort named',
      'any request to this model',
    ]);
  });

  it.each([
    [0, 'prompt below 1K tokens'],
    [999, 'prompt below 1K tokens'],
    [1000, 'prompt of 1K to 10K tokens'],
    [9999, 'prompt of 1K to 10K tokens'],
    [10_000, 'prompt of 10K to 100K tokens'],
    [2_000_000, 'prompt of 1M to 10M tokens'],
  ])('put a prompt of %i into its power of ten', (promptTokens, text) => {
    expect(kindsOf([request(1), request(2, { promptTokens })], 'call-2')?.[0]).toContain(text);
  });
});

describe('calls that stand out', () => {
  it('say what was looked at, how, and what could not be judged', () => {
    expect(callOutliers([]).sentences).toEqual(['There is no call to look at yet.']);
    expect(callOutliers([request(1, { thinkingTokens: null })]).sentences).toEqual([
      'None of the newest 1 call tells how much of its output was thinking.',
    ]);
    const many = Array.from({ length: 20 }, (_, place) => request(place));
    const { found, sentences } = callOutliers([
      ...many,
      request(30, { thinkingTokens: 40_000 }),
      request(31, { model: 'n' }),
    ]);
    expect(found.map(({ id }) => id)).toEqual(['call-30']);
    expect(sentences.join(' ')).toMatch(
      /Of the newest 22 calls, 22 tell how much was thinking; 1 stands out\..*1 call could not be judged/,
    );
  });

  it('are fifty at most, and say of how many', () => {
    const many = Array.from({ length: 400 }, (_, place) =>
      request(place, { thinkingTokens: place < 60 ? 50_000 : 100 }),
    );
    const { found, sentences } = callOutliers(many);
    expect(found).toHaveLength(50);
    expect(sentences[0]).toContain('60 stand out, of which these 50 do most');
  });
});
