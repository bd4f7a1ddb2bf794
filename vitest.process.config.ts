import { defineConfig } from 'vitest/config';

/** Tests of the built programs as processes of their own; they need `npm run build` first. */
export default defineConfig({
  test: {
    include: ['test/process/**/*.test.ts'],
    pool: 'forks',
    testTimeout: 120_000,
  },
});
