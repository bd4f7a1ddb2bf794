import type { CallRecord, UsageProvenance } from '../domain/call.ts';
import { sameUsage } from '../domain/mergeUsage.ts';
import { plainModelName } from '../domain/sameModel.ts';
import type { Usage } from '../domain/usage.ts';
import { usageColumns, usageOf } from './callRow.ts';
import { CallsBySums } from './callsBySums.ts';
import type { ImportedCall, PriceImported } from './importContract.ts';
import type { DayOf } from './localDay.ts';
import { LoggedSessions } from './loggedSessions.ts';
import { namelessAgents } from './namelessAgents.ts';
import type { Names } from './names.ts';
import { priceTold } from './priceTold.ts';
import { integerOf, integerOrNull, type Statements } from './sqlite.ts';
import { sumRemainders, sumSlack, type ToldSum } from './sumRemainders.ts';
import { importedOf, rawSumOf, selectTold } from './toldImported.ts';
import { modifiersOf, sumNamesSql } from './toldRecord.ts';
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

/** What `sellerOf` says of a log that names no provider. */
const unnamedProvider = 'unnamed';

/**
 * Lets sums that logs tell count only for what is not in the books call by call. The row of a sum has what counts of it; what the log told
 * is kept as a sighting of the row's own, of the source "sum", wherever the two differ. Remainders are worked out anew from all that
 * they depend on, before the commit, so that no order of arrival matters. Everything must run inside a transaction.
 */
export class ToldSums {
  readonly #options: ToldSumsOptions;
  readonly #logged: LoggedSessions;
  readonly #calls: CallsBySums;
  /** Every sum of the books, by its row; null until it is asked for. Books without sums need none of this. */
  #sums: Map<number, BookedSum> | null = null;
  #changes: Change[] = [];
  /** Sessions, by name, that a call or a sum of a log is none of any more: no log may tell of them now. */
  readonly #left = new Set<string>();
  /** Whose sums there are, by their names: most calls are nobody's of these. Some may be gone by now. */
  readonly #summed = { agents: new Set<string>(), sessions: new Set<string>() };

  constructor(options: ToldSumsOptions) {
    this.#options = options;
    this.#logged = new LoggedSessions(options.statements);
    this.#calls = new CallsBySums({ ...options, logged: this.#logged });
  }

  /** A sum is in the books, or is more than it was before, or another session's; null for one that is new to them. */
  noteSum(seq: number, sum: ImportedCall, before: ImportedCall | null): void {
    const { names } = this.#options;
    const booked: BookedSum = {
      seq,
      id: sum.id,
      agent: names.idOf(sum.agent),
      session: names.idOf(sum.session),
      subAgent: names.idOrNull(sum.subAgent),
      workspace: names.idOf(sum.workspaceId),
      provider: providerOf(sum.provider),
      model: plainModelName(sum.model),
      isOfAllModels: sum.isOfAllModels === true,
      ...spanOf(sum),
      usage: sum.usage,
    };
    this.#keep(booked, this.#all());
    for (const told of before === null ? [sum] : [before, sum])
      this.#changes.push({ session: told.session, ...spanOf(told) });
    this.#noteLogged(booked.session);
    if (booked.subAgent !== null) this.#noteLogged(booked.subAgent);
    for (const id of [before?.session ?? null, before?.subAgent ?? null])
      if (id !== null && id !== sum.session && id !== sum.subAgent) this.noteLeft(id);
  }

