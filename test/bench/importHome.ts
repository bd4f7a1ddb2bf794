import { closeSync, mkdirSync, openSync, utimesSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export interface HomeSize {
  readonly bytes: number;
  readonly files: number;
}

export interface GeneratedHome {
  readonly bytes: number;
  readonly files: number;
  readonly lines: number;
  /** Different calls: what every correct reader counts. */
  readonly calls: number;
  readonly outputTokens: number;
}

/** The shares of real sessions: a call is written as two or three lines, one a block, and most bytes are results of tools. */
const blocksOfCall = [1, 2, 2, 3, 4];
const models = ['claude-opus-4-6', 'claude-sonnet-4-5-20250929', 'claude-haiku-4-5-20251001'];
const firstDayMs = Date.UTC(2026, 8, 1);
const days = 60;
const sessionsOfProject = 26;

/** Writes the same home of Claude Code sessions each time: whole lines in the form of version 2.1, text of every length in between. */
export function generateClaudeHome(homeDir: string, { bytes, files }: HomeSize): GeneratedHome {
  const random = mulberry32(42);
  const counts = { bytes: 0, files: 0, lines: 0, calls: 0, outputTokens: 0 };
  const text = fillText(random, 256 * 1024);
  for (let index = 0; index < files; index++) {
    const session = uuid(random);
    const project = `-home-dev-project-${Math.floor(index / sessionsOfProject)}`;
    const folder = join(homeDir, '.claude', 'projects', project);
    mkdirSync(folder, { recursive: true });
    const path = join(folder, `${session}.jsonl`);
    const file = openSync(path, 'w');
    // Sizes spread like those of real sessions: many small ones, a few of several megabytes.
    const share = (bytes / files) * (0.2 + 1.6 * random() ** 2 * 1.5);
    let atMs = firstDayMs + Math.floor((index / files) * days * 86_400_000);
    let written = 0;
    let parts: string[] = [];
    const flush = (): void => {
      const chunk = parts.join('');
      written += writeSync(file, chunk);
      parts = [];
    };
    const write = (record: object): void => {
      parts.push(`${JSON.stringify(record)}\n`);
      counts.lines++;
      if (parts.length >= 64) flush();
    };
    const common = {
      userType: 'external',
      cwd: `/home/dev/project-${Math.floor(index / sessionsOfProject)}`,
      sessionId: session,
      version: '2.1.330',
      gitBranch: 'main',
    };
    let parentUuid: string | null = null;
    for (let size = 0; size < share; size = written + parts.reduce((sum, part) => sum + part.length, 0)) {
      const model = models[Math.floor(random() * models.length)];
      const id = `msg_01${hex(random, 22)}`;
      const requestId = `req_011${hex(random, 21)}`;
      const outputTokens = 20 + Math.floor(random() * 1500);
      const usage = {
        input_tokens: 1 + Math.floor(random() * 400),
        cache_creation_input_tokens: Math.floor(random() * 9000),
        cache_read_input_tokens: Math.floor(random() * 120_000),
        output_tokens: outputTokens,
        server_tool_use: { web_search_requests: 0, web_fetch_requests: 0 },
        service_tier: 'standard',
        cache_creation: { ephemeral_1h_input_tokens: 0, ephemeral_5m_input_tokens: 0 },
        inference_geo: '',
        iterations: [],
        speed: 'standard',
      };
      usage.cache_creation.ephemeral_5m_input_tokens = usage.cache_creation_input_tokens;
      counts.calls++;
      counts.outputTokens += outputTokens;
      const blocks = blocksOfCall[Math.floor(random() * blocksOfCall.length)] ?? 1;
      for (let block = 0; block < blocks; block++) {
        const id2 = uuid(random);
        atMs += 400 + Math.floor(random() * 4000);
        const piece = pick(text, random, 2500);
        const content =
          block === 0 && blocks > 1
            ? { type: 'text', text: piece }
            : {
                type: 'tool_use',
                id: `toolu_01${hex(random, 22)}`,
                name: 'Edit',
                input: { file_path: '/home/dev/a.ts', old_string: piece, new_string: pick(text, random, 2500) },
              };
        write({
          parentUuid,
          isSidechain: false,
          message: {
            id,
            type: 'message',
            role: 'assistant',
            model,
            content: [content],
            stop_reason: 'tool_use',
            stop_sequence: null,
            usage,
          },
          requestId,
          type: 'assistant',
          uuid: id2,
          timestamp: new Date(atMs).toISOString(),
          ...common,
        });
        parentUuid = id2;
      }
      const results = blocks > 1 ? blocks - 1 : 1;
      for (let result = 0; result < results; result++) {
        const uuid3 = uuid(random);
        atMs += 200 + Math.floor(random() * 2000);
        const output = pick(text, random, 9000);
        write({
          parentUuid,
          isSidechain: false,
          type: 'user',
          message: {
            role: 'user',
            content: [{ tool_use_id: `toolu_01${hex(random, 22)}`, type: 'tool_result', content: output }],
          },
          uuid: uuid3,
          timestamp: new Date(atMs).toISOString(),
          toolUseResult: { stdout: output.slice(0, 2000), stderr: '', interrupted: false },
          ...common,
        });
        parentUuid = uuid3;
      }
    }
    flush();
    closeSync(file);
    utimesSync(path, atMs / 1000, atMs / 1000);
    counts.files++;
    counts.bytes += written;
  }
  return counts;
}

function pick(text: string, random: () => number, most: number): string {
  const length = Math.floor(random() ** 2 * most * 2);
  const start = Math.floor(random() * (text.length - length));
  return text.slice(start, start + length);
}

/** Words, code, quotes and line breaks, as they are in what agents write and read. */
function fillText(random: () => number, length: number): string {
  const words = [
    'const',
    'value',
    '=',
    'return',
    'the',
    '"text"',
    'a\\b',
    '{',
    '}',
    'export function',
    'if (x > 0)',
    '\n',
    '\t',
    'naïve',
    '// comment',
    'import',
    "'single'",
    '"usage": {',
    'tokens',
  ];
  let text = '';
  while (text.length < length) text += `${words[Math.floor(random() * words.length)]} `;
  return text;
}

function hex(random: () => number, length: number): string {
  let text = '';
  while (text.length < length) text += Math.floor(random() * 0xffffffff).toString(36);
  return text.slice(0, length);
}

function uuid(random: () => number): string {
  const part = (length: number): string =>
    Math.floor(random() * 16 ** length)
      .toString(16)
      .padStart(length, '0');
  return `${part(8)}-${part(4)}-4${part(3)}-a${part(3)}-${part(6)}${part(6)}`;
}

/** The same numbers on every machine. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
}
