import type { ModelUsageRow, UsageSums } from '../domain/usageRows.ts';
import { latestPrices } from './bookedPrices.ts';
import { authOf } from './callRow.ts';
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
      effort: textOrNull(row, 'effort'),
      agent: textOf(row, 'agent'),
      auth: authOf(row),
      sessions: integerOf(row, 'sessions'),
      listPrice: prices.get(model) ?? null,
      ...sumsOf(row),
    };
  });
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
