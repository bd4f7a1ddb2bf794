import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createO200kTokenizer } from '../../../src/tokens/o200kTokenizer.ts';
import { FORCED_SETTLE_CHARS } from '../../../src/tokens/streamingCounter.ts';
import { anyText, cutText, tellingText } from './texts.ts';

const tokenizer = createO200kTokenizer();
const deltaSizes = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 12 });

function streamedCount(deltas: readonly string[]): number {
  const counter = tokenizer.createStreamingCounter();
  for (const delta of deltas) counter.push(delta);
  return counter.finish();
}

describe('streaming counter', () => {
  it('counts telling text exactly, however it is cut', () => {
    fc.assert(
      fc.property(tellingText(400), deltaSizes, (text, sizes) => {
        expect(streamedCount(cutText(text, sizes))).toBe(tokenizer.count(text));
      }),
      { numRuns: 3_000 },
    );
  });

  it('counts any text exactly, however it is cut', () => {
    fc.assert(
      fc.property(anyText(500), deltaSizes, (text, sizes) => {
        expect(streamedCount(cutText(text, sizes))).toBe(tokenizer.count(text));
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    ['an uncertain end of capitals', `${'x '.repeat(31)}漢ABCDEF`, '漢 end'],
    ['an uncertain contraction', `${'x '.repeat(31)}漢AB'r`, 'e end'],
    ['blanks before a late line break', `${'x '.repeat(31)}\n   `, '\n\nend'],
    ['half an astral small letter after capitals', `${'x '.repeat(31)}亚洲AV\ud835`, '\udc1a end'],
  ])('counts %s exactly when the rest arrives later', (_, first, rest) => {
    expect(first.length).toBeGreaterThanOrEqual(64);
    expect(streamedCount([first, rest])).toBe(tokenizer.count(first + rest));
  });

  it('counts a surrogate pair that was split across deltas as one', () => {
    const emoji = '😀'.repeat(200);
    expect(streamedCount([...cutText(emoji, [1])])).toBe(tokenizer.count(emoji));
  });

  it('shows settled tokens plus a quarter for each character of the tail', () => {
    const counter = tokenizer.createStreamingCounter();
    expect(counter.tokens).toBe(0);
    counter.push('hello');
    expect(counter.tokens).toBe(2);
    counter.push(' world'.repeat(20));
    expect(counter.tokens).toBe(19 + Math.ceil(' world world'.length / 4));
    expect(counter.finish()).toBe(21);
    expect(counter.tokens).toBe(21);
  });

  it('stays within a tail of the exact count while it streams', () => {
    const text = 'const total = calls.reduce((sum, call) => sum + call.costNanoUsd, 0);\n'.repeat(60);
    const counter = tokenizer.createStreamingCounter();
    let pushed = '';
    for (const delta of cutText(text, [4, 7, 1])) {
      counter.push(delta);
      pushed += delta;
      expect(Math.abs(counter.tokens - tokenizer.count(pushed))).toBeLessThanOrEqual(40);
    }
  });

  it('gives the same figure when finished twice', () => {
    const counter = tokenizer.createStreamingCounter();
    counter.push('some text');
    expect(counter.finish()).toBe(counter.finish());
  });

  it('takes empty deltas for nothing', () => {
    expect(streamedCount(['', 'some', '', ' text', ''])).toBe(tokenizer.count('some text'));
    expect(streamedCount([])).toBe(0);
  });

  it('counts one large delta exactly', () => {
    const text = 'A paragraph of prose, with 1234 digits.\n\n'.repeat(2_000);
    expect(streamedCount([text])).toBe(tokenizer.count(text));
  });

  it('is off by at most five tokens for each forced cut of a giant piece', () => {
    const units = fc.oneof(
      fc.array(fc.constantFrom('a', 'b', 'e', 't', 'ing', 'the'), { minLength: 1, maxLength: 50 }),
      fc.array(fc.constantFrom('天', '气', '很', '好', '我们', '公园', '𝐚'), { minLength: 1, maxLength: 50 }),
      fc.array(fc.constantFrom('=', '-', '=-', '#', '😀', '//'), { minLength: 1, maxLength: 50 }),
      fc.array(fc.constantFrom(' ', '\t', '  '), { minLength: 1, maxLength: 50 }),
      fc.array(fc.constantFrom('\n', '\r\n', ' \n'), { minLength: 1, maxLength: 50 }),
    );
    fc.assert(
      fc.property(units, deltaSizes, (parts, sizes) => {
        const unit = parts.join('');
        const text = unit.repeat(Math.ceil((4 * FORCED_SETTLE_CHARS) / unit.length));
        const cuts = Math.ceil(text.length / (FORCED_SETTLE_CHARS - 64));
        expect(Math.abs(streamedCount(cutText(text, sizes)) - tokenizer.count(text))).toBeLessThanOrEqual(5 * cuts);
      }),
      { numRuns: 60 },
    );
  });

  it('never cuts a surrogate pair by force', () => {
    const text = `x${'😀'.repeat(5_000)}`;
    expect(streamedCount(cutText(text, [3]))).toBe(tokenizer.count(text));
    expect(streamedCount(cutText(text, [4]))).toBe(tokenizer.count(text));
  });

  it('does linear work on a giant piece that arrives in small deltas', () => {
    const stepsFor = (length: number): number => {
      const work = { steps: 0 };
      const counter = createO200kTokenizer({ work }).createStreamingCounter();
      for (const delta of cutText('a'.repeat(length), [4])) counter.push(delta);
      counter.finish();
      return work.steps;
    };
    expect(stepsFor(80_000) / stepsFor(40_000)).toBeLessThan(2.3);
  });
});
