import fc from 'fast-check';
import o200k from 'js-tiktoken/ranks/o200k_base';
import { describe, expect, it } from 'vitest';
import { pieceEnd, SCANNED_PATTERN } from '../../../src/tokens/pieceScanner.ts';
import { anyText, tellingText } from './texts.ts';

const PATTERN = new RegExp(SCANNED_PATTERN, 'gu');

function scannedPieces(text: string): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length; ) {
    const end = pieceEnd(text, at);
    pieces.push(text.slice(at, end));
    at = end;
  }
  return pieces;
}

function matchedPieces(text: string): string[] {
  return [...text.matchAll(PATTERN)].map((match) => match[0]);
}

describe('pieceScanner', () => {
  it('implements the pattern of the rank file', () => {
    expect(SCANNED_PATTERN).toBe(o200k.pat_str);
  });

  it.each([
    ['a caseless letter before capitals', '漢ABC'],
    ['a caseless letter on both sides of capitals', '漢ABC漢'],
    ['a leading mark before capitals', '\u0301ABC'],
    ['a leading mark before small letters', '\u0301abc'],
    ['marks among signs', '!!\u0301!'],
    ['contractions', "I'll WE'RE he's don'tx 'sup o'clock a'"],
    ['a contraction after backtracking', "漢's AB's"],
    ['line breaks after signs', '};\r\n\r\n  //\n/'],
    ['blanks before a line break', 'a   \n  \n   b'],
    ['blanks before a word', 'a    b'],
    ['blanks before a sign', 'a    !'],
    ['blanks before a digit', 'a    1'],
    ['blanks at the end', 'a    '],
    ['digits by threes', '1234567 ٣٤٥٦'],
    ['cased letters beyond the BMP', '𝐀𝐚𝐀𝐀𝐚 𐐷'],
    ['lone surrogates', 'a\ud800b\udc00\ud835'],
  ])('cuts %s as the pattern does', (_, text) => {
    expect(scannedPieces(text)).toEqual(matchedPieces(text));
  });

  it('cuts every text of telling parts as the pattern does', () => {
    fc.assert(
      fc.property(tellingText(), (text) => {
        expect(scannedPieces(text)).toEqual(matchedPieces(text));
      }),
      { numRuns: 5_000 },
    );
  });

  it('cuts any text as the pattern does', () => {
    fc.assert(
      fc.property(anyText(), (text) => {
        expect(scannedPieces(text)).toEqual(matchedPieces(text));
      }),
      { numRuns: 3_000 },
    );
  });

  it('sorts every code point into the class that the pattern gives it', () => {
    const wrong: number[] = [];
    for (let codePoint = 0; codePoint <= 0x10ffff; codePoint++) {
      const text = `${String.fromCodePoint(codePoint)}a`;
      PATTERN.lastIndex = 0;
      PATTERN.test(text);
      if (pieceEnd(text, 0) !== PATTERN.lastIndex) wrong.push(codePoint);
    }
    expect(wrong).toEqual([]);
  });

  it('cuts a run of four million letters, for which the compiled pattern runs out of stack', () => {
    const run = '漢'.repeat(2 ** 22);
    expect(pieceEnd(run, 0)).toBe(run.length);
  });
});
