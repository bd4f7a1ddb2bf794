import type { Run } from '../domain/run.ts';
import type { ImportRequest, ImportResult, ImportSummary } from './contract.ts';
import { integerOf, type SqlRow, type SqlValue, type Statements, textOf } from './sqlite.ts';

/** Adds the runs of a file under a name. Runs that the import has already are left as they are. Must run inside a transaction, so that all are added or none. */
export function importRuns(statements: Statements, { name, file, atMs, runs }: ImportRequest): ImportResult {
  statements.run(
    `INSERT INTO imports (name, file, imported_at_ms) VALUES (?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET file = excluded.file, imported_at_ms = excluded.imported_at_ms`,
    name,
    file,
    Math.round(atMs),
  );
  const seq = integerOf(statements.get('SELECT seq FROM imports WHERE name = ?', name) ?? {}, 'seq');
  const insert = statements.prepare(
    `INSERT INTO runs (${columns.join(', ')}) VALUES (${columns.map((column) => `:${column}`).join(', ')}) ON CONFLICT DO NOTHING`,
  );
  let added = 0;
  for (const run of runs) added += Number(insert.run(columnsOf(run, seq)).changes);
  return { added, known: runs.length - added };
}

/** Removes an import with its runs. Returns how many; null where there is none of this name. Must run inside a transaction. */
export function removeImport(statements: Statements, name: string): number | null {
  const row = statements.get('SELECT seq FROM imports WHERE name = ?', name);
  if (row === undefined) return null;
  const seq = integerOf(row, 'seq');
  const removed = statements.run('DELETE FROM runs WHERE import = ?', seq);
  statements.run('DELETE FROM imports WHERE seq = ?', seq);
  return removed;
}

/** Imports, newest first. */
export function importSummaries(statements: Statements): readonly ImportSummary[] {
  const rows = statements.all(
    `SELECT name, file, imported_at_ms, (SELECT count(*) FROM runs WHERE import = seq) AS runs
     FROM imports ORDER BY imported_at_ms DESC, seq DESC`,
  );
  return rows.map((row) => ({
    name: textOf(row, 'name'),
    file: textOf(row, 'file'),
    importedAtMs: integerOf(row, 'imported_at_ms'),
    runs: integerOf(row, 'runs'),
  }));
}

/** The runs of one import, or of all. */
export function importedRuns(statements: Statements, name: string | null): readonly Run[] {
  const select = 'SELECT runs.*, imports.name AS import_name FROM runs JOIN imports ON imports.seq = runs.import';
  const rows =
    name === null
      ? statements.all(`${select} ORDER BY runs.id`)
      : statements.all(`${select} WHERE imports.name = ? ORDER BY runs.id`, name);
  return rows.map(runOf);
}

const columns = [
  ...[
    'id',
    'import',
    'task',
    'model',
    'effort',
    'run',
    'passed',
    'censored',
    'cost_nano_usd',
    'cost_without_thinking_nano_usd',
  ],
  ...[
    'input_tokens',
    'cache_read_tokens',
    'cache_write_tokens',
    'output_tokens',
    'thinking_tokens',
    'calls',
    'seconds',
  ],
  ...['started_at_ms', 'input_nano_usd_per_mtok', 'output_nano_usd_per_mtok'],
];

function columnsOf(run: Run, seq: number): Record<string, SqlValue> {
  return {
    id: run.id,
    import: seq,
    task: run.task,
    model: run.model,
    effort: run.effort,
    run: run.run,
    passed: run.passed === null ? null : Number(run.passed),
    censored: Number(run.isCensored),
    cost_nano_usd: run.costNanoUsd,
    cost_without_thinking_nano_usd: run.costWithoutThinkingNanoUsd,
    input_tokens: run.inputTokens,
    cache_read_tokens: run.cacheReadTokens,
    cache_write_tokens: run.cacheWriteTokens,
    output_tokens: run.outputTokens,
    thinking_tokens: run.thinkingTokens,
    calls: run.calls,
    seconds: run.seconds,
    started_at_ms: run.startedAtMs,
    input_nano_usd_per_mtok: run.listPrice?.inputNanoUsdPerMtok ?? null,
    output_nano_usd_per_mtok: run.listPrice?.outputNanoUsdPerMtok ?? null,
  };
}

function runOf(row: SqlRow): Run {
  const task = textOf(row, 'task');
  const input = amountOf(row, 'input_nano_usd_per_mtok');
  const output = amountOf(row, 'output_nano_usd_per_mtok');
  return {
    id: textOf(row, 'id'),
    origin: `import:${textOf(row, 'import_name')}`,
    task,
    taskTitle: task,
    model: textOf(row, 'model'),
    effort: row['effort'] === null ? null : textOf(row, 'effort'),
    agent: null,
    run: row['run'] === null ? null : textOf(row, 'run'),
    passed: row['passed'] === null ? null : row['passed'] === 1,
    // Books of an older version have no such column.
    isCensored: row['censored'] === 1,
    costNanoUsd: amountOf(row, 'cost_nano_usd'),
    costWithoutThinkingNanoUsd: amountOf(row, 'cost_without_thinking_nano_usd'),
    inputTokens: amountOf(row, 'input_tokens'),
    cacheReadTokens: amountOf(row, 'cache_read_tokens'),
    cacheWriteTokens: amountOf(row, 'cache_write_tokens'),
    outputTokens: amountOf(row, 'output_tokens'),
    thinkingTokens: amountOf(row, 'thinking_tokens'),
    calls: amountOf(row, 'calls'),
    seconds: amountOf(row, 'seconds'),
    startedAtMs: amountOf(row, 'started_at_ms'),
    listPrice:
      input === null || output === null
        ? null
        : {
            inputNanoUsdPerMtok: input,
            outputNanoUsdPerMtok: output,
            cacheReadNanoUsdPerMtok: null,
            cacheWriteNanoUsdPerMtok: null,
          },
  };
}

function amountOf(row: SqlRow, column: string): number | null {
  const value = row[column];
  return typeof value === 'number' ? value : null;
}
