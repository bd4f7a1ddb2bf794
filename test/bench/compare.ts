import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { budgetCurve } from '../../src/analysis/budgetCurve.ts';
import { buildFrontier } from '../../src/analysis/buildFrontier.ts';
import { callOutliers, MOST_LOOKED_AT } from '../../src/analysis/callOutliers.ts';
import { comparePairs } from '../../src/analysis/comparePairs.ts';
import { compareReversals } from '../../src/analysis/compareReversals.ts';
import { compareRuns } from '../../src/analysis/compareRuns.ts';
import { defaultCompareOptions } from '../../src/analysis/contract.ts';
import { costOfPass } from '../../src/analysis/costOfPass.ts';
import { effectivePricePage } from '../../src/analysis/effectivePrice.ts';
import { frontierCostOfPass } from '../../src/analysis/frontierCostOfPass.ts';
import { historyCells } from '../../src/analysis/historyCells.ts';
import { runTable } from '../../src/analysis/runTable.ts';
import { seededRandom } from '../../src/analysis/seededRandom.ts';
import { thinkingRow } from '../../src/analysis/thinkingRow.ts';
import { systemClock } from '../../src/domain/clock.ts';
import type { Run } from '../../src/domain/run.ts';
import { ledgerPathOf } from '../../src/ledger/ledgerFiles.ts';
import { openLedger } from '../../src/ledger/openLedger.ts';
import { openLedgerReader } from '../../src/ledger/openLedgerReader.ts';
import { schemaVersion6 } from '../../src/ledger/schemaVersion6.ts';
import { openDatabase } from '../../src/ledger/sqlite.ts';
import { type ListedModel, listedModels } from '../../src/meter/dashboard/bookPrices.ts';
import { MOST_REVERSED_TASKS } from '../../src/meter/dashboard/buildDashboard.ts';
import { whatIfPage } from '../../src/meter/dashboard/whatIfPage.ts';
import { createPricer } from '../../src/pricing/createPricer.ts';
import { loadPriceBook } from '../../src/pricing/priceBook.ts';
import { readRuns } from '../../src/runs/readRuns.ts';
import { call, callId, priced, usage } from '../unit/ledger/callFixtures.ts';
import type { BenchRow, BenchSection } from './benchSection.ts';

const calls = 1_000_000;
const models = 40;
const tasks = 500;
const runs = models * tasks;
const pageTargetMs = 50;
const bootstrapTargetMs = 1000;

