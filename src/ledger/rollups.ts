import { recordOf, selectCalls } from './callRow.ts';
import type { DayNumber } from './localDay.ts';
import type { Names } from './names.ts';
import { type BookedRecord, type Share, sharesOf } from './shares.ts';
import { integerOf, integerOrNull, type SqlRow, type Statements } from './sqlite.ts';
import { TaskRollups } from './taskRollups.ts';

const summed = [
  'calls',
  'input_tokens',
  'cache_read_tokens',
  'cache_write_5m_tokens',
  'cache_write_1h_tokens',
  'output_tokens',
  'thinking_tokens',
  'known_thinking',
  'unknown_thinking_calls',
  'thinking_at_least_tokens',
  'web_searches',
  'tool_calls',
  'cost_nano_usd',
  'priced',
  'input_nano_usd',
  'cache_nano_usd',
  'thinking_nano_usd',
  'output_nano_usd',
  'unpriced_calls',
  'estimated_calls',
  'partial_calls',
  'told_calls',
] as const;

type Summed = Record<(typeof summed)[number], number>;

interface RollupRow extends Summed {
  readonly day: DayNumber;
  readonly session: number;
  readonly model: number;
  /** 0 where it is not known. */
  readonly effort: number;
  readonly agent: number;
  readonly auth: string;
  readonly workspace: number;
  /** 0 for none. */
  readonly task: number;
  newest: number;
}

const keys = ['day', 'session', 'model', 'effort', 'agent', 'auth', 'workspace', 'task'] as const;
const columns = [...keys, ...summed, 'newest'];

const addUp = `ON CONFLICT DO UPDATE SET ${summed.map((name) => `${name} = ${name} + excluded.${name}`).join(', ')},
  newest = max(newest, excluded.newest)`;
const addSql = `INSERT INTO rollups (${columns.join(', ')}) VALUES (${columns.map((name) => `:${name}`).join(', ')}) ${addUp}`;
const withoutTaskSql = `INSERT INTO rollups (${columns.join(', ')})
  SELECT ${columns.map((name) => (name === 'task' ? '0' : name)).join(', ')} FROM rollups WHERE task = ? ${addUp}`;

/** Where a call is in the books. */
export interface CallPlace {
  readonly day: DayNumber;
  /** The number of its task; null for none. */
  readonly task: number | null;
}

/**
 * Sums by local day, session, model, effort, agent, authorisation, workspace and task, kept in the transaction that books the call; and, for calls of
 * tasks, those that runs are made of.
 */
export class Rollups {
  readonly #statements: Statements;
  readonly #names: Names;
  readonly #tasks: TaskRollups;
  /** Days and sessions that a replaced, moved or deleted call has made stale, rebuilt before the commit. */
  readonly #stale = new Map<string, { readonly day: DayNumber; readonly session: number }>();
  /** What `addLater` has added up and `flush` writes. */
  readonly #later = new Map<string, RollupRow>();

  constructor(statements: Statements, names: Names) {
    this.#statements = statements;
    this.#names = names;
    this.#tasks = new TaskRollups(statements);
  }

  /** Adds a finished call, by its row and what was read from it. */
  add(record: BookedRecord, seq: number, place: CallPlace): void {
    this.#addShares(record, place);
    if (place.task !== null) this.#tasks.add(seq);
  }

  /** Adds up in memory what many calls of no task bring, until `flush`, which must come before the commit. */
  addLater(record: BookedRecord, day: DayNumber): void {
    for (const share of sharesOf(record)) this.#sumLater(this.#rowOf(record, share, { day, task: null }), 1);
  }

  /** Takes a call back that `addLater` adds anew, with the same keys and time: what is newest cannot be taken back. */
  subtractLater(record: BookedRecord, day: DayNumber): void {
    for (const share of sharesOf(record)) this.#sumLater(this.#rowOf(record, share, { day, task: null }), -1);
  }

  #addShares(record: BookedRecord, place: CallPlace): void {
    const statement = this.#statements.prepare(addSql);
    for (const share of sharesOf(record)) statement.run({ ...this.#rowOf(record, share, place) });
  }

  #sumLater(row: RollupRow, sign: 1 | -1): void {
    const key = `${row.day} ${row.session} ${row.model} ${row.effort} ${row.agent} ${row.auth} ${row.workspace}`;
    const sum = this.#later.get(key);
    if (sum === undefined) {
      if (sign < 0) for (const name of summed) row[name] = 0 - row[name];
      this.#later.set(key, row);
      return;
    }
    for (const name of summed) sum[name] += sign * row[name];
    sum.newest = Math.max(sum.newest, row.newest);
  }

