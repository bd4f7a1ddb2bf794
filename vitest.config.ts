import { defineConfig } from 'vitest/config';
import { FailureReporter } from './test/support/failureReporter.ts';

export default defineConfig({
  test: {
    include: ['test/unit/**/*.test.ts'],
    pool: 'forks',
    reporters: ['default', new FailureReporter()],
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
