import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createJsonKernel, type JsonKernel } from '../../../src/readers/jsonKernel.ts';
import { RecordSkimmer, type WantedFields } from '../../../src/readers/recordSkimmer.ts';

const wanted: WantedFields = {
  ...{ type: true, usage: true, cwd: true },
  message: { id: true, usage: true, content: { type: true, id: true } },
};

function newKernel(): JsonKernel {
  const kernel = createJsonKernel(100_000);
  if (kernel === null) throw new Error('This Node runs no WebAssembly.');
  return kernel;
}

const kernel = newKernel();
const skimmer = new RecordSkimmer(kernel, wanted);

/** Puts a text where a log's buffer has it, with a line break behind it. */
function put(text: string | Uint8Array): Buffer {
  const bytes = Buffer.from(text);
  kernel.text.set(bytes);
  kernel.text[bytes.length] = 0x0a;
  return kernel.text.subarray(0, bytes.length);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function partOf(value: unknown, fields: true | WantedFields): unknown {
  if (fields === true || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => partOf(item, fields));
  const kept = Object.entries(value).filter(([name]) => Object.hasOwn(fields, name));
  return Object.fromEntries(kept.map(([name, item]) => [name, partOf(item, fields[name] ?? true)]));
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What is in logs, and what is in none. */
const name = fc.constantFrom('type', 'usage', 'cwd', 'message', 'id', 'content', 'text', 'typ', '__proto__', 'é', '');
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('"usage"', '\\', '\n', 'a\\"', '\u2028', '\ud800', 'ÿ'),
);
const { record } = fc.letrec<{ value: unknown; record: object }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.oneof(text, fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer(), fc.boolean(), fc.constant(null)),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('record'),
  ),
  record: fc.dictionary(name, tie('value'), { maxKeys: 6 }),
}));
const blanks = fc.array(fc.constantFrom(' ', '\t', '\r'), { maxLength: 2 }).map((all) => all.join(''));

/** Blanks around everything that stands for itself. */
function spaced(json: string, blank: string): string {
  return json.replace(/"(?:[^"\\]|\\.)*"|[{}[\],:]/g, (token) => `${blank}${token}${blank}`);
}

