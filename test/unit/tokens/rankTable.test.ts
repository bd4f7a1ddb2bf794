import fc from 'fast-check';
import o200k from 'js-tiktoken/ranks/o200k_base';
import { describe, expect, it } from 'vitest';
import { RankTable } from '../../../src/tokens/rankTable.ts';

const base64 = (text: string): string => Buffer.from(text, 'latin1').toString('base64');
const rankIn = (table: RankTable, text: string): number => table.rankOf(Buffer.from(text, 'latin1'), 0, text.length);

describe('RankTable', () => {
  it('finds every token of o200k under its rank, and nothing else', () => {
    const table = new RankTable(o200k);
    const tokens = o200k.bpe_ranks.split(' ').slice(2);
    const known = new Set<string>();
    let wrong = 0;
    for (const [rank, token] of tokens.entries()) {
      const bytes = Buffer.from(token, 'base64');
      known.add(bytes.toString('latin1'));
      if (table.rankOf(bytes, 0, bytes.length) !== rank) wrong++;
    }
    expect(wrong).toBe(0);
    expect(tokens.length).toBe(199_998);
    expect(table.maxTokenBytes).toBe(128);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 6 }), (bytes) => {
        expect(table.rankOf(bytes, 0, bytes.length) >= 0).toBe(known.has(Buffer.from(bytes).toString('latin1')));
      }),
      { numRuns: 2_000 },
    );
  });

  it('looks at the asked range only', () => {
    const table = new RankTable({ bpe_ranks: `! 0 ${base64('ab')} ${base64('b')}` });
    const bytes = Buffer.from('xabx');
    expect(table.rankOf(bytes, 1, 3)).toBe(0);
    expect(table.rankOf(bytes, 2, 3)).toBe(1);
    expect(table.rankOf(bytes, 0, 3)).toBe(-1);
    expect(table.rankOf(bytes, 1, 1)).toBe(-1);
  });

  it('reads several lines, each with a first rank of its own', () => {
    const table = new RankTable({ bpe_ranks: `! 5 ${base64('a')} ${base64('bcd')}\n\n! 90 ${base64('\xff\x00')}\n` });
    expect(rankIn(table, 'a')).toBe(5);
    expect(rankIn(table, 'bcd')).toBe(6);
    expect(rankIn(table, '\xff\x00')).toBe(90);
    expect(rankIn(table, 'bc')).toBe(-1);
  });
});
