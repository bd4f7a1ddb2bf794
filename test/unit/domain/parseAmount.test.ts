import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dimensions } from '../../../src/domain/budget.ts';
import { parseAmount } from '../../../src/domain/parseAmount.ts';

const usd = (text: string) => parseAmount('costNanoUsd', text);
const tokens = (text: string) => parseAmount('thinkingTokens', text);
const resultOf = (parsed: ReturnType<typeof parseAmount>) => (parsed.ok ? parsed.value : parsed.problem);

describe('an amount of dollars', () => {
  it.each([
    ['5', 5e9],
    ['$5', 5e9],
    [' $ 5.25 ', 5.25e9],
    ['5.10', 5.1e9],
    ['1,234.50', 1234.5e9],
    ['0', 0],
    ['0.000000001', 1],
    ['1000000', 1e15],
  ])('is read from %j', (text, value) => {
    expect(usd(text)).toEqual({ ok: true, value });
  });

  it.each([
    ['', 'Write an amount, for example 5 or 5.25.'],
    ['-5', '-5 is below zero: a limit is 0 or more.'],
    ['$-5', '$-5 is below zero: a limit is 0 or more.'],
    ['5 dollars', '"5 dollars" is no amount: write digits only, for example 5 or $5.25.'],
    ['NaN', '"NaN" is no amount: write digits only, for example 5 or $5.25.'],
    ['Infinity', '"Infinity" is no amount: write digits only, for example 5 or $5.25.'],
    ['1e99', '"1e99" is no amount: write digits only, for example 5 or $5.25.'],
    ['5,25', '"5,25" is no amount: write digits only, for example 5 or $5.25.'],
    ['0x10', '"0x10" is no amount: write digits only, for example 5 or $5.25.'],
    ['200k', 'Write dollars in full: 200k could also mean tokens.'],
    ['1000000.01', '1000000.01 is more than a limit can be ($1,000,000).'],
    ['9'.repeat(40), `${'9'.repeat(40)} is more than a limit can be ($1,000,000).`],
    ['0.0000000001', '0.0000000001 is finer than a limit can be.'],
  ])('is not %j', (text, problem) => {
    expect(usd(text)).toEqual({ ok: false, problem });
  });
});

describe('a number of tokens or calls', () => {
  it.each([
    ['200000', 200_000],
    ['200,000', 200_000],
    ['200k', 200_000],
    ['200 K', 200_000],
    ['1M', 1_000_000],
    ['1.5m', 1_500_000],
    ['0', 0],
    ['5.0', 5],
  ])('is read from %j', (text, value) => {
    expect(tokens(text)).toEqual({ ok: true, value });
  });

  it.each([
    ['', 'Write a number.'],
    ['1.5', '1.5 is no whole number.'],
    ['1.2345k', '1.2345k is no whole number.'],
    ['$5', '$5 is dollars: this limit is a number without a sign.'],
    ['many', '"many" is no amount: write digits only, for example 200000, 200,000 or 200k.'],
    ['2000B', '2000B is more than a limit can be (1,000,000,000,000).'],
  ])('is not %j', (text, problem) => {
    expect(tokens(text)).toEqual({ ok: false, problem });
  });
});

describe('whatever is written', () => {
  it('is a whole number from 0 up, or a sentence', () => {
    fc.assert(
      fc.property(fc.constantFrom(...dimensions), fc.oneof(fc.string(), fc.double().map(String)), (dimension, text) => {
        const parsed = parseAmount(dimension, text);
        if (parsed.ok) expect(Number.isSafeInteger(parsed.value) && parsed.value >= 0).toBe(true);
        else expect(parsed.problem).toMatch(/\.$/);
      }),
    );
  });

  it('is read exactly to the last digit of a nano-dollar', () => {
    fc.assert(
      fc.property(fc.nat({ max: 999_999 }), fc.nat({ max: 999_999_999 }), (whole, nano) => {
        expect(resultOf(usd(`${whole}.${String(nano).padStart(9, '0')}`))).toBe(whole * 1e9 + nano);
      }),
    );
  });

  it('is named in the sentence no longer than a line', () => {
    const parsed = usd('x'.repeat(10_000));
    expect(parsed.ok ? 0 : parsed.problem.length).toBeLessThan(120);
  });
});
