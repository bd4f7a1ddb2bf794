import type { CallRecord } from '../domain/call.ts';
import { mergeUsage, sameUsage } from '../domain/mergeUsage.ts';
import type { Usage } from '../domain/usage.ts';
import type { Bookings } from './bookings.ts';
import { callColumns, keyOf, recordOf, selectCalls, usageOf } from './callRow.ts';
import type { PriceImported } from './importContract.ts';
import type { Names } from './names.ts';
import type { Sightings } from './sightings.ts';
import { integerOf, integerOrNull, type SqlRow, type Statements } from './sqlite.ts';
import { modifiersOf } from './toldRecord.ts';

export interface WireCoverOptions {
  readonly statements: Statements;
  readonly names: Names;
  readonly bookings: Bookings;
  readonly sightings: Sightings;
  readonly price: PriceImported;
  readonly markStale: (day: number, session: number) => void;
}

/**
 * Lets the best view of a call count and no other: the gateway's above the host's, both above what logs tell. Two calls that one source
 * saw stay two. Everything must run inside a transaction.
 */
export class WireCover {
  readonly #options: WireCoverOptions;

  constructor(options: WireCoverOptions) {
    this.#options = options;
  }

  /** Whether a call of the host's is known as one of the gateway's. */
  isSighting(record: CallRecord): boolean {
    if (record.source !== 'host') return false;
    return this.#options.statements.get('SELECT 1 FROM sightings WHERE id = ?', keyOf(record.id)) !== undefined;
  }

  /** Takes a finished call of the host's out of the books where the gateway saw it; `before` is its row, if it has one. */
  takesHost(record: CallRecord, before: SqlRow | undefined): boolean {
    if (record.source !== 'host') return false;
    const { sightings, bookings } = this.#options;
    const gateway = sightings.gatewayCallOf(record);
    if (gateway === null) return false;
    if (before !== undefined) this.#remove(before);
    bookings.cancel(keyOf(record.id));
    sightings.addHost(gateway, record);
    return true;
  }

  /** Makes sightings of the rows that a finished call of the wire covers, and fills in what it was not told. */
  cover(record: CallRecord, seq: number): void {
    if (record.source === 'transcript') return;
    const { sightings, bookings } = this.#options;
    for (const twin of sightings.coveredBy(record, seq)) {
      const { row } = twin;
      sightings.addRow(seq, twin);
      this.#moveSightings(integerOf(row, 'seq'), seq);
      if (row['source'] === 'host') bookings.cancel(row['id'] ?? null);
      this.#remove(row);
    }
    this.fillIn(seq);
  }

  /** A call whose end the wire did not see counts as its log has it, where that has the provider's own count. */
  fillIn(seq: number): void {
    const { statements, names, price, markStale } = this.#options;
    const row = statements.get(`${selectCalls} WHERE seq = ? AND provenance <> 'reported'`, seq);
    if (row === undefined) return;
    const record = recordOf(row, [], names);
    const usage = this.#told(seq);
    if (usage === null || record.cost.provenance === 'billed' || sameUsage(usage, record.usage)) return;
    const about = { provider: record.provider, model: record.model, atMs: record.startedAtMs };
    const modifiers = modifiersOf(names.textOrNull(integerOrNull(row, 'pricing')));
    const cost = price({ ...about, ...modifiers, usage, billedNanoUsd: null });
    const columns = callColumns({ ...record, usage, cost, provenance: 'reported' }, names);
    const changes = Object.keys(columns).map((name) => `${name} = ?`);
    statements.run('DELETE FROM call_parts WHERE call = ?', seq);
    statements.prepare(`UPDATE calls SET ${changes.join(', ')} WHERE seq = ?`).run(...Object.values(columns), seq);
    markStale(integerOf(row, 'day'), integerOf(row, 'session'));
  }

  #told(seq: number): Usage | null {
    const rows = this.#options.statements.all(
      `SELECT * FROM sightings WHERE call = ? AND source = 'transcript' AND provenance = 'reported'`,
      seq,
    );
    return rows
      .map(usageOf)
      .reduce<Usage | null>((sum, usage) => (sum === null ? usage : mergeUsage(sum, usage)), null);
  }

  #moveSightings(from: number, to: number): void {
    this.#options.statements.run('UPDATE sightings SET call = ? WHERE call = ?', to, from);
  }

  #remove(row: SqlRow): void {
    const { statements, markStale } = this.#options;
    if (row['owner_pid'] === null) markStale(integerOf(row, 'day'), integerOf(row, 'session'));
    statements.run('DELETE FROM calls WHERE seq = ?', integerOf(row, 'seq'));
  }
}