  /** A call of the wire is in the books, or is another than it was, with whatever logs tell of it. */
  noteSeen({ agent, session, startedAtMs: atMs }: CallRecord, seq: number): void {
    if (this.#all().size === 0) return;
    const { agents, sessions } = this.#summed;
    const isSighted = this.#calls.tellings([seq]).has(seq);
    const mayMatter = agents.has(agent) || sessions.has(session) || namelessAgents.includes(agent);
    if (isSighted || mayMatter) this.#noteWire(seq, { session, fromMs: atMs, untilMs: atMs });
  }

  /** A log has told something new of a call of the wire. */
  noteSighted(seq: number): void {
    if (this.#all().size === 0) return;
    const row = this.#options.statements.get('SELECT session, started_at_ms FROM calls WHERE seq = ?', seq);
    if (row === undefined) return;
    const atMs = integerOf(row, 'started_at_ms');
    const session = this.#options.names.textOf(integerOf(row, 'session'));
    this.#noteWire(seq, { session, fromMs: atMs, untilMs: atMs });
  }

  /** A call that only logs tell of is in the books, or is another than it was: it is in no sum but its own session's. */
  noteTold({ session, atMs }: ImportedCall): void {
    if (this.#all().size === 0) return;
    if (this.#summed.sessions.has(session)) this.#changes.push({ session, fromMs: atMs, untilMs: atMs });
    this.#noteLogged(this.#options.names.idOf(session));
  }

  /** What a log tells of was this session's, and is another's by now. */
  noteLeft(session: string): void {
    if (this.#all().size > 0) this.#left.add(session);
  }

  /** Rows have gone. */
  noteDeleted(): void {
    this.#sums = null;
    this.#logged.forget();
    if (this.#all().size > 0)
      this.#changes.push({ session: '', fromMs: Number.NEGATIVE_INFINITY, untilMs: Number.POSITIVE_INFINITY });
  }

  /** Drops what is remembered of a transaction that is over; `isCommitted`: what it wrote is true. */
  forget(isCommitted: boolean): void {
    this.#changes = [];
    this.#left.clear();
    if (isCommitted) {
      this.#logged.noteCommit();
      return;
    }
    this.#sums = null;
    this.#logged.forget();
  }

  /** Works out what counts of every sum that is concerned. Returns by how much their cost has changed. */
  settle(): number {
    if (this.#sums !== null && this.#sums.size > 0) this.#logged.noteNames();
    for (const session of this.#left) {
      const span = this.#logged.remove(this.#options.names.idOf(session));
      if (span !== null) this.#changes.push({ session, ...span });
    }
    this.#left.clear();
    const changes = this.#changes;
    this.#changes = [];
    if (changes.length === 0) return 0;
    const subAgents = new Set([...this.#all().values()].map(({ subAgent }) => subAgent));
    let changedNanoUsd = 0;
    for (const sums of groupsOf([...this.#all().values()])) {
      if (!changes.some((change) => sums.some((sum) => this.#isConcerned(sum, change)))) continue;
      for (const [sum, left] of sumRemainders(sums, this.#calls.of(sums, subAgents))) {
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
    if (sum.subAgent !== null) this.#summed.sessions.add(names.textOf(sum.subAgent));
  }

  #noteWire(seq: number, change: Change): void {
    this.#changes.push(change);
    for (const { session, atMs } of this.#calls.tellings([seq]).values()) {
      this.#changes.push({ session: this.#options.names.textOf(session), fromMs: atMs, untilMs: atMs });
      this.#noteLogged(session);
    }
  }

  /** Calls of the wire that could be anybody's are this session's from now on, whatever their time. */
  #noteLogged(session: number): void {
    const span = this.#logged.add(session);
    if (span !== null) this.#changes.push({ session: this.#options.names.textOf(session), ...span });
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
        subAgent: integerOrNull(row, 'sub_agent'),
        workspace: integerOf(row, 'workspace'),
        provider: providerOf(names.textOf(integerOf(row, 'provider'))),
        model: plainModelName(names.textOf(integerOf(row, 'model'))),
        isOfAllModels: modifiers.isOfAllModels === true,
        fromMs: integerOf(row, 'started_at_ms'),
        untilMs: integerOf(row, 'ended_at_ms'),
        usage: rawSumOf(statements, row, names).usage,
      }));
  }

  #isConcerned(sum: BookedSum, { session, fromMs, untilMs }: Change): boolean {
    const overlaps = fromMs <= sum.untilMs + sumSlack.afterMs && untilMs >= sum.fromMs - sumSlack.beforeMs;
    const { names } = this.#options;
    return overlaps || names.textOf(sum.session) === session || names.textOrNull(sum.subAgent) === session;
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

/** The time that a sum is over. */
function spanOf({ atMs, durationMs }: Pick<ImportedCall, 'atMs' | 'durationMs'>): Omit<Change, 'session'> {
  const fromMs = Math.round(atMs);
  return { fromMs, untilMs: fromMs + Math.round(durationMs ?? 0) };
}

function providerOf(name: string): string | null {
  return name === unnamedProvider ? null : name;
}

const noCost = {
  costNanoUsd: 0,
  provenance: 'priced',
  split: { inputNanoUsd: 0, cacheNanoUsd: 0, thinkingNanoUsd: 0, outputNanoUsd: 0 },
  rates: [],
  priceVersion: null,
} as const;
