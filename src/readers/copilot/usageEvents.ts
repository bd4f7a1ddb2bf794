import type { ForeignDatabase } from '../../ledger/openForeignDatabase.ts';
import type { SqlRow } from '../../ledger/sqlite.ts';
import { field, nameField } from '../../wire/json.ts';
import { type JsonValue, plainObservation, type ReadSink, type SourceFile } from '../contract.ts';
import { countField, spanOfCall, usageOfWholeInput } from '../counts.ts';
import { columnInstant, keptNumber } from '../rows.ts';

const table = 'assistant_usage_events';
const needed = ['id', 'session_id', 'model', 'input_tokens', 'output_tokens', 'created_at'] as const;
const optional = [
  'cache_read_tokens',
  'cache_write_tokens',
  'reasoning_tokens',
  'agent_id',
  'duration_ms',
  'reasoning_effort',
  'copilot_usage_model',
] as const;

/** One row is one call. Rows are only ever added, so that the largest id is where the next reading starts. */
export function readUsageEvents(
  db: ForeignDatabase,
  _file: SourceFile,
  about: { readonly state: JsonValue; readonly sink: ReadSink },
): JsonValue {
  const { sink } = about;
  if (!db.has(table, ...needed)) {
    // Older stores have no such table; what they lack is in the events of their sessions.
    if (db.has(table)) sink.problem({ code: 'unexpected-shape', detail: `${table} has other columns` });
    return null;
  }
  const [{ last } = {}] = [...db.rows(`SELECT max(id) AS last FROM ${table}`)];
  const lastId = typeof last === 'number' ? last : 0;
  const kept = keptNumber(about.state, 'lastId') ?? 0;
  // Ids begin anew in a store that was made anew.
  const from = kept > lastId ? 0 : kept;
  const columns = [...needed, ...optional.filter((column) => db.has(table, column))].map((column) => `e.${column}`);
  const hasFolders = db.has('sessions', 'id', 'cwd');
  const hasBranches = hasFolders && db.has('sessions', 'branch');
  const joined = `${hasFolders ? ', s.cwd' : ''}${hasBranches ? ', s.branch' : ''}`;
  const sessions = hasFolders ? 'LEFT JOIN sessions s ON s.id = e.session_id' : '';
  const sql = `SELECT ${columns.join(', ')}${joined} FROM ${table} e ${sessions} WHERE e.id > ? ORDER BY e.id`;
  for (const row of db.rows(sql, from)) pushRow(row, sink);
  return { lastId };
}

function pushRow(row: SqlRow, sink: ReadSink): void {
  const session = nameField(row, 'session_id');
  const atMs = columnInstant(row['created_at']);
  if (session === null || atMs === null) {
    sink.problem({ code: 'unexpected-shape', detail: 'a usage event has no session or no time' });
    return;
  }
  sink.call({
    ...plainObservation,
    provider: 'github-copilot',
    api: 'openai-chat',
    model: nameField(row, 'copilot_usage_model') ?? nameField(row, 'model') ?? 'unknown',
    // A store that was made anew gives out the same ids once more, at other times.
    keys: { responseId: null, requestId: null, ownId: `${session} ${String(row['id'])} ${atMs}` },
    session,
    subAgent: nameField(row, 'agent_id'),
    folder: nameField(row, 'cwd'),
    branch: nameField(row, 'branch'),
    // A row is written when its call has ended.
    ...spanOfCall(atMs, field(row, 'duration_ms'), sink),
    usage: usageOfWholeInput({
      input: countField(row, 'input_tokens', sink),
      cacheRead: countField(row, 'cache_read_tokens', sink),
      cacheWrite: countField(row, 'cache_write_tokens', sink),
      output: countField(row, 'output_tokens', sink),
      thinking: countField(row, 'reasoning_tokens', sink),
    }),
    auth: 'subscription',
    effort: nameField(row, 'reasoning_effort'),
  });
}
