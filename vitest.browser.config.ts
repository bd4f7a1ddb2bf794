import { defineConfig } from 'vitest/config';
import { FailureReporter } from './test/support/failureReporter.ts';

/** Black-box tests of the packed extension in a real VS Code. One at a time: each opens a browser of its own. */
export default defineConfig({
  test: {
    include: ['test/browser/**/*.test.ts'],
    pool: 'forks',
    reporters: ['default', new FailureReporter()],
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
