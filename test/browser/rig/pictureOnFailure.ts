import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { onTestFailed } from 'vitest';
import { projectDir } from '../../support/toolchain.ts';

/** Leaves a picture of the window of a test that fails. To be called at the beginning of each test. */
export function pictureOnFailure(page: Page): void {
  onTestFailed(async ({ task }) => {
    await page.screenshot({ path: join(projectDir, `test-results/browser/${task.name.replace(/\W+/g, '-')}.png`) });
  });
}
