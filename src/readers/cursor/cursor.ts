import { join } from 'node:path';
import { unknownUsage } from '../../domain/usage.ts';
import type { ForeignDatabase } from '../../ledger/openForeignDatabase.ts';
import type { SqlRow } from '../../ledger/sqlite.ts';
import { nameField } from '../../wire/json.ts';
import {
  type JsonValue,
  type Place,
  plainObservation,
  type Reader,
  type ReadSink,
  type SourceFile,
} from '../contract.ts';
import { countField, instantOf } from '../counts.ts';
import { applicationFolder, namedFolder } from '../homePaths.ts';
import { keptNumber } from '../rows.ts';

/** Cursor, as far as it holds counts of tokens. README.md beside this file tells how far that is. */
export const cursor: Reader = {
  agent: 'cursor',
  title: 'Cursor',
  variables: ['VSCODE_PORTABLE', 'APPDATA', 'XDG_CONFIG_HOME'],
  paths: (place) =>
    userFolders(place).map((folder) => ({
      path: join(folder, 'globalStorage', 'state.vscdb'),
      maxDepth: 0,
      accepts: (relativePath) => relativePath === '',
      format: { kind: 'sqlite', read: readBubbles },
    })),
};

function userFolders(place: Place): readonly string[] {
  const portable = namedFolder(place, 'VSCODE_PORTABLE');
  return [
    ...(portable === null ? [] : [join(portable, 'user-data', 'User')]),
    join(applicationFolder(place), 'Cursor', 'User'),
    join(place.homeDir, '.cursor-server', 'data', 'User'),
  ];
}

/** Values that are no JSON would end the whole query. */
const told = (path: string): string => `CASE WHEN json_valid(value) THEN json_extract(value, '${path}') END`;

const sql = `SELECT rowid AS row, key, ${told('$.tokenCount.inputTokens')} AS input_tokens,
  ${told('$.tokenCount.outputTokens')} AS output_tokens, ${told('$.modelInfo.modelName')} AS model,
  ${told('$.createdAt')} AS created_at, ${told('$.requestId')} AS request_id
  FROM cursorDiskKV WHERE key >= 'bubbleId:' AND key < 'bubbleId;' AND rowid > ? AND value LIKE '%"tokenCount"%'`;

/** A "bubble" is a message. A rewritten one is a new row with the same key. */
function readBubbles(
  db: ForeignDatabase,
  _file: SourceFile,
  about: { readonly state: JsonValue; readonly sink: ReadSink },
): JsonValue {
  if (!db.has('cursorDiskKV', 'key', 'value')) return null;
  const [{ last } = {}] = [...db.rows('SELECT max(rowid) AS last FROM cursorDiskKV')];
  const lastRow = typeof last === 'number' ? last : 0;
  const kept = keptNumber(about.state, 'lastRow') ?? 0;
  for (const row of db.rows(sql, kept > lastRow ? 0 : kept)) pushBubble(row, about.sink);
  return { lastRow };
}

function pushBubble(row: SqlRow, sink: ReadSink): void {
  const input = countField(row, 'input_tokens', sink);
  const output = countField(row, 'output_tokens', sink);
  if ((input ?? 0) + (output ?? 0) === 0) return;
  const [, session, bubble] = (nameField(row, 'key') ?? '').split(':');
  const atMs = instantOf(row['created_at']);
  if (!session || !bubble || atMs === null) {
    sink.problem({ code: 'unexpected-shape', detail: 'a message with tokens has no name or no time' });
    return;
  }
  const model = nameField(row, 'model');
  sink.call({
    ...plainObservation,
    provider: 'cursor',
    api: 'openai-chat',
    model: model === null || model === 'default' ? 'cursor-auto' : model,
    keys: { responseId: null, requestId: null, ownId: `${session} ${bubble}` },
    session,
    atMs,
    usage: { ...unknownUsage, inputTokens: input, outputTokens: output },
    provenance: 'estimated',
    auth: 'subscription',
  });
}
