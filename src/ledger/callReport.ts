import type { ReportKey } from './contract.ts';
import { countsOf, isCallSql } from './toldRecord.ts';

/** Keys that rollups do not have. */
export type CallReportKey = Extract<ReportKey, 'branch' | 'task' | 'effort'>;

const keyTexts: Readonly<Record<CallReportKey, string>> = {
  effort: `ifnull((SELECT name FROM names WHERE id = r.effort), '')`,
  task: `ifnull((SELECT title || ' (' || id || ')' FROM tasks WHERE seq = r.task), '')`,
  branch: `ifnull((SELECT branch FROM tasks WHERE seq = r.task), '')`,
};

export function isCallReport(by: ReportKey): by is CallReportKey {
  return Object.hasOwn(keyTexts, by);
}

/**
 * The report by a key that only calls have, with the columns of the one from rollups; '' is "none". Reads every call in question, about a second for
 * a million. A call that was split among several models is one call here: its figures are those of the whole.
 */
export function callReportSql(by: CallReportKey, conditions: readonly string[]): string {
  const sum = (expression: string): string => `min(sum(${expression}), ${Number.MAX_SAFE_INTEGER})`;
  const where = ['r.owner_pid IS NULL', countsOf('r'), ...conditions].join(' AND ');
  return `SELECT ${keyTexts[by]} AS key, r.auth AS auth, sum(${isCallSql}) AS calls,
    ${sum('ifnull(r.input_tokens, 0)')} AS input, ${sum('r.cache_read_tokens')} AS cache_read,
    ${sum('r.cache_write_5m_tokens')} AS cache_write_5m, ${sum('r.cache_write_1h_tokens')} AS cache_write_1h,
    ${sum('ifnull(r.output_tokens, 0)')} AS output,
    iif(count(r.thinking_tokens) > 0, ${sum('ifnull(r.thinking_tokens, 0)')}, NULL) AS thinking,
    sum(r.thinking_tokens IS NULL) AS unknown_thinking,
    ${sum('iif(r.thinking_tokens IS NULL, ifnull(r.thinking_at_least_tokens, 0), 0)')} AS thinking_at_least,
    ${sum('r.web_searches')} AS web_searches,
    iif(count(r.cost_nano_usd) > 0, ${sum('ifnull(r.cost_nano_usd, 0)')}, NULL) AS cost,
    ${sum('ifnull(r.input_nano_usd, 0)')} AS input_cost, ${sum('ifnull(r.cache_nano_usd, 0)')} AS cache_cost,
    ${sum('ifnull(r.thinking_nano_usd, 0)')} AS thinking_cost, ${sum('ifnull(r.output_nano_usd, 0)')} AS output_cost,
    sum(r.cost_nano_usd IS NULL) AS unpriced, sum(r.provenance <> 'reported') AS estimated, sum(r.source = 'transcript' AND ${isCallSql}) AS told_calls,
    max(CAST(r.started_at_ms AS INTEGER) * 2 + 1) AS newest,
    (SELECT name FROM names WHERE id = r.agent) AS agent, (SELECT name FROM names WHERE id = r.model) AS model
    FROM calls r WHERE ${where} GROUP BY key, r.auth
    ORDER BY cost IS NULL, cost DESC, newest DESC, key, auth`;
}
