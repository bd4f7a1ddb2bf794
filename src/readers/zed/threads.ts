import { addUsage, type Usage, unknownUsage, zeroUsage } from '../../domain/usage.ts';
import type { ForeignDatabase } from '../../ledger/openForeignDatabase.ts';
import type { SqlRow } from '../../ledger/sqlite.ts';
import { asObject, field, type JsonObject, nameField, objectField } from '../../wire/json.ts';
import { type JsonValue, plainObservation, type ReadSink, type SourceFile } from '../contract.ts';
import { countField, instantOf } from '../counts.ts';
import { jsonOf } from '../documents.ts';
import { sellerOf } from '../providers.ts';
import { unpackZstd } from '../zstd.ts';

const maxThreadBytes = 64 * 1024 * 1024;
const needed = ['id', 'updated_at', 'data_type', 'data'] as const;
const later = ['created_at', 'parent_id', 'folder_paths'] as const;

/** Threads that changed since the last time: each has the sum of its calls, which only grows. */
export function readThreads(
  db: ForeignDatabase,
  file: SourceFile,
  about: { readonly state: JsonValue; readonly sink: ReadSink },
): JsonValue {
  const { sink } = about;
  if (!db.has('threads', ...needed)) {
    sink.problem({ code: 'unexpected-shape', detail: 'the database has other tables' });
    return null;
  }
  const kept = nameField(asObject(about.state), 'latest') ?? '';
  // A clock that was ahead leaves a time that has not come: what is written until then would be taken for old.
  let latest = (instantOf(kept) ?? 0) > file.mtimeMs ? '' : kept;
  const columns = [...needed, ...later.filter((column) => db.has('threads', column))];
  const sql = `SELECT ${columns.join(', ')} FROM threads WHERE updated_at >= ? ORDER BY updated_at`;
  for (const row of db.rows(sql, latest)) {
    latest = nameField(row, 'updated_at') ?? latest;
    pushThread(row, sink);
  }
  return { latest };
}

function pushThread(row: SqlRow, sink: ReadSink): void {
  const id = nameField(row, 'id');
  const thread = threadOf(row);
  const atMs = instantOf(row['created_at']) ?? instantOf(row['updated_at']);
  if (id === null || thread === null || atMs === null) {
    sink.problem({ code: 'unexpected-shape', detail: 'a thread cannot be unpacked, or has no time' });
    return;
  }
  const usage = sumOf(thread, sink);
  if (usage === null) return;
  const model = objectField(thread, 'model');
  const seller = sellerOf(nameField(model, 'provider'));
  const parent = nameField(row, 'parent_id');
  const folders = typeof row['folder_paths'] === 'string' ? row['folder_paths'].split('\n') : [];
  sink.call({
    ...plainObservation,
    provider: seller.provider,
    api: seller.api,
    model: nameField(model, 'model') ?? 'unknown',
    keys: { responseId: null, requestId: null, ownId: `${id} total` },
    session: parent ?? id,
    subAgent: parent === null ? null : id,
    folder: folders[0] || null,
    atMs,
    usage,
    durationMs: Math.max(0, (instantOf(row['updated_at']) ?? atMs) - atMs),
    isSum: true,
    isOfAllModels: true,
  });
}

function threadOf(row: SqlRow): JsonObject | null {
  const { data } = row;
  if (typeof data === 'string') return asObject(jsonOf(Buffer.from(data)));
  if (!(data instanceof Uint8Array)) return null;
  const bytes = row['data_type'] === 'zstd' ? unpackZstd(data, maxThreadBytes) : data;
  return bytes === null ? null : asObject(jsonOf(bytes));
}

/** The thread's own sum; of one that has none yet, the last request of each of the user's messages, which is less than all. */
function sumOf(thread: JsonObject, sink: ReadSink): Usage | null {
  const total = usageOf(objectField(thread, 'cumulative_token_usage'), sink);
  if (!isNothing(total)) return total;
  const requests = objectField(thread, 'request_token_usage') ?? {};
  const parts = Object.keys(requests).map((key) => usageOf(objectField(requests, key), sink));
  // What has nothing but input is the limit that was exceeded, and no count.
  const counted = parts.filter((part) => (part.outputTokens ?? 0) + part.cacheReadTokens + part.cacheWrite5mTokens > 0);
  const sum = counted.reduce(addUsage, { ...zeroUsage, thinkingTokens: null });
  return isNothing(sum) ? null : sum;
}

function isNothing(usage: Usage): boolean {
  return (usage.inputTokens ?? 0) + (usage.outputTokens ?? 0) + usage.cacheReadTokens + usage.cacheWrite5mTokens === 0;
}

function usageOf(told: JsonObject | null, sink: ReadSink): Usage {
  return {
    ...unknownUsage,
    inputTokens: countField(told, 'input_tokens', sink) ?? (field(told, 'output_tokens') === undefined ? null : 0),
    cacheReadTokens: countField(told, 'cache_read_input_tokens', sink) ?? 0,
    cacheWrite5mTokens: countField(told, 'cache_creation_input_tokens', sink) ?? 0,
    outputTokens: countField(told, 'output_tokens', sink),
  };
}
