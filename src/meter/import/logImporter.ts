import type { ImportReport } from '../../protocol/imports.ts';
import type { Place, Reader } from '../../readers/contract.ts';
import { foundAgain } from '../../readers/findLogs.ts';
import type { AgentLog } from './findHomeLogs.ts';
import { findHomeLogs } from './findHomeLogs.ts';
import { hasChanged, type ImportBooks, type ImportOptions, type ImportProgress, importLogs } from './importLogs.ts';
import { importReportOf } from './importReport.ts';
import { LogWatch, type WatchFolder } from './logWatch.ts';

export interface LogImporterOptions {
  readonly readers: readonly Reader[];
  readonly books: ImportBooks;
  readonly startReading: ImportOptions['startReading'];
  readonly watchFolder: WatchFolder;
  readonly nowMs: () => number;
  readonly onProgress: (progress: ImportProgress) => void;
  readonly log: (sentence: string) => void;
}

/** Logs that were written to within this time are looked at with every look. */
const freshMs = 3_600_000;
const lookEveryMs = 3000;
const walkEveryMs = 60_000;

/**
 * Imports logs and follows them. One thing at a time, in the order in which it was asked for: what two imports book at once would be
 * right, but each would read what the other reads.
 */
export class LogImporter {
  readonly #options: LogImporterOptions;
  #running: Promise<unknown> = Promise.resolve();
  #cancel = new AbortController();
  #place: Place | null = null;
  #watch: LogWatch | null = null;
  #timer: NodeJS.Timeout | null = null;
  #logs: ReadonlyMap<string, AgentLog> = new Map();
  #walkedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: LogImporterOptions) {
    this.#options = options;
  }

  /** Rejects with a sentence where the books refuse. */
  import(place: Place, agent: string | null): Promise<ImportReport> {
    return this.#inTurn(async () => {
      this.#cancel = new AbortController();
      const { readers, books, startReading, onProgress } = this.#options;
      const chosen = readers.filter((reader) => agent === null || reader.agent === agent);
      const { signal } = this.#cancel;
      return importReportOf(await importLogs({ readers: chosen, place, books, startReading, onProgress, signal }));
    });
  }

  /** Ends the import that is running after the logs that it is reading; the next one goes on from there. */
  cancel(): void {
    this.#cancel.abort();
  }

  /** Books what is written to the logs of a place from now on; null follows nothing. */
  follow(place: Place | null): void {
    this.#place = place;
    this.#watch?.dispose();
    this.#watch = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#logs = new Map();
    this.#walkedAtMs = Number.NEGATIVE_INFINITY;
    if (place === null) return;
    this.#watch = new LogWatch({ watchFolder: this.#options.watchFolder, onChange: (paths) => this.#changed(paths) });
    this.#look();
  }

  dispose(): void {
    this.cancel();
    this.follow(null);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#running.then(work);
    this.#running = done.catch(() => undefined);
    return done;
  }

  /** Files that nobody announces (network folders, too many watchers) are found by looking. */
  #look(): void {
    void this.#inTurn(async () => {
      const nowMs = this.#options.nowMs();
      if (nowMs - this.#walkedAtMs >= walkEveryMs) await this.#walk();
      else {
        const fresh = [...this.#logs.values()].filter(({ log }) => nowMs - log.mtimeMs < freshMs);
        await this.#read(fresh.map(({ log }) => log.path));
      }
    })
      .catch((error: unknown) => this.#options.log(`logs were not followed: ${String(error)}`))
      .finally(() => {
        if (this.#place === null) return;
        this.#timer = setTimeout(() => this.#look(), lookEveryMs);
        this.#timer.unref();
      });
  }

  #changed(paths: readonly string[]): void {
    void this.#inTurn(async () => {
      const isKnown = paths.every((path) => this.#logs.has(path));
      if (isKnown) await this.#read(paths);
      else await this.#walk();
    }).catch((error: unknown) => this.#options.log(`logs were not followed: ${String(error)}`));
  }

  async #walk(): Promise<void> {
    if (this.#place === null) return;
    const { logs } = findHomeLogs(this.#options.readers, this.#place);
    this.#logs = new Map(logs.map((log) => [log.log.path, log]));
    this.#walkedAtMs = this.#options.nowMs();
    this.#watch?.set(this.#options.readers, this.#place, logs);
    await this.#importFound(logs);
  }

  async #read(paths: readonly string[]): Promise<void> {
    const now: AgentLog[] = [];
    for (const path of paths) {
      const known = this.#logs.get(path);
      const log = known === undefined ? null : foundAgain(known.log);
      if (known !== undefined && log !== null && hasChanged(log, known.log)) now.push({ ...known, log });
    }
    if (now.length === 0) return;
    this.#logs = new Map([...this.#logs, ...now.map((log): [string, AgentLog] => [log.log.path, log])]);
    await this.#importFound(now);
  }

  async #importFound(found: readonly AgentLog[]): Promise<void> {
    if (this.#place === null || found.length === 0) return;
    const { readers, books, startReading } = this.#options;
    const related = [...this.#logs.values()];
    await importLogs({ readers, place: this.#place, books, startReading, found: { logs: found, related } });
  }
}