describe('a record that is skimmed', () => {
  it('has what JSON.parse makes of the wanted fields, whatever the record is', () => {
    fc.assert(
      fc.property(record, blanks, (value, blank) => {
        const json = spaced(JSON.stringify(value), blank).trimStart();
        expect(skimmer.skim(put(json))).toEqual(partOf(parsed(json), wanted));
      }),
      { numRuns: 500 },
    );
  });

  it('is one that JSON.parse accepts, and comes to the same, however it is damaged', () => {
    const piece = fc.constantFrom(...'{}[]",:\\u0123eE+-. \t\0é', 'true', 'null', '"type":', '"usage":1,', '"a"');
    const damage = fc.record({ at: fc.nat(), cut: fc.nat({ max: 3 }), piece: fc.oneof(piece, fc.constant('')) });
    fc.assert(
      fc.property(record, fc.array(damage, { minLength: 1, maxLength: 3 }), (value, damages) => {
        let json = JSON.stringify(value);
        for (const { at, cut, piece } of damages) {
          const place = at % (json.length + 1);
          json = json.slice(0, place) + piece + json.slice(place + cut);
        }
        const skimmed = skimmer.skim(put(json));
        const whole = parsed(Buffer.from(json).toString());
        if (skimmed !== null) expect(skimmed).toEqual(partOf(whole, wanted));
        // All that is left to others: blanks before the object, and keys with escapes.
        else expect(!isObject(whole) || !json.startsWith('{') || json.includes('\\')).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('is none where it is torn, at whatever byte', () => {
    const json = Buffer.from(
      '{"type":"ä\\u00e4","message":{"id":null,"usage":{"a":[1.5e3,-0]},"content":[{"type":1}]},"x":true}',
    );
    const skimmed = Array.from(json, (_, size) => skimmer.skim(put(json.subarray(0, size))));
    expect(skimmed.filter((result) => result !== null)).toEqual([]);
    expect(skimmer.skim(put(json))).not.toBeNull();
  });

  it('keeps the last of fields with one name', () => {
    expect(skimmer.skim(put('{"type":1,"type":2,"message":{"id":1},"message":{"id":2}}'))).toEqual({
      type: 2,
      message: { id: 2 },
    });
  });

  it('does not take a value for the one before because it begins like it', () => {
    const values = ['1', '12', '1', '"a"', '"ab"', 'true', '1.5', '1', '[1]', '[1,2]', '{}', '{"a":1}'];
    const read = values.map((value) => skimmer.skim(put(`{"cwd":${value}}`))?.['cwd']);
    expect(read).toEqual(values.map((value) => JSON.parse(value)));
  });

  it('keeps its values when other bytes come to the place of its own', () => {
    const first = skimmer.skim(put('{"cwd":"/home/mara","usage":{"a":1}}'));
    put('x'.repeat(100));
    const second = skimmer.skim(put('{"cwd":"/home/otto","usage":{"a":2}}'));
    expect([first, second]).toEqual([
      { cwd: '/home/mara', usage: { a: 1 } },
      { cwd: '/home/otto', usage: { a: 2 } },
    ]);
  });

  it('is left to JSON.parse where it nests deep, or lies outside of the kernel', () => {
    const lists = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
    for (const place of ['usage', 'other', 'message']) {
      expect(skimmer.skim(put(`{"${place}":${lists(40)}}`))).not.toBeNull();
      expect(skimmer.skim(put(`{"${place}":${lists(40_000)}}`))).toBeNull();
    }
    expect(skimmer.skim(Buffer.from('{"type":1}\n').subarray(0, -1))).toBeNull();
  });
});

describe('the kernel', () => {
  const literals = [
    ...['0', '-0', '10', '-1.50', '1e5', '1E+05', '2e-3', 'true', 'false', 'null', '01', '-', '1.', '.5', '1e', '1e+'],
    ...[
      '+1',
      '--1',
      'tru',
      'truE',
      'falsy',
      'nul',
      'NaN',
      'Infinity',
      '0x1',
      '1_0',
      "'a'",
      'undefined',
      '',
      '1f',
      '-a',
    ],
  ];
  const strings = [
    ...['""', '"\\""', '"\\\\"', '"\\/\\b\\f\\n\\r\\t"', '"\\u00e9"', '"\\uD800"', '"\\x"', '"\\u12g4"', '"\\u123"'],
    ...['"', '"a', '"\\"', '"\t"', '"\0"', '"\x1f"', '"\x7f"', '"ÿ"', `"${'a'.repeat(40)}\\"${'b'.repeat(15)}"`],
  ];

  it.each([...literals, ...strings])('accepts %s where JSON.parse does', (text) => {
    const bytes = put(text);
    const isWhole = kernel.pass(bytes.byteOffset) === bytes.byteOffset + bytes.length;
    expect(isWhole).toBe(parsed(text) !== undefined);
  });

  it('finds a needle where it is', () => {
    const bytes = fc.array(fc.constantFrom('a', 'b', '"'), { maxLength: 80 }).map((all) => all.join(''));
    const needle = fc.array(fc.constantFrom('a', 'b', '"'), { minLength: 2, maxLength: 8 }).map((all) => all.join(''));
    fc.assert(
      fc.property(bytes, needle, fc.nat({ max: 20 }), (text, sought, from) => {
        const fresh = newKernel();
        fresh.text.write(`${text}${sought}`);
        const start = fresh.text.byteOffset;
        const found = fresh.finder(Buffer.from(sought))?.(start + from, start + text.length);
        expect(found).toBe(text.indexOf(sought, from) < 0 ? -1 : start + text.indexOf(sought, from));
      }),
      { numRuns: 200 },
    );
  });

  it('has no finder for needles that are too short or too long for it', () => {
    expect([1, 9].map((length) => newKernel().finder(Buffer.alloc(length)))).toEqual([null, null]);
  });
});
