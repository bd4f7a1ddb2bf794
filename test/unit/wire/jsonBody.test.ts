import { describe, expect, it } from 'vitest';
import { createJsonBody } from '../../../src/wire/jsonBody.ts';

function read(...pieces: readonly string[]) {
  const seen: unknown[] = [];
  const body = createJsonBody({
    onBody: (value) => seen.push(['body', value]),
    onElement: (value) => seen.push(['element', value]),
    onArrayEnd: () => seen.push('end'),
    onProblem: ({ code, detail }) => seen.push([code, detail]),
  });
  const done: boolean[] = [body.done()];
  for (const piece of pieces) {
    body.push(piece);
    done.push(body.done());
  }
  body.end();
  return { seen, done };
}

const malformed = ['malformed-json', 'the body is no JSON or was cut'];
const element = (value: unknown) => ['element', value];

describe('a JSON body', () => {
  it('is one value, read at its end', () => {
    expect(read('{"a":', '1}')).toEqual({ seen: [['body', { a: 1 }]], done: [false, false, false] });
    expect(read('{"a":').seen).toEqual([malformed]);
    expect(read().seen).toEqual([]);
  });

  it.each(['null', '7', '"text"', 'true'])('that is %s is JSON, and told as no object', (text) => {
    expect(read(text).seen).toEqual([['unexpected-shape', 'the body is no object']]);
  });

  it.each<[string, unknown[]]>([
    ['[]', ['end']],
    ['[ ]', ['end']],
    ['[{"a":[1,{"b":2}]},{"c":","}]', [element({ a: [1, { b: 2 }] }), element({ c: ',' }), 'end']],
    ['[1, "x" ,[2,3],null]', [element(1), element('x'), element([2, 3]), element(null), 'end']],
    ['["\\"],[","\\\\"]', [element('"],['), element('\\'), 'end']],
    ['[{"a":1}', [element({ a: 1 }), malformed]],
    ['[{"a":1},{"b"', [element({ a: 1 }), malformed]],
    ['[{"a":1},{b},{"c":1}]', [element({ a: 1 }), malformed]],
    ['[1,', [element(1), malformed]],
    ['[1]]', [element(1), 'end']],
    ['[1][2]', [element(1), 'end']],
  ])('that is an array is read element by element, in any pieces: %s', (text, seen) => {
    expect(read(text).seen).toEqual(seen);
    expect(read(...text).seen).toEqual(seen);
  });

  it('is done once its array is closed or broken, and not before', () => {
    expect(read('[1', ',2]', '[3]').done).toEqual([false, false, true, true]);
    expect(read('[1', ',x,', '3]').done).toEqual([false, false, true, true]);
    expect(read('[1', ',x,', '3]').seen).toEqual([element(1), malformed]);
  });
});
