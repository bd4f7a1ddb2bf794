import { describe, expect, it } from 'vitest';
import type { ResponseFacts, WireProblem } from '../../../src/wire/contract.ts';
import { createResponseState, errorTypeOf } from '../../../src/wire/responseState.ts';

function start() {
  const facts: ResponseFacts[] = [];
  const texts: string[] = [];
  const problems: WireProblem[] = [];
  const state = createResponseState(
    {
      onFacts: (told) => facts.push(told),
      onText: (kind, text) => texts.push(`${kind} ${text}`),
      onProblem: (problem) => problems.push(problem),
    },
    200,
  );
  return { state, facts, texts, problems };
}

describe('the facts of a response', () => {
  it('are told once for several changes, and not again without one', () => {
    const { state, facts } = start();
    state.flush();
    state.set('model', 'm');
    state.set('complete', true);
    state.flush();
    state.set('model', 'm');
    state.flush();
    expect(facts.map(({ model, complete }) => [model, complete])).toEqual([['m', true]]);
  });

  it('do not change with parts that are the same', () => {
    const { state, facts } = start();
    const usage = { ...start().state.facts().parts[0]?.usage, inputTokens: 1 } as never;
    state.setParts([]);
    state.flush();
    state.setParts([{ model: null, usage }]);
    state.flush();
    state.setParts([{ model: null, usage }]);
    state.flush();
    expect(facts.map(({ parts }) => parts.length)).toEqual([1]);
  });

  it('say that thinking was seen once some of it came as text', () => {
    const { state, texts } = start();
    state.text('thinking', '');
    state.text('visible', 'Hi');
    expect(state.facts().thinkingSeen).toBe(false);
    expect(['visible', 'thinking'].map((kind) => state.saw(kind as 'visible'))).toEqual([true, false]);
    state.text('thinking', 'Hm');
    expect(state.facts().thinkingSeen).toBe(true);
    expect(state.saw('thinking')).toBe(true);
    expect(texts).toEqual(['visible Hi', 'thinking Hm']);
  });

  it('may come with limits that nobody listens to', () => {
    const limit = { usedPercent: 1, windowMinutes: null, resetAfterSeconds: null, resetAtSeconds: null };
    expect(() => start().state.limits({ primary: limit, secondary: limit })).not.toThrow();
  });
});

describe('problems', () => {
  it('are told once each, told apart by code and words, and thirty-two at most', () => {
    const { state, problems } = start();
    state.problem('bad-count', 'a');
    state.problem('bad-count', 'a');
    state.problem('too-large', 'a');
    expect(problems).toEqual([
      { code: 'bad-count', detail: 'a' },
      { code: 'too-large', detail: 'a' },
    ]);
    for (let index = 0; index < 40; index++) state.problem('bad-count', String(index));
    expect(problems).toHaveLength(32);
  });

  it('are counts that are none or too many', () => {
    const { state, problems } = start();
    const counts = { none: null, zero: -0, most: 10_000_000_000, over: 10_000_000_001, half: 0.5, text: '1', less: -1 };
    const read = [...Object.keys(counts), 'absent'].map((name) => state.count(counts, name));
    expect(read).toEqual([null, 0, 10_000_000_000, null, null, null, null, null]);
    expect(problems.map(({ detail }) => detail.split(' ', 1)[0])).toEqual(['over', 'half', 'text', 'less']);
    expect(state.count(counts, 'over', 10_000_000_001)).toBe(10_000_000_001);
  });
});

describe('the type of an error', () => {
  it.each([
    [undefined, null],
    [null, null],
    [false, null],
    ['words', 'error'],
    [{}, 'error'],
    [{ type: 'a', status: 'b', code: 'c' }, 'a'],
    [{ type: 'no word', status: 'b', code: 'c' }, 'b'],
    [{ type: 1.5, code: 502 }, '502'],
    [{ type: 'x'.repeat(64) }, 'x'.repeat(64)],
    [{ type: 'x'.repeat(65) }, 'error'],
    [{ type: '-x' }, 'error'],
    [{ type: 'a.b:c/d-e_f' }, 'a.b:c/d-e_f'],
    [{ type: '' }, 'error'],
  ])('of %j is %j', (error, type) => {
    expect(errorTypeOf(error)).toBe(type);
  });
});
