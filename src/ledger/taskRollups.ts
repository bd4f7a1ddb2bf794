import type { DayNumber } from './localDay.ts';
import type { Statements } from './sqlite.ts';
import { countsOf, isCallOf } from './toldRecord.ts';

/** A call that failed before it used anything has no price and needs none. */
const isFree = `(c.status = 'error' AND c.output_tokens IS 0 AND ifnull(c.input_tokens, 0) = 0)`;

const keys = ['day', 'session', 'task', 'agent', 'model', 'effort', 'sub_agent', 'rates'];

/** Each column with what one call adds to it. */
const summed: Readonly<Record<string, string>> = {
  calls: isCallOf('c'),
  cost_nano_usd: 'ifnull(c.cost_nano_usd, 0)',
  unpriced_calls: `c.cost_nano_usd IS NULL AND NOT ${isFree}`,
  thinking_nano_usd: 'ifnull(c.thinking_nano_usd, 0)',
  input_tokens: 'ifnull(c.input_tokens, 0)',
  cache_read_tokens: 'c.cache_read_tokens',
  cache_write_tokens: 'c.cache_write_5m_tokens + c.cache_write_1h_tokens',
  output_tokens: 'ifnull(c.output_tokens, 0)',
  unknown_token_calls: `(c.input_tokens IS NULL OR c.output_tokens IS NULL) AND c.status <> 'error'`,
  thinking_tokens: 'ifnull(c.thinking_tokens, 0)',
  unknown_thinking_calls: `c.thinking_tokens IS NULL AND NOT (c.status = 'error' AND ifnull(c.output_tokens, 0) = 0)`,
  duration_ms: `iif(${isCallOf('c')}, ifnull(c.duration_ms, 0), 0)`,
};

/** What one call is under, in the order of `keys`. */
const keysOfCall = `c.day, c.session, c.task, c.agent, c.model, ifnull(c.effort, 0), c.sub_agent IS NOT NULL, c.rates`;
const columns = [...keys, ...Object.keys(summed), 'first_at_ms', 'last_at_ms'];

const addSql = `INSERT INTO task_rollups (${columns.join(', ')})
  SELECT ${keysOfCall}, ${Object.values(summed).join(', ')}, c.started_at_ms, c.started_at_ms FROM calls c WHERE c.seq = ? AND ${countsOf('c')}
  ON CONFLICT DO UPDATE SET ${Object.keys(summed)
    .map((name) => `${name} = ${name} + excluded.${name}`)
    .join(', ')},
  first_at_ms = min(first_at_ms, excluded.first_at_ms), last_at_ms = max(last_at_ms, excluded.last_at_ms)`;

const rebuildSql = (where: string): string => `INSERT INTO task_rollups (${columns.join(', ')})
  SELECT ${keysOfCall}, ${Object.values(summed)
    .map((expression) => `sum(${expression})`)
    .join(', ')}, min(c.started_at_ms), max(c.started_at_ms)
  FROM calls c WHERE ${where} AND c.owner_pid IS NULL AND c.task IS NOT NULL AND ${countsOf('c')}
  GROUP BY ${keysOfCall}`;

/** Sums of what each task's calls came to, of which runs of own tasks are made. Everything must run inside a transaction. */
export class TaskRollups {
  readonly #statements: Statements;

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  /** Adds a finished call of a task, by its row. */
  add(seq: number): void {
    this.#statements.run(addSql, seq);
  }

  /** Computes those of a day, or of one session on it, anew from its calls. */
  rebuild(day: DayNumber, session: number | null): void {
    const values = session === null ? [day] : [day, session];
    const where = session === null ? 'day = ?' : 'day = ? AND session = ?';
    this.#statements.run(`DELETE FROM task_rollups WHERE ${where}`, ...values);
    this.#statements.run(rebuildSql(where), ...values);
  }

  forgetTask(task: number): void {
    this.#statements.run('DELETE FROM task_rollups WHERE task = ?', task);
  }
}
