import type { Lineage, LineContext } from './contract.ts';
import type { FoundLog } from './findLogs.ts';
import { parseRecord } from './parseRecord.ts';
import { eachRecordOf, firstLineOf } from './readLog.ts';

/** The lineage that a log tells of by its first line or its name; null for formats without one. */
export function lineageOfLog(log: FoundLog): Lineage | null {
  const { format } = log.root;
  if (format.kind !== 'lines' || format.lineage === undefined) return null;
  const line = firstLineOf(log);
  return format.lineage(line === null ? null : parseRecord(line), log.relativePath);
}

/** The context of a set of logs, of which first lines are read once a parser asks for another session. */
export function lineContextOf(logs: readonly FoundLog[]): LineContext {
  let bySession: ReadonlyMap<string, FoundLog> | null = null;
  return {
    eachRecord(sessionId, visit) {
      bySession ??= logsBySession(logs);
      const log = bySession.get(sessionId);
      if (log === undefined) return false;
      eachRecordOf(log, visit);
      return true;
    },
  };
}

/** Of several logs of one session (one may be archived) the longest. */
function logsBySession(logs: readonly FoundLog[]): ReadonlyMap<string, FoundLog> {
  const bySession = new Map<string, FoundLog>();
  for (const log of logs) {
    const id = lineageOfLog(log)?.id;
    if (id === undefined) continue;
    const other = bySession.get(id);
    if (other === undefined || other.sizeBytes < log.sizeBytes) bySession.set(id, log);
  }
  return bySession;
}
