import type { BothWaysSums } from '../domain/logCorrection.ts';
import type { SessionBothWays } from '../domain/reconcile.ts';
import type { Names } from './names.ts';
import { integerOf, type SqlRow, type Statements } from './sqlite.ts';

/** A session, as a log names it, with calls that the wire and the log told of. */
export interface SeenBothWays extends SessionBothWays, BothWaysSums {}

/**
 * Sums of the sessions that were seen both ways. They are added up from all sightings once; then only sessions of which something has
 * changed are, which whoever writes says.
 */
export class BothWays {
  readonly #statements: Statements;
  readonly #names: Names;
  #known: Map<number, readonly SeenBothWays[]> | null = null;
  readonly #changed = new Set<number>();

  constructor(statements: Statements, names: Names) {
    this.#statements = statements;
    this.#names = names;
  }

  /** Something was told of a call of this session. */
  noteSession(session: number): void {
    if (this.#known !== null) this.#changed.add(session);
  }

  /** The wire's own view of a call has changed. */
  noteCall(seq: number): void {
    if (this.#known === null) return;
    const rows = this.#statements.all('SELECT session FROM sightings WHERE call = ?', seq);
    for (const row of rows) this.#changed.add(integerOf(row, 'session'));
  }

  /** Anything may have changed. */
  forget(): void {
    this.#known = null;
    this.#changed.clear();
  }

  /** The one with the newest call first. */
  sessions(): readonly SeenBothWays[] {
    if (this.#known === null) this.#known = bySession(this.#statements.all(sumsSql('')), this.#names);
    else this.#mend(this.#known);
    return [...this.#known.values()]
      .flat()
      .sort((a, b) => b.lastCallAtMs - a.lastCallAtMs || (a.session < b.session ? -1 : 1));
  }

  #mend(known: Map<number, readonly SeenBothWays[]>): void {
    for (const session of this.#changed) {
      known.delete(session);
      const rows = this.#statements.all(sumsSql('AND s.session = ?'), session);
      for (const [key, sums] of bySession(rows, this.#names)) known.set(key, sums);
    }
    this.#changed.clear();
  }
}

/** A call that several logs tell of (copies) is told as the fullest of them has it. What the wire did not see to its end teaches nothing. */
function sumsSql(where: string): string {
  return `SELECT session, agent, count(*) AS calls, max(started) AS newest, sum(bound) AS bound,
      sum(iif(is_whole AND told IS NOT NULL, seen, 0)) AS seen, sum(iif(is_whole, ifnull(told, 0), 0)) AS told
    FROM (SELECT s.session AS session, s.agent AS agent, c.started_at_ms AS started, c.output_tokens AS seen,
        c.provenance = 'reported' AND c.output_tokens IS NOT NULL AS is_whole,
        max(s.output_tokens) AS told, min(s.provenance = 'partial') AS bound
      FROM sightings s JOIN calls c ON c.seq = s.call
      WHERE s.source = 'transcript' AND c.source <> 'transcript' AND c.owner_pid IS NULL ${where}
      GROUP BY s.session, s.agent, s.call)
    GROUP BY session, agent`;
}

function bySession(rows: readonly SqlRow[], names: Names): Map<number, readonly SeenBothWays[]> {
  const sessions = new Map<number, readonly SeenBothWays[]>();
  for (const row of rows) {
    const session = integerOf(row, 'session');
    const sums: SeenBothWays = {
      session: names.textOf(session),
      agent: names.textOf(integerOf(row, 'agent')),
      callsBothWays: integerOf(row, 'calls'),
      lastCallAtMs: integerOf(row, 'newest'),
      wireOutputTokens: integerOf(row, 'seen'),
      toldOutputTokens: integerOf(row, 'told'),
      boundCalls: integerOf(row, 'bound'),
    };
    sessions.set(session, [...(sessions.get(session) ?? []), sums]);
  }
  return sessions;
}
