import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { importLogs } from '../../../../src/meter/import/importLogs.ts';
import { startReading } from '../../../../src/meter/import/startReading.ts';
import { qwenCode } from '../../../../src/readers/qwenCode/qwenCode.ts';
import { openBooks, sumsOf } from '../../ledger/importFixtures.ts';

/** The records of a call that a chat has, in the order in which they stand there; of "none" only the list of usage tells. */
type Told = 'telemetry-answer' | 'answer-telemetry' | 'answer' | 'telemetry' | 'none';

interface MadeCall {
  readonly told: Told;
  readonly input: number;
  readonly output: number;
}

const session = 'e3516ee9-e723-4ad1-b758-12062daa2525';
const beginMs = Date.UTC(2026, 10, 1);
const chatPath = `.qwen/projects/-w/chats/${session}.jsonl`;
const listPath = '.qwen/usage/token-usage-2026-11.jsonl';

const endedAt = (index: number, laterMs = 0): string => new Date(beginMs + index * 60_000 + laterMs).toISOString();

function chatOf(calls: readonly MadeCall[]): string {
  const records = calls.flatMap(({ told, input, output }, index) => {
    const about = { sessionId: session, timestamp: endedAt(index, 3), cwd: '/w' };
    const total = input + output;
    const telemetry = {
      ...{ ...about, uuid: `telemetry-${index}`, type: 'system', subtype: 'ui_telemetry' },
      systemPayload: {
        uiEvent: {
          ...{
            'event.name': 'qwen-code.api_response',
            'event.timestamp': endedAt(index, 2),
            model: 'qwen3-coder-plus',
          },
          ...{ response_id: `chatcmpl-${index}`, duration_ms: 500, input_token_count: input },
          ...{ output_token_count: output, total_token_count: total },
        },
      },
    };
    const usageMetadata = { promptTokenCount: input, candidatesTokenCount: output, totalTokenCount: total };
    const answer = { ...about, uuid: `answer-${index}`, type: 'assistant', model: 'qwen3-coder-plus', usageMetadata };
    if (told === 'none') return [];
    return told.split('-').map((record) => (record === 'answer' ? answer : telemetry));
  });
  return linesOf([{ sessionId: session, uuid: 'first', type: 'user', timestamp: endedAt(0) }, ...records]);
}

function listOf(calls: readonly MadeCall[]): string {
  return linesOf(
    calls.map(({ told, input, output }, index) => ({
      ...{ schemaVersion: 1, id: `usage-${index}`, timestamp: endedAt(index), sessionId: session },
      ...{ model: 'qwen3-coder-plus', authType: 'openai', source: told === 'none' ? 'memory' : 'main' },
      ...{ inputTokens: input, outputTokens: output, totalTokens: input + output, apiDurationMs: 500 },
    })),
  );
}

const linesOf = (records: readonly object[]): string => records.map((record) => `${JSON.stringify(record)}\n`).join('');

/** Imports after each step, where a step writes a file up to a share of its bytes; returns what the books come to. */
async function booksAfter(
  files: Readonly<Record<string, string>>,
  steps: readonly { readonly path: string; readonly share: number }[],
) {
  const homeDir = mkdtempSync(join(tmpdir(), 'outlay-qwen-'));
  const ledger = openBooks();
  const { writer } = ledger;
  try {
    const written = new Map<string, number>();
    for (const { path, share } of steps) {
      const text = files[path] ?? '';
      const length = Math.max(written.get(path) ?? 0, Math.round(share * text.length));
      written.set(path, length);
      mkdirSync(join(homeDir, dirname(path)), { recursive: true });
      writeFileSync(join(homeDir, path), text.slice(0, length));
      await importLogs({
        readers: [qwenCode],
        place: { homeDir, env: {}, platform: 'linux' },
        books: { loadLogs: async () => writer.loadLogs(), book: async (batch) => writer.bookImport(batch) },
        startReading: startReading(null),
      });
    }
    return { sums: sumsOf(ledger), sum: ledger.reader.report({ by: 'model' })[0] };
  } finally {
    ledger.close();
    rmSync(homeDir, { recursive: true, force: true });
  }
}

const call = (told: Told, input = 1000): MadeCall => ({ told, input, output: 10 });
const whole = (...paths: readonly string[]) => paths.map((path) => ({ path, share: 1 }));

