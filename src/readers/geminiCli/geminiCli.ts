import { join } from 'node:path';
import { arrayField, asObject, field, type JsonObject, nameField, objectField } from '../../wire/json.ts';
import {
  type DocumentFormat,
  type JsonValue,
  type LineParser,
  type LinesFormat,
  plainObservation,
  type ReadableFile,
  type Reader,
  type ReadSink,
} from '../contract.ts';
import { instantOf } from '../counts.ts';
import { parseDocument, pathPart, textOfBytes } from '../documents.ts';
import { namedFolder } from '../homePaths.ts';
import { usageOfGeminiTokens } from './geminiTokens.ts';

const lines: LinesFormat = {
  kind: 'lines',
  needles: ['"tokens"', '"sessionId"'],
  open: (file, state) => new ChatParser(file, state),
};

/** A session of before it was a log, as a whole; what was resumed since then is in a log too, under the same ids. */
const document: DocumentFormat = {
  kind: 'document',
  maxBytes: 64 * 1024 * 1024,
  parse(bytes, file, sink) {
    const session = asObject(parseDocument(bytes, sink));
    if (session === null) return;
    const parser = new ChatParser(file, null);
    parser.line(session, sink);
    for (const message of arrayField(session, 'messages')) {
      const record = asObject(message);
      if (record !== null) parser.line(record, sink);
    }
  },
};

/** Gemini CLI. README.md beside this file tells the shapes. */
export const geminiCli: Reader = {
  agent: 'gemini-cli',
  title: 'Gemini CLI',
  variables: ['GEMINI_CLI_HOME'],
  paths(place) {
    const home = namedFolder(place, 'GEMINI_CLI_HOME') ?? place.homeDir;
    // Under a sandbox of macOS its folder lies in the cache.
    const folders = [join(home, '.gemini', 'tmp'), join(home, '.cache', '.gemini', 'tmp')];
    return folders.flatMap((path) => [
      { path, maxDepth: 3, accepts: (name: string) => isChat(name, '.jsonl'), format: lines },
      { path, maxDepth: 2, accepts: (name: string) => isChat(name, '.json'), format: document },
    ]);
  },
};

/** `<project>/chats/session-<...>` and, for a sub-agent, `<project>/chats/<session>/<sub-agent>`. */
function isChat(relativePath: string, ending: string): boolean {
  const parts = relativePath.split('/');
  const isMain = parts.length === 3 && (parts[2] ?? '').startsWith('session-');
  return parts[1] === 'chats' && (isMain || parts.length === 4) && relativePath.endsWith(ending);
}

/** A message is appended anew whenever it changes, so that its last version counts; all versions have the same id. */
class ChatParser implements LineParser {
  readonly #file: ReadableFile;
  readonly #parent: string | null;
  #session: string | null;
  #folder: string | null | undefined;

  constructor(file: ReadableFile, state: JsonValue) {
    this.#file = file;
    const parts = file.relativePath.split('/');
    this.#parent = parts.length === 4 ? (parts[2] ?? null) : null;
    this.#session = nameField(asObject(state), 'session');
  }

  line(record: JsonObject, sink: ReadSink): void {
    const session = nameField(record, 'sessionId');
    if (session !== null && nameField(record, 'projectHash') !== null) this.#session ??= session;
    if (field(record, 'type') === 'gemini') this.#message(record, sink);
    // Earlier versions wrote whole histories now and then.
    for (const message of arrayField(objectField(record, '$set'), 'messages')) {
      const inner = asObject(message);
      if (inner !== null && field(inner, 'type') === 'gemini') this.#message(inner, sink);
    }
  }

  state(): JsonValue {
    return { session: this.#session };
  }

  #message(message: JsonObject, sink: ReadSink): void {
    const tokens = objectField(message, 'tokens');
    const id = nameField(message, 'id');
    if (tokens === null) return;
    const atMs = instantOf(field(message, 'timestamp'));
    if (id === null || atMs === null) {
      sink.problem({ code: 'unexpected-shape', detail: 'a message with tokens has no id or no time' });
      return;
    }
    const usage = usageOfGeminiTokens(tokens, sink);
    if ((usage.inputTokens ?? 0) + usage.cacheReadTokens + (usage.outputTokens ?? 0) === 0) return;
    const own = this.#session ?? (pathPart(this.#file.relativePath, -1) ?? 'unknown').replace(/\.jsonl?$/, '');
    sink.call({
      ...plainObservation,
      provider: 'google',
      api: 'gemini-generate',
      model: nameField(message, 'model') ?? 'unknown',
      keys: { responseId: null, requestId: null, ownId: `${own} ${id}` },
      session: this.#parent ?? own,
      subAgent: this.#parent === null ? null : own,
      folder: this.#folderOfProject(),
      atMs,
      usage: { ...usage, toolCalls: arrayField(message, 'toolCalls').length },
    });
  }

  /** The folder is noted once for all sessions of a project, beside them. */
  #folderOfProject(): string | null {
    if (this.#folder === undefined) {
      const up = this.#parent === null ? '..' : '../..';
      const bytes = this.#file.beside(`${up}/.project_root`);
      const text = bytes === null ? '' : textOfBytes(bytes).trim();
      this.#folder = text === '' || text.length > 4096 ? null : text;
    }
    return this.#folder;
  }
}
