import { describe, it } from 'vitest';
import { killHolders } from './budgetCrash.ts';

describe('a process that is killed between a hold and its call’s end', () => {
  it('leaves every committed hold to the next one, which resolves it once', { timeout: 180_000 }, async () => {
    await killHolders(20);
  });
});
