import { join } from 'node:path';
import type { Usage } from '../../domain/usage.ts';
import { arrayField, asObject, field, type JsonObject, nameField, objectField } from '../../wire/json.ts';
import {
  type JsonValue,
  type LineParser,
  type LinesFormat,
  type Place,
  plainObservation,
  type Reader,
  type ReadSink,
  type SourceFile,
} from '../contract.ts';
import { countField, instantOf } from '../counts.ts';
import { settingVariables } from '../editorSettings.ts';
import { userPath } from '../homePaths.ts';
import type { WantedFields } from '../recordSkimmer.ts';
import { iterationParts } from './iterationParts.ts';

/** Variables that the VS Code extension gives the program. */
const extensionVariables = 'claudeCode.environmentVariables';

/** Claude Code's sessions, with those of its sub-agents and of its desktop app. README.md beside this file tells the shapes. */
export const claudeCode: Reader = {
  agent: 'claude-code',
  title: 'Claude Code',
  variables: ['CLAUDE_CONFIG_DIR', 'CLAUDE_CONFIG_DIRS', 'XDG_CONFIG_HOME', 'APPDATA'],
  settings: [extensionVariables],
  paths(place) {
    const moved = settingVariables(place, extensionVariables, 'CLAUDE_CONFIG_DIR');
    const folders = [...configFolders(place), ...moved.map((path) => userPath(path, place.homeDir))];
    const projects = folders.map((folder) => join(folder, 'projects'));
    return [...new Set([...projects, join(desktopFolder(place), 'local-agent-mode-sessions')])].map((path) => ({
      path,
      maxDepth: 12,
      accepts: (relativePath) => relativePath.endsWith('.jsonl'),
      format,
    }));
  },
};

/** All that `SessionParser` looks at. */
const fields: WantedFields = {
  ...{ type: true, timestamp: true, requestId: true, isSidechain: true, requestSessionId: true, sessionId: true },
  ...{ agentId: true, cwd: true, gitBranch: true, effort: true, uuid: true },
  message: { id: true, model: true, stop_reason: true, usage: true, content: { type: true, id: true } },
};

const format: LinesFormat = {
  kind: 'lines',
  needles: ['"usage"'],
  fields,
  open: (file, state) => new SessionParser(file, state),
};

/**
 * The program may be pointed at whoever speaks Anthropic's protocol, and its log does not say at whom: only a name of Claude's is taken for
 * Anthropic's, and one as Amazon writes it for Amazon's, which asks more for a region.
 */
function sellerOfModel(model: string): string {
  if (/^(?:[a-z-]+\.)?anthropic\.claude/.test(model)) return 'aws';
  return /claude|^(?:unknown|opus|sonnet|haiku|fable|mythos)/i.test(model) ? 'anthropic' : 'unnamed';
}

function configFolders({ homeDir, env }: Place): readonly string[] {
  const named = [env['CLAUDE_CONFIG_DIR'], env['CLAUDE_CONFIG_DIRS']]
    .flatMap((list) => (list ?? '').split(','))
    .map((path) => path.trim())
    .filter((path) => path !== '')
    .map((path) => userPath(path, homeDir));
  if (named.length > 0) return named;
  return [join(homeDir, '.claude'), join(env['XDG_CONFIG_HOME'] || join(homeDir, '.config'), 'claude')];
}

function desktopFolder({ homeDir, env, platform }: Place): string {
  if (platform === 'darwin') return join(homeDir, 'Library', 'Application Support', 'Claude');
  if (platform === 'win32') return join(env['APPDATA'] || join(homeDir, 'AppData', 'Roaming'), 'Claude');
  return join(env['XDG_CONFIG_HOME'] || join(homeDir, '.config'), 'Claude');
}

/** Blocks of one message come on lines of their own, so that its tool calls are counted over them. */
class SessionParser implements LineParser {
  readonly #fileName: string;
  readonly #fileAgent: string | null;
  #message: string | null = null;
  #toolUses: Set<string>;

  constructor(file: SourceFile, state: JsonValue) {
    const name = file.path.slice(Math.max(file.path.lastIndexOf('/'), file.path.lastIndexOf('\\')) + 1);
    this.#fileName = name.replace(/\.jsonl$/, '');
    this.#fileAgent = /^agent-(.+)$/.exec(this.#fileName)?.[1] ?? null;
    const kept = asObject(state);
    this.#message = nameField(kept, 'message');
    this.#toolUses = new Set(arrayField(kept, 'tools').map(String));
  }

