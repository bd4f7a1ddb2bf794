import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { projectDir } from '../../support/toolchain.ts';

/** For people to look at; not compared. */
export async function keepSidebarPicture(page: Page, name: string): Promise<void> {
  const folder = join(projectDir, 'test-results/screenshots');
  mkdirSync(folder, { recursive: true });
  await page.locator('.part.sidebar').screenshot({ path: join(folder, `${name}.png`) });
}
