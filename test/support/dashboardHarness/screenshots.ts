import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { openHarness, show } from '../sidebarHarness/harnessPage.ts';
import { startHarnessServer, type ThemeName } from '../sidebarHarness/harnessServer.ts';
import { emptyState, firstDayState, fullState, studyState } from './dashboardStates.ts';

// Draws every page of every state in every theme and width: node test/support/dashboardHarness/screenshots.ts <folder> [state] [theme] [width]
const [folderName = 'test-results/dashboard', ...wanted] = process.argv.slice(2);
const folder = resolve(folderName);
const states = { full: fullState, study: studyState, firstDay: firstDayState, empty: emptyState };
const themes: readonly ThemeName[] = ['light', 'dark', 'hc-dark', 'hc-light'];
const pages = ['effective', 'reversal', 'frontier', 'costOfPass', 'thinking', 'whatIf'];
const isWanted = (name: string, all: readonly string[]): boolean =>
  !wanted.some((word) => all.includes(word)) || wanted.includes(name);

await mkdir(folder, { recursive: true });
const server = await startHarnessServer('dashboard');
const harness = await openHarness();
const widths = [300, 1200];
for (const theme of themes.filter((name) => isWanted(name, themes))) {
  for (const width of widths.filter((px) => isWanted(String(px), widths.map(String)))) {
    for (const [name, state] of Object.entries(states).filter(([key]) => isWanted(key, Object.keys(states)))) {
      const page = await harness.newPage(server.url(theme), { width, height: 900 });
      await show(page, state());
      for (const id of pages.filter((key) => isWanted(key, pages))) {
        await page.locator(`[data-action="page-${id}"]`).click();
        await page.waitForTimeout(150);
        await page.screenshot({ path: join(folder, `${name}-${id}-${theme}-${width}.png`), fullPage: true });
      }
      console.log(name, theme, width, await page.evaluate('harness.violations'));
      await page.close();
    }
  }
}
await harness.close();
await server.close();
