import { describe, expect, test } from 'vitest';
import { completeRates } from '../../../src/pricing/listRates.ts';
import type { BookRates } from '../../../src/pricing/priceBook.ts';

const USD = 1_000_000_000;
const plain: BookRates = { input: 2, output: 10 };
const used = { cacheWrite5mTokens: 1, cacheWrite1hTokens: 1, webSearches: 1 };
const complete = (rates: BookRates, section: string | null, id: string, use = used) =>
  completeRates(rates, { ...use, section, id });

describe('rates that the book lacks', () => {
  test.each([
    ['gpt-5.6', 1.25],
    ['gpt-5.9-sol', 1.25],
    ['gpt-6', 1.25],
    ['gpt-6.1-mini', 1.25],
    ['gpt-10', 1.25],
    ['gpt-10-mini', 1.25],
    ['gpt-5.5', 1],
    ['gpt-5', 1],
    ['gpt-4o', 1],
    ['gpt-4.6', 1],
    ['gpt-6x', 1],
    ['chat-gpt-6', 1],
    ['gpt-01', 1],
  ])('%s writes its cache at %d times the input', (id, factor) => {
    const made = complete(plain, 'openai', id);
    expect(made?.rates).toMatchObject({ cacheWrite5m: 2 * factor * USD, cacheWrite1h: 2 * factor * USD });
    const times = factor === 1 ? '' : `${factor}x `;
    expect(made?.notes).toEqual([`cache write at ${times}the input rate (not in the book)`]);
  });

  test('Claude writes an hour of cache at twice the input wherever it is sold, and searches for $10 at Anthropic only', () => {
    const notes = [
      'cache write at 1.25x the input rate (not in the book)',
      '1h cache write at 2x the input rate (not in the book)',
    ];
    expect(complete(plain, 'anthropic', 'claude-x-5')).toMatchObject({
      rates: { cacheWrite5m: 2.5 * USD, cacheWrite1h: 4 * USD, webSearch: 10 * USD },
      notes,
    });
    expect(complete(plain, 'aws', 'global.claude-x-5')).toMatchObject({
      rates: { cacheWrite5m: 2.5 * USD, cacheWrite1h: 4 * USD, webSearch: null },
      notes: [...notes, 'searches not counted (price unknown)'],
    });
  });

  test('are not remarked on where they are not used', () => {
    const unused = { cacheWrite5mTokens: 0, cacheWrite1hTokens: 0, webSearches: 0 };
    expect(complete(plain, 'aws', 'claude-x-5', unused)?.notes).toEqual([]);
  });

  test('an hour of cache costs what five minutes do where only those are known, but for Claude', () => {
    const rates = { ...plain, cacheWrite5m: 3 };
    expect(complete(rates, 'openai', 'gpt-6')?.rates).toMatchObject({ cacheWrite5m: 3 * USD, cacheWrite1h: 3 * USD });
    expect(complete(rates, 'anthropic', 'claude-x-5')?.rates).toMatchObject({ cacheWrite1h: 4 * USD });
  });

  test('leave those alone that it has', () => {
    const rates = { ...plain, cacheRead: 0.5, cacheWrite5m: 3, cacheWrite1h: 7, webSearch: 1 };
    expect(complete(rates, 'anthropic', 'claude-x-5')).toEqual({
      rates: {
        input: 2 * USD,
        output: 10 * USD,
        cacheRead: 0.5 * USD,
        cacheWrite5m: 3 * USD,
        cacheWrite1h: 7 * USD,
        webSearch: USD,
      },
      notes: [],
    });
  });

  test('cannot be made up without those of input and output', () => {
    expect(complete({ output: 1 }, 'openai', 'gpt-6')).toBeNull();
    expect(complete({ input: 1 }, 'openai', 'gpt-6')).toBeNull();
  });
});
