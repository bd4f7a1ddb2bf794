import { idOf } from './callRow.ts';
import type { NewestRequest } from './contract.ts';
import type { Names } from './names.ts';
import { integerOf, integerOrNull, type Statements } from './sqlite.ts';

const sql = `SELECT id, started_at_ms, model, agent, effort, session, sub_agent, thinking_tokens, tool_calls, status = 'ok' AS is_ok,
  input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens AS prompt
  FROM calls WHERE owner_pid IS NULL ORDER BY started_at_ms DESC LIMIT ?`;

/** What the newest finished calls tell of their requests, newest first. O(limit), whatever the books hold. */
export function newestRequests(statements: Statements, names: Names, limit: number): readonly NewestRequest[] {
  return statements.all(sql, limit).map((row) => ({
    id: idOf(row['id']),
    startedAtMs: integerOf(row, 'started_at_ms'),
    model: names.textOf(integerOf(row, 'model')),
    agent: names.textOf(integerOf(row, 'agent')),
    effort: names.textOrNull(integerOrNull(row, 'effort')),
    session: names.textOf(integerOf(row, 'session')),
    subAgent: names.textOrNull(integerOrNull(row, 'sub_agent')),
    promptTokens: integerOrNull(row, 'prompt'),
    thinkingTokens: integerOrNull(row, 'thinking_tokens'),
    toolCalls: integerOf(row, 'tool_calls'),
    isOk: row['is_ok'] === 1,
  }));
}
