import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { matchesGlob } from '../../../src/pricing/matchesGlob.ts';

describe('matchesGlob', () => {
  test.each([
    ['claude-*', 'claude-opus-5-5', true],
    ['*', '', true],
    ['*', 'a/b', true],
    ['anthropic/*', 'anthropic/claude-opus-5-5', true],
    ['*opus*5', 'claude-opus-5-5', true],
    ['claude-opus-5', 'claude-opus-5-5', false],
    ['a*a', 'a', false],
    ['a*b*a', 'aba', true],
    ['a*bc*c', 'abc', false],
    ['a**b', 'ab', true],
    ['gpt-5.6', 'gpt-5x6', false],
    ['x[1m]', 'x[1m]', true],
  ])('%s on %s: %s', (pattern, text, expected) => {
    expect(matchesGlob(pattern, text)).toBe(expected);
  });

  test('agrees with the regular expression that the pattern stands for', () => {
    const letters = fc.array(fc.constantFrom('a', 'b', '*'), { maxLength: 8 }).map((list) => list.join(''));
    const text = fc.array(fc.constantFrom('a', 'b'), { maxLength: 10 }).map((list) => list.join(''));
    fc.assert(
      fc.property(letters, text, (pattern, value) => {
        expect(matchesGlob(pattern, value)).toBe(new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(value));
      }),
      { numRuns: 3000 },
    );
  });
});
