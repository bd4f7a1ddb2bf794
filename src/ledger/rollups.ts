import { recordOf, selectCalls } from './callRow.ts';
import type { DayNumber } from './localDay.ts';
import type { Names } from './names.ts';
import { type BookedRecord, type Share, sharesOf } from './shares.ts';
import { integerOf, type SqlRow, type Statements } from './sqlite.ts';

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
  'told_calls',
] as const;

type Summed = Record<(typeof summed)[number], number>;

interface RollupRow extends Summed {
  readonly day: DayNumber;
  readonly session: number;
  readonly model: number;
  readonly agent: number;
  readonly auth: string;
  readonly workspace: number;
  newest: number;
}

const keys = ['day', 'session', 'model', 'agent', 'auth', 'workspace'] as const;
const columns = [...keys, ...summed, 'newest'];

const addSql = `INSERT INTO rollups (${columns.join(', ')}) VALUES (${columns.map((name) => `:${name}`).join(', ')})
  ON CONFLICT DO UPDATE SET ${summed.map((name) => `${name} = ${name} + excluded.${name}`).join(', ')},
  newest = max(newest, excluded.newest)`;

/** Sums by local day, session, model, agent, authorisation and workspace, kept in the transaction that books the call. */
export class Rollups {
  readonly #statements: Statements;
  readonly #names: Names;
  /** What `addLater` has added up and `flush` writes. */
  readonly #later = new Map<string, RollupRow>();

  constructor(statements: Statements, names: Names) {
    this.#statements = statements;
    this.#names = names;
  }

  add(record: BookedRecord, day: DayNumber): void {
    for (const share of sharesOf(record)) this.#statements.prepare(addSql).run({ ...this.#rowOf(record, share, day) });
  }

  /** Adds up in memory what many calls bring, until `flush`, which must come before the commit. */
  addLater(record: BookedRecord, day: DayNumber): void {
    for (const share of sharesOf(record)) this.#sumLater(this.#rowOf(record, share, day), 1);
  }

  /** Takes a call back that `addLater` adds anew, with the same keys and time: what is newest cannot be taken back. */
  subtractLater(record: BookedRecord, day: DayNumber): void {
    for (const share of sharesOf(record)) this.#sumLater(this.#rowOf(record, share, day), -1);
  }

  #sumLater(row: RollupRow, sign: 1 | -1): void {
    const key = `${row.day} ${row.session} ${row.model} ${row.agent} ${row.auth} ${row.workspace}`;
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

  /** Drops what was added up in a transaction that failed. */
  forget(): void {
    this.#later.clear();
  }

  #rowOf(record: BookedRecord, share: Share, day: DayNumber): RollupRow {
    return {
      day,
      session: this.#names.idOf(record.session),
      model: this.#names.idOf(share.model),
      agent: this.#names.idOf(record.agent),
      auth: record.auth,
      workspace: this.#names.idOf(record.workspaceId),
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
    for (const row of rows) this.add(recordOf(row, partRowsOf(this.#statements, row), this.#names), day);
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
    told_calls: isTold ? share.calls : 0,
  };
}
