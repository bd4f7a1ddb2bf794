import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { openHarness, show } from './harnessPage.ts';
import { startHarnessServer, type ThemeName } from './harnessServer.ts';
import { logsState } from './logsState.ts';
import { busyState, coverageState, emptyState, failedState, liveState, quotaState, stateOf } from './states.ts';

// Draws every state in every theme and width: node test/support/sidebarHarness/screenshots.ts <folder>
const folder = resolve(process.argv[2] ?? 'test-results/sidebar');
const states = {
  empty: emptyState,
  live: liveState,
  busy: busyState,
  quota: (nowMs: number) => quotaState(nowMs),
  coverage: coverageState,
  logs: logsState,
  failed: failedState,
  off: () => stateOf({ meter: 'off' }),
  starting: () => stateOf({ meter: 'starting' }),
};
const themes: readonly ThemeName[] = ['light', 'dark', 'hc-dark', 'hc-light'];

await mkdir(folder, { recursive: true });
const server = await startHarnessServer();
const harness = await openHarness();
for (const theme of themes) {
  for (const width of [300, 600]) {
    const page = await harness.newPage(server.url(theme), { width, height: 900 });
    for (const [name, state] of Object.entries(states)) {
      await show(page, state(Date.now()));
      if (name === 'busy') {
        for (const index of [0, 1]) await page.locator('.call-row .row-head').nth(index).click();
        await page.locator('.spend-row .row-head').first().click();
      }
      if (name === 'coverage') {
        for (const index of [1, 2]) await page.locator('.coverage-row .row-head').nth(index).click();
      }
      if (name === 'logs') await page.locator('.call-row .row-head').first().click();
      await page.screenshot({ path: join(folder, `${name}-${theme}-${width}.png`), fullPage: true });
    }
    await page.close();
  }
}
await harness.close();
await server.close();
