import { DamagedRow, integerOf, type Statements, textOf } from './sqlite.ts';

/**
 * The dictionary of a ledger: every repeated text once, by number. Numbers are never reused, so what is remembered of a committed
 * name stays true; after a rollback `forget` drops what may not have been committed.
 */
export class Names {
  readonly #statements: Statements;
  readonly #ids = new Map<string, number>();
  readonly #texts = new Map<number, string>();

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  /** The number of a text, which is added where it is new; only inside a write transaction. */
  idOf(text: string): number {
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    const row = this.#statements.get('SELECT id FROM names WHERE name = ?', text);
    const id = row === undefined ? this.#add(text) : integerOf(row, 'id');
    this.#remember(id, text);
    return id;
  }

  idOrNull(text: string | null): number | null {
    return text === null ? null : this.idOf(text);
  }

  textOf(id: number): string {
    const known = this.#texts.get(id);
    if (known !== undefined) return known;
    const row = this.#statements.get('SELECT name FROM names WHERE id = ?', id);
    if (row === undefined) throw new DamagedRow(`name ${id} is missing`);
    const text = textOf(row, 'name');
    this.#remember(id, text);
    return text;
  }

  textOrNull(id: number | null): string | null {
    return id === null ? null : this.textOf(id);
  }

  forget(): void {
    this.#ids.clear();
    this.#texts.clear();
  }

  #add(text: string): number {
    return Number(this.#statements.prepare('INSERT INTO names (name) VALUES (?)').run(text).lastInsertRowid);
  }

  #remember(id: number, text: string): void {
    // Sessions come and go for as long as the meter runs; starting over costs one look-up a name.
    if (this.#ids.size >= 10_000) this.forget();
    this.#ids.set(text, id);
    this.#texts.set(id, text);
  }
}
