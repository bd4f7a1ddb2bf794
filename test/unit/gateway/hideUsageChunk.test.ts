import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HideUsageChunk } from '../../../src/gateway/hideUsageChunk.ts';

function filtered(pieces: readonly Uint8Array[]): string {
  const out: Uint8Array[] = [];
  const filter = new HideUsageChunk((bytes) => out.push(bytes));
  for (const piece of pieces) filter.push(piece);
  filter.end();
  return Buffer.concat(out).toString();
}

function cutAt(text: string, cuts: readonly number[]): Uint8Array[] {
  const bytes = Buffer.from(text);
  const at = [...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
  return at.map((end, i) => bytes.subarray(i === 0 ? 0 : at[i - 1], end));
}

const usage =
  '{"id":"c","object":"chat.completion.chunk","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4}}';
const content =
  '{"id":"c","choices":[{"index":0,"delta":{"content":"say \\"choices\\":[] and \\"usage\\":{} 日本 🙂"}}],"usage":null}';
const azure = '{"choices":[],"prompt_filter_results":[{"prompt_index":0}],"usage":null}';
const azureOlder = '{"choices":[],"prompt_filter_results":[{"prompt_index":0}]}';
const error = '{"choices":[],"usage":{"prompt_tokens":1},"error":{"message":"made up"}}';

describe('hiding the usage chunk', () => {
  for (const [name, end] of Object.entries({ lf: '\n', crlf: '\r\n', cr: '\r' })) {
    it(`takes out that event and nothing else, however the bytes are cut (${name})`, () => {
      const event = (data: string) => `data: ${data}${end}${end}`;
      const before = `: KEEP-ALIVE${end}${end}${event(azure)}${event(azureOlder)}${event(content)}`;
      const after = `${event(error)}event: x${end}${event('[DONE]')}`;
      const whole = before + event(usage) + after;
      const bytes = Buffer.from(whole).length;
      for (let cut = 0; cut <= bytes; cut += 1) expect(filtered(cutAt(whole, [cut]))).toBe(before + after);
      expect(
        filtered(
          cutAt(
            whole,
            Array.from({ length: bytes }, (_, i) => i),
          ),
        ),
      ).toBe(before + after);
      fc.assert(
        fc.property(fc.array(fc.nat({ max: bytes }), { maxLength: 8 }), (cuts) => {
          expect(filtered(cutAt(whole, cuts))).toBe(before + after);
        }),
      );
    });
  }

  it('changes no stream without such an event', () => {
    const piece = fc.constantFrom(
      '\n',
      '\r',
      '\r\n',
      'data: ',
      'data:',
      ':',
      '{"choices":[]',
      '}',
      'x',
      '"usage":{}',
      '\u2028',
      '',
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 40 }),
        fc.array(fc.nat({ max: 200 }), { maxLength: 6 }),
        (parts, cuts) => {
          const text = parts.join('').replaceAll('"usage":{}}', '"usage":null}');
          expect(filtered(cutAt(text, cuts))).toBe(text);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('reads data that is split over lines, spaced, or unfinished at the end', () => {
    expect(filtered([Buffer.from('data: {"choices": [ ],\ndata: "usage": {"prompt_tokens":1}}\n\nx\n\n')])).toBe(
      'x\n\n',
    );
    expect(filtered([Buffer.from(`a\n\ndata: ${usage}\n`)])).toBe('a\n\n');
    expect(filtered([Buffer.from(`a\n\ndata: ${usage.slice(0, -1)}\n`)])).toBe(`a\n\ndata: ${usage.slice(0, -1)}\n`);
  });

  it('reads past the other fields of an event, and knows spaces between a name and its value', () => {
    for (const event of [`event: chunk\nid: 7\ndata: ${usage}\n\n`, 'data: {"choices"  : [ ],"usage" : {}}\n\n'])
      expect(filtered([Buffer.from(event)])).toBe('');
  });

  it('keeps an event whose own choices are not empty, whatever stands further inside', () => {
    for (const data of [
      '{"inner":{"choices":[]},"choices":[{"index":0}],"usage":{}}',
      '{"inner":{"choices":[]},"choices":"","usage":{}}',
      '{"inner":{"choices":[]},"usage":{}}',
      '{"choices":[],"usage":7}',
      '[{"choices":[]}]',
      '"\\"choices\\":[]"',
    ])
      expect(filtered([Buffer.from(`data: ${data}\n\n`)])).toBe(`data: ${data}\n\n`);
  });

  it('holds an event of a megabyte, and lets go of one byte more', () => {
    const sizes: number[] = [];
    const filter = new HideUsageChunk((bytes) => sizes.push(bytes.length));
    filter.push(Buffer.alloc(1024 * 1024, 'x'));
    expect(sizes).toEqual([]);
    filter.push(Buffer.from('y'));
    expect(sizes).toEqual([1024 * 1024, 1]);
  });

  it('lets an event go with its own last byte, and a huge one before it ends', () => {
    const out: Uint8Array[] = [];
    const filter = new HideUsageChunk((bytes) => out.push(bytes));
    const text = () => Buffer.concat(out).toString();
    filter.push(Buffer.from(`data: ${content}\r\n\r`));
    expect(text()).toBe(`data: ${content}\r\n\r`);
    filter.push(Buffer.from('\ndata: 1'));
    expect(text()).toBe(`data: ${content}\r\n\r\n`);
    filter.push(Buffer.from('\n\n'));
    expect(text().endsWith('data: 1\n\n')).toBe(true);
    const before = Buffer.concat(out).length;
    filter.push(Buffer.alloc(1_000_000, 'x'));
    expect(Buffer.concat(out).length).toBe(before);
    filter.push(Buffer.alloc(100_000, 'x'));
    filter.push(Buffer.from('y'));
    expect(Buffer.concat(out).length).toBe(before + 1_100_001);
    filter.push(Buffer.from(`\n\ndata: ${usage}\n\nz`));
    filter.end();
    expect(text().endsWith('y\n\nz')).toBe(true);
  });
});
