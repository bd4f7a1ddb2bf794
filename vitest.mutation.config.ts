import { defineConfig } from 'vitest/config';
import { mutationAreaHere } from './test/mutation/areas.ts';

const { area } = mutationAreaHere();

/** What Stryker runs against each mutant: the unit tests of one area. */
export default defineConfig({
  test: {
    include: [...area.tests],
    exclude: [...area.leaveOut],
    setupFiles: ['test/mutation/setup.ts'],
    isolate: false,
    testTimeout: 20_000,
  },
});
