import { field, type JsonObject, nameField } from '../../wire/json.ts';
import {
  type JsonValue,
  type LineContext,
  type LineParser,
  type Observation,
  plainObservation,
  type ReadableFile,
  type ReadSink,
} from '../contract.ts';
import { countField, instantOf, spanOfCall } from '../counts.ts';
import { ChatParser } from './chatParser.ts';
import { type Counts, isNothing, sellerOfCall, usageOf } from './qwenCounts.ts';
import { usageName } from './usageName.ts';

/**
 * The list of every call of a month. Only what no chat tells of counts here: calls that were made while chats were not recorded, and those
 * whose chat is gone. A chat that comes later, or tells of a call a moment later, takes back what was told here.
 */
export class UsageParser implements LineParser {
  readonly #context: LineContext;
  readonly #file: ReadableFile;
  readonly #held: Observation[] = [];
  /** What the chats of sessions tell of, by the names that it has here. */
  readonly #told = new Map<string, ReadonlySet<string>>();

  constructor(file: ReadableFile, context: LineContext) {
    this.#file = file;
    this.#context = context;
  }

  line(record: JsonObject, sink: ReadSink): void {
    const session = nameField(record, 'sessionId');
    const endedAtMs = instantOf(field(record, 'timestamp'));
    if (session === null || endedAtMs === null) {
      sink.problem({ code: 'unexpected-shape', detail: 'a call has no session or no time' });
      return;
    }
    const counts: Counts = {
      prompt: countField(record, 'inputTokens', sink),
      cached: countField(record, 'cachedTokens', sink),
      answer: countField(record, 'outputTokens', sink),
      thoughts: countField(record, 'thoughtsTokens', sink),
      total: countField(record, 'totalTokens', sink),
    };
    if (isNothing(counts)) return;
    const model = nameField(record, 'model') ?? 'unknown';
    const source = nameField(record, 'source');
    this.#held.push({
      ...plainObservation,
      ...sellerOfCall(nameField(record, 'authType'), model),
      model,
      keys: { responseId: null, requestId: null, ownId: usageName({ session, model, counts, endedAtMs }) },
      session,
      subAgent: source === 'main' ? null : source,
      ...spanOfCall(endedAtMs, field(record, 'apiDurationMs'), sink),
      usage: usageOf(counts),
    });
  }

  /** Chats are looked into last, when they have been told of what stands here. */
  pause(sink: ReadSink): void {
    for (const call of this.#held) if (!this.#toldOf(call.session).has(call.keys.ownId)) sink.call(call);
  }

  state(): JsonValue {
    return null;
  }

  #toldOf(session: string): ReadonlySet<string> {
    let told = this.#told.get(session);
    if (told === undefined) {
      const chat = new ChatParser(this.#file, null);
      const silent: ReadSink = { call: () => undefined, problem: () => undefined };
      this.#context.eachRecord(session, (record) => chat.line(record, silent));
      told = new Set(chat.retracted());
      this.#told.set(session, told);
    }
    return told;
  }
}
