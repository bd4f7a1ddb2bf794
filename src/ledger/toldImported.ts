import { provenanceOf, recordOf, selectCalls, usageOf } from './callRow.ts';
import type { ImportedCall } from './importContract.ts';
import type { Names } from './names.ts';
import { integerOf, integerOrNull, type SqlRow, type Statements } from './sqlite.ts';
import { modifiersOf } from './toldRecord.ts';

/** Rows of calls that only logs tell of. */
export const selectTold = `${selectCalls} WHERE source = 'transcript'`;

/** What counts of what logs told of a call, from its row: all of it, but for sums. */
export function importedOf(row: SqlRow, names: Names, partRows: readonly SqlRow[]): ImportedCall {
  const record = recordOf(row, partRows, names);
  return {
    id: record.id.replaceAll('-', ''),
    responseId: record.responseId,
    requestId: record.requestId,
    agent: record.agent,
    session: record.session,
    subAgent: record.subAgent,
    workspaceId: record.workspaceId,
    provider: record.provider,
    api: record.api,
    auth: record.auth,
    model: record.model,
    effort: record.effort,
    atMs: record.startedAtMs,
    durationMs: integerOrNull(row, 'duration_ms'),
    usage: record.usage,
    ...(record.parts.length === 0 ? {} : { parts: record.parts }),
    provenance: record.provenance,
    billedNanoUsd: record.cost.provenance === 'billed' ? record.cost.costNanoUsd : null,
    ...modifiersOf(names.textOrNull(integerOrNull(row, 'pricing'))),
  };
}

/** All that logs told of a sum, whatever of it counts. */
export function rawSumOf(statements: Statements, row: SqlRow, names: Names): ImportedCall {
  const counted = importedOf(row, names, []);
  const kept = statements.get(`SELECT * FROM sightings WHERE call = ? AND source = 'sum'`, integerOf(row, 'seq'));
  if (kept === undefined) return counted;
  const billedNanoUsd = integerOrNull(kept, 'cost_nano_usd');
  return { ...counted, usage: usageOf(kept), provenance: provenanceOf(kept), billedNanoUsd };
}
