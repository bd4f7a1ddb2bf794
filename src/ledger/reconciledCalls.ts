import { mergeUsage } from '../domain/mergeUsage.ts';
import type { CallView, ReconciledCall } from '../domain/reconcile.ts';
import { provenanceOf, recordOf, selectCalls, usageOf } from './callRow.ts';
import type { Names } from './names.ts';
import { integerOf, integerOrNull, type SqlRow, type Statements } from './sqlite.ts';
import { countsOf } from './toldRecord.ts';

/** The calls of a session by whoever names it so, the wire or a log, oldest first. */
export function reconciledCalls(statements: Statements, names: Names, session: string): readonly ReconciledCall[] {
  const rows = statements.all(
    `${selectCalls} WHERE owner_pid IS NULL AND ${countsOf('calls')} AND (session = (SELECT id FROM names WHERE name = ?1)
       OR seq IN (SELECT call FROM sightings WHERE session = (SELECT id FROM names WHERE name = ?1)))
     ORDER BY started_at_ms, seq`,
    session,
  );
  return rows.map((row) => {
    const record = recordOf(row, [], names);
    const { usage, provenance, source } = record;
    const own: CallView = { source, usage, provenance, costNanoUsd: record.cost.costNanoUsd };
    const sighted = statements
      .all(`SELECT * FROM sightings WHERE call = ? AND source = 'transcript' ORDER BY id`, integerOf(row, 'seq'))
      .map(viewOf)
      .reduce<CallView | null>((sum, view) => (sum === null ? view : larger(sum, view)), null);
    const isTold = source === 'transcript';
    return {
      ...{ id: record.id, startedAtMs: record.startedAtMs, model: record.model },
      wire: isTold ? null : own,
      told: isTold ? own : sighted,
    };
  });
}

function viewOf(row: SqlRow): CallView {
  return {
    source: 'transcript',
    usage: usageOf(row),
    provenance: provenanceOf(row),
    costNanoUsd: integerOrNull(row, 'cost_nano_usd'),
  };
}

function larger(a: CallView, b: CallView): CallView {
  return { ...((a.costNanoUsd ?? 0) >= (b.costNanoUsd ?? 0) ? a : b), usage: mergeUsage(a.usage, b.usage) };
}
