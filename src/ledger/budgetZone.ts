import { type Statements, textOf } from './sqlite.ts';

/**
 * The time zone that days and months of accounts are in: the one that the user's limits name, else the ledger's own. It is read once
 * and follows each policy that is saved.
 */
export class BudgetZone {
  readonly #fallback: string | null;
  #named: string | null;

  constructor(fallback: string | null) {
    this.#fallback = fallback;
    this.#named = null;
  }

  /** Null for the machine's own. */
  get name(): string | null {
    return this.#named ?? this.#fallback;
  }

  read(statements: Statements): void {
    // A ledger of the first version has no such table.
    const hasPolicy = statements.get(`SELECT 1 FROM sqlite_schema WHERE name = 'policy'`) !== undefined;
    const row = hasPolicy ? statements.get('SELECT value FROM policy') : undefined;
    this.follow(row === undefined ? null : parsed(textOf(row, 'value')));
  }

  /** Takes the zone of a policy; one that does not exist counts as none. */
  follow(policy: unknown): void {
    const zone = typeof policy === 'object' && policy !== null && 'timeZone' in policy ? policy.timeZone : null;
    this.#named = typeof zone === 'string' && exists(zone) ? zone : null;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function exists(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
