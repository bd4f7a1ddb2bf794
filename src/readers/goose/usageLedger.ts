import type { ForeignDatabase } from '../../ledger/openForeignDatabase.ts';
import type { SqlRow } from '../../ledger/sqlite.ts';
import { asObject, nameField } from '../../wire/json.ts';
import { type JsonValue, plainObservation, type ReadSink, type SourceFile } from '../contract.ts';
import { countField, usageOfWholeInput } from '../counts.ts';
import { parseBounded } from '../parseRecord.ts';
import { sellerOf } from '../providers.ts';
import { columnInstant, keptNumber } from '../rows.ts';

const columns = ['id', 'session_id', 'created_timestamp', 'model', 'input_tokens', 'output_tokens'] as const;
const laterColumns = ['cache_read_tokens', 'cache_write_tokens', 'cost_source'] as const;
const sessionColumns = [
  ...(['id', 'working_dir', 'provider_name', 'parent_session_id', 'model_config_json'] as const),
  ...(['created_at', 'updated_at'] as const),
];

/** One row of the ledger is one call; databases of before there was a ledger have a sum for each session. */
export function readSessions(
  db: ForeignDatabase,
  _file: SourceFile,
  about: { readonly state: JsonValue; readonly sink: ReadSink },
): JsonValue {
  const { sink } = about;
  if (!db.has('sessions', 'id')) {
    sink.problem({ code: 'unexpected-shape', detail: 'the database has other tables' });
    return null;
  }
  const known = sessionColumns.filter((column) => db.has('sessions', column));
  if (!db.has('usage_ledger', ...columns)) {
    readSums(db, known, sink);
    return null;
  }
  const [{ last } = {}] = [...db.rows('SELECT max(id) AS last FROM usage_ledger')];
  const lastId = typeof last === 'number' ? last : 0;
  const kept = keptNumber(about.state, 'lastId') ?? 0;
  const asked = [...columns, ...laterColumns.filter((column) => db.has('usage_ledger', column))];
  const sql = `SELECT ${asked.map((column) => `u.${column}`).join(', ')}, ${sessionList(known)}
    FROM usage_ledger u LEFT JOIN sessions s ON s.id = u.session_id WHERE u.id > ? ORDER BY u.id`;
  for (const row of db.rows(sql, kept > lastId ? 0 : kept)) {
    const isSum = row['cost_source'] === 'carried_forward';
    const seconds = row['created_timestamp'];
    const own = isSum ? 'total' : `${String(row['id'])} ${String(seconds)}`;
    pushRow(row, { own, isSum, isCarried: isSum, at: typeof seconds === 'number' ? seconds * 1000 : seconds }, sink);
  }
  return { lastId };
}

/** The sum that a newer Goose carries into its ledger has the same name, so that both are one. */
function readSums(db: ForeignDatabase, known: readonly string[], sink: ReadSink): void {
  if (!db.has('sessions', 'accumulated_input_tokens', 'accumulated_output_tokens', 'created_at')) return;
  const sql = `SELECT s.id AS session_id, s.accumulated_input_tokens AS input_tokens,
    s.accumulated_output_tokens AS output_tokens, s.created_at, ${sessionList(known)} FROM sessions s`;
  for (const row of db.rows(sql))
    pushRow(row, { own: 'total', isSum: true, isCarried: false, at: row['created_at'] }, sink);
}

function sessionList(known: readonly string[]): string {
  return known.map((column) => `s.${column} AS s_${column}`).join(', ');
}

function pushRow(
  row: SqlRow,
  about: { readonly own: string; readonly isSum: boolean; readonly isCarried: boolean; readonly at: unknown },
  sink: ReadSink,
): void {
  const input = countField(row, 'input_tokens', sink);
  const output = countField(row, 'output_tokens', sink);
  if ((input ?? 0) + (output ?? 0) === 0) return;
  const session = nameField(row, 'session_id');
  const toldAtMs = columnInstant(about.at);
  if (session === null || toldAtMs === null) {
    sink.problem({ code: 'unexpected-shape', detail: 'a row has no session or no time' });
    return;
  }
  const period = about.isSum ? periodOf(row, toldAtMs, about.isCarried) : { atMs: toldAtMs, durationMs: null };
  const parent = nameField(row, 's_parent_session_id');
  const config =
    typeof row['s_model_config_json'] === 'string' ? asObject(parseBounded(row['s_model_config_json'])) : null;
  const seller = sellerOf(nameField(row, 's_provider_name'));
  sink.call({
    ...plainObservation,
    provider: seller.provider,
    api: seller.api,
    model: nameField(row, 'model') ?? nameField(config, 'model_name') ?? 'unknown',
    keys: { responseId: null, requestId: null, ownId: `${session} ${about.own}` },
    session: parent ?? session,
    subAgent: parent === null ? null : session,
    folder: nameField(row, 's_working_dir'),
    ...period,
    usage: usageOfWholeInput({
      input,
      output,
      cacheRead: countField(row, 'cache_read_tokens', sink),
      cacheWrite: countField(row, 'cache_write_tokens', sink),
    }),
    isSum: about.isSum,
    ...(about.isSum ? { isOfAllModels: true } : {}),
    provenance: about.isSum ? 'partial' : 'reported',
  });
}

/** A sum is over all of its session so far; one that was carried into the ledger over what came before the ledger's rows. */
function periodOf(
  row: SqlRow,
  toldAtMs: number,
  isCarried: boolean,
): { readonly atMs: number; readonly durationMs: number } {
  const beganAtMs = Math.min(toldAtMs, columnInstant(row['s_created_at']) ?? toldAtMs);
  const untilMs = isCarried ? toldAtMs - 1 : (columnInstant(row['s_updated_at']) ?? toldAtMs);
  return { atMs: beganAtMs, durationMs: Math.max(0, untilMs - beganAtMs) };
}
