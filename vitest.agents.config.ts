import { defineConfig } from 'vitest/config';
import { FailureReporter } from './test/support/failureReporter.ts';

/** The real agents against a scripted upstream, one at a time so that each has the machine to itself. */
export default defineConfig({
  test: {
    include: ['test/agents/**/*.test.ts'],
    pool: 'forks',
    reporters: ['default', new FailureReporter()],
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 120_000,
  },
});
