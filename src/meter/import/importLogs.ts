import { IdentitySet } from '../../ledger/identitySet.ts';
import type { ImportBatch, ImportCounts, ImportedCall, ImportedLog } from '../../ledger/importContract.ts';
import type { Place, Reader } from '../../readers/contract.ts';
import { lineageOfLog } from '../../readers/lineContext.ts';
import type { CollectedLog, ImportProblem } from './collectLog.ts';
import { type AgentLog, findHomeLogs } from './findHomeLogs.ts';
import { jobOf, type LogReading, type ReadingPlace, relatedOf } from './logReading.ts';

/** Where what was read is booked. */
export interface ImportBooks {
  loadLogs(): Promise<readonly ImportedLog[]>;
  book(batch: ImportBatch): Promise<ImportCounts>;
}

export interface ImportProgress {
  readonly files: number;
  readonly filesDone: number;
}

export interface ImportSummary {
  /** Logs that were found. */
  readonly files: number;
  /** Of those, the ones that had something new. */
  readonly filesRead: number;
  /** Different calls that the read logs told of. */
  readonly calls: number;
  readonly added: number;
  readonly merged: number;
  readonly forgotten: number;
  readonly addedNanoUsd: number;
  readonly firstAtMs: number | null;
  /** Agents of which a log was found. */
  readonly agents: readonly string[];
  /** At most `keptProblems`; `problemCount` counts all. */
  readonly problems: readonly ImportProblem[];
  readonly problemCount: number;
  readonly isCancelled: boolean;
}

export interface ImportOptions {
  readonly readers: readonly Reader[];
  readonly place: Place;
  readonly books: ImportBooks;
  /** Starts whatever reads: asked for once it is known that there is something to read. */
  readonly startReading: (place: ReadingPlace, bytes: number) => LogReading;
  readonly onProgress?: (progress: ImportProgress) => void;
  readonly signal?: AbortSignal;
  /** Logs that were found already; a place is searched without them. */
  readonly found?: { readonly logs: readonly AgentLog[]; readonly related: readonly AgentLog[] };
}

const keptProblems = 1000;
/** Calls that are booked in one transaction; the first ones sooner, so that today's are seen at once: those of the newest log by themselves. */
const batchCalls = [1, 200, 2000] as const;

/** Imports everything that is new in the logs of a place, newest first. Rejects only where the books do. */
export async function importLogs(options: ImportOptions): Promise<ImportSummary> {
  const { found } = options;
  const { logs, problems } =
    found === undefined ? findHomeLogs(options.readers, options.place) : { logs: found.logs, problems: [] };
  const known = new Map((await options.books.loadLogs()).map((log) => [log.path, log]));
  const news = logs.filter(({ log }) => hasChanged(log, known.get(log.path)));
  const anew = awaitingLogs(news, found?.related ?? logs, known);
  for (const { log } of anew) known.delete(log.path);
  // First, so that an import that is cancelled has not read what they wait for without them.
  const changed = [...anew, ...news.filter((log) => !anew.includes(log))];
  const run = new ImportRun(options, known, problems);
  if (changed.length > 0) {
    const bytes = changed.reduce((sum, { log }) => sum + newBytes(log, known.get(log.path)), 0);
    const reading = options.startReading({ place: options.place, related: relatedOf(found?.related ?? logs) }, bytes);
    try {
      await run.readAll(changed, reading);
    } finally {
      await reading.close();
    }
  }
  return run.summary(logs);
}

/** Logs that are read from their start since one that has news may tell that calls of theirs are its own. */
function awaitingLogs(
  news: readonly AgentLog[],
  all: readonly AgentLog[],
  known: ReadonlyMap<string, ImportedLog>,
): readonly AgentLog[] {
  const awaited = new Set([...known.values()].flatMap(({ parentId }) => parentId ?? []));
  if (awaited.size === 0) return [];
  const told = new Set(news.flatMap(({ log }) => known.get(log.path)?.sessionId ?? lineageOfLog(log)?.id ?? []));
  const fresh = new Map(news.map((log) => [log.log.path, log]));
  return all
    .filter(({ log }) => told.has(known.get(log.path)?.parentId ?? ''))
    .map((log) => fresh.get(log.log.path) ?? log);
}

type Stamp = Pick<ImportedLog, 'inode' | 'sizeBytes' | 'mtimeMs'>;

