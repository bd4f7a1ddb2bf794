import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DashboardState, defaultDashboardQuery } from '../../src/protocol/dashboard.ts';
import {
  dataOf,
  emptyState,
  firstDayState,
  fullState,
  NOW_MS,
  stateWith,
  studyState,
  trialRuns,
} from '../support/dashboardHarness/dashboardStates.ts';
import { type Harness, openHarness, show } from '../support/sidebarHarness/harnessPage.ts';
import { type HarnessServer, startHarnessServer, type ThemeName } from '../support/sidebarHarness/harnessServer.ts';
import { callRecord } from '../support/sidebarHarness/states.ts';
import { projectDir } from '../support/toolchain.ts';

// The dashboard's own bundle in a real Chromium, outside VS Code: every page, theme and width.

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const pages = ['effective', 'reversal', 'frontier', 'costOfPass', 'thinking', 'whatIf'] as const;
const themes: readonly ThemeName[] = ['light', 'dark', 'hc-dark', 'hc-light'];
const full = fullState();
const states = { full, study: studyState(), firstDay: firstDayState(), empty: emptyState() };
let server: HarnessServer;
let harness: Harness;

beforeAll(async () => {
  [server, harness] = await Promise.all([startHarnessServer('dashboard'), openHarness()]);
});

afterAll(async () => {
  await harness.close();
  await server.close();
});

async function withPage(use: (page: Page) => Promise<void>, theme: ThemeName = 'dark', width = 1200): Promise<void> {
  const page = await harness.newPage(server.url(theme), { width, height: 900 });
  try {
    await use(page);
  } finally {
    await page.close();
  }
}

const open = (page: Page, id: (typeof pages)[number]) => page.locator(`[data-action="page-${id}"]`).click();

/** Charts on which nothing was drawn. */
const blankCharts = `[...document.querySelectorAll('canvas[data-chart]')].filter((canvas) => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return !data.some((byte) => byte !== 0);
}).map((canvas) => canvas.dataset.chart)`;

async function sentMessages(page: Page): Promise<readonly { type: string; body: Record<string, unknown> }[]> {
  return (await page.evaluate('harness.sent')) as readonly { type: string; body: Record<string, unknown> }[];
}

describe.each(themes)('every page in %s', (theme) => {
  it.each([300, 1200])('fits %i px, draws its charts and breaks no policy', async (width) => {
    const folder = join(projectDir, 'test-results/screenshots');
    mkdirSync(folder, { recursive: true });
    await withPage(
      async (page) => {
        for (const [name, state] of Object.entries(states)) {
          await show(page, state);
          for (const id of pages) {
            await open(page, id);
            expect(await page.evaluate(blankCharts), `${name} ${id}`).toEqual([]);
            const needed = await page.evaluate('document.scrollingElement.scrollWidth');
            expect(needed, `${name} ${id}`).toBeLessThanOrEqual(width);
            // For people to look at; not compared.
            await page.screenshot({
              path: join(folder, `dashboard-${name}-${id}-${theme}-${width}.png`),
              fullPage: true,
            });
          }
        }
        expect(await page.evaluate('harness.violations')).toEqual([]);
      },
      theme,
      width,
    );
  });

  it('has no serious accessibility violation', () =>
    withPage(async (page) => {
      await page.evaluate(axe);
      for (const [name, state] of Object.entries(states)) {
        await show(page, state);
        for (const id of pages) {
          await open(page, id);
          await page.evaluate(
            `document.querySelectorAll('.fold-head[aria-expanded="false"]').forEach((head) => head.click())`,
          );
          const found = await page.evaluate(`axe.run().then(({ violations }) => violations
            .filter(({ impact }) => impact === 'serious' || impact === 'critical')
            .map(({ id, nodes }) => id + ': ' + nodes.map((node) => node.html).slice(0, 3).join(' ')))`);
          expect(found, `${name} ${id}`).toEqual([]);
        }
      }
    }, theme));
});

