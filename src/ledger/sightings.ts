import type { CallRecord, UsageProvenance } from '../domain/call.ts';
import { mergeUsage, sameUsage } from '../domain/mergeUsage.ts';
import { plainModelName } from '../domain/sameModel.ts';
import { totalInputTokens } from '../domain/usage.ts';
import { identityBytes, identityOf } from './callIdentity.ts';
import { keyOf, provenanceOf, recordOf, selectCalls, usageColumns, usageOf } from './callRow.ts';
import type { ImportedCall, PriceImported } from './importContract.ts';
import { namelessAgents } from './namelessAgents.ts';
import type { Names } from './names.ts';
import { priceTold } from './priceTold.ts';
import { integerOf, integerOrNull, type SqlRow, type SqlValue, type Statements } from './sqlite.ts';
import { isCallOf } from './toldRecord.ts';

export interface SightingsOptions {
  readonly statements: Statements;
  readonly names: Names;
  readonly price: PriceImported;
  /** Called with the session, as its source names it, of each sighting that is new or another than it was. */
  readonly onSession: (session: number) => void;
}

/**
 * How a log's call came to be taken for one of the wire: by the provider's ids or by the very same counts ("transcript"), or by agent, model
 * and time alone ("assumed"). What is assumed counts nowhere either, but corrects, teaches and fills in nothing.
 */
export type Twin = 'transcript' | 'assumed';

export interface WireTwin {
  readonly call: number;
  readonly kind: Twin;
}

export interface MergedSighting {
  /** The call of the wire. */
  readonly call: number;
  readonly isAssumed: boolean;
  readonly isChanged: boolean;
  /** All that the log told so far. */
  readonly told: ImportedCall;
}

export interface ToldTwin {
  readonly row: SqlRow;
  readonly isAssumed: boolean;
}

/** A log writes a call down when it begins or when it has ended, and its clock is the same machine's. */
const beforeMs = 5000;
const afterMs = 10_000;

/**
 * Observations of calls that somebody with a better view has in the books: what a log tells of a call of the gateway's or the host's, and
 * what the host tells of one of the gateway's. They count nowhere.
 */
export class Sightings {
  readonly #options: SightingsOptions;

  constructor(options: SightingsOptions) {
    this.#options = options;
  }

  /**
   * The call of the wire that a log's call is, by the provider's ids; where the log has none, by counts and time. Where those differ since
   * one of the two only guessed or did not see the end, it is assumed; see `isAssumedTwin`. Null for none.
   */
  wireCallOf(call: ImportedCall): WireTwin | null {
    const byResponse = call.responseId === null ? null : this.#observed('response', call.responseId, wireSources);
    if (byResponse !== null) return { call: byResponse, kind: 'transcript' };
    const byRequest = call.requestId === null ? null : this.#observed('request', call.requestId, wireSources);
    if (byRequest !== null) return { call: byRequest, kind: 'transcript' };
    if (call.responseId !== null || call.requestId !== null) return null;
    const alike = this.#wireAlike(call);
    if (alike !== null) return { call: alike, kind: 'transcript' };
    const assumed = this.#wireAround(call).find((wire) => isAssumedTwin(call, wire));
    return assumed === undefined ? null : { call: assumed.seq, kind: 'assumed' };
  }

