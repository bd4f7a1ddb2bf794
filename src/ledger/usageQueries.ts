import type { HistoryRow, HistoryRowKey, ModelUsageRow, UsageSums } from '../domain/usageRows.ts';
import { authOf } from './callRow.ts';
import { dayText } from './localDay.ts';
import { integerOf, type SqlRow, type Statements, textOf } from './sqlite.ts';
import { latestPrices } from './taskRuns.ts';
import { countsOf, isCallSql } from './toldRecord.ts';

const rollupSums = `sum(r.calls) AS calls, sum(r.input_tokens) AS input, sum(r.cache_read_tokens) AS cache_read,
  sum(r.cache_write_5m_tokens + r.cache_write_1h_tokens) AS cache_write, sum(r.output_tokens) AS output,
  sum(r.thinking_tokens) AS thinking, sum(r.unknown_thinking_calls) AS unknown_thinking, sum(r.cost_nano_usd) AS cost,
  sum(r.thinking_nano_usd) AS thinking_cost, sum(r.unpriced_calls) AS unpriced`;

const callSums = `sum(${isCallSql}) AS calls, sum(ifnull(r.input_tokens, 0)) AS input, sum(r.cache_read_tokens) AS cache_read,
  sum(r.cache_write_5m_tokens + r.cache_write_1h_tokens) AS cache_write, sum(ifnull(r.output_tokens, 0)) AS output,
  sum(ifnull(r.thinking_tokens, 0)) AS thinking, sum(r.thinking_tokens IS NULL) AS unknown_thinking,
  sum(ifnull(r.cost_nano_usd, 0)) AS cost, sum(ifnull(r.thinking_nano_usd, 0)) AS thinking_cost,
  sum(r.cost_nano_usd IS NULL) AS unpriced`;

/** All use by model, agent and authorisation, from rollups, with the newest list price of each model. */
export function modelUsage(statements: Statements): readonly ModelUsageRow[] {
  const prices = latestPrices(statements);
  const rows = statements.all(
    `SELECT (SELECT name FROM names WHERE id = r.model) AS model, (SELECT name FROM names WHERE id = r.agent) AS agent,
       r.auth AS auth, count(DISTINCT r.session) AS sessions, ${rollupSums}
     FROM rollups r GROUP BY r.model, r.agent, r.auth`,
  );
  return rows.map((row) => {
    const model = textOf(row, 'model');
    return {
      model,
      agent: textOf(row, 'agent'),
      auth: authOf(row),
      sessions: integerOf(row, 'sessions'),
      listPrice: prices.get(model) ?? null,
      ...sumsOf(row),
    };
  });
}

const rollupKeys: Readonly<
  Record<Extract<HistoryRowKey, 'model' | 'agent' | 'folder'>, { group: string; text: string }>
> = {
  model: { group: 'r.model', text: '(SELECT name FROM names WHERE id = r.model)' },
  agent: { group: 'r.agent', text: '(SELECT name FROM names WHERE id = r.agent)' },
  folder: { group: 'r.workspace', text: '(SELECT name FROM names WHERE id = r.workspace)' },
};

/** Use by key and local day, newest day first: from rollups, or for branches and tasks from calls, which takes longer in large books. */
export function historyRows(statements: Statements, by: HistoryRowKey): readonly HistoryRow[] {
  const rows =
    by === 'branch' || by === 'task'
      ? statements.all(
          `SELECT r.day AS day, t.${by === 'task' ? 'id' : 'branch'} AS key, r.auth AS auth, ${callSums}
           FROM calls r LEFT JOIN tasks t ON t.seq = r.task WHERE r.owner_pid IS NULL AND ${countsOf('r')}
           GROUP BY r.day, ${by === 'task' ? 'r.task' : 't.branch'}, r.auth ORDER BY r.day DESC`,
        )
      : statements.all(
          `SELECT r.day AS day, ${rollupKeys[by].text} AS key, r.auth AS auth, ${rollupSums}
           FROM rollups r GROUP BY r.day, ${rollupKeys[by].group}, r.auth ORDER BY r.day DESC`,
        );
  const folders = by === 'folder' ? foldersOf(statements) : new Map<string, string>();
  return rows.map((row) => ({
    day: dayText(integerOf(row, 'day')),
    key: row['key'] === null ? null : (folders.get(textOf(row, 'key')) ?? textOf(row, 'key')),
    auth: authOf(row),
    ...sumsOf(row),
  }));
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
