import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TrialRecord } from '../protocol/trials.ts';

export function isTrialId(text: string): boolean {
  return /^trial-[a-z0-9]{10}$/.test(text);
}

export function newTrialId(): string {
  const letters = 'abcdefghijklmnopqrstuvwxyz0123456789';
  return `trial-${[...randomBytes(10)].map((byte) => letters[byte % letters.length]).join('')}`;
}

const SPARE_BYTES = 64 * 1024;

/** What somebody else asks the runner of a trial to end. */
export interface CancelRequest {
  readonly all: boolean;
  readonly runs: readonly number[];
}

/**
 * The folders of trials: `<data folder>/trials/<id>/` with the record, outputs, results and the trial's repository, for this user alone.
 * Prompts and outputs are in here and nowhere else, so that deleting the folder deletes them.
 */
export class TrialStore {
  readonly #root: string;

  constructor(dataDir: string) {
    this.#root = join(dataDir, 'trials');
  }

  folderOf(id: string): string {
    return join(this.#root, id);
  }

  /** One repository a task: the start of another task may be the solution of this one. */
  repositoryOf(id: string, task: number): string {
    return join(this.folderOf(id), 'repositories', `${task}.git`);
  }

  /** The folder of one run's outputs; 0 is what is done before any run. */
  async runFolder(id: string, number: number): Promise<string> {
    const folder = join(this.folderOf(id), 'runs', String(number));
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return folder;
  }

  /** Replaces the record in one step: a crash leaves the old one or the new one. */
  async save(record: TrialRecord): Promise<void> {
    await this.writeFile(record.id, 'record.json', `${JSON.stringify(record)}\n`);
  }

  async writeFile(id: string, name: string, text: string): Promise<void> {
    const folder = this.folderOf(id);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const draft = join(folder, `${name}.${process.pid}.new`);
    try {
      const file = await open(draft, 'w', 0o600);
      try {
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(draft, join(folder, name));
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
  }

  /** Keeps room for the last words of a trial on a disk that fills up. */
  async reserve(record: TrialRecord): Promise<void> {
    const bytes = SPARE_BYTES + 3 * Buffer.byteLength(JSON.stringify(record));
    // Random, since some disks keep nothing for zeros.
    await this.writeFile(record.id, 'reserve', randomBytes(Math.ceil(bytes / 2)).toString('hex'));
  }

  async releaseReserve(id: string): Promise<void> {
    await rm(join(this.folderOf(id), 'reserve'), { force: true });
  }

  /** Null where there is no such trial, or its record cannot be read. */
  async load(id: string): Promise<TrialRecord | null> {
    if (!isTrialId(id)) return null;
    try {
      const record = JSON.parse(await readFile(join(this.folderOf(id), 'record.json'), 'utf8')) as TrialRecord;
      return record.version === 1 && record.id === id ? record : null;
    } catch {
      return null;
    }
  }

  /** Newest first. */
  async list(): Promise<readonly TrialRecord[]> {
    const names = await readdir(this.#root).catch(() => []);
    const records = await Promise.all(names.filter(isTrialId).map((id) => this.load(id)));
    return records.filter((record) => record !== null).toSorted((a, b) => b.createdAtMs - a.createdAtMs);
  }

  /** Adds to what the runner is asked to end. */
  async requestCancel(id: string, request: CancelRequest): Promise<void> {
    const before = await this.readCancel(id);
    const runs = [...new Set([...before.runs, ...request.runs])];
    await this.writeFile(id, 'cancel.json', JSON.stringify({ all: before.all || request.all, runs }));
  }

  async readCancel(id: string): Promise<CancelRequest> {
    try {
      const { all, runs } = JSON.parse(await readFile(join(this.folderOf(id), 'cancel.json'), 'utf8')) as CancelRequest;
      return { all: all === true, runs: Array.isArray(runs) ? runs : [] };
    } catch {
      return { all: false, runs: [] };
    }
  }

  async clearCancel(id: string): Promise<void> {
    await rm(join(this.folderOf(id), 'cancel.json'), { force: true });
  }

  async delete(id: string): Promise<void> {
    if (isTrialId(id)) await rm(this.folderOf(id), { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  /** Whether the user has accepted a suite's exact text. */
  async isAccepted(hash: string): Promise<boolean> {
    return (await this.#accepted()).includes(hash);
  }

  async accept(hash: string): Promise<void> {
    const known = await this.#accepted();
    if (known.includes(hash)) return;
    await mkdir(this.#root, { recursive: true, mode: 0o700 });
    const path = join(this.#root, 'accepted.json');
    await writeFile(path, JSON.stringify([...known, hash].slice(-500)), { mode: 0o600 });
    await chmod(path, 0o600);
  }

  async #accepted(): Promise<readonly string[]> {
    try {
      const hashes: unknown = JSON.parse(await readFile(join(this.#root, 'accepted.json'), 'utf8'));
      return Array.isArray(hashes) ? hashes.filter((hash) => typeof hash === 'string') : [];
    } catch {
      return [];
    }
  }
}