  line(record: JsonObject, sink: ReadSink): void {
    const type = field(record, 'type');
    if (type !== 'assistant' && type !== undefined) return;
    const message = objectField(record, 'message');
    const usage = objectField(message, 'usage');
    const model = nameField(message, 'model') ?? 'unknown';
    if (message === null || usage === null || model === '<synthetic>') return;
    const atMs = instantOf(field(record, 'timestamp'));
    if (atMs === null) {
      sink.problem({ code: 'unexpected-shape', detail: 'a message with usage has no time' });
      return;
    }
    const responseId = nameField(message, 'id');
    const requestId = nameField(record, 'requestId');
    const toolCalls = this.#toolCalls(message, responseId ?? requestId);
    const counts = usageOf(usage, toolCalls, sink);
    const isSidechain = field(record, 'isSidechain') === true;
    sink.call({
      ...plainObservation,
      provider: sellerOfModel(model),
      api: 'anthropic-messages',
      model,
      keys: { responseId, requestId, ownId: this.#ownId(record, { atMs, model, counts }) },
      // A fork names the session that asked, which is where the call belongs.
      session: nameField(record, 'requestSessionId') ?? nameField(record, 'sessionId') ?? this.#fileName,
      subAgent: nameField(record, 'agentId') ?? this.#fileAgent ?? (isSidechain ? 'sidechain' : null),
      folder: nameField(record, 'cwd'),
      branch: nameField(record, 'gitBranch'),
      atMs,
      usage: counts,
      ...iterationParts(usage, { model, toolCalls }, sink),
      // Lines that are written while a message streams have no reason for its end yet, and a placeholder for its output.
      provenance: field(message, 'stop_reason') === null ? 'partial' : 'reported',
      effort: nameField(record, 'effort'),
      serviceTier: nameField(usage, 'service_tier'),
      speed: nameField(usage, 'speed'),
      inferenceGeo: nameField(usage, 'inference_geo'),
    });
  }

  state(): JsonValue {
    return this.#message === null ? null : { message: this.#message, tools: [...this.#toolUses] };
  }

  #toolCalls(message: JsonObject, id: string | null): number {
    if (id === null || id !== this.#message) this.#toolUses = new Set();
    this.#message = id;
    for (const block of arrayField(message, 'content')) {
      const object = asObject(block);
      if (field(object, 'type') === 'tool_use') this.#toolUses.add(nameField(object, 'id') ?? `${this.#toolUses.size}`);
    }
    return this.#toolUses.size;
  }

  /** A line of a message without any id of the provider's is named by its own, which copies keep, else by what it says. */
  #ownId(record: JsonObject, about: { readonly atMs: number; readonly model: string; readonly counts: Usage }): string {
    const uuid = nameField(record, 'uuid');
    if (uuid !== null) return uuid;
    const { inputTokens, cacheReadTokens, outputTokens } = about.counts;
    const session = nameField(record, 'sessionId') ?? this.#fileName;
    return [session, about.atMs, about.model, inputTokens, cacheReadTokens, outputTokens].join(' ');
  }
}

function usageOf(usage: JsonObject, toolCalls: number, sink: ReadSink): Usage {
  const count = (name: string): number | null => countField(usage, name, sink);
  const tiers = objectField(usage, 'cache_creation');
  const written = count('cache_creation_input_tokens');
  const fiveMinutes = countField(tiers, 'ephemeral_5m_input_tokens', sink) ?? 0;
  const oneHour = countField(tiers, 'ephemeral_1h_input_tokens', sink) ?? 0;
  // The total decides: what of it is not known to be kept for an hour is kept for five minutes.
  const keptAnHour = written === null ? oneHour : Math.min(oneHour, written);
  const outputTokens = count('output_tokens');
  const thinkingTokens = countField(objectField(usage, 'output_tokens_details'), 'thinking_tokens', sink);
  return {
    inputTokens: count('input_tokens'),
    cacheReadTokens: count('cache_read_input_tokens') ?? 0,
    cacheWrite5mTokens: written === null ? fiveMinutes : written - keptAnHour,
    cacheWrite1hTokens: keptAnHour,
    outputTokens,
    thinkingTokens: thinkingTokens === null ? null : Math.min(thinkingTokens, outputTokens ?? thinkingTokens),
    webSearches: countField(objectField(usage, 'server_tool_use'), 'web_search_requests', sink) ?? 0,
    toolCalls,
  };
}
