/** Whatever starts returns its stop. */
export interface Disposable {
  dispose(): void;
}

/** Collects stops; once disposed, it disposes late arrivals at once. */
export class DisposableList implements Disposable {
  #items: Disposable[] = [];
  #disposed = false;

  push<T extends Disposable>(item: T): T {
    if (this.#disposed) item.dispose();
    else this.#items.push(item);
    return item;
  }

  dispose(): void {
    this.#disposed = true;
    const items = this.#items;
    this.#items = [];
    for (const item of items.reverse()) item.dispose();
  }
}
