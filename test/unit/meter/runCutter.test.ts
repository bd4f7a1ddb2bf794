import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keptRunBytes, RunCutter } from '../../../src/meter/observe/runCutter.ts';
import { createRequestReader } from '../../../src/wire/requestReader.ts';

/** What is left of a text that comes in pieces of these lengths, over and over. */
function cut(whole: Uint8Array, lengths: readonly number[]): Buffer {
  const cutter = new RunCutter();
  const left: Uint8Array[] = [];
  for (let at = 0, piece = 0; at < whole.length; piece++) {
    const length = lengths[piece % lengths.length] ?? 1;
    left.push(...cutter.push(whole.subarray(at, at + length)));
    at += length;
  }
  return Buffer.concat(left);
}

/** The definition, in the plainest words. */
const expected = (text: string): string =>
  text.replaceAll(/[!#-+\-./0-9;-Z^-z|~]+/g, (run) => run.slice(0, keptRunBytes));

const readFacts = async (body: Uint8Array) => {
  const reader = createRequestReader({
    api: 'anthropic-messages',
    contentEncoding: null,
    pathModel: null,
    pathStream: null,
  });
  reader.push(body);
  return await reader.end();
};

/** Runs of all lengths about the limit, between other text. */
const pieces = fc.array(
  fc.oneof(
    fc.constantFrom(' ', ', ', '\n', 'é', '漢字', '"', '\\n', '[', '}', 'a word ', '1,2,3'),
    fc
      .tuple(fc.constantFrom('A', 'b+', '0/=', 'x-'), fc.integer({ min: 0, max: 3 * keptRunBytes }))
      .map(([letters, length]) => letters.repeat(length).slice(0, length)),
    fc.integer({ min: -2, max: 2 }).map((more) => 'Q'.repeat(keptRunBytes + more)),
  ),
  { maxLength: 8 },
);
const lengths = fc.array(fc.oneof(fc.integer({ min: 1, max: 100_000 }), fc.constant(65_536)), {
  minLength: 1,
  maxLength: 5,
});

describe('a long run in the body of a request', () => {
  it('is cut to its first 16 KiB, wherever the chunks are cut', () => {
    fc.assert(
      fc.property(pieces, lengths, (texts, cuts) => {
        const text = texts.join('');
        expect(cut(Buffer.from(text), cuts).equals(Buffer.from(expected(text)))).toBe(true);
      }),
    );
  });

  it('is cut the same where every chunk is a byte', () => {
    const text = `{"data":"${'QUJD'.repeat(6000)}","model":"m"}`;
    expect(cut(Buffer.from(text), [1]).toString()).toBe(expected(text));
  });

  it('leaves what is said of the request as it is', async () => {
    const string = fc.oneof(
      fc.string({ maxLength: 40 }),
      pieces.map((texts) => texts.join('')),
    );
    const body = fc.record({
      model: fc.oneof(string, fc.constant('claude-sonnet-4-5')),
      max_tokens: fc.nat(),
      metadata: fc.record({ user_id: string }),
      messages: fc.array(fc.record({ content: fc.array(string, { maxLength: 3 }) }), { maxLength: 3 }),
      tokens: fc.array(fc.nat(), { maxLength: 20 }),
    });
    await fc.assert(
      fc.asyncProperty(body, lengths, async (value, cuts) => {
        const whole = Buffer.from(JSON.stringify(value));
        expect(await readFacts(cut(whole, cuts))).toEqual(await readFacts(whole));
      }),
      { numRuns: 60 },
    );
  });

  it('keeps nothing of the memory of the chunks that it was left out of', () => {
    const cutter = new RunCutter();
    cutter.push(Buffer.alloc(keptRunBytes, 'A'));
    const chunk = Buffer.from(`${'A'.repeat(60_000)}" and more`);
    const left = cutter.push(chunk);
    expect(Buffer.concat(left).toString()).toBe('" and more');
    expect(left.some((piece) => piece.buffer === chunk.buffer)).toBe(false);
    expect(cutter.push(Buffer.alloc(0))).toEqual([]);
  });

  it('lets a text pass as it came', () => {
    const chunk = Buffer.from('many words of a text '.repeat(5_000));
    expect(new RunCutter().push(chunk)).toEqual([chunk]);
  });
});
