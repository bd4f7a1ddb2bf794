import type { Observation, Place, Reader } from '../../../src/readers/contract.ts';
import { type FoundLog, type FoundProblem, findLogs } from '../../../src/readers/findLogs.ts';
import { lineContextOf } from '../../../src/readers/lineContext.ts';
import { type LogPosition, type LogProblem, readLog } from '../../../src/readers/readLog.ts';

export interface HomeReading {
  readonly files: readonly string[];
  readonly observations: readonly Observation[];
  readonly problems: readonly (LogProblem | FoundProblem)[];
  readonly positions: ReadonlyMap<string, LogPosition>;
  /** Own ids of calls that an earlier reading may have told of, and that are none. */
  readonly retracted: readonly string[];
}

/** Reads all of one agent's logs in a home, as the meter does; from where a reading before it ended, if one is given. */
export function readHome(
  reader: Reader,
  place: Partial<Place> & { readonly homeDir: string },
  before?: HomeReading,
): HomeReading {
  const problems: (LogProblem | FoundProblem)[] = [];
  const logs: FoundLog[] = [];
  for (const root of reader.paths({ env: {}, platform: 'linux', ...place })) {
    findLogs(root, { log: (log) => logs.push(log), problem: (problem) => problems.push(problem) });
  }
  const context = lineContextOf(logs);
  const observations: Observation[] = [];
  const positions = new Map<string, LogPosition>();
  const retracted: string[] = [];
  for (const log of logs) {
    const from = before?.positions.get(log.path) ?? null;
    const read = readLog(
      { log, from, context },
      { call: (observation) => observations.push(observation), problem: (problem) => problems.push(problem) },
    );
    positions.set(log.path, read.position);
    retracted.push(...(read.retracted ?? []));
  }
  return { files: logs.map((log) => log.relativePath), observations, problems, positions, retracted };
}