describe('logs of Qwen Code', () => {
  it('count a call once whose answer stands before its telemetry', async () => {
    const files = { [chatPath]: chatOf([call('answer-telemetry'), call('answer-telemetry')]) };
    expect((await booksAfter(files, whole(chatPath))).sum).toMatchObject({ calls: 2, inputTokens: 2000 });
  });

  it('take back an answer of which telemetry comes with a later import', async () => {
    const made = [call('answer-telemetry')];
    const files = { [chatPath]: chatOf(made) };
    const answered = chatOf([call('answer')]).length / chatOf(made).length;
    const steps = [{ path: chatPath, share: answered }, ...whole(chatPath)];
    expect((await booksAfter(files, steps)).sum).toMatchObject({ calls: 1, inputTokens: 1000 });
  });

  it('count calls that only the list of usage tells of, since no chat was recorded', async () => {
    const files = { [listPath]: listOf([call('none'), call('none')]) };
    expect((await booksAfter(files, whole(listPath))).sum).toMatchObject({ calls: 2, inputTokens: 2000 });
  });

  it.each([
    [chatPath, listPath],
    [listPath, chatPath],
  ])('count what both tell of once, with %s first', async (first, second) => {
    const made = [call('telemetry-answer'), call('answer', 2000), call('none', 4000)];
    const files = { [chatPath]: chatOf(made), [listPath]: listOf(made) };
    expect((await booksAfter(files, whole(first, second))).sum).toMatchObject({ calls: 3, inputTokens: 7000 });
  });

  it('count what both tell of once where the chat begins with a picture', async () => {
    const made = [call('telemetry-answer'), call('telemetry', 2000)];
    const parts = [{ inlineData: { mimeType: 'image/png', data: 'A'.repeat(600_000) } }];
    const prompt = linesOf([{ sessionId: session, uuid: 'picture', type: 'user', message: { role: 'user', parts } }]);
    const files = { [chatPath]: prompt + chatOf(made), [listPath]: listOf(made) };
    expect((await booksAfter(files, whole(chatPath, listPath))).sum).toMatchObject({ calls: 2, inputTokens: 3000 });
  });

  it('count a call once that its chat tells of only after the list was read in the same import', async () => {
    const homeDir = mkdtempSync(join(tmpdir(), 'outlay-qwen-'));
    const ledger = openBooks();
    const { writer } = ledger;
    try {
      const made = [call('telemetry-answer')];
      const otherPath = '.qwen/projects/-w/chats/other.jsonl';
      const other = chatOf([call('answer', 7000)]).replaceAll(session, 'other');
      const files = [
        [otherPath, other],
        [listPath, listOf(made)],
        [chatPath, chatOf([])],
      ] as const;
      for (const [index, [path, text]] of files.entries()) {
        mkdirSync(join(homeDir, dirname(path)), { recursive: true });
        writeFileSync(join(homeDir, path), text);
        // The newest is read first, and booked by itself.
        const writtenAt = new Date(beginMs - index * 1000);
        utimesSync(join(homeDir, path), writtenAt, writtenAt);
      }
      await importLogs({
        readers: [qwenCode],
        place: { homeDir, env: {}, platform: 'linux' },
        books: { loadLogs: async () => writer.loadLogs(), book: async (batch) => writer.bookImport(batch) },
        startReading: (place, bytes) => {
          const reading = startReading(null)(place, bytes);
          return {
            ...{ width: 1, close: () => reading.close() },
            read: (job) => {
              if (job.log.path.endsWith(chatPath)) writeFileSync(join(homeDir, chatPath), chatOf(made));
              return reading.read(job);
            },
          };
        },
      });
      expect(ledger.reader.report({ by: 'model' })[0]).toMatchObject({ calls: 2, inputTokens: 8000 });
    } finally {
      ledger.close();
      rmSync(homeDir, { recursive: true, force: true });
    }
  });

  it('come to the same books in whatever order and pieces they arrive', async () => {
    const calls = fc.array(
      fc.record({
        told: fc.constantFrom<Told>('telemetry-answer', 'answer-telemetry', 'answer', 'telemetry', 'none'),
        // Some calls have the very same counts.
        input: fc.constantFrom(1000, 2000, 4000),
        output: fc.constantFrom(10, 20),
      }),
      { minLength: 1, maxLength: 6 },
    );
    const steps = fc.array(
      fc.record({ path: fc.constantFrom(chatPath, listPath), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
      { maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(calls, steps, fc.boolean(), async (made, before, isChatFirst) => {
        const files = { [chatPath]: chatOf(made), [listPath]: listOf(made) };
        const end = whole(...(isChatFirst ? [chatPath, listPath] : [listPath, chatPath]));
        const { sums, sum } = await booksAfter(files, [...before, ...end]);
        expect(sum?.calls).toBe(made.length);
        expect(sum?.inputTokens).toBe(made.reduce((all, { input }) => all + input, 0));
        expect(sums).toEqual((await booksAfter(files, whole(chatPath, listPath))).sums);
      }),
      { numRuns: 60 },
    );
  });
});
