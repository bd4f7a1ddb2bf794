import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { atLeastFigure } from '../../src/domain/figure.ts';
import type { SidebarState } from '../../src/protocol/sidebar.ts';
import { type Harness, openHarness, show } from '../support/sidebarHarness/harnessPage.ts';
import { type HarnessServer, startHarnessServer, type ThemeName } from '../support/sidebarHarness/harnessServer.ts';
import {
  budgetState,
  busyState,
  callRecord,
  emptyState,
  failedState,
  liveCall,
  liveState,
  snapshotAt,
  spendOf,
  stateOf,
  stoppedState,
} from '../support/sidebarHarness/states.ts';

// The sidebar's own bundle in a real Chromium, outside VS Code: what needs a DOM and no editor.

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
let server: HarnessServer;
let harness: Harness;

beforeAll(async () => {
  [server, harness] = await Promise.all([startHarnessServer(), openHarness()]);
});

afterAll(async () => {
  await harness.close();
  await server.close();
});

async function withPage(theme: ThemeName, use: (page: Page) => Promise<void>, width = 300): Promise<void> {
  const page = await harness.newPage(server.url(theme), { width, height: 800 });
  try {
    await use(page);
  } finally {
    await page.close();
  }
}

const figure = (page: Page, name: string): Promise<string | null> =>
  page.locator(`[data-figure="${name}"]`).textContent();

async function openEveryRow(page: Page): Promise<void> {
  await page.evaluate(`document.querySelectorAll('.row-head[aria-expanded="false"]').forEach((head) => head.click())`);
}

/** The same state one revision later, with a new call on top and dearer rows. */
function later(state: SidebarState, step: number): SidebarState {
  const { snapshot } = state;
  if (snapshot === null) return state;
  const nowMs = snapshot.generatedAtMs + step * 250;
  return {
    ...state,
    snapshot: {
      ...snapshot,
      revision: snapshot.revision + step,
      generatedAtMs: nowMs,
      recent: [callRecord(nowMs, { id: `new-${step}` }), ...snapshot.recent],
      today: { ...snapshot.today, byModel: rotated(snapshot.today.byModel, step) },
    },
  };
}

/** Another row becomes the dearest with every step, so that rows change places. */
function rotated<T extends { readonly spend: object }>(rows: readonly T[], step: number): readonly T[] {
  return rows.map((row, index) =>
    index === step % rows.length ? { ...row, spend: spendOf(100, [0.25, 0.25, 0.25, 0.25], 1) } : row,
  );
}