/** What each page of a comparison costs: from the books to its data, and the bootstrap by itself. */
export async function benchCompare(): Promise<BenchSection> {
  const folder = mkdtempSync(join(tmpdir(), 'outlay-bench-compare-'));
  const path = ledgerPathOf(folder);
  try {
    fill(path);
    const reader = openLedgerReader(path);
    try {
      const book = await loadPriceBook();
      const listed = listedModels(book, createPricer({ book }), Date.now());
      const all = reader.importedRuns(null);
      return {
        name: 'compare',
        rows: [...pages(reader), ...whatIfs(reader, all, listed), ...comparison(all), imported()],
      };
    } finally {
      reader.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function pages(reader: ReturnType<typeof openLedgerReader>): readonly BenchRow[] {
  return [
    { metric: 'in the ledger', value: calls, unit: 'calls', note: `${runs} runs, ${models} models` },
    page('effective price', () => effectivePricePage(reader.modelUsage(), null)),
    page('calls that stand out, of the newest', () => callOutliers(reader.newestRequests(MOST_LOOKED_AT))),
    page('history by model and day', () => historyCells(reader.history('model'), 'day')),
    page('history by agent and week', () => historyCells(reader.history('agent'), 'week')),
    page('history by folder and month', () => historyCells(reader.history('folder'), 'month')),
    page('history by effort and day', () => historyCells(reader.history('effort'), 'day')),
    page('history by branch and day', () => historyCells(reader.history('branch'), 'day')),
    page('history by task and day', () => historyCells(reader.history('task'), 'day')),
    page('runs of own tasks', () => reader.taskRuns()),
    timed('20,000 imported runs, read', () => reader.importedRuns(null)),
  ];
}

/** Of a whole month, whose models are measured each by itself, and of one open task. */
function whatIfs(
  reader: ReturnType<typeof openLedgerReader>,
  runs: readonly Run[],
  listed: readonly ListedModel[],
): readonly BenchRow[] {
  const ask = (subject: string | null) => {
    const sinceDay = new Date(Date.now() - 30 * 86_400_000).toISOString().slice(0, 10);
    const month = reader.report({ by: 'model', sinceDay });
    return whatIfPage({ reader, month, runs, listed }, { subject, findTask: '' });
  };
  const task = ask(null).subjects.find(({ group }) => group === 'Finished tasks');
  return [
    page('what if, one task', () => ask(task?.id ?? null)),
    page('what if, a month of 40 models', () => ask('month:key')),
  ];
}

function comparison(all: readonly Run[]): readonly BenchRow[] {
  const options = defaultCompareOptions;
  const table = runTable(all, options);
  const pairs = comparePairs(table, false);
  const still = { ...options, resamples: 0 };
  const without = median(() => buildFrontier(table, 'cost', still));
  const withIt = median(() => buildFrontier(table, 'cost', options));
  return [
    timed('runs by model and task', () => runTable(all, options)),
    page('list against cost: pairs', () => comparePairs(table, false, MOST_REVERSED_TASKS)),
    page('list against cost: reversals', () => compareReversals(table, pairs, still)),
    page('cost against success', () => buildFrontier(table, 'cost', still)),
    page('cost of a pass', () => [table.models.map(costOfPass), frontierCostOfPass(table)]),
    page('resolved within budget', () => table.models.map(budgetCurve)),
    page('thinking', () => table.models.map(thinkingRow)),
    bounded('bootstrap of the frontier, 10,000 resamples', withIt - without, bootstrapTargetMs),
    bounded(
      'bootstrap of the reversal rate',
      median(() => compareReversals(table, pairs, options)),
      bootstrapTargetMs * 3,
    ),
    timed('the whole comparison, bootstraps included', () => compareRuns(all, options)),
  ];
}

/** A file of a hundred thousand rows. */
function imported(): BenchRow {
  const lines = Array.from(
    { length: 100_000 },
    (_, n) => `task ${n % 2500},model ${n % models},${n},${n % 2},0.${(n % 997) + 1},1,5`,
  );
  const bytes = new TextEncoder().encode(
    `task,model,run,passed,cost_usd,input_usd_per_mtok,output_usd_per_mtok\n${lines.join('\n')}\n`,
  );
  return timed('a file of 100,000 runs, read', () => readRuns(bytes, 'import:bench'));
}

function page(metric: string, work: () => unknown): BenchRow {
  return bounded(`page data: ${metric}`, median(work), pageTargetMs);
}

function bounded(metric: string, value: number, target: number): BenchRow {
  return { metric, value, unit: 'ms', target: `<= ${target}`, reached: value <= target };
}

function timed(metric: string, work: () => unknown): BenchRow {
  return { metric, value: median(work), unit: 'ms' };
}

/** Of five, after one that warms up. */
function median(work: () => unknown): number {
  const times = Array.from({ length: 6 }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return times.slice(1).toSorted((a, b) => a - b)[2] ?? Number.NaN;
}

/** A million calls of 50 days, 500 sessions, 40 models and 20,000 finished tasks, made of one real row, with the rollups that their migration makes of them; and as many imported runs. */
function fill(path: string): void {
  const ledger = openLedger({ path, timeZone: 'UTC', clock: systemClock, log: () => undefined });
  const used = usage({
    inputTokens: 900,
    cacheReadTokens: 20_000,
    outputTokens: 700,
    thinkingTokens: 400,
    toolCalls: 1,
  });
  ledger.writer.finish(
    call({
      id: callId(0),
      startedAtMs: Date.now() - 50 * 86_400_000,
      usage: used,
      cost: priced(60_000_000, 40_000_000),
    }),
  );
  ledger.writer.importRuns({ name: 'bench', file: 'bench.csv', atMs: 0, runs: makeRuns() });
  ledger.close();
  const db = openDatabase(path, { readOnly: false, busyMs: 0 });
  const columns = db
    .prepare(`SELECT name FROM pragma_table_info('calls')`)
    .all()
    .map((row) => String(row['name']));
  const count = (n: number) => `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${n})`;
  const at = 's.started_at_ms + i * 4300';
  const changed: Readonly<Record<string, string>> = {
    seq: 'i + 1',
    id: `CAST(unhex(printf('019aab0000007000a000%012x', i)) AS BLOB)`,
    started_at_ms: at,
    ended_at_ms: at,
    day: `CAST(strftime('%Y%m%d', (${at}) / 1000, 'unixepoch') AS INTEGER)`,
    session: `(SELECT id FROM names WHERE name = 'bench-session-' || (i / 50 % 500))`,
    model: `(SELECT id FROM names WHERE name = 'bench-model-' || (i / 50 % ${models}))`,
    task: `i / 50 % ${runs} + 1`,
  };
  db.exec(`PRAGMA synchronous = OFF; BEGIN;
    INSERT INTO names (name) ${count(500)} SELECT 'bench-session-' || (i - 1) FROM n;
    INSERT INTO names (name) ${count(models)} SELECT 'bench-model-' || (i - 1) FROM n;
    INSERT INTO tasks (id, title, branch, state, created_at_ms, mode, counts_subscription, outcome_by)
      ${count(runs)} SELECT printf('task-%016d', i), 'Task ' || i, 'branch-' || (i % 50), 'passed', 0, 'warn', 0, 'you' FROM n;
    INSERT INTO calls (${columns.join(', ')}) ${count(calls)}
      SELECT ${columns.map((name) => changed[name] ?? `s.${name}`).join(', ')} FROM n, (SELECT * FROM calls) s;
    DROP TABLE task_rollups; ${schemaVersion6}
    COMMIT; PRAGMA wal_checkpoint(TRUNCATE); ANALYZE`);
  db.close();
}

function makeRuns(): readonly Run[] {
  const next = seededRandom(7);
  const share = () => next() / 2 ** 32;
  return Array.from({ length: runs }, (_, index): Run => {
    const [task, model] = [Math.floor(index / models), index % models];
    const listed = 1e9 * (1 + model / 4);
    const outputTokens = Math.round(1000 + 50_000 * share());
    return {
      ...{
        id: `bench-${index}`,
        origin: 'import:bench',
        task: `task ${task}`,
        taskTitle: `task ${task}`,
        model: `model ${model}`,
      },
      ...{ effort: null, agent: null, run: null, passed: share() < 0.3 + model / 100, isCensored: false },
      ...{
        costNanoUsd: Math.round(listed * 0.05 * (0.2 + share())),
        costWithoutThinkingNanoUsd: null,
        inputTokens: 20_000,
      },
      ...{
        cacheReadTokens: 5000,
        cacheWriteTokens: 0,
        outputTokens,
        thinkingTokens: Math.round(outputTokens * 0.01 * share()),
      },
      ...{ calls: 1 + Math.floor(9 * share()), seconds: 60 * share(), startedAtMs: 1e12 + index * 1000 },
      listPrice: {
        ...{ inputNanoUsdPerMtok: listed, outputNanoUsdPerMtok: 5 * listed },
        ...{ cacheReadNanoUsdPerMtok: null, cacheWriteNanoUsdPerMtok: null },
      },
    };
  });
}
