import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ByteRange, createChatStreamScanner, scanChatStreamOptions } from '../../../src/wire/chatStreamOptions.ts';

const scan = (text: string) => scanChatStreamOptions(Buffer.from(text));
const cutOut = (text: string, range: ByteRange | null) =>
  range === null ? null : Buffer.from(text).subarray(range.start, range.end).toString();

describe('scanChatStreamOptions', () => {
  it.each([
    ['{"model":"m"}', false, null, null, null],
    ['{"stream":true}', true, null, null, null],
    ['{"stream":"true"}', false, null, null, null],
    ['{"stream":true,"stream":false}', false, null, null, null],
    ['{"é":"👋","stream":true,"stream_options":{"include_usage":true}}', true, '{"include_usage":true}', true, 'true'],
    [
      '{"stream_options": { "include_usage" : false } ,"stream":true}',
      true,
      '{ "include_usage" : false }',
      false,
      'false',
    ],
    ['{"stream":true,"stream_options":null}', true, 'null', null, null],
    ['{"stream":true,"stream_options":{}}', true, '{}', null, null],
    ['{"stream":true,"stream_options":{"include_usage":1}}', true, '{"include_usage":1}', null, '1'],
    ['{"stream_options":{"include_usage":true},"stream_options":{"x":1},"stream":true}', true, '{"x":1}', null, null],
    ['{"messages":[{"stream":true,"stream_options":{"include_usage":true}}]}', false, null, null, null],
  ])('%s', (text, stream, options, includeUsage, include) => {
    const result = scan(text);
    expect(result).toMatchObject({ stream, includeUsage, insertAt: 1 });
    expect(cutOut(text, result.streamOptions)).toBe(options);
    expect(cutOut(text, result.includeUsageRange)).toBe(include);
  });

  it('names the offset behind blanks and a byte order mark', () => {
    expect(scan('\uFEFF \n{"stream":true}').insertAt).toBe(6);
  });

  it.each(['', '[]', '"x"', 'null', '{"stream":true', '{"stream":true}}', '{"stream":true,}', '{stream:true}'])(
    'leaves alone what is not one whole object: %s',
    (text) => {
      expect(scan(text)).toEqual({
        stream: false,
        streamOptions: null,
        includeUsage: null,
        includeUsageRange: null,
        insertAt: -1,
      });
    },
  );

  it('lets an option be put in so that the rest stays what it was', () => {
    const body = fc.record(
      { stream: fc.boolean(), messages: fc.json(), model: fc.string() },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(body, fc.nat(2), (value, indent) => {
        const bytes = Buffer.from(JSON.stringify(value, null, indent));
        const { insertAt, stream } = scanChatStreamOptions(bytes);
        const added = Buffer.concat([
          bytes.subarray(0, insertAt),
          Buffer.from('"stream_options":{"include_usage":true},'),
          bytes.subarray(insertAt),
        ]);
        expect(stream).toBe(value.stream);
        expect(JSON.parse(added.toString())).toEqual({ ...value, stream_options: { include_usage: true } });
      }),
    );
  });

  it('finds the same in a body that comes in pieces, cut at every byte', () => {
    const bytes = Buffer.from('{"é":"👋","stream" : true, "stream_options":{"a":[1],"include_usage":false}}');
    for (let cut = 0; cut <= bytes.length; cut++) {
      const scanner = createChatStreamScanner();
      scanner.push(bytes.subarray(0, cut));
      scanner.push(bytes.subarray(cut));
      expect(scanner.end()).toEqual(scanChatStreamOptions(bytes));
    }
  });
});
