import { defineConfig } from 'vitest/config';
import { FailureReporter } from './test/support/failureReporter.ts';

/** The long versions: minutes to an hour, run by hand with `npm run test:soak`. */
export default defineConfig({
  test: {
    // Installing and uninstalling has its rounds in the test itself.
    include: ['test/soak/**/*.test.ts', 'test/browser/uninstall.test.ts'],
    pool: 'forks',
    reporters: ['default', new FailureReporter()],
    fileParallelism: false,
    testTimeout: 3_600_000,
    hookTimeout: 120_000,
  },
});
