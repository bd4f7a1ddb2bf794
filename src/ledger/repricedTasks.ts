import { outcomes, type TaskState } from '../domain/task.ts';
import { authOf } from './callRow.ts';
import type { TaskHead, TaskUsageRow } from './contract.ts';
import { DamagedRow, integerOf, type SqlRow, type Statements, textOf } from './sqlite.ts';
import { countsOf, isCallOf } from './toldRecord.ts';

const states: readonly TaskState[] = ['open', ...outcomes];

const headSql = `SELECT t.id AS id, t.title AS title, t.state AS state,
  EXISTS (SELECT 1 FROM active_tasks a WHERE a.task = t.seq) AS active FROM tasks t`;
const hasCalls = 'EXISTS (SELECT 1 FROM calls c WHERE c.task = t.seq AND c.owner_pid IS NULL)';
const isFound = `(?1 = '' OR instr(lower(t.title), lower(?1)) > 0)`;

/**
 * Tasks that have calls: active ones first, then open ones, then finished ones, each newest first; at most `limit` open and `limit` finished ones. `find`
 * is a part of the title; letters of ASCII are found in either case. O(tasks), and a look into the calls' index for each that is found.
 */
export function taskHeads(statements: Statements, find: string, limit: number): readonly TaskHead[] {
  const of = (condition: string): readonly TaskHead[] =>
    statements
      .all(`${headSql} WHERE ${condition} AND ${isFound} AND ${hasCalls} ORDER BY t.seq DESC LIMIT ?2`, find, limit)
      .map((row) => ({
        id: textOf(row, 'id'),
        title: textOf(row, 'title'),
        state: stateOf(row),
        isActive: row['active'] === 1,
      }));
  const open = of(`t.state = 'open'`);
  return [
    ...open.filter(({ isActive }) => isActive),
    ...open.filter(({ isActive }) => !isActive),
    ...of(`t.state <> 'open'`),
  ];
}

function stateOf(row: SqlRow): TaskState {
  const text = textOf(row, 'state');
  const state = states.find((known) => known === text);
  if (state === undefined) throw new DamagedRow(`state is ${text}`);
  return state;
}

/** A call that failed before it used anything has no price and needs none. */
const isFree = `(c.status = 'error' AND c.output_tokens IS 0 AND ifnull(c.input_tokens, 0) = 0)`;

const usageSql = `SELECT (SELECT name FROM names WHERE id = c.model) AS model, c.auth AS auth, c.sub_agent IS NOT NULL AS sub_agent,
  sum(${isCallOf('c')}) AS calls, sum(ifnull(c.cost_nano_usd, 0)) AS cost, sum(c.cost_nano_usd IS NULL AND NOT ${isFree}) AS unpriced,
  sum(ifnull(c.input_tokens, 0)) AS input, sum(c.cache_read_tokens) AS cache_read,
  sum(c.cache_write_5m_tokens + c.cache_write_1h_tokens) AS cache_write, sum(ifnull(c.output_tokens, 0)) AS output,
  sum((c.input_tokens IS NULL OR c.output_tokens IS NULL) AND c.status <> 'error') AS unknown_tokens,
  sum(ifnull(c.thinking_tokens, 0)) AS thinking,
  sum(c.thinking_tokens IS NULL AND NOT (c.status = 'error' AND ifnull(c.output_tokens, 0) = 0)) AS unknown_thinking
  FROM calls c WHERE c.task = (SELECT seq FROM tasks WHERE id = ?) AND c.owner_pid IS NULL AND ${countsOf('c')}
  GROUP BY c.model, c.auth, c.sub_agent IS NOT NULL`;

/** What a task used so far, by model, authorisation and role; dearest first. Calls in flight are left out. O(calls of the task). */
export function taskUsage(statements: Statements, taskId: string): readonly TaskUsageRow[] {
  const rows = statements.all(usageSql, taskId).map((row): TaskUsageRow => {
    const hasTokens = integerOf(row, 'unknown_tokens') === 0;
    return {
      model: textOf(row, 'model'),
      auth: authOf(row),
      isSubAgent: row['sub_agent'] === 1,
      calls: integerOf(row, 'calls'),
      costNanoUsd: integerOf(row, 'unpriced') === 0 ? integerOf(row, 'cost') : null,
      inputTokens: hasTokens ? integerOf(row, 'input') : null,
      cacheReadTokens: integerOf(row, 'cache_read'),
      cacheWriteTokens: integerOf(row, 'cache_write'),
      outputTokens: hasTokens ? integerOf(row, 'output') : null,
      thinkingTokens: integerOf(row, 'unknown_thinking') === 0 ? integerOf(row, 'thinking') : null,
    };
  });
  return rows.toSorted((a, b) => (b.costNanoUsd ?? 0) - (a.costNanoUsd ?? 0) || (a.model < b.model ? -1 : 1));
}
