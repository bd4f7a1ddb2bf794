import type { CallRecord } from '../domain/call.ts';
import { mergeUsage, sameUsage } from '../domain/mergeUsage.ts';
import { totalInputTokens } from '../domain/usage.ts';
import { identityBytes, identityOf } from './callIdentity.ts';
import { keyOf, recordOf, selectCalls, usageColumns, usageOf } from './callRow.ts';
import type { ImportedCall, PriceImported } from './importContract.ts';
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

  /** The call of the wire that a log's call is, by the provider's ids; where the log has none, by counts and time. Null for none. */
  wireCallOf(call: ImportedCall): number | null {
    const byResponse = call.responseId === null ? null : this.#observed('response', call.responseId, wireSources);
    if (byResponse !== null) return byResponse;
    const byRequest = call.requestId === null ? null : this.#observed('request', call.requestId, wireSources);
    if (byRequest !== null || call.responseId !== null || call.requestId !== null) return byRequest;
    const { outputTokens } = call.usage;
    const input = totalInputTokens(call.usage);
    if (outputTokens === null || outputTokens === 0 || input === null) return null;
    const row = this.#options.statements.get(
      `SELECT seq FROM calls WHERE started_at_ms <= ? AND started_at_ms >= ? AND ended_at_ms >= ? AND source <> 'transcript'
         AND owner_pid IS NULL AND output_tokens = ?
         AND input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens = ?
         AND NOT EXISTS (SELECT 1 FROM sightings WHERE sightings.call = calls.seq AND sightings.source = 'transcript')
       ORDER BY abs(ended_at_ms - ?), seq LIMIT 1`,
      Math.round(call.atMs + beforeMs),
      Math.round(call.atMs - longestCallMs),
      Math.round(call.atMs - afterMs),
      outputTokens,
      input,
      Math.round(call.atMs),
    );
    return row === undefined ? null : integerOf(row, 'seq');
  }

  /** The gateway's call that the host saw too; null for none. */
  gatewayCallOf(record: CallRecord): number | null {
    return (
      (record.responseId === null ? null : this.#observed('response', record.responseId, ['gateway'])) ??
      (record.requestId === null ? null : this.#observed('request', record.requestId, ['gateway']))
    );
  }

  /** Rows of calls that a call of the wire covers: what logs, and for the gateway the host, told of it before. */
  coveredBy(record: CallRecord, seq: number): readonly SqlRow[] {
    const { statements } = this.#options;
    const found = new Map<number, SqlRow>();
    const note = (rows: readonly SqlRow[]) => {
      for (const row of rows) if (integerOf(row, 'seq') !== seq) found.set(integerOf(row, 'seq'), row);
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
    return [...found.values()];
  }

  /** Keeps what a log told of a call that the wire saw, and lets it fill in what the wire was not told. */
  add(wire: number, call: ImportedCall): void {
    const { names, price } = this.#options;
    const cost = priceTold(call, price).cost.costNanoUsd;
    this.#insert({
      id: identityBytes(call.id),
      call: wire,
      source: 'transcript',
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
  addRow(wire: number, row: SqlRow): void {
    const { names } = this.#options;
    const record = recordOf(row, [], names);
    this.#insert({
      id: row['id'] ?? keyOf(record.id),
      call: wire,
      source: record.source,
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

  /** Merges what a log tells once more into its sighting; returns the call of that, null where there is none. */
  merge(call: ImportedCall): number | null {
    const { statements, price } = this.#options;
    const row = statements.get('SELECT * FROM sightings WHERE id = ?', identityBytes(call.id));
    if (row === undefined) return null;
    const wire = integerOf(row, 'call');
    const before = usageOf(row);
    const usage = mergeUsage(before, call.usage);
    const provenance = row['provenance'] === 'reported' ? 'reported' : call.provenance;
    if (sameUsage(before, usage) && provenance === row['provenance']) return wire;
    const columns = {
      ...usageColumns(usage),
      provenance,
      cost_nano_usd: priceTold({ ...call, usage }, price).cost.costNanoUsd,
    };
    const changes = Object.keys(columns).map((name) => `${name} = ?`);
    statements
      .prepare(`UPDATE sightings SET ${changes.join(', ')} WHERE id = ?`)
      .run(...Object.values(columns), identityBytes(call.id));
    this.#options.onSession(integerOf(row, 'session'));
    return wire;
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

/** In the order of their authority; "gateway" also sorts before "host". */
const wireSources = ['gateway', 'host'];
/** No call runs longer. */
const longestCallMs = 3_600_000;
