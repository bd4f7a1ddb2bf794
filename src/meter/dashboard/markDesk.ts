import type { Comparison, ModelSummary } from '../../analysis/contract.ts';
import { type DashboardData, defaultDashboardQuery } from '../../protocol/dashboard.ts';
import type { ModelMark } from '../../protocol/snapshot.ts';
import type { DashboardOffice } from './dashboardOffice.ts';

/** A task that ends is often followed by another: one comparison for all of them. */
const SETTLE_MS = 3_000;

export interface MarkDeskOptions {
  readonly office: Pick<DashboardOffice, 'ask'>;
  readonly onChange: () => void;
  readonly log: (line: string) => void;
}

/**
 * What the sidebar says of models beside their spend, from the comparison that the dashboard begins with. Worked out some seconds after
 * runs may have changed, never because of a call, and never while nobody looks: it takes a thread, and with it 20 MB for a while.
 */
export class MarkDesk {
  readonly #options: MarkDeskOptions;
  #marks: readonly ModelMark[] = [];
  #timer: NodeJS.Timeout | null = null;
  #isOld = true;
  #isClosed = false;

  constructor(options: MarkDeskOptions) {
    this.#options = options;
  }

  /** The marks as they are known. Whoever asks for them sets off, some seconds later, what brings them up to date. */
  all(): readonly ModelMark[] {
    if (this.#isOld) this.#look();
    return this.#marks;
  }

  /** Runs may have changed. */
  runsChanged(): void {
    this.#isOld = true;
  }

  #look(): void {
    if (this.#isClosed || this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#isOld = false;
      this.#compare().catch((error: unknown) => {
        if (!this.#isClosed) this.#options.log(`models were not compared: ${String(error)}`);
      });
    }, SETTLE_MS);
    this.#timer.unref();
  }

  close(): void {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  async #compare(): Promise<void> {
    for (;;) {
      const answer = await this.#options.office.ask(defaultDashboardQuery);
      if (this.#isClosed) return;
      if (answer.state === 'ready') return this.#take(answer.data);
    }
  }

  #take({ comparison }: DashboardData): void {
    const marks = modelMarks(comparison);
    if (JSON.stringify(marks) === JSON.stringify(this.#marks)) return;
    this.#marks = marks;
    this.#options.onChange();
  }
}

/** One mark a model of which something can be said; nothing of a model that was compared with none. */
export function modelMarks({ models }: Pick<Comparison, 'models'>): readonly ModelMark[] {
  if (models.length < 2) return [];
  const labels = new Map(models.map(({ key, label }) => [key, label]));
  return models.flatMap((model): readonly ModelMark[] => {
    const texts = textsOf(model, (key) => labels.get(key) ?? key);
    // What tells the model from others of its name: the sidebar has one row for all of them.
    const which = model.label.slice(model.model.length).trim();
    const text = texts.join('; ');
    return texts.length === 0 ? [] : [{ model: model.model, text: which === '' ? text : `${which}: ${text}` }];
  });
}

function textsOf(model: ModelSummary, label: (key: string) => string): readonly string[] {
  const against = model.reversedAgainst.map(label);
  const reversed = against.length === 0 ? [] : [`lists less than ${against.join(', ')} and costs more`];
  if (model.isOnFrontier === null) return reversed;
  return [...reversed, model.isOnFrontier ? 'on the cost-success frontier' : 'not on the cost-success frontier'];
}
