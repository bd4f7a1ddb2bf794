import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createO200kTokenizer } from '../../../src/tokens/o200kTokenizer.ts';
import { oracleCount } from './oracle.ts';
import { anyText, tellingText } from './texts.ts';

const ROOT = join(import.meta.dirname, '../../..');
const tokenizer = createO200kTokenizer();

function sourceFiles(): string[] {
  return ['src', 'test'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(folder, name)),
  );
}

describe('o200kTokenizer against js-tiktoken', () => {
  it('counts the source files of this project alike', () => {
    const files = sourceFiles();
    const wrong = files.filter((file) => {
      const text = readFileSync(join(ROOT, file), 'utf8');
      return tokenizer.count(text) !== oracleCount(text);
    });
    expect(files.length).toBeGreaterThan(10);
    expect(wrong).toEqual([]);
  });

  it.each([
    ['nothing', ''],
    ['one byte', 'a'],
    ['a special token as ordinary text', 'before <|endoftext|> and <|endofprompt|> after'],
    ['Chinese', '多段树的复杂度分析需要考虑最坏情况。今天天气很好，我们去公园散步吧！'],
    ['Japanese', 'トークンの数を正確に数えるのは難しいですが、可能です。'],
    ['Arabic and Hebrew', 'عدد الرموز في النص العربي שלום עולם'],
    ['Devanagari and Thai', 'टोकन की संख्या नमस्ते ภาษาไทยไม่มีช่องว่าง'],
    ['emoji joined by ZWJ', '👩‍👩‍👧‍👦 👨🏽‍💻 🏳️‍🌈 🇩🇪 1️⃣'],
    ['mixed whitespace', ' \t\n \r\n\r\n\u00a0\u2003 x \ufeff\n\t\t\t}\n'],
    ['digits', '3.14159265358979 1234567890 0x1F 1e-9 ٣٤٥'],
    ['base64', Buffer.from(Array.from({ length: 600 }, (_, i) => (i * 7919) % 256)).toString('base64')],
    ['hex', 'deadbeef0123456789abcdef'.repeat(8)],
    ['JSON', JSON.stringify({ path: 'C:\\dir\\file.ts', list: [1, null, true, { x: 'é' }] }, null, 2)],
    ['lone surrogates', 'a\ud800 \udc00b \ud83d'],
    ['long pieces', `${'='.repeat(300)} ${'ab'.repeat(150)} ${'\n'.repeat(120)}${' '.repeat(200)}`],
  ])('counts %s alike', (_, text) => {
    expect(tokenizer.count(text)).toBe(oracleCount(text));
  });

  it('counts any text alike', () => {
    fc.assert(
      fc.property(fc.oneof(anyText(), tellingText()), (text) => {
        expect(tokenizer.count(text)).toBe(oracleCount(text));
      }),
      { numRuns: 800 },
    );
  });

  it('counts single pieces on both sides of the border between the short and the long merge alike', () => {
    const letters = fc.oneof(
      fc.constantFrom(...'aeioustnrl'),
      fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz'),
      fc.constantFrom('漢', '字', 'ア', 'ß', 'é'),
    );
    fc.assert(
      fc.property(fc.array(letters, { minLength: 30, maxLength: 110 }), (piece) => {
        const text = piece.join('');
        expect(tokenizer.count(text)).toBe(oracleCount(text));
      }),
      { numRuns: 300 },
    );
  });

  it('counts a piece that it has seen before, and one that shares its cache slot, alike', () => {
    const words = Array.from({ length: 30_000 }, (_, i) => ` q${((i * 2_654_435_761) % 2 ** 32).toString(36)}z`);
    const letters = words.map((word) => word.replaceAll(/\d/g, 'k')).join('');
    expect(tokenizer.count(letters + letters)).toBe(oracleCount(letters) * 2);
  });
});

describe('o200kTokenizer on hostile input', () => {
  it.each([
    ['a', 12_500],
    [' ', 782],
    ['\n', 6_250],
    ['=', 1_562],
    ['漢', 100_000],
    ['😀', 100_000],
    ['👩‍👩‍👧', 800_000],
  ])('counts 100,000 times %j', (unit, tokens) => {
    expect(tokenizer.count(unit.repeat(100_000))).toBe(tokens);
  });

  it.each([
    ['identical letters', (length: number) => 'a'.repeat(length)],
    ['spaces', (length: number) => ' '.repeat(length)],
    ['signs', (length: number) => '='.repeat(length)],
    ['Chinese without punctuation', (length: number) => '天气很好我们去公园'.repeat(length / 8)],
    ['pseudo-random letters', pseudoRandomLetters],
  ])('doubles its work, no more, when %s double', (_, make) => {
    const stepsFor = (length: number): number => {
      const work = { steps: 0 };
      createO200kTokenizer({ work }).count(make(length));
      return work.steps;
    };
    const once = stepsFor(40_000);
    expect(once).toBeGreaterThan(40_000);
    expect(once).toBeLessThan(40_000 * 60);
    expect(stepsFor(80_000) / once).toBeLessThan(2.3);
  });
});

function pseudoRandomLetters(length: number): string {
  let seed = 12_345;
  let text = '';
  for (let i = 0; i < length; i++) {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    text += String.fromCharCode(97 + ((seed >>> 16) % 26));
  }
  return text;
}
