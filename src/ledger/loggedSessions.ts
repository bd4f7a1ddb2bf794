import { integerOrNull, type Statements } from './sqlite.ts';

/** When the wire saw calls of a session. */
export interface WireSpan {
  readonly fromMs: number;
  readonly untilMs: number;
}

/**
 * Which sessions logs tell of, by the numbers of their names. Each is looked up once: the index on days and sessions is entered once a
 * day of the books, which takes some hundred steps for a year.
 */
export class LoggedSessions {
  readonly #statements: Statements;
  readonly #isLogged = new Map<number, boolean>();
  /** When the transaction began; null where nobody knows. Numbers of names only grow. */
  #newestName: number | null = null;
  #newestSoFar: number | null = null;

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  has(session: number): boolean {
    const known = this.#isLogged.get(session);
    if (known !== undefined) return known;
    const isLogged = this.#isSighted(session) || this.#isTold(session);
    this.#isLogged.set(session, isLogged);
    return isLogged;
  }

  /** A log tells of this session. Returns when the wire saw calls of it that nobody could place before; null where there are none. */
  add(session: number): WireSpan | null {
    const before = this.#isLogged.get(session);
    this.#isLogged.set(session, true);
    if (before === true) return null;
    // A name that came with this log is nobody else's.
    if (before === undefined && this.#newestName !== null && session > this.#newestName) return null;
    return this.#wireSpan(session);
  }

  /** What a log told of this session is another's. Returns when the wire saw calls of it; null where there are none. */
  remove(session: number): WireSpan | null {
    this.#isLogged.delete(session);
    return this.#wireSpan(session);
  }

  /** All sessions of the transaction have their names. To be called before the commit, since nothing may fail after it. */
  noteNames(): void {
    const row = this.#statements.get('SELECT max(id) AS newest FROM names');
    this.#newestSoFar = row === undefined ? null : integerOrNull(row, 'newest');
  }

  /** What was written is true. Names that are made from now on are new to the books. */
  noteCommit(): void {
    this.#newestName = this.#newestSoFar;
    this.#newestSoFar = null;
  }

  /** Sessions may have gone, or not have been kept. */
  forget(): void {
    this.#isLogged.clear();
    this.#newestName = null;
    this.#newestSoFar = null;
  }

  #wireSpan(session: number): WireSpan | null {
    const row = this.#statements.get(
      `${days} SELECT min(c.started_at_ms) AS from_ms, max(c.started_at_ms) AS until_ms
       FROM days d CROSS JOIN calls c ON c.day = d.day AND c.session = ? WHERE c.source <> 'transcript'`,
      session,
    );
    const fromMs = row === undefined ? null : integerOrNull(row, 'from_ms');
    const untilMs = row === undefined ? null : integerOrNull(row, 'until_ms');
    return fromMs === null || untilMs === null ? null : { fromMs, untilMs };
  }

  #isSighted(session: number): boolean {
    const sql = `SELECT 1 FROM sightings WHERE session = ? AND source <> 'host' LIMIT 1`;
    return this.#statements.get(sql, session) !== undefined;
  }

  #isTold(session: number): boolean {
    const sql = `${days} SELECT 1 FROM days d CROSS JOIN calls c ON c.day = d.day AND c.session = ?
      WHERE c.source = 'transcript' LIMIT 1`;
    return this.#statements.get(sql, session) !== undefined;
  }
}

/** The days of the books, each found from the one before it. */
const days = `WITH RECURSIVE days (day) AS (SELECT min(day) FROM calls
  UNION ALL SELECT (SELECT min(day) FROM calls WHERE day > days.day) FROM days WHERE days.day IS NOT NULL)`;
