import { sameUsage } from '../domain/mergeUsage.ts';
import { identityBytes } from './callIdentity.ts';
import { partColumns, recordOf } from './callRow.ts';
import { IdentitySet } from './identitySet.ts';
import type { ImportCounts, ImportedCall, PriceImported } from './importContract.ts';
import type { DayOf } from './localDay.ts';
import { mergeImported } from './mergeImported.ts';
import type { Names } from './names.ts';
import { type PricedTold, priceTold } from './priceTold.ts';
import { partRowsOf, type Rollups } from './rollups.ts';
import { type BookedRecord, sharesOf } from './shares.ts';
import type { MergedSighting, Sightings, WireTwin } from './sightings.ts';
import { integerOf, type SqlRow, type Statements } from './sqlite.ts';
import { importedOf, rawSumOf, selectTold } from './toldImported.ts';
import { recordOfImported } from './toldRecord.ts';
import { insertTold, toldValues, updateTold } from './toldRow.ts';
import { dropRawSum, type ToldSums } from './toldSums.ts';

export interface ToldCallsOptions {
  readonly statements: Statements;
  readonly names: Names;
  readonly rollups: Rollups;
  readonly dayOf: DayOf;
  readonly price: PriceImported;
  readonly markStale: (day: number, session: number) => void;
  readonly sightings: Sightings;
  readonly sums: ToldSums;
  /** Called with a call of the wire of which a log has told something new. */
  readonly onSighted: (wireSeq: number) => void;
}

/** About 8 MB of ids. */
const mostRemembered = 300_000;

/**
 * Books calls that logs tell of. What the wire saw too becomes a sighting of that call and counts nowhere; of the rest each call is one
 * row, merged with whatever else logs tell of it. Everything must run inside a transaction.
 */
export class ToldCalls {
  readonly #options: ToldCallsOptions;
  /** Whether the books have any call of the wire; null until it is asked for. */
  #hasWire: boolean | null = null;
  /** Of the transaction that is running; looked up at its begin, since most ledgers that import have neither. */
  #hasSightings = false;
  #hasRequestOnly = false;
  #forgottenBeforeMs = 0;
  #addedNanoUsd = 0;
  #firstAtMs: number | null = null;
  /** All calls of logs that the books have, where they had none when they were opened: what is not in here need not be looked up. */
  #inserted: IdentitySet | null = null;
  #isOpened = false;

  constructor(options: ToldCallsOptions) {
    this.#options = options;
  }

