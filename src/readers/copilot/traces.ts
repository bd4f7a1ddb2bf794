import type { ForeignDatabase } from '../../ledger/openForeignDatabase.ts';
import type { SqlRow } from '../../ledger/sqlite.ts';
import { nameField } from '../../wire/json.ts';
import { type JsonValue, plainObservation, type ReadSink, type SourceFile } from '../contract.ts';
import { countField, instantOf, usageOfWholeInput } from '../counts.ts';
import { keptTime, timeToKeep } from '../rows.ts';

const needed = [
  'span_id',
  'start_time_ms',
  'end_time_ms',
  'operation_name',
  'provider_name',
  'conversation_id',
  'request_model',
  'response_model',
  'input_tokens',
  'output_tokens',
  'cached_tokens',
  'reasoning_tokens',
  'chat_session_id',
] as const;

/** Spans are written when they end, so that one that began this much earlier may still be new. */
const longestCallMs = 60 * 60 * 1000;

function attribute(key: string): string {
  return `(SELECT value FROM span_attributes a WHERE a.span_id = s.span_id AND a.key = '${key}')`;
}

/**
 * The CLI inside the editor writes its calls here too, and into its own store: they have nothing of Copilot Chat's own but the
 * session, and are left to that store.
 */
const isOwn = `(s.provider_name <> 'github' OR EXISTS (SELECT 1 FROM span_attributes a WHERE a.span_id = s.span_id
  AND a.key LIKE 'copilot_chat.%' AND a.key <> 'copilot_chat.chat_session_id'))`;

const sql = `SELECT ${needed.map((column) => `s.${column}`).join(', ')},
  ${attribute('gen_ai.usage.cache_creation.input_tokens')} AS cache_write,
  ${attribute('gen_ai.response.id')} AS response_id,
  ${attribute('copilot_chat.parent_chat_session_id')} AS parent_session,
  ${attribute('gen_ai.agent.name')} AS agent_name,
  ${attribute('copilot_chat.repo.head_branch_name')} AS branch
  FROM spans s WHERE s.operation_name = 'chat' AND s.end_time_ms >= ? AND ${isOwn} ORDER BY s.end_time_ms`;

/** The traces that Copilot Chat keeps for a week where the user has asked for them: one span named "chat" is one call. */
export function readTraces(
  db: ForeignDatabase,
  file: SourceFile,
  about: { readonly state: JsonValue; readonly sink: ReadSink },
): JsonValue {
  const { sink } = about;
  if (!db.has('spans', ...needed) || !db.has('span_attributes', 'span_id', 'key', 'value')) {
    sink.problem({ code: 'unexpected-shape', detail: 'the traces have other tables' });
    return null;
  }
  let latest = keptTime(about.state, 'latestEndMs', file);
  for (const row of db.rows(sql, Math.max(0, latest - longestCallMs))) {
    const endMs = row['end_time_ms'];
    if (typeof endMs === 'number') latest = Math.max(latest, Math.floor(endMs));
    pushSpan(row, sink);
  }
  return { latestEndMs: timeToKeep(latest, file) };
}

function pushSpan(row: SqlRow, sink: ReadSink): void {
  const input = countField(row, 'input_tokens', sink);
  const output = countField(row, 'output_tokens', sink);
  // A call that failed has a span, but no counts.
  if (input === null && output === null) return;
  const spanId = nameField(row, 'span_id');
  const atMs = instantOf(row['start_time_ms']);
  if (spanId === null || atMs === null) {
    sink.problem({ code: 'unexpected-shape', detail: 'a span has no id or no time' });
    return;
  }
  const endMs = instantOf(row['end_time_ms']);
  const isCopilot = nameField(row, 'provider_name') === 'github';
  const id = nameField(row, 'response_id');
  const own = nameField(row, 'chat_session_id') ?? nameField(row, 'conversation_id') ?? spanId;
  const parent = nameField(row, 'parent_session');
  sink.call({
    ...plainObservation,
    provider: isCopilot ? 'github-copilot' : (nameField(row, 'provider_name') ?? 'unnamed'),
    api: 'openai-chat',
    model: nameField(row, 'response_model') ?? nameField(row, 'request_model') ?? 'unknown',
    // What the span calls a response's id is the id of the request.
    keys: { responseId: null, requestId: id, ownId: `span ${spanId}` },
    session: parent ?? own,
    subAgent: parent === null ? null : (nameField(row, 'agent_name') ?? own),
    branch: nameField(row, 'branch'),
    atMs,
    durationMs: endMs === null ? null : Math.max(0, endMs - atMs),
    usage: usageOfWholeInput({
      input,
      output,
      cacheRead: countField(row, 'cached_tokens', sink),
      cacheWrite: attributeCount(row['cache_write']),
      thinking: countField(row, 'reasoning_tokens', sink),
    }),
    auth: isCopilot ? 'subscription' : 'key',
  });
}

/** Attributes are kept as texts. */
function attributeCount(value: unknown): number | null {
  return typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : null;
}
