import type { CallRecord, UsageProvenance } from '../domain/call.ts';
import { sameUsage } from '../domain/mergeUsage.ts';
import { plainModelName } from '../domain/sameModel.ts';
import type { Usage } from '../domain/usage.ts';
import { usageColumns, usageOf } from './callRow.ts';
import type { ImportedCall, PriceImported } from './importContract.ts';
import type { DayOf } from './localDay.ts';
import type { Names } from './names.ts';
import { priceTold } from './priceTold.ts';
import { integerOf, integerOrNull, type SqlRow, type Statements } from './sqlite.ts';
import { type KnownCall, sumRemainders, sumSlack, type ToldSum } from './sumRemainders.ts';
import { importedOf, rawSumOf, selectTold } from './toldImported.ts';
import { isCallOf, modifiersOf, sumNamesSql } from './toldRecord.ts';
import { toldValues, updateTold } from './toldRow.ts';

export interface ToldSumsOptions {
  readonly statements: Statements;
  readonly names: Names;
  readonly dayOf: DayOf;
  readonly price: PriceImported;
  readonly markStale: (day: number, session: number) => void;
}

/** Where something has changed that sums may hold. */
interface Change {
  readonly session: string;
  readonly fromMs: number;
  readonly untilMs: number;
}

interface BookedSum extends ToldSum {
  readonly seq: number;
}

/** Calls of a session may have been made before the log's own begin of it. */
const beforeSessionMs = 86_400_000;

/** What the wire calls the libraries that many agents make their calls with. */
const namelessAgents = ['unknown', 'litellm', 'anthropic-sdk', 'openai-sdk', 'google-genai-sdk'];

/**
 * Lets sums that logs tell count only for what is not in the books call by call. The row of a sum has what counts of it; what the log told
 * is kept as a sighting of the row's own, of the source "sum", wherever the two differ. Remainders are worked out anew from all that
 * they depend on, before the commit, so that no order of arrival matters. Everything must run inside a transaction.
 */
export class ToldSums {
  readonly #options: ToldSumsOptions;
  /** Every sum of the books, by its row; null until it is asked for. Books without sums need none of this. */
  #sums: Map<number, BookedSum> | null = null;
  #changes: Change[] = [];
  /** Whose sums there are, by their names: most calls are nobody's of these. Some may be gone by now. */
  readonly #summed = { agents: new Set<string>(), sessions: new Set<string>() };

  constructor(options: ToldSumsOptions) {
    this.#options = options;
  }

  /** A sum is in the books, or is more than it was. */
  noteSum(seq: number, sum: ImportedCall): void {
    const before = this.#all().get(seq);
    if (before !== undefined) this.#changes.push(this.#changeOf(before));
    const { names } = this.#options;
    const booked: BookedSum = {
      seq,
      id: sum.id,
      agent: names.idOf(sum.agent),
      session: names.idOf(sum.session),
      workspace: names.idOf(sum.workspaceId),
      model: plainModelName(sum.model),
      isOfAllModels: sum.isOfAllModels === true,
      fromMs: Math.round(sum.atMs),
      untilMs: Math.round(sum.atMs) + Math.round(sum.durationMs ?? 0),
      usage: sum.usage,
    };
    this.#keep(booked, this.#all());
    this.#changes.push(this.#changeOf(booked));
  }

