import { describe, expect, it } from 'vitest';
import { identityOf } from '../../../src/ledger/callIdentity.ts';
import { IdentitySet } from '../../../src/ledger/identitySet.ts';

const idsOf = (prefix: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => identityOf('response', `${prefix}${index}`));

describe('a set of identities', () => {
  it('has those that were put into it, each once, and no others', () => {
    const set = new IdentitySet();
    const ids = idsOf('msg_', 5000);
    for (const id of [...ids, ...ids.toReversed()]) set.add(id);
    expect(set.size).toBe(ids.length);
    expect(ids.every((id) => set.has(id))).toBe(true);
    expect(idsOf('req_', 5000).filter((id) => set.has(id))).toEqual([]);
  });

  it('tells identities apart that end alike, and begin alike but for the thirteenth digit', () => {
    const set = new IdentitySet();
    set.add('0'.repeat(32));
    set.add(`${'0'.repeat(12)}1${'0'.repeat(19)}`);
    expect(set.size).toBe(2);
    expect(set.has(`${'f'.repeat(13)}${'0'.repeat(19)}`)).toBe(false);
  });
});