describe('the dashboard', () => {
  it('begins with effective prices, and says on day one what would make a verdict', () =>
    withPage(async (page) => {
      await show(page, states.firstDay);
      expect(await page.locator('[role="tab"][aria-selected="true"]').textContent()).toBe('Effective price');
      const said = (await page.locator('main').textContent()) ?? '';
      expect(said).toContain('claude-opus-5-5');
      expect(said).toContain('five tasks that both did');
      await page.locator('[data-action="newTask"]').click();
      expect((await sentMessages(page)).at(-1)).toEqual({ type: 'newTask', body: {} });
    }));

  it('is read out and walked by keys alone', () =>
    withPage(async (page) => {
      await show(page, full);
      await page.locator('[role="tab"][aria-selected="true"]').focus();
      await page.keyboard.press('ArrowRight');
      expect(await page.evaluate('document.activeElement.id')).toBe('tab-reversal');
      await page.keyboard.press('ArrowRight');
      expect(await page.locator('#page').getAttribute('aria-label')).toBe('Cost against success');
      const readout = page.locator('[data-readout="frontier"]');
      await page.locator('[data-plot="frontier"]').focus();
      await page.keyboard.press('ArrowRight');
      const first = await readout.textContent();
      expect(first).toContain('local-experiment-32b');
      await page.keyboard.press('ArrowRight');
      expect(await readout.textContent()).not.toBe(first);
      await page.keyboard.press('Escape');
      expect(await readout.textContent()).toBe('');
    }));

  it('explains the pair that is chosen', () =>
    withPage(async (page) => {
      await show(page, full);
      await open(page, 'reversal');
      await page.locator('[data-action="pair-gemini-3-flash-preview-gpt-5.4"]').press('Enter');
      const why = page.locator('[data-card="why"]');
      expect(await why.textContent()).toContain('gemini-3-flash-preview lists 80% below gpt-5.4');
      expect(await why.locator('tbody tr').count()).toBeGreaterThan(4);
      expect(await page.evaluate('document.activeElement.getAttribute("aria-pressed")')).toBe('true');
    }));

  it('does not say that runs lack a cost or an outcome where they only lack a pass', () =>
    withPage(async (page) => {
      const [run] = trialRuns;
      if (run === undefined) throw new Error('There are no made-up runs.');
      await show(page, stateWith(dataOf([{ ...run, passed: false }])));
      await open(page, 'costOfPass');
      const card = page.locator('[data-card="budget"]');
      expect(await card.locator('tbody tr').count()).toBe(1);
      expect(await card.locator('.empty').textContent()).toBe('No run whose cost is known has passed yet.');
    }));

  it('does not say that no task was run twice where only the costs are not known', () =>
    withPage(async (page) => {
      await show(page, stateWith(dataOf(trialRuns.map((run) => ({ ...run, costNanoUsd: null })))));
      await open(page, 'thinking');
      const said = (await page.locator('[data-card="noise"]').textContent()) ?? '';
      expect(said).toContain('No task was run twice by the same model at a known cost');
    }));

  it('says of zero passes what they cost at least, and nothing like a price', () =>
    withPage(async (page) => {
      await show(page, full);
      await open(page, 'costOfPass');
      const row = page.locator('[data-table="pass"] tr', { hasText: 'local-experiment-32b' });
      expect(await row.textContent()).toMatch(/no pass yet, at least \$\d/);
    }));

  it('keeps statistics behind their fold', () =>
    withPage(async (page) => {
      await show(page, full);
      await open(page, 'reversal');
      const main = page.locator('main');
      expect(await main.textContent()).not.toMatch(/tau|hypervolume/i);
      await page.locator('[data-action="fold-reversal"]').click();
      expect(await main.textContent()).toMatch(/Kendall’s tau-b/);
      await open(page, 'frontier');
      expect(await main.textContent()).not.toMatch(/hypervolume/i);
    }));

  it('moves the frontier through time, and back to now', () =>
    withPage(async (page) => {
      await show(page, full);
      await open(page, 'frontier');
      const slider = page.locator('[data-action="moment"]');
      const shown = async () => (await page.locator('[data-table="frontier"]').textContent()) ?? '';
      const now = await shown();
      await slider.press('Home');
      expect(await shown()).not.toBe(now);
      await slider.press('End');
      expect(await shown()).toBe(now);
      expect(await slider.getAttribute('aria-valuetext')).toBe('now');
    }));

  it('asks the meter for what changes figures, and for nothing else', () =>
    withPage(async (page) => {
      await show(page, full);
      await open(page, 'frontier');
      await page.locator('[data-action="hull"]').check();
      await page.locator('[data-action="axis-seconds"]').click();
      expect((await sentMessages(page)).map(({ type }) => type)).toEqual(['ready', 'query']);
      expect((await sentMessages(page)).at(-1)?.body['query']).toEqual({ ...defaultDashboardQuery, axis: 'seconds' });
    }));

  it('puts a call that stands out one click away', () =>
    withPage(async (page) => {
      const data = full.data as NonNullable<DashboardState['data']>;
      const [outlier] = data.callOutliers.found;
      if (outlier === undefined) throw new Error('No call of the harness stands out.');
      const { id } = outlier;
      await show(page, full);
      await open(page, 'thinking');
      const outliers = (await page.locator('[data-card="outliers"]').textContent()) ?? '';
      expect(outliers).toContain(outlier.kind);
      expect(outliers).toContain('Of the newest 60 calls');
      await page.locator(`[data-action="row-${id}"]`).click();
      expect((await sentMessages(page)).at(-1)?.body['query']).toMatchObject({ call: id });
      await show(page, stateWith({ ...data, query: { ...data.query, call: id }, call: callRecord(NOW_MS, { id }) }));
      const shown = page.locator('[data-card="call"]');
      expect(await shown.textContent()).toContain('claude-opus-4-8');
      expect(await shown.textContent()).toContain(outlier.sentence);
    }));

  it('reprices unfinished work, and says so', () =>
    withPage(async (page) => {
      await show(page, full);
      await open(page, 'whatIf');
      const card = page.locator('[data-card="what-if"]');
      expect(await card.textContent()).toMatch(/so far it came to \$14\.20/);
      const groups = await page.evaluate(`[...document.querySelectorAll('optgroup')].map(({ label }) => label)`);
      expect(groups).toEqual(['Active task', 'This month', 'Finished tasks']);
      await card.locator('[data-action="subject"]').selectOption('task:task-2');
      expect((await sentMessages(page)).at(-1)?.body['query']).toMatchObject({ subject: 'task:task-2' });
      await card.locator('[data-action="find-task"]').fill('redirect');
      await card.locator('[data-action="find-task"]').press('Enter');
      expect((await sentMessages(page)).at(-1)?.body['query']).toMatchObject({ findTask: 'redirect' });
    }));

  it('lists few models, searches all of them, and keeps what the user wants to see', () =>
    withPage(async (page) => {
      const whatIf = full.data?.whatIf;
      const other = whatIf?.results.find(({ standing }) => standing === 'other')?.model ?? '';
      const rows = page.locator('[data-table="what-if"] tbody th');
      await show(page, full);
      await open(page, 'whatIf');
      expect(await rows.count()).toBe(4);
      expect(await rows.allTextContents()).not.toContain(other);
      await page.locator('[data-action="filter"]').fill(other.slice(0, 8).toUpperCase());
      expect(await rows.allTextContents()).toEqual([other]);
      await page.locator(`[data-action="row-${other}"]`).press('Enter');
      await page.locator('[data-action="filter"]').fill('');
      expect((await rows.allTextContents())[0]).toBe(other);
      await page.reload();
      await page.waitForSelector('main');
      await show(page, full);
      expect((await rows.allTextContents())[0]).toBe(other);
      expect(await page.locator(`[data-action="row-${other}"]`).getAttribute('aria-pressed')).toBe('true');
    }));

  it('asks before it removes an import, and removes none of the user’s own work', () =>
    withPage(async (page) => {
      await show(page, states.study);
      await open(page, 'reversal');
      const question = page.locator('[data-question="removal"]');
      const remove = page.locator('[data-action="remove-import:study"]');
      await remove.press('Enter');
      expect(await question.textContent()).toContain('Remove the import “study” with its 72 runs');
      await page.locator('[data-action="remove-no"]').press('Enter');
      expect(await question.count()).toBe(0);
      expect((await sentMessages(page)).map(({ type }) => type)).toEqual(['ready']);
      await remove.click();
      await page.locator('[data-action="remove-yes"]').press('Enter');
      expect((await sentMessages(page)).at(-1)).toEqual({ type: 'removeImport', body: { name: 'study' } });
      expect(await question.count()).toBe(0);
      await show(page, full);
      expect(await page.locator('[data-action^="remove-"]').count()).toBe(0);
    }));

  it('leaves models out and weighs list prices, and comes back with both', () =>
    withPage(async (page) => {
      await show(page, full);
      await open(page, 'reversal');
      await page.locator('[data-action="models"]').press('Enter');
      const label = full.data?.modelNames[0]?.label ?? '';
      const box = page.locator(`[data-action="model-${label}"]`);
      await box.press('Space');
      expect((await sentMessages(page)).at(-1)?.body['query']).toMatchObject({ without: [label] });
      expect(await page.locator('[data-action="models"]').textContent()).toContain('(4 of 5 compared)');
      const weight = page.locator('[data-action="weight-output"]');
      await weight.fill('-3');
      await weight.press('Enter');
      expect((await sentMessages(page)).at(-1)?.body['query']).toMatchObject({ priceWeights: { input: 1, output: 1 } });
      expect(await weight.inputValue()).toBe('1');
      await weight.fill('3');
      await weight.press('Enter');
      const query = { without: [label], priceWeights: { input: 1, output: 3 } };
      expect((await sentMessages(page)).at(-1)?.body['query']).toMatchObject(query);
      await page.reload();
      await page.waitForSelector('main');
      expect((await sentMessages(page)).at(0)).toMatchObject({ type: 'ready', body: { query } });
      const data = full.data as NonNullable<DashboardState['data']>;
      await show(page, stateWith({ ...data, query: { ...data.query, ...query } }));
      expect(await box.isChecked()).toBe(false);
      expect(await weight.inputValue()).toBe('3');
      await page.locator('[data-action="models-all"]').click();
      await page.locator('[data-action="weights-reset"]').click();
      expect((await sentMessages(page)).at(-1)?.body['query']).toMatchObject({
        ...{ without: [], priceWeights: { input: 1, output: 1 } },
      });
    }));

  it('hands pictures and tables out, without formulas', () =>
    withPage(async (page) => {
      await show(page, full);
      await open(page, 'costOfPass');
      await page.locator('[data-action="png-pass"]').click();
      await page.locator('[data-action="csv-pass"]').click();
      const [png, csv] = (await sentMessages(page)).slice(-2).map(({ body }) => body);
      expect(png).toMatchObject({ name: 'Cost per solved task', kind: 'png' });
      const bytes = Buffer.from(String(png?.['content']), 'base64');
      expect(bytes.subarray(1, 4).toString()).toBe('PNG');
      expect(bytes.length).toBeGreaterThan(5_000);
      expect(csv).toMatchObject({ kind: 'csv' });
      expect(String(csv?.['content']).split('\r\n')[0]).toContain('Model,Per solved task');
    }));

  it('treats names of models and tasks as text', () =>
    withPage(async (page) => {
      const evil = '<img src=x onerror="harness.hacked=1"><script>harness.hacked=1</script>"\'`);harness.hacked=1';
      const names = ['label', 'taskTitle', 'title', 'sentence', 'family', 'because', 'text'];
      const poisoned: unknown = JSON.parse(JSON.stringify(full), (key, value: unknown) => {
        if (typeof value !== 'string') return value;
        return names.includes(key) || (key === 'model' && !value.startsWith('[')) ? `${evil}${value}` : value;
      });
      await show(page, poisoned as DashboardState);
      for (const id of pages) {
        await open(page, id);
        await page.evaluate(
          `document.querySelectorAll('.fold-head[aria-expanded="false"]').forEach((head) => head.click())`,
        );
        expect(await page.locator('#app img, #app script').count()).toBe(0);
      }
      expect(await page.evaluate('harness.hacked')).toBeUndefined();
      expect(await page.evaluate('harness.violations')).toEqual([]);
      await open(page, 'reversal');
      expect(await page.locator('[data-table="slope"] tbody th').first().textContent()).toContain(evil);
    }));

  it('shows how far the figures are, and lets the user end it', () =>
    withPage(async (page) => {
      await show(page, stateWith(null, { progress: 0.4 }));
      expect(await page.locator('progress').getAttribute('value')).toBe('40');
      await page.locator('[data-action="cancel"]').click();
      await show(page, stateWith(null, { problem: 'Cancelled before there was a figure.' }));
      await page.locator('[data-action="retry"]').click();
      await show(page, { ...full, isStale: true });
      await page.locator('[data-action="refresh"]').click();
      expect((await sentMessages(page)).map(({ type }) => type)).toEqual(['ready', 'cancel', 'retry', 'refresh']);
    }));

  it('comes back as the user left it', () =>
    withPage(async (page) => {
      await show(page, full);
      await open(page, 'thinking');
      await page.locator('[data-action="table-thinking"]').click();
      await page.reload();
      await page.waitForSelector('main');
      await show(page, full);
      expect(await page.locator('[role="tab"][aria-selected="true"]').textContent()).toBe('Thinking');
      expect(await page.locator('[data-table="thinking"]').count()).toBe(0);
      expect(await page.locator('canvas[data-chart="thinking"]').count()).toBe(1);
    }));

  it('draws every chart in the system’s colours where they are forced', () =>
    withPage(async (page) => {
      await page.emulateMedia({ forcedColors: 'active' });
      await show(page, full);
      for (const id of pages) {
        await open(page, id);
        expect(await page.evaluate(blankCharts), id).toEqual([]);
      }
    }));

  it('follows a change of theme', () =>
    withPage(async (page) => {
      await show(page, full);
      await open(page, 'costOfPass');
      const picture = `document.querySelector('canvas[data-chart="budget"]').toDataURL()`;
      const dark = await page.evaluate(picture);
      await page.evaluate(`new Promise((drawn) => {
        document.documentElement.dataset.theme = 'light';
        document.body.className = 'vscode-light';
        requestAnimationFrame(() => requestAnimationFrame(drawn));
      })`);
      expect(await page.evaluate(picture)).not.toBe(dark);
      expect(await page.evaluate(blankCharts)).toEqual([]);
    }));

  it('keeps the last figures and says so when a message is of another version', () =>
    withPage(async (page) => {
      await show(page, full);
      await show(page, { meter: 'melted' });
      expect(await page.locator('[role="alert"]').textContent()).toMatch(/different versions/);
      expect(await page.locator('canvas[data-chart="effective"]').count()).toBe(1);
    }));

  it('stays within the size that a view may have', () => {
    expect(server.bundleBytes).toBeGreaterThan(0);
    expect(server.bundleBytes).toBeLessThanOrEqual(350_000);
  });
});
