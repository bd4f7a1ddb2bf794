import { describe, expect, it } from 'vitest';
import {
  createEventEnd,
  createFrameEnd,
  createLineEnd,
  createUnitSplitter,
  type UnitEnd,
} from '../../../../src/wire/endings/units.ts';

const latin = (parts: readonly Uint8Array[]) => Buffer.concat(parts).toString('latin1');

/** The units of a text, and what is held behind the last of them. */
function split(endOf: UnitEnd, chunks: readonly string[]) {
  const splitter = createUnitSplitter(endOf);
  const units: string[] = [];
  const note = (parts: readonly Uint8Array[]) => {
    if (units.length > 10) throw new Error('There are more units than were sent.');
    units.push(latin(parts));
  };
  for (const chunk of chunks) splitter.push(Buffer.from(chunk, 'latin1'), note);
  return { units, heldBytes: splitter.heldBytes(), rest: latin(splitter.rest()) };
}

describe('a stream cut into units', () => {
  it('gives a unit in the parts in which it came, without empty ones', () => {
    const splitter = createUnitSplitter(createLineEnd());
    const units: string[][] = [];
    const note = (parts: readonly Uint8Array[]) => {
      if (units.length > 10) throw new Error('There are more units than were sent.');
      units.push(parts.map((part) => latin([part])));
    };
    const push = (text: string) => splitter.push(Buffer.from(text), note);
    push('a');
    push('');
    push('b');
    expect(splitter.heldBytes()).toBe(2);
    push('c\nd\nefg');
    expect(units).toEqual([['a', 'b', 'c\n'], ['d\n']]);
    expect(splitter.heldBytes()).toBe(3);
    push('\n');
    expect(units[2]).toEqual(['efg', '\n']);
    expect([splitter.heldBytes(), splitter.rest()]).toEqual([0, []]);
  });

  it('forgets what it gave as the rest', () => {
    const splitter = createUnitSplitter(createLineEnd());
    splitter.push(Buffer.from('abc'), () => undefined);
    expect(latin(splitter.rest())).toBe('abc');
    expect([splitter.heldBytes(), splitter.rest()]).toEqual([0, []]);
  });

  it.each<[string, () => UnitEnd, readonly string[], string]>([
    ['lines', createLineEnd, ['a\n', '\n', 'b\n'], 'c'],
    ['no line', createLineEnd, [], 'abc'],
    ['events of LF', createEventEnd, ['a\nb\n\n', '\n', 'c\n\n'], 'd\n'],
    ['events of CR', createEventEnd, ['a\rb\r\r', '\r', 'c\r\r'], 'd\r'],
    ['events of CRLF', createEventEnd, ['a\r\nb\r\n\r\n', '\r\n', 'c\r\n\r\n'], 'd\r\n'],
    ['an event of CRLF after which another line begins', createEventEnd, ['a\r\nb\r\n\r\n'], 'c\r\nd\r'],
    ['events of LF behind lines of CR', createEventEnd, ['a\rb\n\n'], 'c'],
    ['frames', createFrameEnd, ['\0\0\0\x05a', '\0\0\0\x06bc', `\0\0\x01\x04${'d'.repeat(256)}`], '\0\0\0\x06e'],
    ['half a head of a frame', createFrameEnd, ['\0\0\0\x05a'], '\0\0\0'],
    ['frames shorter than their heads', createFrameEnd, ['\0\0\0\x05a'], `\0\0\0\x04\0\0\0\x05${'b'.repeat(9)}`],
  ])('finds %s, in whatever chunks they come', (_name, endOf, units, rest) => {
    const text = units.join('') + rest;
    const expected = { units, heldBytes: rest.length, rest };
    expect(split(endOf(), [text])).toEqual(expected);
    expect(split(endOf(), [...text])).toEqual(expected);
    for (let at = 1; at < Math.min(text.length, 20); at += 1)
      expect(split(endOf(), [text.slice(0, at), text.slice(at)])).toEqual(expected);
  });
});
