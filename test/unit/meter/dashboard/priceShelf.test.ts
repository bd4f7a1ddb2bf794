import { describe, expect, it } from 'vitest';
import { createPriceShelf } from '../../../../src/meter/dashboard/priceShelf.ts';

const nowMs = Date.UTC(2026, 10, 23);

describe('the prices that what-if uses', () => {
  it('are kept for some minutes, and anew when the settings change', async () => {
    const shelf = createPriceShelf();
    const first = await shelf([], nowMs);
    expect(await shelf([], nowMs + 60_000)).toBe(first);
    expect(await shelf([], nowMs + 3_600_000)).not.toBe(first);
    const override = [{ match: 'claude-opus-5-5', inputUsdPerMtok: 77, outputUsdPerMtok: 88 }];
    const own = (await shelf(override, nowMs)).find(({ name }) => name === 'claude-opus-5-5');
    expect(own?.price.inputNanoUsdPerMtok).toBe(77e9);
    expect(first.find(({ name }) => name === 'claude-opus-5-5')?.price.inputNanoUsdPerMtok).not.toBe(77e9);
  });
});
