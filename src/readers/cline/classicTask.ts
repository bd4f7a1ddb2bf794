import type { Usage } from '../../domain/usage.ts';
import { unknownUsage } from '../../domain/usage.ts';
import { arrayField, asObject, field, type JsonObject, nameField, objectField, textField } from '../../wire/json.ts';
import { type DocumentFormat, plainObservation, type ReadableFile, type ReadSink } from '../contract.ts';
import { countField, instantOf, usageOfWholeInput } from '../counts.ts';
import { besideObject, jsonOf, parseDocument, pathPart } from '../documents.ts';
import { parseBounded } from '../parseRecord.ts';
import { sellerOf } from '../providers.ts';
import { promptFacts } from './promptFacts.ts';

/** Which extension wrote a task: what `tokensIn` means differs, and nothing in the file says who did. */
export interface ClassicFlavor {
  readonly agent: 'cline' | 'roo-code' | 'kilo';
  /** From when on `tokensIn` is the whole prompt for Anthropic's protocol too; null where it never is. */
  readonly wholeInputSinceMs: number | null;
}

/** Providers of Cline's that pass on a prompt count with the cache inside of it; all others tell what was not cached. */
const inclusiveProviders = new Set(
  'openai litellm doubao fireworks hicap lmstudio qwen qwen-code xai zai openai-compatible'.split(' '),
);

interface Told {
  readonly provider: string | null;
  readonly model: string | null;
}

const beside = {
  history: 'api_conversation_history.json',
  item: 'history_item.json',
  metadata: 'task_metadata.json',
};

/** `ui_messages.json` of a task: a "say" named `api_req_started` for each request, filled in when its answer has ended. */
export function classicTaskFormat(flavor: ClassicFlavor): DocumentFormat {
  return {
    kind: 'document',
    maxBytes: 64 * 1024 * 1024,
    beside: () => Object.values(beside),
    parse(bytes, file, sink) {
      const messages = parseDocument(bytes, sink);
      if (messages === undefined) return;
      if (!Array.isArray(messages)) {
        sink.problem({ code: 'unexpected-shape', detail: 'the messages of a task are no list' });
        return;
      }
      new Task(flavor, file, sink).read(messages.map(asObject));
    },
  };
}

class Task {
  readonly #flavor: ClassicFlavor;
  readonly #file: ReadableFile;
  readonly #sink: ReadSink;
  readonly #id: string;

  constructor(flavor: ClassicFlavor, file: ReadableFile, sink: ReadSink) {
    this.#flavor = flavor;
    this.#file = file;
    this.#sink = sink;
    this.#id = pathPart(file.relativePath, -2) ?? 'unknown';
  }

  read(messages: readonly (JsonObject | null)[]): void {
    const requests = messages.filter((message) => field(message, 'say') === 'api_req_started');
    if (requests.length === 0) return;
    const history = this.#file.beside(beside.history);
    const prompts = promptFacts(history === null ? undefined : jsonOf(history));
    const item = besideObject(this.#file.beside(beside.item));
    const folder = nameField(item, 'workspace') ?? nameField(item, 'cwdOnTaskInitialization') ?? prompts.folder;
    const switches = this.#modelSwitches();
    for (const [index, message] of requests.entries()) {
      if (message === null || field(message, 'partial') === true) continue;
      const nextMs = instantOf(field(requests[index + 1] ?? null, 'ts')) ?? Number.POSITIVE_INFINITY;
      const info = objectField(message, 'modelInfo');
      const told: Told = {
        provider: nameField(info, 'providerId') ?? lastBefore(switches, nextMs)?.provider ?? null,
        model:
          nameField(info, 'modelId') ??
          lastBefore(switches, nextMs)?.model ??
          lastBefore(prompts.models, nextMs)?.model ??
          null,
      };
      this.#request(message, { folder, told });
    }
  }

  #request(message: JsonObject, about: { readonly folder: string | null; readonly told: Told }): void {
    const text = textField(message, 'text');
    const request = text === null ? null : asObject(parseBounded(text));
    if (request === null) {
      // What is not filled in yet has no text.
      if (text !== null) this.#sink.problem({ code: 'malformed-json', detail: 'a request of a task is no JSON' });
      return;
    }
    const input = countField(request, 'tokensIn', this.#sink);
    const output = countField(request, 'tokensOut', this.#sink);
    if ((input ?? 0) === 0 && (output ?? 0) === 0) return;
    const atMs = instantOf(field(message, 'ts'));
    if (atMs === null) {
      this.#sink.problem({ code: 'unexpected-shape', detail: 'a request of a task has no time' });
      return;
    }
    const { told } = about;
    const protocol = nameField(request, 'apiProtocol') ?? nameField(message, 'apiProtocol');
    const seller = sellerOf(told.provider ?? (protocol === 'anthropic' ? 'anthropic' : null));
    const counts = {
      input,
      output,
      cacheRead: countField(request, 'cacheReads', this.#sink),
      cacheWrite: countField(request, 'cacheWrites', this.#sink),
    };
    this.#sink.call({
      ...plainObservation,
      provider: seller.provider,
      api: protocol === 'anthropic' ? 'anthropic-messages' : seller.api,
      model: told.model ?? 'unknown',
      keys: { responseId: null, requestId: null, ownId: `${this.#id} ${atMs}` },
      session: this.#id,
      folder: about.folder,
      atMs,
      usage: this.#isWhole(counts, { protocol, provider: told.provider, atMs })
        ? usageOfWholeInput(counts)
        : usageOfRest(counts),
      provenance: field(request, 'cancelReason') === undefined ? 'reported' : 'partial',
    });
  }

  /** Whether `tokensIn` has the cache inside. What is less than was cached is never the whole. */
  #isWhole(
    counts: Counts,
    about: { readonly protocol: string | null; readonly provider: string | null; readonly atMs: number },
  ): boolean {
    const since = this.#flavor.wholeInputSinceMs;
    if ((counts.input ?? 0) < (counts.cacheRead ?? 0) + (counts.cacheWrite ?? 0)) return false;
    if (since === null) return inclusiveProviders.has((about.provider ?? '').toLowerCase());
    return about.atMs >= since || about.protocol !== 'anthropic';
  }

  /** Cline's own notes of when the model was changed. */
  #modelSwitches(): readonly Switch[] {
    const metadata = besideObject(this.#file.beside(beside.metadata));
    return arrayField(metadata, 'model_usage').flatMap((entry) => {
      const object = asObject(entry);
      const atMs = instantOf(field(object, 'ts'));
      if (atMs === null) return [];
      return [{ atMs, model: nameField(object, 'model_id'), provider: nameField(object, 'model_provider_id') }];
    });
  }
}

interface Switch {
  readonly atMs: number;
  readonly model: string | null;
  readonly provider: string | null;
}

function lastBefore<T extends { readonly atMs: number }>(entries: readonly T[], limitMs: number): T | null {
  return entries.findLast(({ atMs }) => atMs < limitMs) ?? null;
}

interface Counts {
  readonly input: number | null;
  readonly output: number | null;
  readonly cacheRead: number | null;
  readonly cacheWrite: number | null;
}

function usageOfRest(counts: Counts): Usage {
  return {
    ...unknownUsage,
    inputTokens: counts.input,
    cacheReadTokens: counts.cacheRead ?? 0,
    cacheWrite5mTokens: counts.cacheWrite ?? 0,
    outputTokens: counts.output,
  };
}
