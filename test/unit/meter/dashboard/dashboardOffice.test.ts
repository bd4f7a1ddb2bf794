import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../../src/domain/clock.ts';
import { ledgerPathOf } from '../../../../src/ledger/ledgerFiles.ts';
import { openLedger } from '../../../../src/ledger/openLedger.ts';
import { DashboardOffice } from '../../../../src/meter/dashboard/dashboardOffice.ts';
import { type DashboardData, type DashboardQuery, defaultDashboardQuery } from '../../../../src/protocol/dashboard.ts';
import { call } from '../../ledger/callFixtures.ts';
import { tempDir } from '../../ledger/tempDir.ts';

let bundles = '';
let workerPath = '';

beforeAll(() => {
  bundles = mkdtempSync(join(tmpdir(), 'outlay-dashboard-'));
  workerPath = join(bundles, 'dashboardWorker.js');
  const entry = fileURLToPath(new URL('../../../../src/meter/dashboard/dashboardWorker.ts', import.meta.url));
  buildSync({
    entryPoints: [entry],
    outfile: workerPath,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    logLevel: 'error',
  });
});

afterAll(() => rmSync(bundles, { recursive: true, force: true }));

/** An office over books with one call. */
function open(path = workerPath): DashboardOffice {
  const dataDir = tempDir();
  const ledger = openLedger({ path: ledgerPathOf(dataDir), clock: systemClock, log: () => undefined });
  ledger.writer.finish(call());
  ledger.close();
  const office = new DashboardOffice({ workerPath: path, dataDir, clock: systemClock, priceOverrides: () => [] });
  onTestFinished(() => office.close());
  return office;
}

async function dataOf(office: DashboardOffice, query: DashboardQuery = defaultDashboardQuery): Promise<DashboardData> {
  for (;;) {
    const answer = await office.ask(query);
    if (answer.state === 'ready') return answer.data;
    expect(answer.doneShare).toBeGreaterThanOrEqual(0);
  }
}

describe('the dashboard’s thread', () => {
  it('answers from the books, with every priced model to compare with', async () => {
    const data = await dataOf(open());
    expect(data.effective.rows.map(({ model, calls }) => [model, calls])).toEqual([['claude-opus-4-6', 1]]);
    expect(data.whatIf.results.length).toBeGreaterThan(50);
  });

  it('keeps an answer until the books change, or somebody wants it anew', async () => {
    const office = open();
    const first = await dataOf(office);
    expect(await dataOf(office)).toBe(first);
    await office.ask(defaultDashboardQuery, true);
    const again = await dataOf(office);
    expect(again).not.toBe(first);
    office.booksChanged();
    expect(await dataOf(office)).not.toBe(again);
  });

  it('does the same work once for all who ask', async () => {
    const office = open();
    const [one, other] = await Promise.all([dataOf(office), dataOf(office)]);
    expect(one).toBe(other);
  });

  it('ends work at a word, and other work goes on', async () => {
    const office = open();
    const cancelled = dataOf(office);
    const other = dataOf(office, { ...defaultDashboardQuery, historyKey: 'agent' });
    await Promise.all([
      expect(cancelled).rejects.toThrow('It was cancelled.'),
      office.cancel(defaultDashboardQuery),
      expect(other).resolves.toMatchObject({ query: { historyKey: 'agent' } }),
    ]);
    expect((await dataOf(office)).query.historyKey).toBe('model');
  });

  it('says so where its thread cannot run', async () => {
    await expect(dataOf(open(join(bundles, 'missing.js')))).rejects.toThrow(/^The comparison failed: /);
  });
});
