import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createJsonScanner, type JsonScan } from '../../../src/wire/jsonScan.ts';
import { cutAt } from './readResponse.ts';

const paths = ['a', 'b', 'a.b', 'a.c', 'c.a.b'];

function scan(chunks: readonly Uint8Array[], wanted: readonly string[] = paths): JsonScan {
  const scanner = createJsonScanner(wanted);
  for (const chunk of chunks) scanner.push(chunk);
  return scanner.end();
}
const scanText = (text: string, wanted?: readonly string[]) => scan([Buffer.from(text)], wanted);
const found = (result: JsonScan) => Object.fromEntries([...result.values].map(([path, { value }]) => [path, value]));

function at(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((object, name) => {
    if (typeof object !== 'object' || object === null || Array.isArray(object)) return undefined;
    return Object.getOwnPropertyDescriptor(object, name)?.value;
  }, value);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const keys = fc.constantFrom('a', 'b', 'c', '', '__proto__', 'ä"\n');
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5 },
    fc.string({ unit: 'binary' }),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    tie('list'),
    tie('map'),
    tie('map'),
  ),
  list: fc.array(tie('tree'), { maxLength: 3 }),
  map: fc.dictionary(keys, tie('tree'), { maxKeys: 5, noNullPrototype: true }),
}));

