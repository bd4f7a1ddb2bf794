import { defineConfig } from 'vitest/config';
import { FailureReporter } from './test/support/failureReporter.ts';
import { useFastCheckShim } from './test/support/properties/useFastCheckShim.ts';

export default defineConfig({
  plugins: [useFastCheckShim()],
  test: {
    include: ['test/unit/**/*.test.ts'],
    pool: 'forks',
    reporters: ['default', new FailureReporter()],
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
