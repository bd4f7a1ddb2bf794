import { type Usage, unknownUsage } from '../../domain/usage.ts';
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
import { sellerOf } from '../providers.ts';

/** How many calls of agents that run side by side may wait for the record of their answer. */
const maxUnanswered = 16;

interface Counts {
  readonly prompt: number | null;
  readonly cached: number | null;
  readonly answer: number | null;
  readonly thoughts: number | null;
  readonly total: number | null;
}

/** Each call is told of by the telemetry, with the provider's id; records of answers count only where there was no telemetry of them. */
export class ChatParser implements LineParser {
  readonly #fileSession: string;
  /** Counts of calls of which an answer may follow, as texts. */
  #unanswered: string[];

  constructor(file: ReadableFile, state: JsonValue) {
    this.#fileSession = (pathPart(file.relativePath, -1) ?? 'unknown').replace(/\.jsonl$/, '');
    this.#unanswered = arrayField(asObject(state), 'unanswered').map(String);
  }

  line(record: JsonObject, sink: ReadSink): void {
    const event = objectField(objectField(record, 'systemPayload'), 'uiEvent');
    if (field(event, 'event.name') === 'qwen-code.api_response') this.#response(record, event, sink);
    else if (field(record, 'type') === 'assistant') this.#answer(record, sink);
  }

  state(): JsonValue {
    return { unanswered: this.#unanswered };
  }

  #response(record: JsonObject, event: JsonObject | null, sink: ReadSink): void {
    const counts: Counts = {
      prompt: countField(event, 'input_token_count', sink),
      cached: countField(event, 'cached_content_token_count', sink),
      answer: countField(event, 'output_token_count', sink),
      thoughts: countField(event, 'thoughts_token_count', sink),
      total: countField(event, 'total_token_count', sink),
    };
    this.#unanswered = [...this.#unanswered, textOf(counts)].slice(-maxUnanswered);
    if (isNothing(counts)) return;
    const atMs = instantOf(field(event, 'event.timestamp')) ?? instantOf(field(record, 'timestamp'));
    const responseId = nameField(event, 'response_id');
    const common = this.#common(record, atMs, sink);
    if (common === null) return;
    sink.call({
      ...common,
      ...sellerOfCall(nameField(event, 'auth_type'), nameField(event, 'model')),
      model: nameField(event, 'model') ?? 'unknown',
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
    const told = this.#unanswered.indexOf(textOf(counts));
    if (told >= 0) {
      this.#unanswered = this.#unanswered.toSpliced(told, 1);
      return;
    }
    const uuid = nameField(record, 'uuid');
    if (isNothing(counts) || uuid === null) return;
    const common = this.#common(record, instantOf(field(record, 'timestamp')), sink);
    if (common === null) return;
    const model = nameField(record, 'model');
    const parts = arrayField(objectField(record, 'message'), 'parts');
    const toolCalls = parts.filter((part) => objectField(asObject(part), 'functionCall') !== null).length;
    sink.call({
      ...common,
      ...sellerOfCall(null, model),
      model: model ?? 'unknown',
      keys: { responseId: null, requestId: null, ownId: uuid },
      subAgent: nameField(record, 'agentId'),
      usage: { ...usageOf(counts), toolCalls },
    });
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

type Common = Omit<typeof plainObservation, 'folder' | 'branch'> &
  Pick<Observation, 'session' | 'atMs' | 'folder' | 'branch'>;

function textOf({ prompt, answer, total }: Counts): string {
  return [prompt ?? 0, answer ?? 0, total ?? 0].join(' ');
}

function isNothing({ prompt, answer, thoughts }: Counts): boolean {
  return (prompt ?? 0) + (answer ?? 0) + (thoughts ?? 0) === 0;
}

/** The whole prompt has the cache inside. Thoughts are inside of the answer, but for Gemini's own API, as the total tells. */
function usageOf({ prompt, cached, answer, thoughts, total }: Counts): Usage {
  const isBeside = thoughts !== null && thoughts > 0 && total === (prompt ?? 0) + (answer ?? 0) + thoughts;
  return {
    ...unknownUsage,
    inputTokens: prompt === null ? null : Math.max(0, prompt - (cached ?? 0)),
    cacheReadTokens: cached ?? 0,
    outputTokens: isBeside ? (answer ?? 0) + thoughts : answer,
    thinkingTokens: thoughts === null ? null : isBeside ? thoughts : Math.min(thoughts, answer ?? thoughts),
  };
}

/** "openai" is every server that speaks OpenAI's API: only the model tells whose it may be. */
function sellerOfCall(authType: string | null, model: string | null): Pick<Observation, 'provider' | 'api'> {
  if (authType !== null && authType !== 'openai') return sellerOf(authType.startsWith('qwen') ? 'alibaba' : authType);
  if (/^(?:gpt-|o\d|codex-)/.test(model ?? '')) return { provider: 'openai', api: 'openai-chat' };
  if (/^(?:qwen|qwq|coder-model)/i.test(model ?? '')) return { provider: 'alibaba', api: 'openai-chat' };
  return { provider: 'unnamed', api: 'openai-chat' };
}