  #wireAlike(call: ImportedCall): number | null {
    const { outputTokens } = call.usage;
    const input = totalInputTokens(call.usage);
    if (outputTokens === null || outputTokens === 0 || input === null) return null;
    const row = this.#options.statements.get(
      `SELECT seq FROM calls WHERE ${aroundSql} AND output_tokens = ?
         AND input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens = ?
         AND NOT EXISTS (SELECT 1 FROM sightings WHERE sightings.call = calls.seq AND sightings.source = 'transcript')
       ORDER BY abs(ended_at_ms - ?), seq LIMIT 1`,
      ...around(call.atMs),
      outputTokens,
      input,
      Math.round(call.atMs),
    );
    return row === undefined ? null : integerOf(row, 'seq');
  }

  /** Calls of the wire that ran when a log tells of one, the nearest first. */
  #wireAround({ atMs }: ImportedCall): readonly (TwinView & { readonly seq: number })[] {
    const { statements, names } = this.#options;
    const rows = statements.all(
      `SELECT * FROM calls WHERE ${aroundSql} ORDER BY abs(ended_at_ms - ?), seq`,
      ...around(atMs),
      Math.round(atMs),
    );
    return rows.map((row) => ({ ...viewOf(row, names), seq: integerOf(row, 'seq') }));
  }

  /** The gateway's call that the host saw too; null for none. */
  gatewayCallOf(record: CallRecord): number | null {
    return (
      (record.responseId === null ? null : this.#observed('response', record.responseId, ['gateway'])) ??
      (record.requestId === null ? null : this.#observed('request', record.requestId, ['gateway']))
    );
  }

  /** Rows of calls that a call of the wire covers: what logs, and for the gateway the host, told of it before. */
  coveredBy(record: CallRecord, seq: number): readonly ToldTwin[] {
    const { statements } = this.#options;
    const found = new Map<number, ToldTwin>();
    const note = (rows: readonly SqlRow[], isAssumed = false) => {
      for (const row of rows) {
        const other = integerOf(row, 'seq');
        if (other !== seq && !found.has(other)) found.set(other, { row, isAssumed });
      }
    };
    const { responseId, requestId } = record;
    const told = `${selectCalls} WHERE source = 'transcript'`;
    if (responseId !== null)
      note(statements.all(`${told} AND id = ?`, identityBytes(identityOf('response', responseId))));
    if (requestId !== null) note(statements.all(`${told} AND request_id = ?`, requestId));
    if (record.source === 'gateway') {
      const host = `${selectCalls} WHERE seq IN (SELECT call FROM observations INDEXED BY observations_host WHERE native_key = ? AND key_kind = ? AND source = 'host') AND owner_pid IS NULL`;
      if (responseId !== null) note(statements.all(host, responseId, 'response'));
      if (requestId !== null) note(statements.all(host, requestId, 'request'));
    }
    if (found.size === 0 && !this.#isSighted(seq)) note(this.#alike(record));
    note(this.#assumedToldOf(record), true);
    return [...found.values()];
  }

  /** Keeps what a log told of a call that the wire saw, and lets it fill in what the wire was not told. */
  add({ call: wire, kind }: WireTwin, call: ImportedCall): void {
    const { names, price } = this.#options;
    const cost = priceTold(call, price).cost.costNanoUsd;
    this.#insert({
      id: identityBytes(call.id),
      call: wire,
      source: kind,
      agent: names.idOf(call.agent),
      session: names.idOf(call.session),
      started_at_ms: Math.round(call.atMs),
      model: names.idOf(call.model),
      provenance: call.provenance,
      cost_nano_usd: cost,
      ...usageColumns(call.usage),
    });
  }

  /** Turns a row of `calls` into a sighting of another; the row itself is the caller's to delete. */
  addRow(wire: number, { row, isAssumed }: ToldTwin): void {
    const { names } = this.#options;
    const record = recordOf(row, [], names);
    this.#insert({
      id: keyOf(record.id),
      call: wire,
      source: isAssumed ? 'assumed' : record.source,
      agent: integerOf(row, 'agent'),
      session: integerOf(row, 'session'),
      started_at_ms: record.startedAtMs,
      model: integerOf(row, 'model'),
      provenance: record.provenance,
      cost_nano_usd: record.cost.costNanoUsd,
      ...usageColumns(record.usage),
    });
  }

  /** What the host tells of a call of the gateway's. */
  addHost(wire: number, record: CallRecord): void {
    const { names } = this.#options;
    this.#insert({
      id: keyOf(record.id),
      call: wire,
      source: 'host',
      agent: names.idOf(record.agent),
      session: names.idOf(record.session),
      started_at_ms: Math.round(record.startedAtMs),
      model: names.idOf(record.model),
      provenance: record.provenance,
      cost_nano_usd: record.cost.costNanoUsd,
      ...usageColumns(record.usage),
    });
  }

  /** Merges what a log tells once more into its sighting; null where there is none. */
  merge(call: ImportedCall): MergedSighting | null {
    const { statements, price } = this.#options;
    const row = statements.get('SELECT * FROM sightings WHERE id = ?', identityBytes(call.id));
    if (row === undefined) return null;
    const before = usageOf(row);
    const usage = mergeUsage(before, call.usage);
    const provenance = row['provenance'] === 'reported' ? 'reported' : call.provenance;
    const isChanged = !sameUsage(before, usage) || provenance !== row['provenance'];
    const told = { ...call, usage, provenance };
    const merged = { call: integerOf(row, 'call'), isAssumed: row['source'] === 'assumed', isChanged, told };
    if (!isChanged) return merged;
    const columns = { ...usageColumns(usage), provenance, cost_nano_usd: priceTold(told, price).cost.costNanoUsd };
    const changes = Object.keys(columns).map((name) => `${name} = ?`);
    statements
      .prepare(`UPDATE sightings SET ${changes.join(', ')} WHERE id = ?`)
      .run(...Object.values(columns), identityBytes(call.id));
    this.#options.onSession(integerOf(row, 'session'));
    return merged;
  }

  /** Forgets that a call of a log was taken for one of the wire. */
  drop({ id }: ImportedCall): void {
    this.#options.statements.run('DELETE FROM sightings WHERE id = ?', identityBytes(id));
  }

  #insert(columns: Readonly<Record<string, SqlValue>>): void {
    const names = Object.keys(columns);
    this.#options.onSession(Number(columns['session']));
    this.#options.statements
      .prepare(`INSERT OR REPLACE INTO sightings (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`)
      .run(...Object.values(columns));
  }

  #isSighted(seq: number): boolean {
    return (
      this.#options.statements.get(`SELECT 1 FROM sightings WHERE call = ? AND source = 'transcript' LIMIT 1`, seq) !==
      undefined
    );
  }

  /** The nearest call in time with the same counts, of a log that has no id of the provider's. */
  #alike(record: CallRecord): readonly SqlRow[] {
    const { outputTokens } = record.usage;
    const input = totalInputTokens(record.usage);
    if (outputTokens === null || outputTokens === 0 || input === null) return [];
    const endedAtMs = record.startedAtMs + (record.durationMs ?? 0);
    return this.#options.statements.all(
      `${selectCalls} INDEXED BY calls_told_nameless WHERE started_at_ms BETWEEN ? AND ? AND source = 'transcript' AND response_id IS NULL AND request_id IS NULL
         AND output_tokens = ? AND ${isCallOf('calls')} AND input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens = ?
       ORDER BY abs(started_at_ms - ?), seq LIMIT 1`,
      Math.round(record.startedAtMs - beforeMs),
      Math.round(endedAtMs + afterMs),
      outputTokens,
      input,
      Math.round(endedAtMs),
    );
  }

  /** Calls of logs that have no id of the provider's and are assumed to be this one. */
  #assumedToldOf(record: CallRecord): readonly SqlRow[] {
    const { statements, names } = this.#options;
    const wire = { ...record, input: totalInputTokens(record.usage) };
    const endedAtMs = record.startedAtMs + (record.durationMs ?? 0);
    const rows = statements.all(
      `${selectCalls} INDEXED BY calls_told_nameless WHERE started_at_ms BETWEEN ? AND ? AND source = 'transcript'
         AND response_id IS NULL AND request_id IS NULL AND ${isCallOf('calls')}`,
      Math.round(record.startedAtMs - beforeMs),
      Math.round(endedAtMs + afterMs),
    );
    return rows.filter((row) => {
      const told = viewOf(row, names);
      return isAssumedTwin({ ...told, usage: usageOf(row) }, wire);
    });
  }

  #observed(kind: 'response' | 'request', key: string, sources: readonly string[]): number | null {
    const row = this.#options.statements.get(
      `SELECT call FROM observations WHERE native_key = ? AND key_kind = ? AND source IN (${sources.map(() => '?').join(', ')})
       ORDER BY source, call LIMIT 1`,
      key,
      kind,
      ...sources,
    );
    return row === undefined ? null : integerOrNull(row, 'call');
  }
}

