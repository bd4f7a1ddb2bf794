import { type Usage, unknownUsage } from '../../domain/usage.ts';
import { asObject, field, type JsonObject, nameField, objectField } from '../../wire/json.ts';
import { type JsonValue, type LineParser, plainObservation, type ReadableFile, type ReadSink } from '../contract.ts';
import { countField, instantOf } from '../counts.ts';
import { besideObject } from '../documents.ts';

const subscriptionModel = 'kimi-for-coding';
const maxAliases = 16;

/** `wire.jsonl` of either generation: a `usage.record` of Kimi Code's, or a `StatusUpdate` of Kimi CLI's. */
export class WireParser implements LineParser {
  readonly #file: ReadableFile;
  readonly #session: string;
  readonly #agent: string | null;
  /** What a model that goes by an alias is. */
  readonly #models: Map<string, string>;
  #configured: string | null | undefined;
  #folder: string | null | undefined;

  constructor(file: ReadableFile, state: JsonValue) {
    this.#file = file;
    const parts = file.relativePath.split('/');
    const isNew = parts.at(-3) === 'agents';
    this.#session = (isNew ? parts.at(-4) : parts.at(-2))?.replace(/^session_/, '') || 'unknown';
    this.#agent = isNew && parts.at(-2) !== 'main' ? (parts.at(-2) ?? null) : null;
    const kept = objectField(asObject(state), 'models') ?? {};
    this.#models = new Map(Object.entries(kept).map(([alias, model]) => [alias, String(model)]));
  }

  line(record: JsonObject, sink: ReadSink): void {
    const type = field(record, 'type');
    if (type === 'llm.request') this.#request(record);
    else if (type === 'usage.record') this.#usage(record, sink);
    else this.#status(record, sink);
  }

  state(): JsonValue {
    return { models: Object.fromEntries(this.#models) };
  }

  #request(record: JsonObject): void {
    const alias = nameField(record, 'modelAlias');
    const model = nameField(record, 'model');
    if (alias !== null && model !== null && (this.#models.has(alias) || this.#models.size < maxAliases))
      this.#models.set(alias, model);
  }

  #usage(record: JsonObject, sink: ReadSink): void {
    const usage = objectField(record, 'usage');
    // Of a session it is the sum of all.
    if (usage === null || field(record, 'usageScope') === 'session') return;
    const alias = nameField(record, 'model');
    this.#push(
      {
        counts: {
          input: countField(usage, 'inputOther', sink),
          cacheRead: countField(usage, 'inputCacheRead', sink),
          cacheWrite: countField(usage, 'inputCacheCreation', sink),
          output: countField(usage, 'output', sink),
        },
        atMs: instantOf(field(record, 'time')),
        responseId: null,
        alias,
        model: (alias === null ? null : this.#models.get(alias)) ?? alias ?? 'unknown',
      },
      sink,
    );
  }

  #status(record: JsonObject, sink: ReadSink): void {
    const message = objectField(record, 'message');
    const payload = objectField(message, 'payload');
    const usage = objectField(payload, 'token_usage');
    if (usage === null || field(message, 'type') !== 'StatusUpdate') return;
    const seconds = field(record, 'timestamp');
    this.#push(
      {
        counts: {
          input: countField(usage, 'input_other', sink),
          cacheRead: countField(usage, 'input_cache_read', sink),
          cacheWrite: countField(usage, 'input_cache_creation', sink),
          output: countField(usage, 'output', sink),
        },
        atMs: instantOf(typeof seconds === 'number' ? seconds * 1000 : seconds),
        responseId: nameField(payload, 'message_id'),
        alias: null,
        model: this.#configuredModel() ?? subscriptionModel,
      },
      sink,
    );
  }

  #push(call: Call, sink: ReadSink): void {
    const { counts, atMs } = call;
    if (Object.values(counts).every((count) => (count ?? 0) === 0)) return;
    if (atMs === null) {
      sink.problem({ code: 'unexpected-shape', detail: 'a call has no time' });
      return;
    }
    const names = [call.alias, call.model];
    sink.call({
      ...plainObservation,
      provider: 'moonshotai',
      api: 'openai-chat',
      model: call.model.slice(call.model.lastIndexOf('/') + 1),
      keys: {
        responseId: call.responseId,
        requestId: null,
        ownId: [this.#session, this.#agent ?? 'main', atMs, counts.input, counts.cacheRead, counts.output].join(' '),
      },
      session: this.#session,
      subAgent: this.#agent,
      folder: this.#workFolder(),
      atMs,
      usage: usageOf(counts),
      auth: names.some((name) => name?.includes(subscriptionModel) || name?.startsWith('kimi-code/'))
        ? 'subscription'
        : 'unknown',
    });
  }

  #configuredModel(): string | null {
    if (this.#configured === undefined) {
      const config = besideObject(this.#file.beside('../../../config.json'));
      this.#configured = nameField(config, 'default_model') ?? nameField(config, 'model');
    }
    return this.#configured;
  }

  #workFolder(): string | null {
    if (this.#folder === undefined) {
      const state = besideObject(this.#file.beside('../../state.json'));
      this.#folder = nameField(state, 'workDir') ?? nameField(state, 'cwd');
    }
    return this.#folder;
  }
}

interface Counts {
  readonly input: number | null;
  readonly cacheRead: number | null;
  readonly cacheWrite: number | null;
  readonly output: number | null;
}

interface Call {
  readonly counts: Counts;
  readonly atMs: number | null;
  readonly responseId: string | null;
  readonly alias: string | null;
  readonly model: string;
}

function usageOf(counts: Counts): Usage {
  return {
    ...unknownUsage,
    inputTokens: counts.input,
    cacheReadTokens: counts.cacheRead ?? 0,
    cacheWrite5mTokens: counts.cacheWrite ?? 0,
    outputTokens: counts.output,
  };
}