  /** A call of the wire is in the books, or is another than it was. */
  noteSeen({ agent, session, startedAtMs: atMs }: CallRecord): void {
    if (this.#all().size === 0) return;
    const { agents, sessions } = this.#summed;
    const mayMatter = agents.has(agent) || sessions.has(session) || namelessAgents.includes(agent);
    if (mayMatter) this.#changes.push({ session, fromMs: atMs, untilMs: atMs });
  }

  /** The same of a call that only a log tells of: it is in no sum but its own session's. */
  noteTold({ session, atMs }: ImportedCall): void {
    if (this.#all().size > 0 && this.#summed.sessions.has(session))
      this.#changes.push({ session, fromMs: atMs, untilMs: atMs });
  }

  /** Rows have gone. */
  noteDeleted(): void {
    this.#sums = null;
    if (this.#all().size > 0)
      this.#changes.push({ session: '', fromMs: Number.NEGATIVE_INFINITY, untilMs: Number.POSITIVE_INFINITY });
  }

  /** Drops what is remembered of a transaction that is over; `isCommitted`: what it wrote is true. */
  forget(isCommitted: boolean): void {
    this.#changes = [];
    if (!isCommitted) this.#sums = null;
  }

  /** Works out what counts of every sum that is concerned. Returns by how much their cost has changed. */
  settle(): number {
    const changes = this.#changes;
    this.#changes = [];
    if (changes.length === 0) return 0;
    let changedNanoUsd = 0;
    for (const sums of groupsOf([...this.#all().values()])) {
      if (!changes.some((change) => sums.some((sum) => this.#isConcerned(sum, change)))) continue;
      for (const [sum, left] of sumRemainders(sums, this.#callsFor(sums))) {
        changedNanoUsd += this.#write(sum as BookedSum, left);
      }
    }
    return changedNanoUsd;
  }

  #all(): Map<number, BookedSum> {
    if (this.#sums !== null) return this.#sums;
    this.#sums = new Map();
    for (const sum of this.#load()) this.#keep(sum, this.#sums);
    return this.#sums;
  }

  #keep(sum: BookedSum, sums: Map<number, BookedSum>): void {
    const { names } = this.#options;
    sums.set(sum.seq, sum);
    this.#summed.agents.add(names.textOf(sum.agent));
    this.#summed.sessions.add(names.textOf(sum.session));
  }

  #load(): readonly BookedSum[] {
    const { statements, names } = this.#options;
    if (statements.get(`${sumNamesSql} LIMIT 1`) === undefined) return [];
    return statements
      .all(`${selectTold} AND pricing IN (${sumNamesSql})`)
      .map((row) => ({ row, modifiers: modifiersOf(names.textOrNull(integerOrNull(row, 'pricing'))) }))
      .filter(({ modifiers }) => modifiers.isSum)
      .map(({ row, modifiers }) => ({
        seq: integerOf(row, 'seq'),
        id: importedOf(row, names, []).id,
        agent: integerOf(row, 'agent'),
        session: integerOf(row, 'session'),
        workspace: integerOf(row, 'workspace'),
        model: plainModelName(names.textOf(integerOf(row, 'model'))),
        isOfAllModels: modifiers.isOfAllModels === true,
        fromMs: integerOf(row, 'started_at_ms'),
        untilMs: integerOf(row, 'ended_at_ms'),
        usage: rawSumOf(statements, row, names).usage,
      }));
  }

  #changeOf({ session, fromMs, untilMs }: BookedSum): Change {
    return { session: this.#options.names.textOf(session), fromMs, untilMs };
  }

  #isConcerned(sum: BookedSum, { session, fromMs, untilMs }: Change): boolean {
    const overlaps = fromMs <= sum.untilMs + sumSlack.afterMs && untilMs >= sum.fromMs - sumSlack.beforeMs;
    return overlaps || this.#options.names.textOf(sum.session) === session;
  }

  #callsFor(sums: readonly ToldSum[]): readonly KnownCall[] {
    const { statements, names } = this.#options;
    const nameless = new Set(
      namelessAgents.flatMap((name) => {
        const row = statements.get('SELECT id FROM names WHERE name = ?', name);
        return row === undefined ? [] : [integerOf(row, 'id')];
      }),
    );
    const agents = [...new Set([...sums.map(({ agent }) => agent), ...nameless])];
    const rows = statements.all(
      `SELECT * FROM calls WHERE started_at_ms BETWEEN ? AND ? AND owner_pid IS NULL
         AND agent IN (${agents.join(', ')}) AND ${isCallOf('calls')}`,
      Math.min(...sums.map(({ fromMs }) => fromMs)) - beforeSessionMs,
      Math.max(...sums.map(({ untilMs }) => untilMs)) + sumSlack.afterMs,
    );
    return rows.map((row) => ({
      id: idText(row),
      agent: integerOf(row, 'agent'),
      isNameless: nameless.has(integerOf(row, 'agent')),
      session: integerOf(row, 'session'),
      isGrouped: isGroupName(names.textOf(integerOf(row, 'session'))),
      isTold: row['source'] === 'transcript',
      workspace: integerOf(row, 'workspace'),
      model: plainModelName(names.textOf(integerOf(row, 'model'))),
      startedAtMs: integerOf(row, 'started_at_ms'),
      usage: usageOf(row),
    }));
  }

  /** Returns by how much the cost has changed. */
  #write({ seq }: BookedSum, left: Usage | null): number {
    const { statements, names, dayOf, price, markStale } = this.#options;
    const row = statements.get(`${selectTold} AND seq = ?`, seq);
    if (row === undefined) return 0;
    const raw = rawSumOf(statements, row, names);
    const counted = left === null ? raw : remainder(raw, left);
    if (sameUsage(usageOf(row), counted.usage) && row['provenance'] === counted.provenance) return 0;
    const { cost } = isNothing(counted.usage) ? { cost: noCost } : priceTold(counted, price);
    statements.prepare(updateTold).run(...toldValues(counted, cost, { names, day: dayOf(raw.atMs) }), seq);
    if (left === null) dropRawSum(statements, seq);
    else this.#keepRaw(seq, raw);
    markStale(integerOf(row, 'day'), integerOf(row, 'session'));
    markStale(dayOf(raw.atMs), integerOf(row, 'session'));
    return (cost.costNanoUsd ?? 0) - (integerOrNull(row, 'cost_nano_usd') ?? 0);
  }

  #keepRaw(seq: number, raw: ImportedCall): void {
    const { statements, names } = this.#options;
    const columns = {
      id: Buffer.from(raw.id, 'hex'),
      call: seq,
      source: 'sum',
      agent: names.idOf(raw.agent),
      session: names.idOf(raw.session),
      started_at_ms: Math.round(raw.atMs),
      model: names.idOf(raw.model),
      provenance: raw.provenance,
      cost_nano_usd: raw.billedNanoUsd,
      ...usageColumns(raw.usage),
    };
    const list = Object.keys(columns);
    statements
      .prepare(`INSERT OR REPLACE INTO sightings (${list.join(', ')}) VALUES (${list.map(() => '?').join(', ')})`)
      .run(...Object.values(columns));
  }
}

/** Forgets that less of a sum counts than its log told, for whoever writes all of it into the row. */
export function dropRawSum(statements: Statements, seq: number): void {
  statements.run(`DELETE FROM sightings WHERE call = ? AND source = 'sum'`, seq);
}

/** What is left is at least what nobody else saw of it. */
function remainder(raw: ImportedCall, usage: Usage): ImportedCall {
  const provenance: UsageProvenance = isNothing(usage) ? 'reported' : 'partial';
  return { ...raw, usage, provenance, billedNanoUsd: null };
}

function isNothing(usage: Usage): boolean {
  const { inputTokens, cacheReadTokens, cacheWrite5mTokens, cacheWrite1hTokens, outputTokens, webSearches } = usage;
  const input = [inputTokens, cacheReadTokens, cacheWrite5mTokens, cacheWrite1hTokens];
  return [...input, outputTokens, webSearches].every((count) => count === 0);
}

/** Sums that one call may be in, or one after another: those of a session, and those that are over one time. */
function groupsOf(sums: readonly BookedSum[]): readonly (readonly BookedSum[])[] {
  const bySession = new Map<number, { fromMs: number; untilMs: number; sums: BookedSum[] }>();
  for (const sum of sums) {
    const known = bySession.get(sum.session) ?? { fromMs: sum.fromMs, untilMs: sum.untilMs, sums: [] };
    known.fromMs = Math.min(known.fromMs, sum.fromMs);
    known.untilMs = Math.max(known.untilMs, sum.untilMs);
    known.sums.push(sum);
    bySession.set(sum.session, known);
  }
  const groups: BookedSum[][] = [];
  let untilMs = Number.NEGATIVE_INFINITY;
  for (const session of [...bySession.values()].toSorted((a, b) => a.fromMs - b.fromMs)) {
    const last = groups.at(-1);
    if (last !== undefined && session.fromMs <= untilMs + sumSlack.beforeMs + sumSlack.afterMs)
      last.push(...session.sums);
    else groups.push([...session.sums]);
    untilMs = Math.max(untilMs, session.untilMs);
  }
  return groups;
}

/** Whether the meter made up a session, since nobody told it one: see `SessionGroups`. */
function isGroupName(session: string): boolean {
  const [agent = '', time = ''] = session.split('#').slice(-2);
  return agent.includes('@') && /^\d{4}-\d\d-\d\dT[\d:]{8}Z$/.test(time);
}

const noCost = {
  costNanoUsd: 0,
  provenance: 'priced',
  split: { inputNanoUsd: 0, cacheNanoUsd: 0, thinkingNanoUsd: 0, outputNanoUsd: 0 },
  rates: [],
  priceVersion: null,
} as const;

function idText(row: SqlRow): string {
  const id = row['id'];
  return id instanceof Uint8Array ? Buffer.from(id).toString('hex') : String(id);
}