/** What two views of one call have in common. */
interface TwinView {
  readonly agent: string;
  readonly model: string;
  readonly provenance: UsageProvenance;
  /** All of the prompt; null where it is not known. */
  readonly input: number | null;
}

/**
 * Whether a call of a log that has no id of the provider's is taken for one of the wire that ran at the time and has other counts: of one
 * agent, or of one that the wire does not know, and one model. Either the log only guesses its counts, or the wire did not see the end and
 * the prompts are of one size. Not one to one, so that no order of arrival matters: what repeats a call within the same seconds is in it.
 */
function isAssumedTwin(told: Omit<TwinView, 'input'> & Pick<ImportedCall, 'usage'>, wire: TwinView): boolean {
  const agent = wire.agent.replace(/\?$/, '');
  if (agent !== told.agent && !namelessAgents.includes(agent)) return false;
  if (plainModelName(wire.model) !== plainModelName(told.model)) return false;
  if (told.provenance === 'estimated') return true;
  return wire.provenance !== 'reported' && wire.input !== null && wire.input === totalInputTokens(told.usage);
}

function viewOf(row: SqlRow, names: Names): TwinView {
  return {
    agent: names.textOf(integerOf(row, 'agent')),
    model: names.textOf(integerOf(row, 'model')),
    provenance: provenanceOf(row),
    input: totalInputTokens(usageOf(row)),
  };
}

/** In the order of their authority; "gateway" also sorts before "host". */
const wireSources = ['gateway', 'host'];
/** No call runs longer. */
const longestCallMs = 3_600_000;

/** SQL: finished calls of the wire that ran around a moment; its places are filled by `around`. */
const aroundSql = `started_at_ms <= ? AND started_at_ms >= ? AND ended_at_ms >= ? AND source <> 'transcript' AND owner_pid IS NULL`;

function around(atMs: number): readonly number[] {
  return [atMs + beforeMs, atMs - longestCallMs, atMs - afterMs].map(Math.round);
}