describe('compared with JSON.parse', () => {
  it('finds the same values, and their bytes, however they are cut', () => {
    fc.assert(
      fc.property(tree, fc.nat(3), fc.array(fc.nat(), { maxLength: 6 }), (value, indent, offsets) => {
        const bytes = Buffer.from(JSON.stringify(value, null, indent));
        const borders = offsets.map((offset) => offset % (bytes.length + 1)).sort((a, b) => a - b);
        const result = scan(cutAt(bytes, borders));
        expect(result.status).toBe('whole');
        const parsed: unknown = JSON.parse(bytes.toString());
        for (const path of paths) {
          const expected = at(parsed, path);
          const scanned = result.values.get(path);
          expect(scanned === undefined).toBe(expected === undefined);
          if (scanned === undefined) continue;
          expect(JSON.parse(bytes.subarray(scanned.start, scanned.end).toString())).toEqual(expected);
          if (typeof expected !== 'object' || expected === null) expect(scanned.value).toEqual(expected);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('takes for whole what JSON.parse takes, after any one byte was changed', () => {
    const bytes = Buffer.from('{"a":{"b":[1,-2.5e3,true,null,"x\\n\\u00e4"]},"c":false, "b" : "" }');
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 127 }), (index, byte) => {
        const changed = Buffer.from(bytes);
        changed[index] = byte;
        expect(scan([changed]).status === 'whole').toBe(isJson(changed.toString()));
      }),
      { numRuns: 5_000 },
    );
  });

  it('never throws and does not depend on chunks, whatever the bytes', () => {
    const structure = fc.array(fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '\\', 'a', '1', ' ', 'true', 'é'), {
      maxLength: 40,
    });
    const anything = fc.oneof(
      fc.uint8Array(),
      structure.map((parts) => Buffer.from(parts.join(''))),
    );
    fc.assert(
      fc.property(anything, fc.nat(), (bytes, offset) => {
        const whole = scan([bytes]);
        const cut = scan(cutAt(bytes, [offset % (bytes.length + 1)]));
        expect({ ...cut, values: found(cut) }).toEqual({ ...whole, values: found(whole) });
        if (whole.status === 'whole')
          expect(
            isJson(
              Buffer.from(bytes)
                .toString()
                .replace(/^\uFEFF/, ''),
            ),
          ).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('paths', () => {
  it.each([
    ['the last duplicate counts', '{"a":1,"a":2}', { a: 2 }],
    ['a duplicate that is no object takes its members away', '{"a":{"b":1},"a":3}', { a: 3 }],
    ['an empty duplicate does too', '{"a":{"b":1},"a":{}}', { a: null }],
    ['names may be escaped', '{"\\u0061":1}', { a: 1 }],
    ['names inside arrays are others', '[{"a":1}]', {}],
    ['names inside other objects are others', '{"x":{"a":1},"y":[{"a":2}]}', {}],
    ['an array has no members', '{"a":[{"b":1}]}', { a: null }],
    ['a name that is too long is none', `{"${'a'.repeat(300)}":1,"a":2}`, { a: 2 }],
    ['a string that is too long for a setting is null', `{"a":"${'x'.repeat(9000)}"}`, { a: null }],
    ['strings are unescaped', '{"a":"\\ud83d\\udc4b\\n\\"é"}', { a: '👋\n"é' }],
    ['an empty string is one', '{"a":""}', { a: '' }],
    ['a number that is no number of any use is null', `{"a":${'1'.repeat(100)}}`, { a: null }],
  ])('%s', (_, text, values) => {
    expect(found(scanText(text))).toEqual(values);
  });

  it('that were found stay when the rest is cut', () => {
    const result = scanText('{"a":{"b":"x"},"c":{"a":[1,2,{"d":"unfin');
    expect(result.status).toBe('unfinished');
    expect(found(result)).toEqual({ a: null, 'a.b': 'x' });
  });
});

describe('bounds', () => {
  it('nesting of 512 is read, deeper is not', () => {
    expect(scanText('['.repeat(512) + ']'.repeat(512)).status).toBe('whole');
    expect(scanText('['.repeat(513) + ']'.repeat(513)).status).toBe('too-deep');
  });
});

describe('text bytes', () => {
  const image = 'iVBORw0KGgo'.repeat(300);
  it.each([
    ['keys and other values do not count', '{"key":1,"other":[true,null]}', 0],
    ['strings anywhere count', '{"a":"four","b":["two"]}', 7],
    [
      'escapes count as what they stand for',
      '{"a":"\\n\\"\\u0041\\u00e9\\u20ac\\ud83d\\udc4b"}',
      1 + 1 + 1 + 2 + 3 + 4,
    ],
    ['UTF-8 counts as it is', '{"a":"é€👋"}', 2 + 3 + 4],
    ['an image does not count', `{"a":"${image}","b":"see it"}`, 6],
    ['nor does one in a data URL behind words', `{"a":"see data:image/png;base64,${image}"}`, 4],
    ['a run of 2,000 does', `{"a":"${'x'.repeat(2000)}"}`, 2000],
    ['a run of 2,001 does not', `{"a":"${'x'.repeat(2001)}"}`, 0],
    ['text without blanks in another script does', `{"a":"${'日本語'.repeat(1000)}"}`, 9000],
    ['a run of 2,000 in front of a blank does', `{"a":"${'x'.repeat(2000)} "}`, 2001],
    ['a run of 2,001 in front of a blank does not', `{"a":"${'x'.repeat(2001)} "}`, 1],
    ['the end of a string ends a run', `["${'x'.repeat(1500)}","${'x'.repeat(1500)}"]`, 3000],
    ['the first letter beyond ASCII ends a run', `["${'x'.repeat(1500)}\u0080${'x'.repeat(2000)}"]`, 3502],
    ['escapes in names do not count', '{"\\/\\b":"four"}', 4],
    ['line ends break runs', `{"a":"${`${'x'.repeat(1500)}\\n`.repeat(3)}"}`, 4503],
  ])('%s', (_, text, bytes) => {
    const buffer = Buffer.from(text);
    expect(scan([buffer]).textBytes).toBe(bytes);
    expect(scan(Array.from(buffer, (_, at) => buffer.subarray(at, at + 1))).textBytes).toBe(bytes);
  });

  const specials = [' ', '!', '\\n', '\\u0041', '\\"', 'é', '"', '\u0001', '~', '#', '\u007f', '\u0080'];
  it.each(specials)('%j in an image is found wherever it stands, as one byte after the other finds it', (special) => {
    for (let before = 0; before < 9; before++) {
      const text = `{"model":"m","a":"${'x'.repeat(2100 + before)}${special}y","b":"z ${'w'.repeat(2100)}","c":[1]}`;
      const whole = Buffer.from(text);
      const single = scan(Array.from(whole, (_, at) => whole.subarray(at, at + 1)));
      for (let shift = 0; shift < 4; shift++) {
        // The start of the second piece decides how the four bytes lie in memory.
        const moved = Buffer.concat([Buffer.alloc(shift), whole]).subarray(shift);
        expect(scan([moved.subarray(0, 2050), moved.subarray(2050)])).toEqual(single);
      }
    }
  });
});

describe('what is found right behind an image', () => {
  const image = Buffer.from(`["${'x'.repeat(2100)}`);
  it.each([' ', '!', '\\n', 'é', '"', '#', '\u007f', '\u0001'])('%j', (special) => {
    for (let before = 0; before < 4; before++) {
      const rest = Buffer.from(`${'x'.repeat(before)}${special}y","z ${'w'.repeat(2100)}"]`);
      const expected = scan([Buffer.concat([image, rest])]);
      for (let shift = 0; shift < 4; shift++) {
        // The start of the second piece decides how the four bytes lie in memory.
        const moved = Buffer.concat([Buffer.alloc(shift), rest]).subarray(shift);
        expect(scan([image, moved])).toEqual(expected);
      }
    }
  });
});

describe('what is JSON', () => {
  const valid = [
    ...['true', 'false', 'null', '0', '-1.5e+3', '""', '[]', '{}', ' \r\n\t[ ] ', '[1,[2],{"a":{}}]', '\uFEFF{}'],
    ...[
      '"\\"\\\\\\/\\b\\f\\n\\r\\t"',
      '"\\u09aF\\uFfFf"',
      '" !#[]"',
      '[true,"x"]',
      '{"a":1}',
      '[null]',
      '{"a":"b","c":null}',
    ],
  ];
  const invalid = [
    ...[
      'tru',
      'nul',
      '01',
      '1.',
      '[1}',
      '{"a":1]',
      '{"a" 1}',
      '[1 2]',
      '{a:1}',
      '[,]',
      '{"a":1,}',
      '"\\x"',
      '"\\u00g0"',
    ],
    ...[
      '"\\u/000"',
      '"\\u:000"',
      '"\\u`000"',
      '"\n"',
      '"\u001f"',
      '1 1',
      '[]]',
      '{"a":true:1}',
      '[true"x"]',
      '\uFEFF\uFEFF{}',
    ],
    ...['[1 2 3]', '[[]x1]', '{"a":1:"b":2}', `[${'1'.repeat(65)}x"y"z]`],
  ];

  it.each(valid)('is whole: %j', (text) => {
    expect(scanText(text).status).toBe('whole');
    expect(scan(Array.from(Buffer.from(text), (byte) => Uint8Array.of(byte))).status).toBe('whole');
  });

  it.each(invalid)('is malformed: %j', (text) => {
    expect(scanText(text).status).toBe('malformed');
  });

  it.each(['', ' ', '[', '{', '{"a"', '{"a":', '{"a":1', '[1,', '"x', '"\\', '"\\u00'])('is unfinished: %j', (text) => {
    expect(scanText(text)).toMatchObject({ status: 'unfinished', topLevel: null });
  });

  it('knows its byte order mark by all of its three bytes in front', () => {
    const withMark = (...bytes: readonly number[]) => scan([Uint8Array.from([...bytes, 0x7b, 0x7d])]).status;
    expect(withMark(0xef, 0xbb, 0xbf)).toBe('whole');
    for (const bytes of [[0xbb], [0xbf], [0xef, 0xef, 0xbf], [0xef, 0xbb, 0xbb], [0x20, 0xef, 0xbb, 0xbf]])
      expect(withMark(...bytes)).toBe('malformed');
    for (const bytes of [[0xef], [0xef, 0xbb], [0x5b, 0xbb, 0xbf]]) expect(withMark(...bytes)).toBe('malformed');
    expect(scan([Uint8Array.of(0x5b, 0xbb, 0x31, 0x5d)]).status).toBe('malformed');
    expect(scan([Uint8Array.of(0x31, 0x20, 0xbf)]).status).toBe('malformed');
  });

  it('has its values between their first byte and the one after their last, however it is cut', () => {
    const bytes = Buffer.from('{"a":{"b":"x\\n","c":[1]}, "b":-17}');
    const places = { a: [5, 24], 'a.b': [10, 15], 'a.c': [20, 23], b: [30, 33] };
    for (let at = 0; at <= bytes.length; at++) {
      const { values } = scan(cutAt(bytes, [at]));
      expect(Object.fromEntries([...values].map(([path, { start, end }]) => [path, [start, end]]))).toEqual(places);
    }
  });

  it.each([
    ['{"a":"x"}', 'string', 'object', 1],
    [' {"a":1}', 'number', 'object', 2],
    ['{"a":true}', 'boolean', 'object', 1],
    ['{"a":null}', 'null', 'object', 1],
    ['{"a":[{}]}', 'array', 'object', 1],
    ['{"a":{}}', 'object', 'object', 1],
    ['[{"a":1}]', undefined, 'array', -1],
    ['7', undefined, 'number', -1],
  ])('has kinds: %s', (text, kind, topLevel, objectStart) => {
    const result = scanText(text);
    expect(result.values.get('a')?.kind).toBe(kind);
    expect(result).toMatchObject({ topLevel, objectStart });
  });

  it('holds strings up to 8,192 bytes, names up to 256 and literals up to 64', () => {
    const name = 'n'.repeat(256);
    expect(found(scanText(`{"a":"${'x'.repeat(8_192)}","${name}":1}`, ['a', name]))).toEqual({
      a: 'x'.repeat(8_192),
      [name]: 1,
    });
    expect(found(scanText(`{"a":"${'x'.repeat(8_193)}"}`))).toEqual({ a: null });
    expect(found(scanText(`{"${name}n":1}`, [`${name}n`]))).toEqual({});
    expect(found(scanText(`{"a":${'1'.repeat(64)},"b":${'1'.repeat(65)}}`))).toEqual({
      a: Number('1'.repeat(64)),
      b: null,
    });
    expect(found(scanText(`{"a":1${'0'.repeat(62)}e5}`))).toEqual({ a: null });
    expect(scanText(`{"a":1${'0'.repeat(62)}e}`).status).toBe('malformed');
    expect(scanText(`{"a":${'x'.repeat(65)}}`).status).toBe('malformed');
    expect(scanText(`{"a":1${'x'.repeat(65)}}`).status).toBe('malformed');
  });
});

describe('text bytes of escapes', () => {
  it.each([
    ['\\u0020', 1],
    ['\\u0021', 1],
    ['\\u007f', 1],
    ['\\u0080', 2],
    ['\\u07ff', 2],
    ['\\u0800', 3],
    ['\\ud7ff', 3],
    ['\\ud800', 2],
    ['\\udfff', 2],
    ['\\ue000', 3],
    ['!', 1],
    ['\\t\\r\\n', 3],
    ['\\b\\f\\/\\\\', 4],
    ['\u007f', 1],
  ])('%s counts %i', (escaped, bytes) => {
    expect(scanText(`"${escaped}"`).textBytes).toBe(bytes);
  });

  it('break a run where they are blank or of another script, and are part of it where not', () => {
    const run = 'x'.repeat(1_500);
    for (const [escaped, bytes] of [
      ['\\u0020', 3_001],
      ['\\u00e9', 3_002],
      ['\\t', 3_001],
      ['\\r', 3_001],
      [' ', 3_001],
      ['\\u0041', 0],
      ['\\/', 0],
      ['!', 0],
      ['\\b', 0],
    ] as const)
      expect([escaped, scanText(`"${run}${escaped}${run}"`).textBytes]).toEqual([escaped, bytes]);
  });

  it('of names do not count, nor break what does', () => {
    expect(scanText('{"\\u0041\\u00e9\\n!":"four"}').textBytes).toBe(4);
    expect(scanText(`{"a":"${'x'.repeat(1_500)}","${'y'.repeat(900)}":"z"}`).textBytes).toBe(1_501);
  });

  it('of a string that was cut count as far as they came', () => {
    expect(scanText('"four').textBytes).toBe(4);
    expect(scanText(`"${'x'.repeat(2_001)}`).textBytes).toBe(0);
    expect(scanText('["four\n').textBytes).toBe(4);
  });
});
