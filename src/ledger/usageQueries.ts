import type { HistoryRow, HistoryRowKey, ModelUsageRow, UsageSums } from '../domain/usageRows.ts';
import { latestPrices } from './bookedPrices.ts';
import { authOf } from './callRow.ts';
import { dayText } from './localDay.ts';
import { integerOf, type SqlRow, type Statements, textOf, textOrNull } from './sqlite.ts';

const rollupSums = `sum(r.calls) AS calls, sum(r.input_tokens) AS input, sum(r.cache_read_tokens) AS cache_read,
  sum(r.cache_write_5m_tokens + r.cache_write_1h_tokens) AS cache_write, sum(r.output_tokens) AS output,
  sum(r.thinking_tokens) AS thinking, sum(r.unknown_thinking_calls) AS unknown_thinking, sum(r.cost_nano_usd) AS cost,
  sum(r.thinking_nano_usd) AS thinking_cost, sum(r.unpriced_calls) AS unpriced`;

/** All use by model, effort, agent and authorisation, from rollups, with the newest list price of each model. */
export function modelUsage(statements: Statements): readonly ModelUsageRow[] {
  const prices = latestPrices(statements);
  const rows = statements.all(
    `SELECT (SELECT name FROM names WHERE id = r.model) AS model, (SELECT name FROM names WHERE id = r.agent) AS agent,
       (SELECT name FROM names WHERE id = r.effort) AS effort, r.auth AS auth, count(DISTINCT r.session) AS sessions, ${rollupSums}
     FROM rollups r GROUP BY r.model, r.effort, r.agent, r.auth`,
  );
  return rows.map((row) => {
    const model = textOf(row, 'model');
    return {
      model,
      effort: row['effort'] === null ? null : textOf(row, 'effort'),
      agent: textOf(row, 'agent'),
      auth: authOf(row),
      sessions: integerOf(row, 'sessions'),
      listPrice: prices.get(model) ?? null,
      ...sumsOf(row),
    };
  });
}

/** What tells the keys of a history apart, and their texts by it; null where it is the text itself. */
const historyKeys: Readonly<Record<HistoryRowKey, { readonly column: string; readonly texts: string | null }>> = {
  model: { column: 'r.model', texts: 'SELECT id, name AS text FROM names WHERE id IN (SELECT model FROM rollups)' },
  effort: { column: 'r.effort', texts: 'SELECT id, name AS text FROM names WHERE id IN (SELECT effort FROM rollups)' },
  agent: { column: 'r.agent', texts: 'SELECT id, name AS text FROM names WHERE id IN (SELECT agent FROM rollups)' },
  folder: {
    column: 'r.workspace',
    texts: 'SELECT id, name AS text FROM names WHERE id IN (SELECT workspace FROM rollups)',
  },
  branch: { column: '(SELECT branch FROM tasks WHERE seq = r.task)', texts: null },
  task: { column: 'r.task', texts: 'SELECT seq AS id, id AS text FROM tasks' },
};

/** Use by key and local day, newest day first, from rollups. */
export function historyRows(statements: Statements, by: HistoryRowKey): readonly HistoryRow[] {
  const { column, texts } = historyKeys[by];
  const named = texts === null ? [] : statements.all(texts);
  const names = new Map(named.map((row): [unknown, string] => [row['id'], textOf(row, 'text')]));
  const rows = statements.all(
    `SELECT r.day AS day, ${column} AS key, r.auth AS auth, ${rollupSums} FROM rollups r GROUP BY 1, 2, 3 ORDER BY 1 DESC`,
  );
  const folders = by === 'folder' ? foldersOf(statements) : new Map<string, string>();
  return rows.map((row) => {
    const key = texts === null ? textOrNull(row, 'key') : (names.get(row['key']) ?? null);
    return {
      day: dayText(integerOf(row, 'day')),
      key: key === null ? null : (folders.get(key) ?? key),
      auth: authOf(row),
      ...sumsOf(row),
    };
  });
}

/** The path that the newest task of each workspace was made in, by the workspace's id. One pass over tasks, not one a row. */
function foldersOf(statements: Statements): ReadonlyMap<string, string> {
  const rows = statements.all(
    `SELECT (SELECT name FROM names WHERE id = t.workspace) AS name, t.folder AS folder, max(t.seq) FROM tasks t
     WHERE t.folder IS NOT NULL AND t.workspace IS NOT NULL GROUP BY t.workspace`,
  );
  return new Map(rows.map((row) => [textOf(row, 'name'), textOf(row, 'folder')]));
}

function sumsOf(row: SqlRow): UsageSums {
  return {
    calls: integerOf(row, 'calls'),
    inputTokens: integerOf(row, 'input'),
    cacheReadTokens: integerOf(row, 'cache_read'),
    cacheWriteTokens: integerOf(row, 'cache_write'),
    outputTokens: integerOf(row, 'output'),
    thinkingTokens: integerOf(row, 'thinking'),
    unknownThinkingCalls: integerOf(row, 'unknown_thinking'),
    costNanoUsd: integerOf(row, 'cost'),
    thinkingNanoUsd: integerOf(row, 'thinking_cost'),
    unpricedCalls: integerOf(row, 'unpriced'),
  };
}