  flush(): void {
    const statement = this.#statements.prepare(addSql);
    for (const row of this.#later.values()) statement.run({ ...row });
    this.#later.clear();
  }

  /** Notes that a session's sums of a day do not hold any more; `settle` mends them. */
  markStale(day: DayNumber, session: number): void {
    this.#stale.set(`${day} ${session}`, { day, session });
  }

  /** Computes anew what became stale; before the commit. */
  settle(): void {
    for (const { day, session } of this.#stale.values()) this.rebuild(day, session);
    this.#stale.clear();
  }

  /** Drops what was added up or noted in a transaction that failed. */
  forget(): void {
    this.#later.clear();
    this.#stale.clear();
  }

  /** What a deleted task's calls came to stays, without a task. */
  forgetTask(task: number): void {
    this.#statements.run(withoutTaskSql, task);
    this.#statements.run('DELETE FROM rollups WHERE task = ?', task);
    this.#tasks.forgetTask(task);
  }

  #rowOf(record: BookedRecord, share: Share, { day, task }: CallPlace): RollupRow {
    return {
      day,
      session: this.#names.idOf(record.session),
      model: this.#names.idOf(share.model),
      effort: this.#names.idOrNull(share.effort) ?? 0,
      agent: this.#names.idOf(record.agent),
      auth: record.auth,
      workspace: this.#names.idOf(record.workspaceId),
      task: task ?? 0,
      ...sumsOf(share, record.source === 'transcript'),
      newest: newestOf(record.startedAtMs, share.calls === 1),
    };
  }

  /** Computes a day's rollups anew from its calls: all, or one session's. For what sums cannot undo: replaced and deleted calls. */
  rebuild(day: DayNumber, session: number | null): void {
    const where = session === null ? 'day = ?' : 'day = ? AND session = ?';
    const values = session === null ? [day] : [day, session];
    this.#statements.run(`DELETE FROM rollups WHERE ${where}`, ...values);
    const rows = this.#statements.all(`${selectCalls} WHERE ${where} AND owner_pid IS NULL`, ...values);
    for (const row of rows) {
      const record = recordOf(row, partRowsOf(this.#statements, row), this.#names);
      this.#addShares(record, { day, task: integerOrNull(row, 'task') });
    }
    this.#tasks.rebuild(day, session);
  }
}

/** Orders calls by their start and, within one call, its own model before those that took part in it. */
export function newestOf(startedAtMs: number, own: boolean): number {
  return Math.round(startedAtMs) * 2 + (own ? 1 : 0);
}

export function startOfNewest(newest: number): number {
  return Math.floor(newest / 2);
}

export function partRowsOf(statements: Statements, callRow: SqlRow): SqlRow[] {
  return statements.all('SELECT * FROM call_parts WHERE call = ? ORDER BY ordinal', integerOf(callRow, 'seq'));
}

function sumsOf(share: Share, isTold: boolean): Summed {
  const { usage } = share;
  return {
    calls: share.calls,
    input_tokens: usage.inputTokens ?? 0,
    cache_read_tokens: usage.cacheReadTokens,
    cache_write_5m_tokens: usage.cacheWrite5mTokens,
    cache_write_1h_tokens: usage.cacheWrite1hTokens,
    output_tokens: usage.outputTokens ?? 0,
    thinking_tokens: usage.thinkingTokens ?? 0,
    known_thinking: usage.thinkingTokens === null ? 0 : 1,
    unknown_thinking_calls: share.unknownThinkingCalls,
    thinking_at_least_tokens: share.thinkingAtLeastTokens,
    web_searches: usage.webSearches,
    tool_calls: usage.toolCalls,
    cost_nano_usd: share.costNanoUsd ?? 0,
    priced: share.costNanoUsd === null ? 0 : 1,
    input_nano_usd: share.inputNanoUsd,
    cache_nano_usd: share.cacheNanoUsd,
    thinking_nano_usd: share.thinkingNanoUsd,
    output_nano_usd: share.outputNanoUsd,
    unpriced_calls: share.unpricedCalls,
    estimated_calls: share.estimatedCalls,
    partial_calls: share.partialCalls,
    told_calls: isTold ? share.calls : 0,
  };
}
