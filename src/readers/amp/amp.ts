import { join } from 'node:path';
import { type Usage, unknownUsage } from '../../domain/usage.ts';
import { arrayField, asObject, field, type JsonObject, nameField, objectField, textField } from '../../wire/json.ts';
import { type DocumentFormat, plainObservation, type Reader, type ReadSink } from '../contract.ts';
import { countField, instantOf } from '../counts.ts';
import { parseDocument, pathPart } from '../documents.ts';
import { folderOfUri } from '../folderOfUri.ts';
import { namedFolders, xdgDataFolder } from '../homePaths.ts';

const threadFormat: DocumentFormat = {
  kind: 'document',
  maxBytes: 64 * 1024 * 1024,
  parse(bytes, file, sink) {
    const thread = asObject(parseDocument(bytes, sink));
    if (thread === null) return;
    const id = nameField(thread, 'id') ?? (pathPart(file.relativePath, -1) ?? 'unknown').replace(/\.json$/, '');
    readThread(thread, id, sink);
  },
};

/** Amp, up to the version from which on threads are kept by its server only. README.md beside this file tells the shapes. */
export const amp: Reader = {
  agent: 'amp',
  title: 'Amp',
  variables: ['AMP_DATA_DIR', 'XDG_DATA_HOME'],
  paths(place) {
    const named = namedFolders(place, 'AMP_DATA_DIR');
    const folders = named.length > 0 ? named : [join(xdgDataFolder(place), 'amp')];
    return folders.map((folder) => ({
      path: join(folder, 'threads'),
      maxDepth: 0,
      accepts: (relativePath) => relativePath.endsWith('.json'),
      format: threadFormat,
    }));
  },
};

/** The ledger tells of each call, and the message that a call made of what came from the cache; without a ledger the messages tell all. */
function readThread(thread: JsonObject, id: string, sink: ReadSink): void {
  const trees = arrayField(objectField(objectField(thread, 'env'), 'initial'), 'trees');
  const folder = folderOfUri(textField(asObject(trees[0]), 'uri'));
  const messages = arrayField(thread, 'messages').map(asObject);
  const ledger = field(objectField(thread, 'usageLedger'), 'events');
  const push = (call: { own: string; model: string | null; at: unknown; usage: Usage }): void => {
    const { usage } = call;
    if ((usage.inputTokens ?? 0) + (usage.outputTokens ?? 0) + usage.cacheReadTokens + usage.cacheWrite5mTokens === 0)
      return;
    const atMs = instantOf(call.at);
    if (atMs === null) {
      sink.problem({ code: 'unexpected-shape', detail: 'a call of a thread has no time' });
      return;
    }
    sink.call({
      ...plainObservation,
      provider: 'amp',
      api: 'anthropic-messages',
      model: call.model ?? 'unknown',
      keys: { responseId: null, requestId: null, ownId: `${id} ${call.own}` },
      session: id,
      folder,
      atMs,
      usage,
    });
  };
  if (Array.isArray(ledger)) {
    for (const [index, entry] of ledger.entries()) {
      const event = asObject(entry);
      const to = field(event, 'toMessageId');
      const message = messages.find((candidate) => to !== undefined && field(candidate, 'messageId') === to) ?? null;
      const told = objectField(message, 'usage');
      const tokens = objectField(event, 'tokens');
      push({
        own: typeof to === 'number' ? `m${to}` : (nameField(event, 'id') ?? `event ${index}`),
        model: nameField(event, 'model') ?? nameField(told, 'model'),
        at: field(event, 'timestamp') ?? field(told, 'timestamp'),
        usage: {
          ...usageOf(told, sink),
          inputTokens: countField(tokens, 'input', sink),
          outputTokens: countField(tokens, 'output', sink),
        },
      });
    }
    return;
  }
  for (const [index, message] of messages.entries()) {
    const told = objectField(message, 'usage');
    if (told === null || field(message, 'role') !== 'assistant') continue;
    const messageId = field(message, 'messageId');
    push({
      own: `m${typeof messageId === 'number' ? messageId : index}`,
      model: nameField(told, 'model') ?? nameField(message, 'model'),
      at: field(told, 'timestamp') ?? field(message, 'timestamp') ?? field(thread, 'created'),
      usage: usageOf(told, sink),
    });
  }
}

function usageOf(told: JsonObject | null, sink: ReadSink): Usage {
  return {
    ...unknownUsage,
    inputTokens: countField(told, 'inputTokens', sink),
    cacheReadTokens: countField(told, 'cacheReadInputTokens', sink) ?? 0,
    cacheWrite5mTokens: countField(told, 'cacheCreationInputTokens', sink) ?? 0,
    outputTokens: countField(told, 'outputTokens', sink),
  };
}
