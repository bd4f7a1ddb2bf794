import { describe, expect, it } from 'vitest';
import { unknownUsage } from '../../../src/domain/usage.ts';
import type { ImportedCall, ImportedLog } from '../../../src/ledger/importContract.ts';
import { atMs, openBooks, plainPrice, sumsOf, told } from './importFixtures.ts';

/** A call of which a log tells all that one can. */
const full = told({
  ...{ session: 's5', subAgent: 'explorer', workspaceId: 'w5', agent: 'codex', provider: 'openai', api: 'openai-chat' },
  ...{ auth: 'key', model: 'm5', effort: 'high', atMs: atMs + 10, durationMs: 2000, provenance: 'estimated' },
  counts: {
    ...{ inputTokens: 1, cacheReadTokens: 2, cacheWrite5mTokens: 3, cacheWrite1hTokens: 4, outputTokens: 5 },
    ...{ thinkingTokens: 6, webSearches: 7, toolCalls: 8 },
  },
});

/** The books after these observations, each of an import of its own, as a reader sees them. */
function booksOf(...calls: readonly ImportedCall[]) {
  const ledger = openBooks();
  for (const call of calls) ledger.writer.bookImport({ calls: [call], logs: [] });
  const books = { sums: sumsOf(ledger), calls: ledger.reader.calls({}) };
  ledger.close();
  return books;
}

describe('a call that only a log tells of', () => {
  it('is in the books as it was told, every field apart from every other', () => {
    const { usage, responseId, requestId } = full;
    expect(booksOf(full).calls).toEqual([
      {
        id: full.id.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
        ...{ startedAtMs: atMs + 10, durationMs: 2000, ttftMs: null, workspaceId: 'w5', taskId: null },
        ...{ agent: 'codex', session: 's5', subAgent: 'explorer', provider: 'openai', api: 'openai-chat', auth: 'key' },
        ...{ source: 'transcript', model: 'm5', requestedModel: null, effort: 'high', status: 'ok', httpStatus: null },
        ...{ errorType: null, requestId, responseId, usage, parts: [], thinkingAtLeastTokens: null },
        ...{ provenance: 'estimated', cost: plainPrice(full), partCosts: [], problems: [] },
      },
    ]);
  });

  it('has whole milliseconds where its log has fractions', () => {
    expect(booksOf({ ...full, atMs: atMs + 0.4, durationMs: 10.6 }).calls).toMatchObject([
      { startedAtMs: atMs, durationMs: 11 },
    ]);
  });
});

describe('what a log tells anew of a call', () => {
  it.each<[string, Partial<ImportedCall>]>([
    ['its message’s id', { responseId: 'msg_2' }],
    ['an earlier time', { atMs: atMs + 1 }],
    ['an earlier day', { atMs: atMs - 86_400_000 }],
    ['that it was the main agent’s', { subAgent: null }],
    ['the session that it is a copy of', { session: 's1' }],
    ['another name of the sub-agent', { subAgent: 'a' }],
    ['another workspace', { workspaceId: 'w1' }],
    ['another agent', { agent: 'aider' }],
    ['another provider', { provider: 'anthropic' }],
    ['another kind of API', { api: 'anthropic-messages' }],
    ['who paid', { auth: 'subscription' }],
    ['another model', { model: 'm1' }],
    ['another effort', { effort: 'low' }],
    ['a longer time', { durationMs: 3000 }],
    ['a count of which it is sure', { provenance: 'reported' }],
    ['what was billed', { billedNanoUsd: 77 }],
    ['more of the answer', { usage: { ...full.usage, outputTokens: 50, thinkingTokens: 20 } }],
    ['another search', { usage: { ...full.usage, webSearches: 9 } }],
    ['another tool call', { usage: { ...full.usage, toolCalls: 9 } }],
  ])('is booked as if it had been told at first: %s', (_, change) => {
    expect(booksOf(full, { ...full, ...change })).toEqual(booksOf({ ...full, ...change }));
  });

  it.each<[string, Partial<ImportedCall>]>([
    ['a later time', { atMs: atMs + 20 }],
    ['a copy in a session of a later name', { session: 's9', workspaceId: 'w9', agent: 'zed' }],
    ['less of the answer', { usage: { ...unknownUsage, inputTokens: 1, outputTokens: 1 }, model: 'm9' }],
    [
      'less than all of it',
      { requestId: null, auth: 'unknown', effort: null, durationMs: null, provenance: 'partial' },
    ],
  ])('changes nothing where it tells less: %s', (_, change) => {
    expect(booksOf(full, { ...full, ...change })).toEqual(booksOf(full));
  });

  it.each<[string, Partial<ImportedCall>]>([
    ['tier', { serviceTier: 'batch' }],
    ['speed', { speed: 'fast' }],
    ['region', { inferenceGeo: 'eu' }],
  ])('prices it anew where the %s decides the price', (_, change) => {
    const seen: unknown[] = [];
    const books = openBooks(':memory:', undefined, (query) => {
      const { serviceTier, speed, inferenceGeo } = query;
      seen.push({ serviceTier, speed, inferenceGeo });
      return plainPrice(query);
    });
    const none = { serviceTier: null, speed: null, inferenceGeo: null };
    for (const call of [
      full,
      { ...full, ...change },
      { ...full, ...change },
      { ...full, usage: { ...full.usage, outputTokens: 9 } },
    ]) {
      books.writer.bookImport({ calls: [call], logs: [] });
    }
    expect(seen).toEqual([none, { ...none, ...change }, { ...none, ...change }]);
    books.close();
  });
});

describe('how far logs were read', () => {
  const log: ImportedLog = {
    ...{ path: '/logs/a.jsonl', agent: 'codex', sizeBytes: 1, mtimeMs: 2, inode: 3, offset: 4, lines: 5 },
    ...{ fingerprint: 'abc', state: '{}', sessionId: 's1', parentId: 's0' },
  };

  it('is kept by path, as it was told last', () => {
    const ledger = openBooks();
    const other = { ...log, path: '/logs/b.jsonl', sessionId: null, parentId: null };
    ledger.writer.bookImport({ calls: [], logs: [log, other] });
    expect(ledger.writer.loadLogs()).toEqual([log, other]);
    ledger.writer.bookImport({ calls: [], logs: [{ ...log, offset: 40, lines: 50 }] });
    expect(ledger.writer.loadLogs()).toContainEqual({ ...log, offset: 40, lines: 50 });
    ledger.close();
  });

  it('is kept without a number of the file that is too large to be exact', () => {
    const ledger = openBooks();
    ledger.writer.bookImport({ calls: [], logs: [{ ...log, inode: 2 ** 60 }] });
    expect(ledger.writer.loadLogs()).toEqual([{ ...log, inode: 0 }]);
    ledger.close();
  });
});
