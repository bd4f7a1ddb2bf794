import type { Place, Reader } from '../../readers/contract.ts';
import { type FoundLog, findLogs } from '../../readers/findLogs.ts';
import type { ImportProblem } from './collectLog.ts';

/** A log with the reader that it belongs to, and the place of its root in that reader's list. */
export interface AgentLog {
  readonly agent: string;
  readonly rootIndex: number;
  readonly log: FoundLog;
}

export interface HomeLogs {
  /** Each file once, newest first. */
  readonly logs: readonly AgentLog[];
  readonly problems: readonly ImportProblem[];
}

/** Looks for every log of the readers in a place. */
export function findHomeLogs(readers: readonly Reader[], place: Place): HomeLogs {
  const logs = new Map<string, AgentLog>();
  const problems: ImportProblem[] = [];
  for (const reader of readers) {
    reader.paths(place).forEach((root, rootIndex) => {
      findLogs(root, {
        log: (log) => {
          if (!logs.has(log.path)) logs.set(log.path, { agent: reader.agent, rootIndex, log });
        },
        problem: ({ path, code, detail }) => problems.push({ file: path, line: null, code, detail }),
      });
    });
  }
  return { logs: [...logs.values()].sort((a, b) => b.log.mtimeMs - a.log.mtimeMs), problems };
}