  book(calls: readonly ImportedCall[]): ImportCounts {
    this.#look();
    this.#addedNanoUsd = 0;
    this.#firstAtMs = null;
    let added = 0;
    let merged = 0;
    let forgotten = 0;
    for (const call of calls) {
      if (call.atMs < this.#forgottenBeforeMs) forgotten++;
      else if (call.isSum) this.#bookSum(call);
      else if (this.#bookOne(call)) added++;
      else merged++;
    }
    this.#options.rollups.flush();
    this.#addedNanoUsd += this.#options.sums.settle();
    return { added, merged, forgotten, addedNanoUsd: this.#addedNanoUsd, firstAtMs: this.#firstAtMs };
  }

  /** The books have a call of the wire. */
  noteSeen(): void {
    this.#hasWire = true;
  }

  /** Takes back what logs told under these identities, and nobody else did. */
  retract(ids: readonly string[]): void {
    if (ids.length === 0) return;
    this.#look();
    const { statements, markStale } = this.#options;
    for (const id of ids) {
      if (this.#inserted !== null && !this.#inserted.has(id)) continue;
      const row = statements.get(`${selectTold} AND id = ?`, identityBytes(id));
      if (row === undefined) continue;
      markStale(integerOf(row, 'day'), integerOf(row, 'session'));
      statements.run('DELETE FROM calls WHERE seq = ?', integerOf(row, 'seq'));
    }
    this.#options.sums.noteDeleted();
    for (const id of ids)
      statements.run(`DELETE FROM sightings WHERE id = ? AND source IN ('transcript', 'assumed')`, identityBytes(id));
  }

  #look(): void {
    const { statements } = this.#options;
    const has = (sql: string): boolean => statements.get(sql) !== undefined;
    // The rollups are asked once only: they are many, and whoever books a call of the wire says so.
    this.#hasWire ??= has('SELECT 1 FROM rollups WHERE calls > told_calls LIMIT 1');
    this.#hasSightings = has('SELECT 1 FROM sightings LIMIT 1');
    this.#hasRequestOnly = has(
      `SELECT 1 FROM calls WHERE source = 'transcript' AND response_id IS NULL AND request_id IS NOT NULL LIMIT 1`,
    );
    if (!this.#isOpened && !has(`SELECT 1 FROM calls WHERE source = 'transcript' LIMIT 1`))
      this.#inserted = new IdentitySet();
    this.#isOpened = true;
    const row = statements.get('SELECT before_ms FROM forgotten');
    this.#forgottenBeforeMs = row === undefined ? 0 : integerOf(row, 'before_ms');
  }

  #remember({ id }: ImportedCall): void {
    this.#inserted?.add(id);
    if ((this.#inserted?.size ?? 0) > mostRemembered) this.#inserted = null;
  }

  /** Whether the call is new to the books. */
  #bookOne(call: ImportedCall): boolean {
    const known = this.#find(call);
    const { sightings, onSighted } = this.#options;
    if (known !== undefined) {
      const now = this.#mergeInto(known, call);
      const twin = now === null || !this.#hasWire ? null : sightings.wireCallOf(now);
      if (twin !== null) this.#cover(known, twin);
      return false;
    }
    const sighted = this.#hasSightings ? sightings.merge(call) : null;
    if (sighted !== null) {
      if (sighted.isAssumed && sighted.isChanged) this.#assumeAnew(sighted);
      onSighted(sighted.call);
      return false;
    }
    const wire = this.#hasWire ? sightings.wireCallOf(call) : null;
    if (wire !== null) {
      sightings.add(wire, call);
      onSighted(wire.call);
      this.#hasSightings = true;
      return false;
    }
    this.#insert(call);
    if (call.responseId === null && call.requestId !== null) this.#hasRequestOnly = true;
    return true;
  }

  /** What of a sum counts is found out once all of the batch is in the books. */
  #bookSum(told: ImportedCall): void {
    const { statements, names, sums } = this.#options;
    // No part of a sum could be told apart once calls are taken out of it.
    const { parts: _parts, ...sum } = told;
    const row = this.#find(sum);
    if (row === undefined) {
      // Of before sums were told apart from calls.
      statements.run('DELETE FROM sightings WHERE id = ?', identityBytes(sum.id));
      sums.noteSum(this.#insert(sum), sum, null);
      return;
    }
    const before = rawSumOf(statements, row, names);
    const now = mergeImported(before, sum);
    if (isSame(before, now)) return;
    const seq = integerOf(row, 'seq');
    dropRawSum(statements, seq);
    this.#replace(row, now);
    sums.noteSum(seq, now, before);
  }

  /** The row of the same call, by its identity or, where one of the two lacks the message's id, by the request. */
  #find({ id, responseId, requestId }: ImportedCall): SqlRow | undefined {
    const { statements } = this.#options;
    const isNew = this.#inserted !== null && !this.#inserted.has(id);
    const row = isNew ? undefined : statements.get(`${selectTold} AND id = ?`, identityBytes(id));
    if (row !== undefined || requestId === null) return row;
    if (responseId === null) return statements.get(`${selectTold} AND request_id = ? ORDER BY seq LIMIT 1`, requestId);
    if (!this.#hasRequestOnly) return undefined;
    return statements.get(`${selectTold} AND request_id = ? AND response_id IS NULL LIMIT 1`, requestId);
  }

  #insert(call: ImportedCall): number {
    const { statements, names, rollups, dayOf, price } = this.#options;
    const priced = priceTold(call, price);
    const { cost } = priced;
    const day = dayOf(call.atMs);
    const { lastInsertRowid } = statements.prepare(insertTold).run(...toldValues(call, cost, { names, day }));
    const seq = Number(lastInsertRowid);
    this.#writeParts(seq, priced);
    if (!call.isSum) this.#options.sums.noteTold(call);
    rollups.addLater(recordOfImported(call, priced), day);
    this.#remember(call);
    this.#addedNanoUsd += cost.costNanoUsd ?? 0;
    this.#firstAtMs = Math.min(call.atMs, this.#firstAtMs ?? call.atMs);
    return seq;
  }

  #writeParts(seq: number, { parts, partCosts }: PricedTold): void {
    const { statements, names } = this.#options;
    parts.forEach((part, ordinal) => {
      const cost = partCosts[ordinal];
      if (cost === undefined) return;
      const values = { call: seq, ordinal, ...partColumns(part, cost, names) };
      const columns = Object.keys(values);
      const places = columns.map((name) => `:${name}`).join(', ');
      statements.prepare(`INSERT INTO call_parts (${columns.join(', ')}) VALUES (${places})`).run(values);
    });
  }

  /** What a log told of so far by itself has grown to what the wire saw. */
  #cover(before: SqlRow, twin: WireTwin): void {
    const { statements, sightings, markStale, onSighted } = this.#options;
    const seq = integerOf(before, 'seq');
    const row = statements.get(`${selectTold} AND seq = ?`, seq);
    if (row === undefined) return;
    sightings.addRow(twin.call, { row, isAssumed: twin.kind === 'assumed' });
    statements.run('DELETE FROM calls WHERE seq = ?', seq);
    markStale(integerOf(row, 'day'), integerOf(row, 'session'));
    this.#hasSightings = true;
    onSighted(twin.call);
  }

