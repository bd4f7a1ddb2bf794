import type {
  DashboardAnswer,
  DashboardData,
  DashboardQuery,
  DashboardRequests,
  DashboardState,
} from '../../protocol/dashboard.ts';
import type { SidebarState } from '../../protocol/sidebar.ts';

/** What the desk needs of its window. */
export interface DashboardDeskParts {
  ask<Name extends keyof DashboardRequests>(
    name: Name,
    params: DashboardRequests[Name]['params'],
  ): Promise<DashboardRequests[Name]['result']>;
  /** Resolves after a while, between two questions about the same work. */
  wait(): Promise<void>;
  onChange(state: DashboardState): void;
}

/**
 * Gets the figures of one panel from the meter, where they are worked out: asks, goes on asking while the meter works, and lets it be
 * when the user cancels or chooses something else. What it holds is always whole: the last data, and what happens to it.
 */
export class DashboardDesk {
  readonly #parts: DashboardDeskParts;
  #query: DashboardQuery;
  #meter: DashboardState['meter'] = 'starting';
  #meterText = '';
  #demo = false;
  #data: DashboardData | null = null;
  #progress: number | null = null;
  #problem: string | null = null;
  /** What the books looked like, now and when the data was asked for. */
  #books = '';
  #booksOfData = '';
  /** Counts questions: an answer to an old one is dropped. */
  #turn = 0;

  constructor(query: DashboardQuery, parts: DashboardDeskParts) {
    this.#query = query;
    this.#parts = parts;
  }

  get state(): DashboardState {
    const isReachable = this.#meter === 'running';
    return {
      meter: this.#meter,
      problem: isReachable || this.#meter === 'starting' ? this.#problem : this.#meterText,
      data: this.#data,
      progress: this.#progress,
      isStale: this.#data !== null && this.#books !== this.#booksOfData,
      demo: this.#demo,
    };
  }

  /** Takes over what the window knows of the meter; asks as soon as it runs. */
  show(state: SidebarState): void {
    const before = this.#meter;
    this.#meter = state.meter;
    this.#meterText = state.meterText;
    this.#demo = state.demo;
    this.#books = booksOf(state);
    if (this.#meter === 'running' && before !== 'running') this.refresh();
    else if (this.#meter !== 'running' && before === 'running') this.#stop();
    this.#changed();
  }

  /** Asks for something else, or for the same; `again` has it worked out anew, whatever the meter has kept. */
  refresh(query: DashboardQuery = this.#query, again = false): void {
    this.#query = query;
    if (this.#meter !== 'running') return;
    this.#turn += 1;
    this.#problem = null;
    this.#progress = 0;
    this.#booksOfData = this.#books;
    void this.#follow(this.#turn, again);
    this.#changed();
  }

  /** Removes an import and works the figures out without it. Where it cannot be removed, the figures stay and say why. */
  async removeImport(name: string): Promise<void> {
    try {
      await this.#parts.ask('removeImport', { name });
      this.refresh(this.#query, true);
    } catch (error) {
      this.#problem = `The import “${name}” could not be removed: ${error instanceof Error ? error.message : String(error)}`;
      this.#changed();
    }
  }

  /** Ends the work; the last figures stay. */
  cancel(): void {
    if (this.#progress === null) return;
    this.#stop();
    this.#problem = this.#data === null ? 'Cancelled before there was a figure.' : null;
    this.#parts.ask('cancelDashboard', { query: this.#query }).catch(() => undefined);
    this.#changed();
  }

  /** Nobody looks any more. */
  dispose(): void {
    this.#stop();
  }

  #stop(): void {
    this.#turn += 1;
    this.#progress = null;
  }

  async #follow(turn: number, isAnew: boolean): Promise<void> {
    const query = this.#query;
    let again = isAnew;
    try {
      for (;;) {
        const answer: DashboardAnswer = await this.#parts.ask('dashboard', { query, again });
        again = false;
        if (turn !== this.#turn) return;
        if (answer.state === 'ready') {
          this.#data = answer.data;
          this.#progress = null;
          return this.#changed();
        }
        this.#progress = answer.doneShare;
        this.#changed();
        await this.#parts.wait();
        if (turn !== this.#turn) return;
      }
    } catch (error) {
      if (turn !== this.#turn) return;
      this.#progress = null;
      this.#problem = `The figures could not be worked out: ${error instanceof Error ? error.message : String(error)}`;
      this.#changed();
    }
  }

  #changed(): void {
    this.#parts.onChange(this.state);
  }
}

/** Changes when a call is booked or a task ends; not while one streams. */
function booksOf({ snapshot }: SidebarState): string {
  if (snapshot === null) return '';
  const done = snapshot.tasks.tasks.filter(({ task }) => task.state !== 'open').map(({ task }) => task.id);
  return JSON.stringify([snapshot.recent[0]?.id ?? null, done]);
}
