import { basename, dirname, join } from 'node:path';
import type { Disposable } from '../../domain/disposable.ts';
import type { Place, Reader } from '../../readers/contract.ts';
import type { AgentLog } from './findHomeLogs.ts';

/** Watches the files of one folder; null where the system refuses. `onEvent` gets a file's name, null where it is not told. */
export type WatchFolder = (path: string, onEvent: (name: string | null) => void) => Disposable | null;

export interface LogWatchOptions {
  readonly watchFolder: WatchFolder;
  /** Paths of files that were written to or have appeared; of logs, or of what may be one. */
  readonly onChange: (paths: readonly string[]) => void;
}

/** Systems limit how many folders one user may watch, over all programs. */
const maxFolders = 1000;
/** A program writes a line in several steps. */
const settleMs = 5;

/** Watches the folders of logs, those with the newest first. */
export class LogWatch implements Disposable {
  readonly #options: LogWatchOptions;
  readonly #folders = new Map<string, Disposable>();
  readonly #changed = new Set<string>();
  #timer: NodeJS.Timeout | null = null;

  constructor(options: LogWatchOptions) {
    this.#options = options;
  }

  /** Watches the folders of these logs, newest first, and where new ones appear; no others any more. */
  set(readers: readonly Reader[], place: Place, logs: readonly AgentLog[]): void {
    const wanted = new Set<string>();
    for (const { log } of logs) {
      const folder = dirname(log.path);
      wanted.add(folder);
      // A new session of the same project may make a folder beside this one.
      if (folder !== log.realRoot) wanted.add(dirname(folder));
      if (wanted.size >= maxFolders) break;
    }
    for (const root of readers.flatMap((reader) => reader.paths(place))) wanted.add(root.path);
    for (const [path, watcher] of this.#folders) {
      if (wanted.has(path)) continue;
      watcher.dispose();
      this.#folders.delete(path);
    }
    for (const path of wanted) {
      if (this.#folders.has(path)) continue;
      const watcher = this.#options.watchFolder(path, (name) => this.#note(path, name));
      if (watcher !== null) this.#folders.set(path, watcher);
    }
  }

  dispose(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    for (const watcher of this.#folders.values()) watcher.dispose();
    this.#folders.clear();
  }

  #note(folder: string, name: string | null): void {
    // A database is written to by its log.
    const file = name?.replace(/-(wal|journal|shm)$/, '') ?? null;
    const path = file === null || file === basename(folder) ? folder : join(folder, file);
    this.#changed.add(path);
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      const paths = [...this.#changed];
      this.#changed.clear();
      this.#options.onChange(paths);
    }, settleMs);
  }
}
