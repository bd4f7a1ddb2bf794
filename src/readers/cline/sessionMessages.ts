import { arrayField, asObject, field, type JsonObject, nameField, objectField, textField } from '../../wire/json.ts';
import { type DocumentFormat, plainObservation, type ReadableFile, type ReadSink } from '../contract.ts';
import { countField, instantOf, usageOfWholeInput } from '../counts.ts';
import { besideObject, parseDocument, pathPart } from '../documents.ts';
import { sellerOf } from '../providers.ts';

/** `<session>/<session or agent>.messages.json`: an answer of the model has the counts of its call. */
export const sessionMessagesFormat: DocumentFormat = {
  kind: 'document',
  maxBytes: 64 * 1024 * 1024,
  beside: (relativePath) => [manifestOf(pathPart(relativePath, -2) ?? stemOf(relativePath))],
  parse(bytes, file, sink) {
    const document = parseDocument(bytes, sink);
    if (document === undefined) return;
    const messages = Array.isArray(document) ? document : field(asObject(document), 'messages');
    if (!Array.isArray(messages)) {
      sink.problem({ code: 'unexpected-shape', detail: 'a session has no list of messages' });
      return;
    }
    const session = new Session(file, sink);
    for (const message of messages) session.read(asObject(message));
  },
};

class Session {
  readonly #sink: ReadSink;
  readonly #id: string;
  readonly #subAgent: string | null;
  readonly #manifest: JsonObject | null;

  constructor(file: ReadableFile, sink: ReadSink) {
    const stem = stemOf(file.relativePath);
    this.#sink = sink;
    this.#id = pathPart(file.relativePath, -2) ?? stem;
    this.#subAgent = stem === this.#id ? null : stem;
    this.#manifest = besideObject(file.beside(manifestOf(this.#id)));
  }

  read(message: JsonObject | null): void {
    const metrics = objectField(message, 'metrics');
    if (metrics === null || field(message, 'role') !== 'assistant') return;
    const sink = this.#sink;
    const counts = {
      input: countField(metrics, 'inputTokens', sink),
      output: countField(metrics, 'outputTokens', sink),
      cacheRead: countField(metrics, 'cacheReadTokens', sink),
      cacheWrite: countField(metrics, 'cacheWriteTokens', sink),
    };
    if ((counts.input ?? 0) === 0 && (counts.output ?? 0) === 0) return;
    const atMs = instantOf(field(message, 'ts'));
    const id = nameField(message, 'id');
    if (atMs === null || id === null) {
      sink.problem({ code: 'unexpected-shape', detail: 'an answer of the model has no time or no id' });
      return;
    }
    const info = objectField(message, 'modelInfo');
    const seller = sellerOf(nameField(info, 'provider') ?? nameField(this.#manifest, 'provider'));
    const usage = usageOfWholeInput(counts);
    sink.call({
      ...plainObservation,
      provider: seller.provider,
      api: seller.api,
      model: nameField(info, 'id') ?? nameField(this.#manifest, 'model') ?? 'unknown',
      keys: { responseId: null, requestId: null, ownId: `${this.#id} ${this.#subAgent ?? 'main'} ${id}` },
      session: this.#id,
      subAgent: this.#subAgent,
      folder: textField(this.#manifest, 'cwd') ?? textField(this.#manifest, 'workspace_root'),
      atMs,
      usage: { ...usage, toolCalls: toolCallsOf(message) },
    });
  }
}

function toolCallsOf(message: JsonObject | null): number {
  return arrayField(message, 'content').filter((block) => field(asObject(block), 'type') === 'tool_use').length;
}

function stemOf(relativePath: string): string {
  return (pathPart(relativePath, -1) ?? '').replace(/\.messages\.json$/, '');
}

function manifestOf(session: string): string {
  return `${session}.json`;
}
