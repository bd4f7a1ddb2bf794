import { describe, expect, it } from 'vitest';
import { plainText } from '../../../src/domain/plainText.ts';
import { parseTitle } from '../../../src/domain/taskTitle.ts';

describe('a title', () => {
  it('is kept as it was written, markup and all', () => {
    for (const title of ['Fix login', '<b>Fix</b> [x](command:y) $(bug)', 'Korrigiere Überlauf 🐛']) {
      expect(parseTitle(`  ${title} `)).toEqual({ ok: true, title });
    }
  });

  it.each([
    ['   ', 'A task needs a title.'],
    ['x'.repeat(10_000), 'A title has at most 200 characters; this one has 10,000.'],
    ['two\nlines', 'A title is one line without control characters.'],
    ['bell\u0007', 'A title is one line without control characters.'],
    ['line\u2028separator', 'A title is one line without control characters.'],
    ['abc\u202etxt', 'A title cannot turn the direction of writing round.'],
  ])('is not %j', (text, problem) => {
    expect(parseTitle(text)).toEqual({ ok: false, problem });
  });
});

describe('a text in a notification', () => {
  it('makes no link and no picture', () => {
    expect(plainText('[Run](command:evil) $(trash)\nnext')).toBe('[Run] (command:evil) $ (trash) next');
  });
});
