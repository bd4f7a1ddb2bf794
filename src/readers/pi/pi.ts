import { join } from 'node:path';
import { type Usage, unknownUsage } from '../../domain/usage.ts';
import { arrayField, asObject, field, type JsonObject, nameField, objectField, textField } from '../../wire/json.ts';
import {
  type JsonValue,
  type LineParser,
  plainObservation,
  type ReadableFile,
  type Reader,
  type ReadSink,
} from '../contract.ts';
import { countField, instantOf } from '../counts.ts';
import { pathPart } from '../documents.ts';
import { namedFolder } from '../homePaths.ts';
import { sellerOf } from '../providers.ts';

/** Pi. README.md beside this file tells the shapes. */
export const pi: Reader = {
  agent: 'pi',
  title: 'Pi',
  variables: ['PI_CODING_AGENT_SESSION_DIR', 'PI_CODING_AGENT_DIR'],
  paths(place) {
    const agent = namedFolder(place, 'PI_CODING_AGENT_DIR') ?? join(place.homeDir, '.pi', 'agent');
    return [
      {
        path: namedFolder(place, 'PI_CODING_AGENT_SESSION_DIR') ?? join(agent, 'sessions'),
        maxDepth: 2,
        accepts: (relativePath) => relativePath.endsWith('.jsonl'),
        format: {
          kind: 'lines',
          needles: ['"usage"', '"session"', '"thinking_level_change"'],
          open: (file, state) => new SessionParser(file, state),
        },
      },
    ];
  },
};

class SessionParser implements LineParser {
  #session: string;
  #folder: string | null;
  /** Of a fork: what is older than it was copied from its parent, whose it stays. */
  #parent: string | null;
  #forkedAtMs: number | null;
  #effort: string | null;
  /** Who was asked last: what is spent on a summary does not always say. */
  #model: string | null;
  #provider: string | null;

  constructor(file: ReadableFile, state: JsonValue) {
    const kept = asObject(state);
    const stem = (pathPart(file.relativePath, -1) ?? 'unknown').replace(/\.jsonl$/, '');
    this.#session = nameField(kept, 'session') ?? sessionOfPath(stem) ?? stem;
    this.#folder = nameField(kept, 'folder');
    this.#parent = nameField(kept, 'parent');
    this.#forkedAtMs = instantOf(field(kept, 'forkedAtMs'));
    this.#effort = nameField(kept, 'effort');
    this.#model = nameField(kept, 'model');
    this.#provider = nameField(kept, 'provider');
  }

  line(entry: JsonObject, sink: ReadSink): void {
    const type = field(entry, 'type');
    if (type === 'session') {
      this.#session = nameField(entry, 'id') ?? this.#session;
      this.#folder = nameField(entry, 'cwd') ?? this.#folder;
      this.#parent = sessionOfPath(textField(entry, 'parentSession'));
      this.#forkedAtMs = instantOf(field(entry, 'timestamp'));
    } else if (type === 'thinking_level_change') this.#effort = nameField(entry, 'thinkingLevel');
    else if (type === 'message') this.#told(entry, objectField(entry, 'message'), sink);
    // What was spent beside the conversation: summaries, and keeping the cache warm.
    else this.#told(entry, entry, sink);
  }

  state(): JsonValue {
    return {
      session: this.#session,
      folder: this.#folder,
      parent: this.#parent,
      forkedAtMs: this.#forkedAtMs,
      effort: this.#effort,
      model: this.#model,
      provider: this.#provider,
    };
  }

  #told(entry: JsonObject, message: JsonObject | null, sink: ReadSink): void {
    const told = objectField(message, 'usage');
    if (told === null) return;
    const usage = usageOf(told, sink);
    if ((usage.inputTokens ?? 0) + (usage.outputTokens ?? 0) + usage.cacheReadTokens + usage.cacheWrite5mTokens === 0)
      return;
    const atMs = instantOf(field(entry, 'timestamp')) ?? instantOf(field(message, 'timestamp'));
    if (atMs === null) {
      sink.problem({ code: 'unexpected-shape', detail: 'an entry with usage has no time' });
      return;
    }
    this.#model = nameField(message, 'model') ?? this.#model;
    this.#provider = nameField(message, 'provider') ?? this.#provider;
    const seller = sellerOf(this.#provider);
    const isCopy = this.#parent !== null && this.#forkedAtMs !== null && atMs < this.#forkedAtMs;
    const content = arrayField(message, 'content');
    sink.call({
      ...plainObservation,
      provider: seller.provider,
      api: seller.api,
      model: this.#model ?? 'unknown',
      keys: {
        responseId: nameField(message, 'responseId'),
        requestId: null,
        // A fork copies entries with their ids and times, so that the session is no part of the name.
        ownId: `${nameField(entry, 'id') ?? 'entry'} ${atMs}`,
      },
      session: isCopy ? (this.#parent ?? this.#session) : this.#session,
      folder: this.#folder,
      atMs,
      usage: { ...usage, toolCalls: content.filter((block) => field(asObject(block), 'type') === 'toolCall').length },
      provenance: field(message, 'stopReason') === 'aborted' ? 'partial' : 'reported',
      effort: nameField(message, 'thinkingLevel') ?? this.#effort,
    });
  }
}

/** "<time>_<session>.jsonl", with or without folders before it. */
function sessionOfPath(path: string | null): string | null {
  if (path === null || path.length > 4096) return null;
  const name = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1).replace(/\.jsonl$/, '');
  return name.slice(name.indexOf('_') + 1) || null;
}

/** Whoever was asked, the input is what was not cached, and the output has the reasoning inside. */
function usageOf(told: JsonObject, sink: ReadSink): Usage {
  const output = countField(told, 'output', sink);
  const reasoning = countField(told, 'reasoning', sink);
  return {
    ...unknownUsage,
    inputTokens: countField(told, 'input', sink),
    cacheReadTokens: countField(told, 'cacheRead', sink) ?? 0,
    cacheWrite5mTokens: countField(told, 'cacheWrite', sink) ?? 0,
    outputTokens: output,
    thinkingTokens: reasoning === null ? null : Math.min(reasoning, output ?? reasoning),
  };
}
