import { arrayField, asObject, field, type JsonObject, nameField, objectField } from '../../wire/json.ts';
import {
  type JsonValue,
  type LineParser,
  type Observation,
  plainObservation,
  type ReadableFile,
  type ReadSink,
} from '../contract.ts';
import { countField, instantOf, spanOfCall } from '../counts.ts';
import { pathPart } from '../documents.ts';
import { type Counts, isNothing, sellerOfCall, usageOf } from './qwenCounts.ts';
import { namesAround } from './usageName.ts';

/** How many calls of agents that run side by side may wait for the record of their answer, or for their telemetry. */
const maxWaiting = 16;

/** Telemetry and answer of one call are written one after the other. */
const togetherMs = 30_000;

/** A call of which one of the two records has been read. */
interface Waiting {
  readonly counts: string;
  readonly atMs: number;
  /** Of the answer's record; empty for telemetry. */
  readonly uuid: string;
}

/**
 * Each call is told of by the telemetry, with the provider's id; records of answers count only where there is no telemetry of them, be it
 * before or behind them. What either tells of, the list of usage does not tell of by itself: see `UsageParser`.
 */
export class ChatParser implements LineParser {
  readonly #fileSession: string;
  /** Calls of which an answer may follow. */
  #unanswered: readonly Waiting[];
  /** Answers of which telemetry may follow; those of an earlier reading were told of then. */
  #untold: readonly Waiting[];
  /** What is told of the answers of this reading, once no more lines come. */
  readonly #held = new Map<string, Observation>();
  readonly #retracted: string[] = [];

  constructor(file: ReadableFile, state: JsonValue) {
    this.#fileSession = sessionOfPath(file.relativePath);
    const kept = asObject(state);
    this.#unanswered = waitingOf(kept, 'unanswered');
    this.#untold = waitingOf(kept, 'untold');
  }

  line(record: JsonObject, sink: ReadSink): void {
    const event = objectField(objectField(record, 'systemPayload'), 'uiEvent');
    if (field(event, 'event.name') === 'qwen-code.api_response') this.#response(record, event, sink);
    else if (field(record, 'type') === 'assistant') this.#answer(record, sink);
  }

  pause(sink: ReadSink): void {
    for (const answer of this.#held.values()) sink.call(answer);
  }

  retracted(): readonly string[] {
    return this.#retracted;
  }

  state(): JsonValue {
    return {
      unanswered: this.#unanswered.map((call) => ({ ...call })),
      untold: this.#untold.map((call) => ({ ...call })),
    };
  }

  #response(record: JsonObject, event: JsonObject | null, sink: ReadSink): void {
    const counts: Counts = {
      prompt: countField(event, 'input_token_count', sink),
      cached: countField(event, 'cached_content_token_count', sink),
      answer: countField(event, 'output_token_count', sink),
      thoughts: countField(event, 'thoughts_token_count', sink),
      total: countField(event, 'total_token_count', sink),
    };
    if (isNothing(counts)) return;
    const atMs = instantOf(field(event, 'event.timestamp')) ?? instantOf(field(record, 'timestamp'));
    const responseId = nameField(event, 'response_id');
    const common = this.#common(record, atMs, sink);
    if (common === null) return;
    this.#meetAnswer({ counts: textOf(counts), atMs: common.atMs, uuid: '' });
    const model = nameField(event, 'model') ?? 'unknown';
    this.#retracted.push(...namesAround({ session: common.session, model, counts, endedAtMs: common.atMs }));
    sink.call({
      ...common,
      ...sellerOfCall(nameField(event, 'auth_type'), nameField(event, 'model')),
      model,
      keys: { responseId, requestId: null, ownId: nameField(record, 'uuid') ?? `${common.session} ${common.atMs}` },
      subAgent: nameField(event, 'subagent_id') ?? nameField(event, 'subagent_name'),
      // The instant is that of the answer's end.
      ...spanOfCall(common.atMs, field(event, 'duration_ms'), sink),
      usage: usageOf(counts),
    });
  }

