import { describe, expect, it } from 'vitest';
import type { EnvironmentVariableMutator } from 'vscode';
import type { VariableChange } from '../../../../src/agents/noProxy.ts';
import { applyTerminalPlan, type TerminalCollection } from '../../../../src/vscode/terminals/applyTerminalPlan.ts';

/** A stand-in for the editor's collection that counts writes, each of which would ask the user to relaunch terminals. */
function collectionOf(): TerminalCollection & { readonly values: Map<string, string>; readonly writes: string[] } {
  const values = new Map<string, string>();
  const writes: string[] = [];
  const set = (name: string, value: string): void => {
    values.set(name, value);
    writes.push(name);
  };
  return {
    persistent: true,
    description: undefined,
    values,
    writes,
    replace: set,
    append: set,
    prepend: set,
    delete(name: string) {
      values.delete(name);
      writes.push(`-${name}`);
    },
    forEach(callback: (name: string, mutator: EnvironmentVariableMutator, collection: never) => unknown) {
      for (const [name, value] of values) callback(name, { value, type: 1, options: {} }, undefined as never);
    },
  };
}

const changes = (values: Record<string, string>): ReadonlyMap<string, VariableChange> =>
  new Map(Object.entries(values).map(([name, value]) => [name, { kind: 'replace', value }]));

describe('applyTerminalPlan', () => {
  it('is never persistent', () => {
    const collection = collectionOf();
    applyTerminalPlan(collection, new Map());
    expect(collection.persistent).toBe(false);
  });

  it('writes only what differs', () => {
    const collection = collectionOf();
    expect(applyTerminalPlan(collection, changes({ A: '1', B: '2' }))).toBe(true);
    expect(applyTerminalPlan(collection, changes({ A: '1', B: '2' }))).toBe(false);
    expect(applyTerminalPlan(collection, changes({ A: '1', B: '3' }))).toBe(true);
    expect(collection.writes).toEqual(['A', 'B', 'B']);
  });

  it('takes everything back', () => {
    const collection = collectionOf();
    applyTerminalPlan(collection, changes({ A: '1', B: '2' }));
    applyTerminalPlan(collection, new Map());
    expect(collection.values.size).toBe(0);
    expect(collection.description).toBeUndefined();
  });
});