  /** A call that was taken for one of the wire has grown: it may be that one by now, or none of the wire's. */
  #assumeAnew({ told }: MergedSighting): void {
    const { sightings, onSighted } = this.#options;
    const twin = sightings.wireCallOf(told);
    sightings.drop(told);
    if (twin === null) {
      this.#insert(told);
      return;
    }
    sightings.add(twin, told);
    onSighted(twin.call);
  }

  /** Returns what the row has now, null where that is what it had. */
  #mergeInto(row: SqlRow, call: ImportedCall): ImportedCall | null {
    const { statements, names, sums } = this.#options;
    const before = importedOf(row, names, partRowsOf(statements, row));
    const merged = mergeImported(before, call.responseId === null ? { ...call, id: before.id } : call);
    const id = before.responseId === null && call.responseId !== null ? call.id : before.id;
    const now: ImportedCall = { ...merged, id };
    if (isSame(before, now)) return null;
    this.#replace(row, now);
    sums.noteTold(before);
    sums.noteTold(now);
    if (before.session !== now.session) sums.noteLeft(before.session);
    return now;
  }

  #replace(row: SqlRow, now: ImportedCall): void {
    const { statements, names, rollups, dayOf, price, markStale } = this.#options;
    const seq = integerOf(row, 'seq');
    const partRows = partRowsOf(statements, row);
    const priced = priceTold(now, price);
    const { cost } = priced;
    const day = dayOf(now.atMs);
    statements.prepare(updateTold).run(...toldValues(now, cost, { names, day }), seq);
    if (partRows.length > 0) statements.run('DELETE FROM call_parts WHERE call = ?', seq);
    this.#writeParts(seq, priced);
    // A session that was moved to a task has its calls in that task's sums as well.
    const [was, is] = [recordOf(row, partRows, names), recordOfImported(now, priced)];
    if (row['task'] === null && isInSameRollup(importedOf(row, names, partRows), now) && isSharedAlike(was, is)) {
      rollups.subtractLater(was, integerOf(row, 'day'));
      rollups.addLater(is, day);
      return;
    }
    markStale(integerOf(row, 'day'), integerOf(row, 'session'));
    markStale(day, names.idOf(now.session));
  }
}

function isSame(a: ImportedCall, b: ImportedCall): boolean {
  return (
    sameUsage(a.usage, b.usage) &&
    a.responseId === b.responseId &&
    a.requestId === b.requestId &&
    a.agent === b.agent &&
    a.session === b.session &&
    a.subAgent === b.subAgent &&
    a.workspaceId === b.workspaceId &&
    a.provider === b.provider &&
    a.api === b.api &&
    a.auth === b.auth &&
    a.model === b.model &&
    a.effort === b.effort &&
    a.atMs === b.atMs &&
    a.durationMs === b.durationMs &&
    a.provenance === b.provenance &&
    a.billedNanoUsd === b.billedNanoUsd &&
    a.serviceTier === b.serviceTier &&
    a.speed === b.speed &&
    a.inferenceGeo === b.inferenceGeo &&
    a.isSum === b.isSum &&
    (a.isOfAllModels === true) === (b.isOfAllModels === true) &&
    JSON.stringify(a.parts) === JSON.stringify(b.parts)
  );
}

function isInSameRollup(a: ImportedCall, b: ImportedCall): boolean {
  return (
    a.atMs === b.atMs &&
    a.session === b.session &&
    a.model === b.model &&
    a.effort === b.effort &&
    a.agent === b.agent &&
    a.auth === b.auth &&
    a.workspaceId === b.workspaceId &&
    a.isSum === b.isSum
  );
}

/** Whether the same models have a share in both: one that has none any more would stay as a row of nothing. */
function isSharedAlike(a: BookedRecord, b: BookedRecord): boolean {
  if (a.parts.length === 0 && b.parts.length === 0) return true;
  const models = (record: BookedRecord): string =>
    JSON.stringify(
      sharesOf(record)
        .map(({ model }) => model)
        .toSorted(),
    );
  return models(a) === models(b);
}
