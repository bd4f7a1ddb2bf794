import type { FrameLocator } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fillDemoBooks } from '../../scripts/demo/demoBooks.ts';
import { systemClock } from '../../src/domain/clock.ts';
import { ledgerPathOf } from '../../src/ledger/ledgerFiles.ts';
import { openLedger } from '../../src/ledger/openLedger.ts';
import { runCommand, screenshot, setTheme, webviewFrame } from '../support/workbench.ts';
import { makeRun, price } from '../unit/analysis/runFixture.ts';
import { type OutlayWindow, openOutlayWindow, PATIENCE_MS, showSidebar, untilText } from './rig/outlayWindow.ts';
import { pictureOnFailure } from './rig/pictureOnFailure.ts';

// The dashboard in a real VS Code, over the demo's books.

const pages = ['effective', 'reversal', 'frontier', 'costOfPass', 'thinking', 'whatIf'];
let window: OutlayWindow;

beforeAll(async () => {
  window = await openOutlayWindow({
    viewport: { width: 1500, height: 1000 },
    fillBooks: async (dataDir) => {
      await fillDemoBooks(dataDir, Date.now());
      importBoard(dataDir);
    },
  });
});
afterAll(() => window?.stop());
beforeEach(() => pictureOnFailure(window.page));

/** A colleague's two runs, imported. */
function importBoard(dataDir: string): void {
  const ledger = openLedger({ path: ledgerPathOf(dataDir), clock: systemClock, log: () => undefined });
  const runs = ['a', 'b'].map((model) => makeRun({ origin: 'import:board', model, usd: 1, listPrice: price(1, 2) }));
  ledger.writer.importRuns({ name: 'board', file: 'board.csv', atMs: Date.now(), runs });
  ledger.close();
}

const panel = (): Promise<FrameLocator> => frameWith('[role="tablist"]');

/** The document of the panel or of the view: frames of one extension, in an order that is not ours. */
async function frameWith(selector: string): Promise<FrameLocator> {
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; ) {
    for (const index of [0, 1]) {
      const frame = webviewFrame(window.page, 'outlay.outlay', index);
      const isIt = await frame
        .locator(selector)
        .first()
        .waitFor({ timeout: 1_000 })
        .then(
          () => true,
          () => false,
        );
      if (isIt) return frame;
    }
  }
  throw new Error(`No webview has ${selector}.`);
}

/** Charts on which nothing was drawn, and tables without a row. */
const emptyParts = `[
  ...[...document.querySelectorAll('canvas[data-chart]')].filter((canvas) => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return !data.some((byte) => byte !== 0);
  }).map((canvas) => canvas.dataset.chart),
  ...[...document.querySelectorAll('[data-table]')].filter((box) => box.querySelector('tbody tr') === null).map((box) => box.dataset.table),
]`;

describe('the dashboard in VS Code', () => {
  it('opens from the view’s title bar, and the demo’s data fills every page', async () => {
    await showSidebar(window);
    await window.page.locator('.part.sidebar').getByRole('button', { name: 'Compare Models' }).first().click();
    const frame = await panel();
    const main = frame.locator('main');
    await frame.locator('main[data-ready="true"]').waitFor();
    for (const id of pages) {
      await frame.locator(`[data-action="page-${id}"]`).click();
      expect(await main.locator('canvas[data-chart]').count(), id).toBeGreaterThan(0);
      expect(await main.evaluate(emptyParts), id).toEqual([]);
      expect(await main.locator('[data-card="none"]').count(), id).toBe(0);
      await screenshot(window.page, `vscode-dashboard-${id}`);
    }
  });

  it.each(['light', 'hcDark', 'hcLight'] as const)('follows the theme to %s', async (theme) => {
    const frame = await panel();
    await frame.locator('[data-action="page-frontier"]').click();
    await setTheme(window.vsCode, theme);
    await frame.locator('body[data-vscode-theme-kind*="light"], body.vscode-high-contrast').waitFor();
    expect(await frame.locator('main').evaluate(emptyParts)).toEqual([]);
    await screenshot(window.page, `vscode-dashboard-${theme}`);
  });

  it('marks models in the sidebar by what comparisons say of them', async () => {
    const sidebar = await frameWith('.spend');
    const row = sidebar.locator('.spend-row', { hasText: 'gemini-3-flash-preview' }).first();
    await untilText(row.locator('.says'), /^Lists less than .* and costs more; not on the cost-success frontier\.$/);
  });

  it('comes back after a reload, on the page where it was', async () => {
    const frame = await panel();
    await frame.locator('[data-action="page-thinking"]').click();
    // As a user does it: the editor saves what its panels were left with.
    await runCommand(window.page, 'Developer: Reload Window');
    await frame.locator('main').waitFor({ state: 'detached' });
    const again = await panel();
    await again.locator('main[data-ready="true"]').waitFor();
    expect(await again.locator('[role="tab"][aria-selected="true"]').textContent()).toBe('Thinking');
  });

  it('removes an import from the books once the user has said yes', async () => {
    const frame = await panel();
    await frame.locator('[data-action="page-reversal"]').click();
    await frame.locator('[data-action="remove-import:board"]').click();
    await untilText(frame.locator('[data-question="removal"]'), /“board” with its 2 runs/);
    await frame.locator('[data-action="remove-yes"]').click();
    await frame.locator('[data-action="origin-import:board"]').waitFor({ state: 'detached' });
    expect(await frame.locator('[data-action="origin-trial"]').count()).toBe(1);
  });

  it('is opened once only, by command as well', async () => {
    await runCommand(window.page, 'Outlay: Compare Models');
    const tabs = window.page.locator('.tabs-container .tab', { hasText: 'Outlay: Compare Models' });
    await tabs.first().waitFor();
    expect(await tabs.count()).toBe(1);
  });
});
