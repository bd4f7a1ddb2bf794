import { describe, expect, it } from 'vitest';
import { listPriceOf, ratesIn } from '../../../src/ledger/bookedPrices.ts';

const ratesOf = (model: string, input: number, modifiers: readonly string[] = []) => ({
  ...{ model, inputNanoUsdPerMtok: input, cacheReadNanoUsdPerMtok: 2, cacheWrite5mNanoUsdPerMtok: 3 },
  ...{ cacheWrite1hNanoUsdPerMtok: 4, outputNanoUsdPerMtok: 5, webSearchNanoUsdPerThousand: 6, modifiers },
});
const json = (...rates: readonly unknown[]) => JSON.stringify(rates);
const priceOf = (input: number) => ({
  ...{ inputNanoUsdPerMtok: input, cacheReadNanoUsdPerMtok: 2, cacheWriteNanoUsdPerMtok: 3, outputNanoUsdPerMtok: 5 },
});

describe('the rates that a call was priced at', () => {
  it('are those of the model by its name, or else the first there are', () => {
    expect(ratesIn(json(ratesOf('a', 1), ratesOf('b', 2)), 'b')).toEqual({ price: priceOf(2), isModified: false });
    expect(ratesIn(json(ratesOf('a', 1)), 'a-20261122')).toEqual({ price: priceOf(1), isModified: false });
    expect(ratesIn(json(null, 'text', ratesOf('a', 1)), 'a')).toEqual({ price: priceOf(1), isModified: false });
  });

  it('are modified where anything changed them', () => {
    expect(ratesIn(json(ratesOf('a', 1, ['batch x0.5'])), 'a')?.isModified).toBe(true);
    expect(ratesIn(json({ ...ratesOf('a', 1), modifiers: null }), 'a')?.isModified).toBe(false);
  });

  it('may lack those of the cache, but not those of input and output', () => {
    const { inputNanoUsdPerMtok, outputNanoUsdPerMtok } = ratesOf('a', 1);
    expect(ratesIn(json({ inputNanoUsdPerMtok, outputNanoUsdPerMtok }), 'a')?.price).toEqual({
      ...{
        inputNanoUsdPerMtok: 1,
        outputNanoUsdPerMtok: 5,
        cacheReadNanoUsdPerMtok: null,
        cacheWriteNanoUsdPerMtok: null,
      },
    });
    expect(ratesIn(json({ inputNanoUsdPerMtok }), 'a')).toBeNull();
    expect(ratesIn(json({ outputNanoUsdPerMtok }), 'a')).toBeNull();
    expect(ratesIn(json({ inputNanoUsdPerMtok: '1', outputNanoUsdPerMtok }), 'a')).toBeNull();
  });
});

describe('the list price of a model', () => {
  it('is that of its newest call whose rates nothing modified, else of its newest', () => {
    const at = (startedAtMs: number, input: number, modifiers: readonly string[] = []) => ({
      rates: json(ratesOf('a', input, modifiers)),
      startedAtMs,
    });
    const modified = ['batch x0.5'];
    expect(listPriceOf([at(1, 10), at(2, 20), at(3, 30, modified)], 'a')).toEqual(priceOf(20));
    expect(listPriceOf([at(2, 20, modified), at(3, 30, modified), at(1, 10, modified)], 'a')).toEqual(priceOf(30));
    expect(listPriceOf([{ rates: '[]', startedAtMs: 9 }, at(1, 10)], 'a')).toEqual(priceOf(10));
    expect(listPriceOf([], 'a')).toBeNull();
  });
});
