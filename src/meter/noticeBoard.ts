import type { Notice } from '../protocol/snapshot.ts';

const KEPT_NOTICES = 20;

/** The sentences that surfaces show, one an id; a newer text replaces an older one, and `clear` takes it away. */
export class NoticeBoard {
  readonly #notices = new Map<string, Notice>();
  readonly #onChange: () => void;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  post(notice: Notice): void {
    const known = this.#notices.get(notice.id);
    if (known && known.text === notice.text && known.severity === notice.severity) return;
    this.#notices.set(notice.id, notice);
    if (this.#notices.size > KEPT_NOTICES) this.#drop();
    this.#onChange();
  }

  /** Whatever an agent can make many of is informational and goes first. */
  #drop(): void {
    const all = [...this.#notices.values()];
    const dropped = all.find(({ severity }) => severity === 'info') ?? all[0];
    if (dropped) this.#notices.delete(dropped.id);
  }

  clear(id: string): void {
    if (this.#notices.delete(id)) this.#onChange();
  }

  all(): readonly Notice[] {
    return [...this.#notices.values()];
  }
}
