import type { ImportedLog } from '../../ledger/importContract.ts';
import type { Place, Reader, SourceRoot } from '../../readers/contract.ts';
import type { FoundLog } from '../../readers/findLogs.ts';
import { lineContextOf } from '../../readers/lineContext.ts';
import { type CollectedLog, LogCollector } from './collectLog.ts';
import type { AgentLog } from './findHomeLogs.ts';

/** A log without its root, which cannot travel between threads: a reader's list of roots is the same in each. */
export type SentLog = Omit<FoundLog, 'root'>;

export interface ReadJob {
  readonly agent: string;
  readonly rootIndex: number;
  readonly log: SentLog;
  readonly known: ImportedLog | null;
}

/** Reads logs one at a time. Rejects only where its thread is gone. */
export interface LogReading {
  /** How many jobs are worth handing in at once. */
  readonly width: number;
  read(job: ReadJob): Promise<CollectedLog>;
  close(): Promise<void>;
}

export interface ReadingPlace {
  readonly place: Place;
  /** Logs of formats whose forks repeat their parents, which a parser may have to look into. */
  readonly related: readonly Omit<ReadJob, 'known'>[];
}

/** Reads logs in this thread. */
export class LogBench {
  readonly #readers: ReadonlyMap<string, Reader>;
  readonly #place: ReadingPlace;
  readonly #collectors = new Map<string, LogCollector>();
  readonly #roots = new Map<string, readonly SourceRoot[]>();

  constructor(readers: readonly Reader[], place: ReadingPlace) {
    this.#readers = new Map(readers.map((reader) => [reader.agent, reader]));
    this.#place = place;
  }

  read(job: ReadJob): CollectedLog {
    return this.#collector(job.agent).collect(this.#found(job), job.known);
  }

  #collector(agent: string): LogCollector {
    let collector = this.#collectors.get(agent);
    if (collector === undefined) {
      const related = this.#place.related.filter((job) => job.agent === agent).map((job) => this.#found(job));
      collector = new LogCollector(agent, lineContextOf(related));
      this.#collectors.set(agent, collector);
    }
    return collector;
  }

  #found({ agent, rootIndex, log }: Omit<ReadJob, 'known'>): FoundLog {
    const root = this.#rootsOf(agent)[rootIndex];
    if (root === undefined) throw new Error(`There is no reader of ${agent}.`);
    return { ...log, root };
  }

  /** A place has thousands of logs. */
  #rootsOf(agent: string): readonly SourceRoot[] {
    let roots = this.#roots.get(agent);
    if (roots === undefined) {
      roots = this.#readers.get(agent)?.paths(this.#place.place) ?? [];
      this.#roots.set(agent, roots);
    }
    return roots;
  }
}

export function jobOf({ agent, rootIndex, log }: AgentLog): Omit<ReadJob, 'known'> {
  const { root: _, ...sent } = log;
  return { agent, rootIndex, log: sent };
}

/** The logs that others may repeat. */
export function relatedOf(logs: readonly AgentLog[]): readonly Omit<ReadJob, 'known'>[] {
  const related = logs.filter(({ log }) => log.root.format.kind === 'lines' && log.root.format.lineage !== undefined);
  return related.map(jobOf);
}
