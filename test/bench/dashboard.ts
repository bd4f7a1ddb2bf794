import type { Run } from '../../src/domain/run.ts';
import { comparisonOf, dataOf, fullState, stateWith, trialRuns } from '../support/dashboardHarness/dashboardStates.ts';
import { openHarness } from '../support/sidebarHarness/harnessPage.ts';
import { startHarnessServer } from '../support/sidebarHarness/harnessServer.ts';
import type { BenchRow, BenchSection } from './benchSection.ts';

const LOADS = 7;
const TARGET_MS = 500;
const MODELS = 40;

/** How long the panel takes to be of use: from opening its page to charts that answer, and from one page of it to the next. */
export async function benchDashboard(): Promise<BenchSection> {
  const server = await startHarnessServer('dashboard');
  const harness = await openHarness();
  try {
    const rows: BenchRow[] = [
      {
        metric: 'dashboard bundle',
        value: server.bundleBytes / 1000,
        unit: 'kB',
        target: '<= 350',
        reached: server.bundleBytes <= 350_000,
      },
    ];
    const states = {
      '5 models': fullState(),
      [`${MODELS} models`]: stateWith(dataOf([], { comparison: comparisonOf(manyRuns(), ['cost']) })),
    };
    for (const [name, state] of Object.entries(states)) {
      const loads: number[] = [];
      const turns: number[] = [];
      for (let load = 0; load < LOADS; load += 1) {
        const page = await harness.newPage(server.url('dark'), { width: 1200, height: 900 });
        loads.push((await page.evaluate(untilDrawn(state))) as number);
        turns.push((await page.evaluate(turnPages)) as number);
        await page.close();
      }
      rows.push(
        bounded(`panel interactive, ${name}`, median(loads)),
        bounded(`slowest page turn, ${name}`, median(turns)),
      );
    }
    return { name: 'dashboard', rows };
  } finally {
    await harness.close();
    await server.close();
  }
}

/**
 * Milliseconds from the start of the navigation until the page asks for its state, and from the moment that the state arrives until it is drawn
 * and the page has answered a frame: what lies between is the meter's time, and this rig's.
 */
const untilDrawn = (state: object) => `new Promise((done) => {
  const state = ${JSON.stringify({ type: 'state', body: state })};
  const arrivedAtMs = performance.now();
  window.addEventListener('message', () => requestAnimationFrame(() => setTimeout(() => done(harness.firstSentAtMs + performance.now() - arrivedAtMs))), { once: true });
  window.postMessage(state, '*');
})`;

const turnPages = `(() => {
  let slowest = 0;
  for (const tab of document.querySelectorAll('[role="tab"]')) {
    const begin = performance.now();
    tab.click();
    document.body.getBoundingClientRect();
    slowest = Math.max(slowest, performance.now() - begin);
  }
  return slowest;
})()`;

/** The runs of the demo under forty names. */
function manyRuns(): readonly Run[] {
  return Array.from({ length: MODELS / 5 }, (_, copy) =>
    trialRuns.map((run) => ({ ...run, id: `${run.id}-${copy}`, model: `${run.model}-${copy}` })),
  ).flat();
}

function bounded(metric: string, value: number): BenchRow {
  return { metric, value, unit: 'ms', target: `<= ${TARGET_MS}`, reached: value <= TARGET_MS };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
