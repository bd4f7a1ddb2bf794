import { defineConfig } from 'vitest/config';

/** The real agents against a scripted upstream, one at a time so that each has the machine to itself. */
export default defineConfig({
  test: {
    include: ['test/agents/**/*.test.ts'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 120_000,
  },
});