  #answer(record: JsonObject, sink: ReadSink): void {
    const metadata = objectField(record, 'usageMetadata');
    // What a branch of a session has copied from it is told of there.
    if (metadata === null || field(record, 'forkedFrom') !== undefined) return;
    const counts: Counts = {
      prompt: countField(metadata, 'promptTokenCount', sink),
      cached: countField(metadata, 'cachedContentTokenCount', sink),
      answer: countField(metadata, 'candidatesTokenCount', sink),
      thoughts: countField(metadata, 'thoughtsTokenCount', sink),
      total: countField(metadata, 'totalTokenCount', sink),
    };
    const uuid = nameField(record, 'uuid');
    if (isNothing(counts) || uuid === null) return;
    const common = this.#common(record, instantOf(field(record, 'timestamp')), sink);
    if (common === null) return;
    const waiting: Waiting = { counts: textOf(counts), atMs: common.atMs, uuid };
    const told = this.#unanswered.findIndex((call) => isOneCall(call, waiting));
    if (told >= 0) {
      this.#unanswered = this.#unanswered.toSpliced(told, 1);
      return;
    }
    const model = nameField(record, 'model');
    const parts = arrayField(objectField(record, 'message'), 'parts');
    const toolCalls = parts.filter((part) => objectField(asObject(part), 'functionCall') !== null).length;
    this.#retracted.push(
      ...namesAround({ session: common.session, model: model ?? 'unknown', counts, endedAtMs: common.atMs }),
    );
    this.#untold = [...this.#untold.filter((answer) => answer.uuid !== uuid), waiting].slice(-maxWaiting);
    this.#held.set(uuid, {
      ...common,
      ...sellerOfCall(null, model),
      model: model ?? 'unknown',
      keys: { responseId: null, requestId: null, ownId: uuid },
      subAgent: nameField(record, 'agentId'),
      usage: { ...usageOf(counts), toolCalls },
    });
  }

  /** Telemetry that comes behind its answer is all that is told of the call. */
  #meetAnswer(telemetry: Waiting): void {
    const at = this.#untold.findIndex((answer) => isOneCall(answer, telemetry));
    const answer = this.#untold[at];
    if (answer === undefined) {
      this.#unanswered = [...this.#unanswered, telemetry].slice(-maxWaiting);
      return;
    }
    this.#untold = this.#untold.toSpliced(at, 1);
    this.#held.delete(answer.uuid);
    this.#retracted.push(answer.uuid);
  }

  #common(record: JsonObject, atMs: number | null, sink: ReadSink): Common | null {
    if (atMs === null) {
      sink.problem({ code: 'unexpected-shape', detail: 'a call has no time' });
      return null;
    }
    return {
      ...plainObservation,
      session: nameField(record, 'sessionId') ?? this.#fileSession,
      folder: nameField(record, 'cwd'),
      branch: nameField(record, 'gitBranch'),
      atMs,
    };
  }
}

/** A chat is named after its session. */
export function sessionOfPath(relativePath: string): string {
  return (pathPart(relativePath, -1) ?? 'unknown').replace(/\.jsonl$/, '');
}

type Common = Omit<typeof plainObservation, 'folder' | 'branch'> &
  Pick<Observation, 'session' | 'atMs' | 'folder' | 'branch'>;

function textOf({ prompt, answer, total }: Counts): string {
  return [prompt ?? 0, answer ?? 0, total ?? 0].join(' ');
}

function isOneCall(a: Waiting, b: Waiting): boolean {
  return a.counts === b.counts && Math.abs(a.atMs - b.atMs) <= togetherMs;
}

function waitingOf(state: JsonObject | null, name: string): readonly Waiting[] {
  return arrayField(state, name).flatMap((entry) => {
    const kept = asObject(entry);
    const [counts, atMs] = [nameField(kept, 'counts'), instantOf(field(kept, 'atMs'))];
    return counts === null || atMs === null ? [] : [{ counts, atMs, uuid: nameField(kept, 'uuid') ?? '' }];
  });
}
