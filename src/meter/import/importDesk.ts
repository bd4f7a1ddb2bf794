import { homedir } from 'node:os';
import type { ImportParams, ImportReport, ImportState } from '../../protocol/imports.ts';
import type { Place } from '../../readers/contract.ts';
import { readers } from '../../readers/registry.ts';
import type { ImportProgress } from './importLogs.ts';
import { addReports } from './importReport.ts';
import type { ImportThread } from './importThread.ts';

/** Where the user's own logs are. Of the environment only what moves logs is taken. */
export function ownPlace(env: Place['env']): Place {
  const variables = new Set(readers.flatMap((reader) => reader.variables));
  const kept = Object.entries(env).filter(([name]) => variables.has(name));
  return { homeDir: homedir(), env: Object.fromEntries(kept), platform: process.platform, isOwn: true };
}

/** What clients may ask about logs. */
export class ImportDesk {
  readonly #thread: ImportThread;
  readonly #own: Place;
  #running = 0;
  #isReading = false;
  /** The import of all of the user's own logs that runs; whoever asks for one meanwhile gets the same. */
  #ownImport: Promise<ImportReport> | null = null;
  /** What the import brought that began with the reading and that nobody asked for. */
  #untold: ImportReport | null = null;
  #isAwaited = false;
  #progress: ImportProgress = { files: 0, filesDone: 0 };

  /** `own` is where the user's own logs are. */
  constructor(thread: ImportThread, own: Place) {
    this.#thread = thread;
    this.#own = own;
  }

  import(params: ImportParams): Promise<ImportReport> {
    if (params.homeDir !== null || params.agent !== null) return this.#import(params);
    this.#isAwaited = true;
    const report = this.#importOwn();
    const untold = this.#untold;
    if (params.withUntold !== true || untold === null) return report;
    this.#untold = null;
    return report.then((later) => addReports(untold, later));
  }

  #importOwn(): Promise<ImportReport> {
    this.#ownImport ??= this.#import({ homeDir: null, agent: null }).finally(() => {
      this.#ownImport = null;
    });
    return this.#ownImport;
  }

  async #import({ homeDir, agent }: ImportParams): Promise<ImportReport> {
    if (this.#running++ === 0) this.#progress = { files: 0, filesDone: 0 };
    try {
      return await this.#thread.import(
        homeDir === null ? this.#own : { ...this.#own, homeDir, env: {}, isOwn: false },
        agent,
      );
    } finally {
      this.#running--;
    }
  }

  get state(): ImportState {
    return { isRunning: this.#running > 0, ...this.#progress };
  }

  noteProgress(progress: ImportProgress): void {
    this.#progress = progress;
  }

  cancel(): void {
    this.#thread.cancel();
  }

  /** Reads the user's own logs from now on, or no more. */
  setReading(isOn: boolean): void {
    if (isOn === this.#isReading) return;
    this.#isReading = isOn;
    if (!isOn) {
      this.#thread.follow(null);
      return;
    }
    const follow = (): void => {
      if (this.#isReading) this.#thread.follow(this.#own);
    };
    if (this.#ownImport === null) this.#isAwaited = false;
    this.#importOwn().then((report) => {
      if (!this.#isAwaited) this.#untold = report;
      follow();
    }, follow);
  }
}
