import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Disposable } from '../../domain/disposable.ts';
import type { TrialRecord } from '../../protocol/trials.ts';

const BUSY_MS = 1_000;
const QUIET_MS = 10_000;

/**
 * The records of this machine's trials, as the programs that run them write them. Looked at every second while one runs, else now and
 * then: another window or a terminal may start one.
 */
export class TrialRecords implements Disposable {
  readonly #root: string;
  readonly #onChange: (records: readonly TrialRecord[]) => void;
  readonly #known = new Map<string, { readonly changedMs: number; readonly record: TrialRecord | null }>();
  #timer: NodeJS.Timeout | null = null;
  #isOver = false;
  #records: readonly TrialRecord[] = [];

  constructor(dataDir: string, onChange: (records: readonly TrialRecord[]) => void) {
    this.#root = join(dataDir, 'trials');
    this.#onChange = onChange;
  }

  get records(): readonly TrialRecord[] {
    return this.#records;
  }

  folderOf(id: string): string {
    return join(this.#root, id);
  }

  /** A folder for suites that the user has not started yet. */
  async draftFolder(): Promise<string> {
    const folder = join(this.#root, 'drafts');
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return folder;
  }

  /** Looks now, and from then on. */
  async refresh(): Promise<readonly TrialRecord[]> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const names = (await readdir(this.#root).catch(() => [])).filter((name) => /^trial-[a-z0-9]{10}$/.test(name));
    for (const id of this.#known.keys()) if (!names.includes(id)) this.#known.delete(id);
    await Promise.all(names.map((name) => this.#read(name)));
    const records = [...this.#known.values()].flatMap(({ record }) => (record === null ? [] : [record]));
    this.#records = records.toSorted((a, b) => b.createdAtMs - a.createdAtMs);
    if (this.#isOver) return this.#records;
    this.#onChange(this.#records);
    const isBusy = this.#records.some(({ state }) => state !== 'ended');
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.refresh(), isBusy ? BUSY_MS : QUIET_MS);
    this.#timer.unref();
    return this.#records;
  }

  dispose(): void {
    this.#isOver = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  async #read(id: string): Promise<void> {
    const path = join(this.folderOf(id), 'record.json');
    try {
      const { mtimeMs } = await stat(path);
      if (this.#known.get(id)?.changedMs === mtimeMs) return;
      const record = JSON.parse(await readFile(path, 'utf8')) as TrialRecord;
      this.#known.set(id, { changedMs: mtimeMs, record: record.version === 1 && record.id === id ? record : null });
    } catch {
      this.#known.delete(id);
    }
  }
}
