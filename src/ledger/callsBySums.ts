import { plainModelName } from '../domain/sameModel.ts';
import { usageOf } from './callRow.ts';
import type { LoggedSessions } from './loggedSessions.ts';
import { namelessAgents } from './namelessAgents.ts';
import type { Names } from './names.ts';
import { integerOf, type SqlRow, type Statements } from './sqlite.ts';
import { type KnownCall, sumSlack, type ToldSum } from './sumRemainders.ts';
import { isCallOf } from './toldRecord.ts';

export interface CallsBySumsOptions {
  readonly statements: Statements;
  readonly names: Names;
  readonly logged: LoggedSessions;
}

/** What a log tells of a call that the wire saw. */
export interface Telling {
  readonly agent: number;
  readonly session: number;
  readonly atMs: number;
}

/** Calls of a session may have been made before the log's own begin of it. */
const beforeSessionMs = 86_400_000;

/** Finds the calls that may be in sums, and whose they are as far as anybody knows. */
export class CallsBySums {
  readonly #options: CallsBySumsOptions;

  constructor(options: CallsBySumsOptions) {
    this.#options = options;
  }

  /** `subAgents`: of all sums of the books, since the wire may take their ids for sessions. */
  of(sums: readonly ToldSum[], subAgents: ReadonlySet<number | null>): readonly KnownCall[] {
    const { statements, names } = this.#options;
    const nameless = this.#namelessIds();
    const agents = [...new Set([...sums.map(({ agent }) => agent), ...nameless])];
    const rows = statements.all(
      `SELECT * FROM calls WHERE started_at_ms BETWEEN ? AND ? AND owner_pid IS NULL
         AND agent IN (${agents.join(', ')}) AND ${isCallOf('calls')}`,
      Math.min(...sums.map(({ fromMs }) => fromMs)) - beforeSessionMs,
      Math.max(...sums.map(({ untilMs }) => untilMs)) + sumSlack.afterMs,
    );
    const seen = rows.filter(({ source }) => source !== 'transcript').map((row) => integerOf(row, 'seq'));
    const tellings = this.tellings(seen);
    return rows.map((row): KnownCall => {
      const telling = tellings.get(integerOf(row, 'seq'));
      const isTold = row['source'] === 'transcript' || telling !== undefined;
      const session = telling?.session ?? integerOf(row, 'session');
      return {
        id: idText(row),
        agent: telling?.agent ?? integerOf(row, 'agent'),
        isNameless: nameless.has(integerOf(row, 'agent')),
        session,
        isUnplaced: !isTold && !subAgents.has(session) && this.#isUnplaced(session),
        isTold,
        workspace: integerOf(row, 'workspace'),
        provider: names.textOf(integerOf(row, 'provider')),
        model: plainModelName(names.textOf(integerOf(row, 'model'))),
        startedAtMs: telling?.atMs ?? integerOf(row, 'started_at_ms'),
        usage: usageOf(row),
      };
    });
  }

  /** What logs tell of these calls of the wire: for each the log that tells of it first. */
  tellings(calls: readonly number[]): ReadonlyMap<number, Telling> {
    const tellings = new Map<number, Telling>();
    if (calls.length === 0) return tellings;
    const rows = this.#options.statements.all(
      `SELECT call, agent, session, started_at_ms FROM sightings WHERE source IN ('transcript', 'assumed')
         AND call IN (SELECT value FROM json_each(?)) ORDER BY started_at_ms DESC, id DESC`,
      JSON.stringify(calls),
    );
    for (const row of rows) {
      const atMs = integerOf(row, 'started_at_ms');
      const telling = { agent: integerOf(row, 'agent'), session: integerOf(row, 'session'), atMs };
      tellings.set(integerOf(row, 'call'), telling);
    }
    return tellings;
  }

  #namelessIds(): ReadonlySet<number> {
    const { statements } = this.#options;
    const places = namelessAgents.map(() => '?').join(', ');
    const rows = statements.all(`SELECT id FROM names WHERE name IN (${places})`, ...namelessAgents);
    return new Set(rows.map((row) => integerOf(row, 'id')));
  }

  #isUnplaced(session: number): boolean {
    const { names, logged } = this.#options;
    return isGroupName(names.textOf(session)) || !logged.has(session);
  }
}

/** Whether the meter made up a session, since nobody told it one: see `SessionGroups`. */
function isGroupName(session: string): boolean {
  const [agent = '', time = ''] = session.split('#').slice(-2);
  return agent.includes('@') && /^\d{4}-\d\d-\d\dT[\d:]{8}Z$/.test(time);
}

function idText(row: SqlRow): string {
  const id = row['id'];
  return id instanceof Uint8Array ? Buffer.from(id).toString('hex') : String(id);
}
