import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonLines } from '../../../src/cli/jsonLines.ts';

describe('JSON in pieces', () => {
  it('is what was put in, with every entry of a list on a line', () => {
    const value = {
      list: [{ a: 'two\nlines', b: [1, { c: null }] }, 7],
      none: [],
      one: { two: { three: [1] } },
      x: null,
    };
    const text = [...jsonLines(value)].join('');
    expect(JSON.parse(text)).toEqual(value);
    expect(text.split('\n').slice(0, 5)).toEqual([
      '{',
      '  "list": [',
      '    {"a":"two\\nlines","b":[1,{"c":null}]},',
      '    7',
      '  ],',
    ]);
    expect(text.endsWith('}\n')).toBe(true);
  });

  it('comes back whole for any plain object', () => {
    const objects = fc.object({ key: fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor')) });
    fc.assert(
      fc.property(objects, (object) => {
        const plain: object = JSON.parse(JSON.stringify(object));
        expect(JSON.stringify(JSON.parse([...jsonLines(plain)].join('')))).toBe(JSON.stringify(plain));
      }),
    );
  });

  it('is handed over in pieces that are no longer than an entry more than asked', () => {
    const entry = 'x'.repeat(100_000);
    const pieces = [...jsonLines({ pairs: new Array<string>(100).fill(entry) })];
    expect(pieces.length).toBeGreaterThan(2);
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(4_200_000);
    expect(JSON.parse(pieces.join(''))).toEqual({ pairs: new Array<string>(100).fill(entry) });
  });
});
