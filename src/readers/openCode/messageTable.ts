import type { ForeignDatabase } from '../../ledger/openForeignDatabase.ts';
import type { SqlRow } from '../../ledger/sqlite.ts';
import { asObject, field, type JsonObject, nameField, objectField } from '../../wire/json.ts';
import type { JsonValue, ReadSink, SourceFile } from '../contract.ts';
import { instantOf } from '../counts.ts';
import { parseBounded } from '../parseRecord.ts';
import { keptTime, timeToKeep } from '../rows.ts';
import { observationOfMessage } from './messageUsage.ts';

/** Messages are written again while they stream, perhaps with the same millisecond as what was read last. */
const overlapMs = 60_000;
const maxDepth = 32;

/** A step's end is small, so that tools' long results are not read. */
const sql = `SELECT m.id, m.session_id, m.data, m.time_updated, p.id AS part_id, p.time_created AS part_ms, p.data AS part_data
  FROM message m LEFT JOIN part p ON p.message_id = m.id AND octet_length(p.data) < 16384
    AND (p.data LIKE '%"step-finish"%' OR p.data LIKE '%"tool"%')
  WHERE m.time_updated >= ? AND m.data LIKE '%"assistant"%' ORDER BY m.time_updated, m.id, p.id`;

/** The messages of OpenCode's database that changed since the last time. */
export function readMessages(
  db: ForeignDatabase,
  file: SourceFile,
  about: { readonly state: JsonValue; readonly sink: ReadSink },
): JsonValue {
  const { sink } = about;
  const hasMessages = db.has('message', 'id', 'session_id', 'data', 'time_updated');
  if (!hasMessages || !db.has('part', 'id', 'message_id', 'data', 'time_created')) {
    sink.problem({ code: 'unexpected-shape', detail: 'the database has other tables' });
    return about.state;
  }
  const sessions = sessionsOf(db);
  let latest = keptTime(about.state, 'latestMs', file);
  let message: Message | null = null;
  for (const row of db.rows(sql, latest - overlapMs)) {
    if (typeof row['time_updated'] === 'number') latest = Math.max(latest, row['time_updated']);
    if (message === null || row['id'] !== message.id) {
      message?.push(sessions, sink);
      message = Message.of(row, sink);
    }
    message?.add(row, sink);
  }
  message?.push(sessions, sink);
  return { latestMs: timeToKeep(latest, file) };
}

interface SessionRow {
  readonly parent: string | null;
  readonly folder: string | null;
}

function sessionsOf(db: ForeignDatabase): ReadonlyMap<string, SessionRow> {
  const sessions = new Map<string, SessionRow>();
  if (!db.has('session', 'id', 'parent_id', 'directory')) return sessions;
  for (const row of db.rows('SELECT id, parent_id, directory FROM session')) {
    const id = nameField(row, 'id');
    if (id !== null) sessions.set(id, { parent: nameField(row, 'parent_id'), folder: nameField(row, 'directory') });
  }
  return sessions;
}

/** The session that a user began, of a session that an agent may have. */
function rootOf(session: string, sessions: ReadonlyMap<string, SessionRow>): string {
  let root = session;
  for (let depth = 0; depth < maxDepth; depth++) {
    const parent = sessions.get(root)?.parent ?? null;
    if (parent === null) break;
    root = parent;
  }
  return root;
}

interface FoundStep {
  readonly partId: string;
  readonly tokens: JsonObject | null;
  readonly atMs: number | null;
  readonly toolCalls: number;
}

class Message {
  readonly id: string;
  readonly #session: string;
  readonly #data: JsonObject;
  readonly #steps: FoundStep[] = [];
  #toolCalls = 0;

  private constructor(id: string, session: string, data: JsonObject) {
    this.id = id;
    this.#session = session;
    this.#data = data;
  }

  static of(row: SqlRow, sink: ReadSink): Message | null {
    const id = nameField(row, 'id');
    const data = typeof row['data'] === 'string' ? asObject(parseBounded(row['data'])) : null;
    if (id === null || data === null) {
      sink.problem({ code: 'malformed-json', detail: 'a message is no JSON object' });
      return null;
    }
    return new Message(id, nameField(row, 'session_id') ?? 'unknown', data);
  }

  add(row: SqlRow, sink: ReadSink): void {
    const partId = nameField(row, 'part_id');
    if (partId === null || typeof row['part_data'] !== 'string') return;
    const part = asObject(parseBounded(row['part_data']));
    if (part === null) {
      sink.problem({ code: 'malformed-json', detail: 'a part of a message is no JSON object' });
      return;
    }
    const type = field(part, 'type');
    if (type === 'tool') this.#toolCalls++;
    if (type !== 'step-finish') return;
    const tokens = objectField(part, 'tokens');
    this.#steps.push({ partId, tokens, atMs: instantOf(row['part_ms']), toolCalls: this.#toolCalls });
    this.#toolCalls = 0;
  }

  push(sessions: ReadonlyMap<string, SessionRow>, sink: ReadSink): void {
    const root = rootOf(this.#session, sessions);
    const about = {
      id: this.id,
      session: root,
      subAgent: root === this.#session ? null : this.#session,
      folder: sessions.get(this.#session)?.folder ?? null,
    };
    const steps = this.#steps.map((step, index) => ({
      ...step,
      partId: index === this.#steps.length - 1 ? null : step.partId,
    }));
    for (const step of steps.length === 0 ? [null] : steps) {
      const observation = observationOfMessage(this.#data, { ...about, step }, sink);
      if (observation !== null) sink.call(observation);
    }
  }
}