describe('the view Now in a browser', () => {
  it('says that it is ready and breaks no rule of the content security policy', () =>
    withPage('dark', async (page) => {
      await show(page, busyState(Date.now()));
      expect(await page.evaluate('harness.sent')).toEqual([{ type: 'ready', body: {} }]);
      expect(await page.evaluate('harness.violations')).toEqual([]);
      expect(await page.evaluate(`document.querySelector('.spend-row .bar-fill').style.width`)).toBe('100%');
    }));

  it('prints the figures of the snapshot', () =>
    withPage('dark', async (page) => {
      await show(page, busyState(Date.now()));
      const names = [
        'today.billed',
        'today.subscription',
        'week.billed',
        'rate',
        'live.live-2.thinking',
        'live.live-2.visible',
      ];
      const texts = await Promise.all(names.map((name) => figure(page, name)));
      expect(texts).toEqual(['$3.10', '$8.77', '$1,241.22', '≈$31.40 an hour', '≥5.12K', '≈830']);
      expect(await figure(page, 'live.live-3.cost')).toBe('-');
    }));

  it('shows subscription windows in words, beside bars that are not read aloud', () =>
    withPage('dark', async (page) => {
      await show(page, busyState(Date.now()));
      const titles = (await page.evaluate(
        `[...document.querySelectorAll('.quota > li')].map((item) => item.title)`,
      )) as string[];
      expect(titles).toHaveLength(5);
      expect(titles[0]).toMatch(/^Claude 5-hour window: reset since, at .*, use unknown until the next call$/);
      expect(titles[2]).toBe('Claude weekly window, Opus: 100% used, used up, reset time unknown (seen just now)');
      expect(await page.locator('.quota .quota-alarm').allTextContents()).toEqual([
        'Almost used up',
        'Used up',
        'Running low',
      ]);
      const widths = `[...document.querySelectorAll('.quota .quota-bar[aria-hidden="true"] > .quota-fill')].map((fill) => fill.style.width)`;
      expect(await page.evaluate(widths)).toEqual(['93.4%', '100%', '62%', '78%']);
      await show(page, liveState(Date.now()));
      expect(await page.locator('.quota, .quota-unknown').count()).toBe(0);
    }));

  it('shows the active task with its budget in words, beside bars that are not read aloud', () =>
    withPage('dark', async (page) => {
      await show(page, budgetState(Date.now()));
      const texts = await Promise.all(
        ['spent', 'costNanoUsd.words', 'costNanoUsd.detail', 'thinkingTokens.mark', 'thinking', 'rate'].map((name) =>
          figure(page, `task.${name}`),
        ),
      );
      expect(texts).toEqual([
        '$2.60',
        '62% of $5.00',
        '$2.60 spent, $0.50 reserved, $1.90 free',
        'above 75%',
        '61K',
        '≈$8.40 an hour',
      ]);
      expect(await figure(page, 'machine.day.costNanoUsd.words')).toBe('61% of $20.00');
      expect(await page.locator('.limit-bar').count()).toBe(4);
      expect(await page.locator('.limit-bar:not([aria-hidden="true"])').count()).toBe(0);
    }));

  it('says at the line what it is, and an alarm in words', () =>
    withPage('dark', async (page) => {
      await show(page, stoppedState(Date.now()));
      const marks = await page.locator('.limit-mark').allTextContents();
      expect(marks).toEqual(['used up', 'above 90%', 'all spent or reserved']);
      expect(await page.locator('.task .message').textContent()).toMatch(/^Alarm: A session of claude-code spends/);
    }));

  it('asks the extension for what is pressed on a task, or for a new one', () =>
    withPage('dark', async (page) => {
      await show(page, liveState(Date.now()));
      expect(await figure(page, 'task.none')).toMatch(/^No active task\./);
      await page.locator('[data-action="newTask"]').click();
      await show(page, budgetState(Date.now()));
      await page.locator('[data-action="extendTask"]').press('Enter');
      await page.locator('[data-action="openTaskTerminal"]').click();
      expect(await page.evaluate('harness.sent.slice(1)')).toEqual([
        { type: 'newTask', body: {} },
        { type: 'extendTask', body: { id: 'task-login00000000000' } },
        { type: 'openTaskTerminal', body: { id: 'task-login00000000000' } },
      ]);
    }));

  it('replaces figures in place', () =>
    withPage('dark', async (page) => {
      const nowMs = Date.now();
      await show(page, stateOf({ snapshot: snapshotAt(nowMs, { live: [liveCall(nowMs)] }) }));
      await page.evaluate(`harness.card = document.querySelector('[data-call="live-1"]')`);
      const ticked = liveCall(nowMs, { visibleTokens: { kind: 'exact', value: 77 } });
      await show(page, stateOf({ snapshot: snapshotAt(nowMs, { live: [ticked] }) }));
      expect(await figure(page, 'live.live-1.visible')).toBe('77');
      expect(await page.evaluate('harness.card.isConnected')).toBe(true);
    }));

  it('treats every text of others as text', () =>
    withPage('dark', async (page) => {
      const evil = '<img src=x onerror="harness.hacked=1"><script>harness.hacked=1</script>"\'`);harness.hacked=1';
      const nowMs = Date.now();
      const tasks = stoppedState(nowMs).snapshot?.tasks;
      const busy = busyState(nowMs);
      const state = { ...busy, snapshot: { ...busy.snapshot, tasks } };
      const poisoned: unknown = JSON.parse(JSON.stringify(state), (key, value: unknown) =>
        [
          'model',
          'agent',
          'session',
          'key',
          'name',
          'errorType',
          'provider',
          'text',
          'requestId',
          'bookVersion',
          'title',
        ].includes(key)
          ? evil
          : value,
      );
      await show(page, poisoned as SidebarState);
      await openEveryRow(page);
      expect(await page.evaluate('harness.hacked')).toBeUndefined();
      expect(await page.evaluate('harness.violations')).toEqual([]);
      expect(await page.locator('#app img, #app script').count()).toBe(0);
      expect(await page.locator('.card .name').first().textContent()).toBe(evil);
    }));

  it('keeps focus, open rows and scroll over twenty updates', () =>
    withPage('dark', async (page) => {
      const state = busyState(Date.now());
      await show(page, state);
      const spend = page.locator('.spend-row .row-head', { hasText: 'claude-haiku-4-5' }).first();
      await spend.click();
      const call = page.locator('.call-row .row-head').nth(2);
      const id = await call.getAttribute('id');
      await call.press('Enter');
      const top = await page.evaluate('document.scrollingElement.scrollTop');
      for (let step = 1; step <= 20; step += 1) {
        await show(page, later(state, step));
        expect(await page.evaluate('document.activeElement.id')).toBe(id);
      }
      expect(await page.locator('[aria-expanded="true"].row-head').count()).toBe(2);
      expect(await page.locator('main').getAttribute('data-revision')).toBe('21');
      expect(top).toBeGreaterThan(0);
    }));

  it('keeps the focus on a row that changes its place', () =>
    withPage('dark', async (page) => {
      const state = busyState(Date.now());
      await show(page, state);
      const row = page.locator('.spend-row .row-head', { hasText: 'claude-haiku-4-5' }).first();
      await row.focus();
      const id = await row.getAttribute('id');
      for (let step = 1; step <= 5; step += 1) {
        await show(page, later(state, step));
        expect(await page.evaluate('document.activeElement.id')).toBe(id);
      }
      const names = await page.locator('.spend-row .name').allTextContents();
      expect(names[0]).toBe('gpt-6-nano');
    }));

  it('gives the focus to the next row when the focused call drops off', () =>
    withPage('dark', async (page) => {
      const nowMs = Date.now();
      const recent = ['a', 'b'].map((id) => callRecord(nowMs, { id }));
      await show(page, stateOf({ snapshot: snapshotAt(nowMs, { recent }) }));
      await page.locator('.call-row .row-head').first().focus();
      await show(page, stateOf({ snapshot: snapshotAt(nowMs, { recent: recent.slice(1) }) }));
      expect(await page.evaluate('document.activeElement.id')).toBe('row-call%3Ab');
    }));

  it('opens and walks rows by keyboard alone', () =>
    withPage('dark', async (page) => {
      await show(page, busyState(Date.now()));
      await page.locator('.call-row .row-head').first().focus();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      const open = page.locator('.call-row [aria-expanded="true"]');
      expect(await open.getAttribute('id')).toBe('row-call%3Acall-2');
      expect(await page.locator('.call-row .facts-list').textContent()).toContain(
        '019a9d1c-5b1e-7c02-b0a4-2f6a1d9e8c77',
      );
      await page.keyboard.press('Escape');
      expect(await open.count()).toBe(0);
      await page.keyboard.press('End');
      await page.keyboard.press('ArrowRight');
      expect(await page.locator('.call-row .row-head').last().getAttribute('aria-expanded')).toBe('true');
    }));

  it('ticks the elapsed time between snapshots', () =>
    withPage('dark', async (page) => {
      const nowMs = Date.now();
      await show(
        page,
        stateOf({ snapshot: snapshotAt(nowMs, { live: [liveCall(nowMs, { startedAtMs: nowMs - 3_000 })] }) }),
      );
      const first = await figure(page, 'live.live-1.elapsed');
      // Observed rather than polled by the tool, whose polling needs an eval that the policy forbids.
      await page.evaluate(`new Promise((changed) =>
        new MutationObserver(changed).observe(document.querySelector('[data-figure="live.live-1.elapsed"]'), {
          childList: true,
          characterData: true,
          subtree: true,
        }))`);
      expect(await figure(page, 'live.live-1.elapsed')).not.toBe(first);
      expect(await figure(page, 'live.live-1.elapsed')).toMatch(/^[4-9] s$/);
    }));

  it('comes back as the user left it after having been hidden', () =>
    withPage('dark', async (page) => {
      const state = busyState(Date.now());
      await show(page, state);
      await page.locator('[data-action="period-week"]').click();
      await page.locator('.call-row .row-head').first().click();
      await page.reload();
      await page.waitForSelector('main');
      await show(page, state);
      expect(await page.locator('[data-action="period-week"]').getAttribute('aria-pressed')).toBe('true');
      expect(await page.locator('.call-row [aria-expanded="true"]').count()).toBe(1);
    }));

  it('asks the extension for what the user presses', () =>
    withPage('dark', async (page) => {
      await show(page, emptyState(Date.now()));
      await page.locator('[data-action="openTerminal"]').click();
      await page.locator('[data-action="showAgents"]').click();
      await page.locator('[data-action="relaunch-3"]').press('Enter');
      await show(page, failedState(Date.now()));
      await page.locator('[data-action="retry"]').click();
      await page.locator('[data-action="showLog"]').click();
      await show(page, stateOf({ meter: 'off' }));
      await page.locator('[data-action="turnOn"]').click();
      expect(await page.evaluate('harness.sent.slice(1)')).toEqual([
        { type: 'openTerminal', body: {} },
        { type: 'showAgents', body: {} },
        { type: 'relaunchTerminal', body: { id: 3 } },
        { type: 'retry', body: {} },
        { type: 'showLog', body: {} },
        { type: 'turnOn', body: {} },
      ]);
    }));

  it('keeps the last figures and says so when a message is of another version', () =>
    withPage('dark', async (page) => {
      await show(page, liveState(Date.now()));
      await show(page, { meter: 'melted' } as unknown as SidebarState);
      expect(await page.locator('[role="alert"]').textContent()).toMatch(/different versions/);
      expect(await figure(page, 'today.billed')).toBe('$3.10');
    }));

  it.each([200, 280, 300, 600])('needs no sideways scrolling at %i px', (width) =>
    withPage(
      'dark',
      async (page) => {
        for (const state of [emptyState, liveState, busyState, failedState, budgetState, stoppedState]) {
          await show(page, state(Date.now()));
          await openEveryRow(page);
          expect(await page.evaluate('document.scrollingElement.scrollWidth')).toBeLessThanOrEqual(width);
        }
      },
      width,
    ),
  );

  it.each([200, 250, 300])('keeps the names of long totals whole at %i px', (width) =>
    withPage(
      'dark',
      async (page) => {
        const { snapshot, ...state } = busyState(Date.now());
        if (snapshot === null) throw new Error('The busy state has no snapshot.');
        const { billed } = snapshot.today;
        if (billed === null) throw new Error('Nothing is billed in the busy state.');
        const today = { ...snapshot.today, billed: { ...billed, costNanoUsd: atLeastFigure(1_234.56e9) } };
        const week = { ...snapshot.week, billed: { ...billed, costNanoUsd: atLeastFigure(12_345.67e9) } };
        await show(page, { ...state, snapshot: { ...snapshot, today, week } });
        const lines = `(() => {
          const name = document.querySelector('.total-billed th span').firstChild;
          const range = document.createRange();
          range.selectNodeContents(name);
          return range.getClientRects().length;
        })()`;
        expect(await page.evaluate(lines)).toBe(1);
      },
      width,
    ),
  );

  it('prints no two figures of a live call over each other at 200 px', () =>
    withPage(
      'dark',
      async (page) => {
        await show(page, busyState(Date.now()));
        const overlaps = `[...document.querySelectorAll('.live .card')].flatMap((card) => {
          const texts = [...card.querySelectorAll('[data-figure]:not([data-figure$=".share"])')];
          const boxes = texts.map((text) => text.getBoundingClientRect());
          return boxes.flatMap((a, i) => boxes.slice(i + 1).filter((b) =>
            a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom,
          ).map(() => texts[i].dataset.figure));
        })`;
        expect(await page.evaluate(overlaps)).toEqual([]);
      },
      200,
    ));

  it('fills its bars in forced colors too', () =>
    withPage('hc-dark', async (page) => {
      await page.emulateMedia({ forcedColors: 'active' });
      await show(page, budgetState(Date.now()));
      const unfilled = (selector: string) =>
        page.evaluate(`[...document.querySelectorAll('${selector}')].filter((fill) => {
          const { backgroundColor } = getComputedStyle(fill);
          const { color } = getComputedStyle(fill.closest('main'));
          return backgroundColor !== color;
        }).length`);
      expect(await page.locator('.limit-spent').count()).toBe(4);
      expect(await unfilled('.limit-spent')).toBe(0);
      await show(page, busyState(Date.now()));
      expect(await page.locator('.quota-fill').count()).toBe(4);
      expect(await unfilled('.quota-fill')).toBe(0);
    }));

  it('gives every region a name of its own, and skips no level of headings', () =>
    withPage('dark', async (page) => {
      await page.evaluate(axe);
      await show(page, busyState(Date.now()));
      await openEveryRow(page);
      const rules = JSON.stringify({ runOnly: ['landmark-unique', 'heading-order'] });
      expect(await page.evaluate(`axe.run(${rules}).then(({ violations }) => violations.map(({ id }) => id))`)).toEqual(
        [],
      );
    }));

  it.each(['light', 'dark', 'hc-dark', 'hc-light'] as const)('has no serious accessibility violation in %s', (theme) =>
    withPage(theme, async (page) => {
      await page.evaluate(axe);
      const starting = (): SidebarState => stateOf({ meter: 'starting' });
      const states = [emptyState, busyState, failedState, budgetState, stoppedState, starting];
      for (const state of states) {
        await show(page, state(Date.now()));
        await openEveryRow(page);
        const found = await page.evaluate(`axe.run().then(({ violations }) => violations
          .filter(({ impact }) => impact === 'serious' || impact === 'critical')
          .map(({ id, nodes }) => id + ': ' + nodes.map((node) => node.html).slice(0, 3).join(' ')))`);
        expect(found).toEqual([]);
      }
    }),
  );

  it('stays within the size that a view may have', () => {
    expect(server.bundleBytes).toBeGreaterThan(0);
    expect(server.bundleBytes).toBeLessThanOrEqual(350_000);
  });
});
