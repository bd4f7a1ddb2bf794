import { defineConfig } from 'vitest/config';
import { FailureReporter } from './test/support/failureReporter.ts';

/** Tests of the built programs as processes of their own; they need `npm run build` first. */
export default defineConfig({
  test: {
    include: ['test/process/**/*.test.ts'],
    pool: 'forks',
    reporters: ['default', new FailureReporter()],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
