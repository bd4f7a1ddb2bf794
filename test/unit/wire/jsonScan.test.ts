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