/** Whether a log may have something new. */
export function hasChanged(log: Stamp, known: Stamp | undefined): boolean {
  if (known === undefined) return true;
  const sameFile = known.inode === 0 || known.inode === log.inode;
  return !sameFile || known.sizeBytes !== log.sizeBytes || known.mtimeMs !== log.mtimeMs;
}

function newBytes(log: AgentLog['log'], known: ImportedLog | undefined): number {
  const isMore = known !== undefined && log.sizeBytes >= known.offset;
  return isMore ? log.sizeBytes - known.offset : log.sizeBytes;
}

class ImportRun {
  readonly #options: ImportOptions;
  readonly #known: ReadonlyMap<string, ImportedLog>;
  readonly #problems: ImportProblem[];
  readonly #seen = new IdentitySet();
  #problemCount: number;
  #calls: ImportedCall[] = [];
  #logs: ImportedLog[] = [];
  #retracted: string[] = [];
  #batches = 0;
  #added = 0;
  #merged = 0;
  #forgotten = 0;
  #addedNanoUsd = 0;
  #firstAtMs: number | null = null;
  #filesRead = 0;
  #isCancelled = false;

  constructor(options: ImportOptions, known: ReadonlyMap<string, ImportedLog>, problems: readonly ImportProblem[]) {
    this.#options = options;
    this.#known = known;
    this.#problems = problems.slice(0, keptProblems);
    this.#problemCount = problems.length;
  }

  /** Keeps all readers busy; books in the order in which they are done, which is all the same to the books. */
  async readAll(logs: readonly AgentLog[], reading: LogReading): Promise<void> {
    let next = 0;
    const lane = async (): Promise<void> => {
      for (let job = logs[next++]; job !== undefined; job = logs[next++]) {
        if (this.#options.signal?.aborted) {
          this.#isCancelled = true;
          return;
        }
        const known = this.#known.get(job.log.path) ?? null;
        await this.#take(await reading.read({ ...jobOf(job), known }));
        this.#options.onProgress?.({ files: logs.length, filesDone: this.#filesRead });
      }
    };
    await Promise.all(Array.from({ length: reading.width }, lane));
    await this.#book();
  }

  summary(logs: readonly AgentLog[]): ImportSummary {
    return {
      files: logs.length,
      filesRead: this.#filesRead,
      calls: this.#seen.size,
      added: this.#added,
      merged: this.#merged,
      forgotten: this.#forgotten,
      addedNanoUsd: this.#addedNanoUsd,
      firstAtMs: this.#firstAtMs,
      agents: [...new Set(logs.map(({ agent }) => agent))],
      problems: this.#problems,
      problemCount: this.#problemCount,
      isCancelled: this.#isCancelled,
    };
  }

  async #take(read: CollectedLog): Promise<void> {
    this.#filesRead++;
    this.#problemCount += read.problemCount;
    for (const problem of read.problems) if (this.#problems.length < keptProblems) this.#problems.push(problem);
    // What is taken back may wait to be booked: a log that was read before this one had more to tell.
    if (read.retracted.length > 0 && this.#calls.length > 0) {
      const retracted = new Set(read.retracted);
      this.#calls = this.#calls.filter(({ id }) => !retracted.has(id));
    }
    for (const call of read.calls) {
      if (!call.isSum) this.#seen.add(call.id);
      this.#calls.push(call);
    }
    this.#logs.push(read.log);
    for (const id of read.retracted) this.#retracted.push(id);
    if (this.#calls.length >= (batchCalls[this.#batches] ?? batchCalls[2])) await this.#book();
  }

  async #book(): Promise<void> {
    if (this.#logs.length === 0) return;
    const batch = { calls: this.#calls, logs: this.#logs, retracted: this.#retracted };
    this.#batches++;
    this.#retracted = [];
    this.#calls = [];
    this.#logs = [];
    const { added, merged, forgotten, addedNanoUsd, firstAtMs } = await this.#options.books.book(batch);
    this.#addedNanoUsd += addedNanoUsd;
    if (firstAtMs !== null) this.#firstAtMs = Math.min(firstAtMs, this.#firstAtMs ?? firstAtMs);
    this.#added += added;
    this.#merged += merged;
    this.#forgotten += forgotten;
  }
}
