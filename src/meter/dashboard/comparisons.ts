import { join } from 'node:path';
import type { Clock } from '../../domain/clock.ts';
import type { DashboardAnswer, DashboardQuery } from '../../protocol/dashboard.ts';
import type { ModelMark } from '../../protocol/snapshot.ts';
import type { SnapshotSource } from '../snapshot/snapshotSource.ts';
import { DashboardOffice } from './dashboardOffice.ts';
import { MarkDesk } from './markDesk.ts';

export interface ComparisonsOptions {
  readonly dataDir: string;
  readonly workerDir: string;
  readonly clock: Clock;
  readonly log: (line: string) => void;
  /** Shows the marks. */
  readonly snapshots: Pick<SnapshotSource, 'changed' | 'booksChanged'>;
}

/** All that a meter has about comparing models: dashboards for whoever asks, and the marks that snapshots carry. */
export class Comparisons {
  readonly #office: DashboardOffice;
  readonly #marks: MarkDesk;
  readonly #snapshots: ComparisonsOptions['snapshots'];
  #priceOverrides: unknown = [];

  constructor({ dataDir, workerDir, clock, log, snapshots }: ComparisonsOptions) {
    this.#snapshots = snapshots;
    this.#office = new DashboardOffice({
      workerPath: join(workerDir, 'dashboardWorker.js'),
      dataDir,
      clock,
      priceOverrides: () => this.#priceOverrides,
    });
    this.#marks = new MarkDesk({ office: this.#office, onChange: () => snapshots.changed(), log });
  }

  marks(): readonly ModelMark[] {
    return this.#marks.all();
  }

  ask(query: DashboardQuery, isAgain: boolean): Promise<DashboardAnswer> {
    return this.#office.ask(query, isAgain);
  }

  cancel(query: DashboardQuery): Promise<void> {
    return this.#office.cancel(query);
  }

  setPriceOverrides(overrides: unknown): void {
    this.#priceOverrides = overrides;
    this.#office.booksChanged();
  }

  /** Told by the snapshots. */
  booksChanged(): void {
    this.#office.booksChanged();
  }

  /** A task or an import has changed, and the books with it. */
  runsChanged(): void {
    this.#marks.runsChanged();
    this.#snapshots.booksChanged();
  }

  async close(): Promise<void> {
    this.#marks.close();
    await this.#office.close();
  }
}
