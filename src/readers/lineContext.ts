import type { Lineage, LineContext } from './contract.ts';
import type { FoundLog } from './findLogs.ts';
import { parseRecord } from './parseRecord.ts';
import { firstLineOf } from './readLog.ts';

/** Nobody forks a fork of a fork more often; a longer chain is a circle. */
const maxGenerations = 1000;

/** The lineage that the first line of a log tells of; null for formats without one. */
export function lineageOf(log: FoundLog): Lineage | null {
  const { format } = log.root;
  if (format.kind !== 'lines' || format.lineage === undefined) return null;
  const line = firstLineOf(log);
  const record = line === null ? null : parseRecord(line);
  return record === null ? null : format.lineage(record);
}

/** The context of a set of logs, looked up when it is asked for first. */
export function lineContextOf(logs: readonly FoundLog[]): LineContext {
  let parents: ReadonlyMap<string, string> | null = null;
  return {
    rootOf(sessionId) {
      parents ??= parentsOf(logs.map(lineageOf));
      return rootIn(parents, sessionId);
    },
  };
}

export function parentsOf(lineages: readonly (Lineage | null)[]): Map<string, string> {
  const parents = new Map<string, string>();
  for (const lineage of lineages) if (lineage?.parentId) parents.set(lineage.id, lineage.parentId);
  return parents;
}

export function rootIn(parents: ReadonlyMap<string, string>, sessionId: string): string {
  let id = sessionId;
  for (let generation = 0; generation < maxGenerations; generation++) {
    const parent = parents.get(id);
    if (parent === undefined || parent === sessionId) return id;
    id = parent;
  }
  return id;
}
