import { homedir } from 'node:os';
import type { ImportParams, ImportReport } from '../../protocol/imports.ts';
import type { Place } from '../../readers/contract.ts';
import { readers } from '../../readers/registry.ts';
import type { ImportThread } from './importThread.ts';

/** Where the user's own logs are. Of the environment only what moves logs is taken. */
export function ownPlace(env: Place['env']): Place {
  const variables = new Set(readers.flatMap((reader) => reader.variables));
  const kept = Object.entries(env).filter(([name]) => variables.has(name));
  return { homeDir: homedir(), env: Object.fromEntries(kept), platform: process.platform };
}

/** What clients may ask about logs. */
export class ImportDesk {
  readonly #thread: ImportThread;
  readonly #own: Place;

  /** `own` is where the user's own logs are. */
  constructor(thread: ImportThread, own: Place) {
    this.#thread = thread;
    this.#own = own;
  }

  import({ homeDir, agent }: ImportParams): Promise<ImportReport> {
    return this.#thread.import(homeDir === null ? this.#own : { ...this.#own, homeDir, env: {} }, agent);
  }

  cancel(): void {
    this.#thread.cancel();
  }

  /** Reads the user's own logs from now on, or no more. */
  setReading(isOn: boolean): void {
    if (isOn === (this.#thread.followed !== null)) return;
    this.#thread.follow(isOn ? this.#own : null);
  }
}
