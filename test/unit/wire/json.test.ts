import { describe, expect, it } from 'vitest';
import { arrayField, asObject, field, nameField, objectField, parseJson, textField } from '../../../src/wire/json.ts';

const nested = (depth: number, inside = '') => `${'['.repeat(depth)}${inside}${']'.repeat(depth)}`;
const filler = `"${'x'.repeat(2_000)}"`;

describe('parseJson', () => {
  it('reads 512 levels and none more, of arrays and of objects', () => {
    expect(parseJson(nested(512, filler))).not.toBeUndefined();
    expect(parseJson(nested(513, filler))).toBeUndefined();
    const objects = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
    expect(parseJson(objects(512))).not.toBeUndefined();
    expect(parseJson(objects(513))).toBeUndefined();
  });

  it('counts levels that are open, and no brackets in strings', () => {
    expect(parseJson(`[${Array.from({ length: 1_000 }, () => '[{}]').join()}]`)).toHaveLength(1_000);
    const text = '['.repeat(600);
    for (const string of [text, `\\"${text}`, `\\\\\\"${text}`, `${text}\\\\`])
      expect(parseJson(`["${string}","${text}"]`)).toHaveLength(2);
    expect(parseJson(`["\\\\",${nested(600)}]`)).toBeUndefined();
  });

  it('gives undefined for what is no JSON, long or short', () => {
    for (const text of ['', '{', `"${'['.repeat(2_000)}`, `"${'x'.repeat(2_000)}\\"`])
      expect(parseJson(text)).toBeUndefined();
  });
});

describe('fields', () => {
  const object = asObject(JSON.parse('{"a":"x","o":{},"l":[1],"n":null,"e":"","__proto__":{"b":1}}'));

  it('are own ones', () => {
    expect(field(object, 'a')).toBe('x');
    for (const name of ['b', 'constructor', 'toString']) expect(field(object, name)).toBeUndefined();
    expect(field(null, 'a')).toBeUndefined();
  });

  it('have the type that was asked for or are absent', () => {
    expect([objectField(object, 'o'), objectField(object, 'l'), objectField(object, 'n')]).toEqual([{}, null, null]);
    expect([arrayField(object, 'l'), arrayField(object, 'o')]).toEqual([[1], []]);
    expect([textField(object, 'a'), textField(object, 'e'), textField(object, 'o')]).toEqual(['x', null, null]);
    expect([asObject(undefined), asObject('x'), asObject([])]).toEqual([null, null, null]);
  });

  it('are names up to 512 characters', () => {
    expect(nameField({ a: 'x'.repeat(512) }, 'a')).toHaveLength(512);
    expect(nameField({ a: 'x'.repeat(513) }, 'a')).toBeNull();
    expect(nameField({ a: '' }, 'a')).toBeNull();
  });
});
