import { join } from 'node:path';
import { unknownUsage } from '../../domain/usage.ts';
import { asObject, field, nameField, objectField } from '../../wire/json.ts';
import { type DocumentFormat, plainObservation, type ReadableFile, type Reader } from '../contract.ts';
import { countField, instantOf } from '../counts.ts';
import { parseDocument, pathPart, textOfBytes } from '../documents.ts';
import { namedFolder } from '../homePaths.ts';
import { parseRecord } from '../parseRecord.ts';
import { sellerOf } from '../providers.ts';

/** A session's running total, rewritten as it grows: the larger is the later one. */
const settingsFormat: DocumentFormat = {
  kind: 'document',
  maxBytes: 4 * 1024 * 1024,
  beside: (relativePath) => [logOf(sessionOf(relativePath))],
  parse(bytes, file, sink) {
    const settings = asObject(parseDocument(bytes, sink));
    const tokens = objectField(settings, 'tokenUsage');
    if (tokens === null) return;
    const session = sessionOf(file.relativePath);
    const input = countField(tokens, 'inputTokens', sink);
    const output = countField(tokens, 'outputTokens', sink);
    const thinking = countField(tokens, 'thinkingTokens', sink);
    const cacheRead = countField(tokens, 'cacheReadTokens', sink) ?? 0;
    const cacheWrite = countField(tokens, 'cacheCreationTokens', sink) ?? 0;
    if ((input ?? 0) + (output ?? 0) + cacheRead + cacheWrite === 0) return;
    const start = startOf(file, session);
    const atMs = instantOf(field(settings, 'providerLockTimestamp')) ?? start.atMs ?? Math.round(file.mtimeMs);
    const seller = sellerOf(nameField(settings, 'providerLock'));
    sink.call({
      ...plainObservation,
      provider: seller.provider,
      api: seller.api,
      model: (nameField(settings, 'model') ?? 'unknown').replace(/^custom:/, ''),
      keys: { responseId: null, requestId: null, ownId: `${session} total` },
      session,
      folder: start.folder,
      atMs,
      durationMs: Math.max(0, Math.round(file.mtimeMs) - atMs),
      usage: {
        ...unknownUsage,
        inputTokens: input,
        cacheReadTokens: cacheRead,
        cacheWrite5mTokens: cacheWrite,
        outputTokens: output === null ? thinking : Math.max(output, thinking ?? 0),
        thinkingTokens: thinking === 0 ? null : thinking,
      },
      isSum: true,
      isOfAllModels: true,
    });
  },
};

/** Factory's Droid. README.md beside this file tells the shapes. */
export const droid: Reader = {
  agent: 'droid',
  title: 'Droid',
  variables: ['FACTORY_DIR', 'DROID_SESSIONS_DIR'],
  paths(place) {
    const sessions = join(namedFolder(place, 'FACTORY_DIR') ?? join(place.homeDir, '.factory'), 'sessions');
    return [
      {
        path: namedFolder(place, 'DROID_SESSIONS_DIR') ?? sessions,
        maxDepth: 1,
        accepts: (relativePath) => relativePath.endsWith('.settings.json'),
        format: settingsFormat,
      },
    ];
  },
};

function sessionOf(relativePath: string): string {
  return (pathPart(relativePath, -1) ?? 'unknown').replace(/\.settings\.json$/, '');
}

function logOf(session: string): string {
  return `${session}.jsonl`;
}

/** The first line of the session's log beside its settings. */
function startOf(
  file: ReadableFile,
  session: string,
): { readonly folder: string | null; readonly atMs: number | null } {
  const log = file.beside(logOf(session));
  const end = log?.indexOf(0x0a) ?? -1;
  const record = log === null ? null : parseRecord(textOfBytes(end < 0 ? log : log.subarray(0, end)));
  return { folder: nameField(record, 'cwd'), atMs: instantOf(field(record, 'timestamp')) };
}
