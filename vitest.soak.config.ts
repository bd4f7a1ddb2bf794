import { defineConfig } from 'vitest/config';

/** The long versions: minutes to an hour, run by hand with `npm run test:soak`. */
export default defineConfig({
  test: {
    include: ['test/soak/**/*.test.ts'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 3_600_000,
    hookTimeout: 120_000,
  },
});
