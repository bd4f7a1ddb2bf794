/**
 * Collects what is handed in until `soon` runs its work, and sends all of it together, in order. Between threads a message costs
 * more than what it carries, so that whatever belongs to one turn travels as one. Sends nothing for an empty turn.
 */
export class TurnBatch<Item> {
  readonly #soon: (work: () => void) => void;
  readonly #send: (items: readonly Item[]) => void;
  #items: Item[] = [];

  constructor(soon: (work: () => void) => void, send: (items: readonly Item[]) => void) {
    this.#soon = soon;
    this.#send = send;
  }

  add(item: Item): void {
    this.#items.push(item);
    if (this.#items.length === 1) this.#soon(() => this.flush());
  }

  /** Sends at once what has been collected. */
  flush(): void {
    const items = this.#items;
    if (items.length === 0) return;
    this.#items = [];
    this.#send(items);
  }

  /** Forgets what has not been sent. */
  clear(): void {
    this.#items = [];
  }
}
