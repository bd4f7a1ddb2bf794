import { field, type JsonObject, nameField, objectField } from '../../wire/json.ts';
import type { JsonValue, Lineage, ReadSink } from '../contract.ts';
import { instantOf } from '../counts.ts';
import { type CodexCounts, countsOf, differenceOf, isNothing, sameCounts } from './codexCounts.ts';

/** A call as a rollout tells of it, once. */
export interface ToldCall {
  readonly timestamp: unknown;
  readonly last: CodexCounts;
  readonly total: CodexCounts | null;
  readonly responseId: string | null;
}

/** What a rollout has said up to now, whether the calls are its own or its parent's. */
export class Rollout {
  thread: string;
  session: string;
  parentId: string | null = null;
  model: string | null;
  effort: string | null;
  provider: string;
  folder: string | null;
  branch: string | null;
  isSubscription: boolean;
  /** When the log was begun; null where it does not tell. */
  beganAtMs: number | null;
  #isBegun: boolean;
  /** The sum of the thread, as the log said it last. */
  #total: CodexCounts | null;

  constructor(fileId: string, kept: JsonObject | null) {
    this.thread = nameField(kept, 'thread') ?? fileId;
    this.session = nameField(kept, 'session') ?? this.thread;
    this.parentId = nameField(kept, 'parentId');
    this.model = nameField(kept, 'model');
    this.effort = nameField(kept, 'effort');
    this.provider = nameField(kept, 'provider') ?? 'openai';
    this.folder = nameField(kept, 'folder');
    this.branch = nameField(kept, 'branch');
    this.isSubscription = field(kept, 'isSubscription') === true;
    this.#isBegun = field(kept, 'isBegun') === true;
    this.beganAtMs = instantOf(field(kept, 'beganAtMs'));
    this.#total = countsOf(objectField(kept, 'total'), { call: () => undefined, problem: () => undefined });
  }

  state(): JsonValue {
    const { thread, session, parentId, model, effort, provider, folder, branch, isSubscription } = this;
    const total = this.#total === null ? null : { ...this.#total };
    return {
      ...{ thread, session, parentId, model, effort, provider, folder, branch, isSubscription },
      isBegun: this.#isBegun,
      beganAtMs: this.beganAtMs,
      total,
    };
  }

  /** Takes in a record; returns the call that it tells of, null for any other record. */
  read(record: JsonObject, sink: ReadSink): ToldCall | null {
    const payload = objectField(record, 'payload');
    const timestamp = field(record, 'timestamp');
    switch (field(record, 'type')) {
      case 'session_meta':
        if (!this.#isBegun) this.#begin(record, payload);
        else this.#repeatedHead(payload);
        return null;
      case 'turn_context':
        this.model = nameField(payload, 'model') ?? this.model;
        this.effort = nameField(payload, 'effort') ?? nameField(payload, 'reasoning_effort') ?? this.effort;
        this.folder = nameField(payload, 'cwd') ?? this.folder;
        return null;
      case 'token_usage_record':
        return this.#usageRecord(payload, timestamp, sink);
      case 'event_msg':
        if (field(payload, 'type') === 'token_count') return this.#tokenCount(payload, timestamp, sink);
        if (field(payload, 'type') === 'thread_settings_applied')
          this.#settings(objectField(payload, 'thread_settings'));
        return null;
      default:
        return null;
    }
  }

  #begin(record: JsonObject, meta: JsonObject | null): void {
    this.#isBegun = true;
    this.beganAtMs = instantOf(field(record, 'timestamp'));
    this.thread = nameField(meta, 'id') ?? this.thread;
    this.session = nameField(meta, 'session_id') ?? this.thread;
    this.parentId = lineageOf(record)?.parentId ?? null;
    this.provider = nameField(meta, 'model_provider') ?? this.provider;
    this.folder = nameField(meta, 'cwd');
    this.branch = nameField(objectField(meta, 'git'), 'branch');
    this.model ??= nameField(meta, 'model');
  }

  /** A fork repeats its parent's head behind its own; some forks name their parent nowhere else. */
  #repeatedHead(meta: JsonObject | null): void {
    const id = nameField(meta, 'id');
    if (id !== this.thread && this.#total === null) this.parentId ??= id;
  }

  #settings(settings: JsonObject | null): void {
    this.model = nameField(settings, 'model') ?? this.model;
    this.provider = nameField(settings, 'model_provider_id') ?? this.provider;
  }

  /** Newer versions name the response of each call; the event with its counts follows, and adds nothing. */
  #usageRecord(payload: JsonObject | null, timestamp: unknown, sink: ReadSink): ToldCall | null {
    const last = countsOf(objectField(payload, 'usage'), sink);
    const total = countsOf(objectField(payload, 'thread_token_usage'), sink);
    if (last === null || this.#isToldAgain(total)) return null;
    return this.#told({ timestamp, last, total, responseId: nameField(payload, 'response_id') });
  }

  /** An event without counts tells of limits only. */
  #tokenCount(payload: JsonObject | null, timestamp: unknown, sink: ReadSink): ToldCall | null {
    // Only a login with a plan has one; whoever pays by key has none.
    if (nameField(objectField(payload, 'rate_limits'), 'plan_type') !== null) this.isSubscription = true;
    const info = objectField(payload, 'info');
    const total = countsOf(objectField(info, 'total_token_usage'), sink);
    if (this.#isToldAgain(total)) return null;
    const last = countsOf(objectField(info, 'last_token_usage'), sink) ?? differenceOf(total, this.#total);
    if (last === null) return null;
    this.model = nameField(info, 'model') ?? this.model;
    return this.#told({ timestamp, last, total, responseId: null });
  }

  /** A sum that has not moved tells of the last call once more. */
  #isToldAgain(total: CodexCounts | null): boolean {
    return total !== null && this.#total !== null && sameCounts(total, this.#total);
  }

  #told(call: ToldCall): ToldCall | null {
    this.#total = call.total ?? this.#total;
    return isNothing(call.last) ? null : call;
  }
}

/** A fork and a sub-agent's thread name where they come from; their first events may repeat that thread's. */
export function lineageOf(firstRecord: JsonObject | null): Lineage | null {
  const meta = field(firstRecord, 'type') === 'session_meta' ? objectField(firstRecord, 'payload') : null;
  const id = nameField(meta, 'id');
  if (id === null) return null;
  const spawn = objectField(objectField(objectField(meta, 'source'), 'subagent'), 'thread_spawn');
  const parentId =
    nameField(meta, 'forked_from_id') ?? nameField(spawn, 'parent_thread_id') ?? nameField(meta, 'parent_thread_id');
  return { id, parentId: parentId === id ? null : parentId };
}
