import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { apiKinds } from '../../src/domain/api.ts';
import { isEventStream, type Recording, recordedRequest, recordingBytes } from '../unit/wire/recordingRow.ts';
import { recordings } from '../unit/wire/recordings.ts';

/** The largest recording to begin with: larger ones say nothing new and make every run slow. */
const largest = 6_000;

/** Short words that are seen in recordings, as a dictionary for the fuzzer: the names that decoders look for are among them. */
function wordsOf(texts: readonly string[]): string[] {
  const words = new Set(texts.flatMap((text) => text.match(/"[A-Za-z_][\w.-]{1,30}"(?::)?/g) ?? []));
  return [
    ...words,
    '"__proto__":',
    '"constructor":',
    '"polluted":',
    'data: ',
    '\\n\\n',
    '[DONE]',
    '1e999',
    '-1',
  ].sort();
}

const quoted = (word: string): string => `"${word.replaceAll('"', '\\"').replaceAll('\\n', '\\x0a')}"`;

const small = (): readonly Recording[] => recordings.filter((recording) => recordingBytes(recording).length <= largest);

const headers = [
  'POST /a-made-up-token-of-the-fuzzer/ws-1/anthropic/v1/messages?key=1\nHost:127.0.0.1:4999\nx-api-key:k\nConnection:close, x-a\nx-a:1',
  'GET /control/watch HTTP/1.1\nHost:localhost:4999\nauthorization:Bearer x\nte:trailers\ntransfer-encoding:chunked',
  'POST /v1/projects/p/locations/us-east5/publishers/anthropic/models/m:streamRawPredict\norigin:null\nhost:127.0.0.1:4999',
  'POST /eu-west-1/model/m/converse-stream\nanthropic-ratelimit-unified-5h-utilization:0.5\nanthropic-ratelimit-unified-5h-reset:1795356000',
  'POST /openai/deployments/d/chat/completions?api-version=2024-02-01\nx-codex-primary-used-percent:12.5\nx-codex-primary-window-minutes:299',
  'GET https://gateway.test/v1\nx-codex-secondary-reset-at:1795356000\ncontent-length:3\nproxy-authorization:x\nupgrade:h2c',
];

const controls = [
  { metering: true, retentionDays: 0, priceOverrides: [] },
  { workspaceId: 'ws-1', title: 't', upstreams: { anthropic: 'https://x.test', ['__proto__']: 'http://y' } },
  { beforeMs: 12, version: '1.2.3', records: [{ id: 'c', startedAtMs: 1, usage: {}, cost: {} }] },
  { port: 4999, token: 't', controlToken: 'c', pid: 1, version: '1.0.0' },
  [
    { match: 'openai/gpt-*', inputUsdPerMtok: 1.25, outputUsdPerMtok: 10, multiplier: 1.1, from: '2026-01-01' },
    {
      match: 'm',
      inputUsdPerMtok: 0.000001,
      outputUsdPerMtok: 9999.99,
      cacheReadUsdPerMtok: 3,
      webSearchUsdPerThousand: 10,
    },
  ],
].map((value) => JSON.stringify(value));

const models = [
  'openai\ngpt-5.2-2025-12-11\npriority',
  'anthropic\nclaude-opus-4-6[1m]\nstandard\nfast\nus',
  'bedrock\nus.anthropic.claude-sonnet-4-5-20250929-v1:0',
  'openrouter\nanthropic/claude-haiku-4.5:free',
  'ollama\nqwen3:30b-cloud',
  'google-vertex\npublishers/google/models/gemini-3-flash@001',
];

/** What each target begins with, in its own form: choices in front where it makes some. */
const seeds: Readonly<Record<string, () => readonly (Uint8Array | string)[]>> = {
  responses: () =>
    small().map((recording) => {
      const choices = [apiKinds.indexOf(recording.api), isEventStream(recording) ? 0 : 1, 3, 7];
      return Buffer.concat([Buffer.from(choices), recordingBytes(recording)]);
    }),
  binaryEvents: () => {
    const payloads = [
      '{"role":"assistant"}',
      '{"contentBlockIndex":0,"delta":{"text":"Hi"}}',
      '{"contentBlockIndex":0,"delta":{"reasoningContent":{"text":"Hm"}}}',
      '{"stopReason":"end_turn"}',
      '{"usage":{"inputTokens":5,"outputTokens":3,"cacheReadInputTokens":1},"metrics":{"latencyMs":1}}',
      '{"type":"message_start","message":{"model":"m","usage":{"input_tokens":3,"output_tokens":1}}}',
    ];
    return [0, 1].map((api) => {
      const kinds = [8, 10, 10, 12, 13, 14];
      return `${String.fromCharCode(api, 3, 7)}${payloads.map((payload, i) => String.fromCharCode(kinds[i] ?? 8) + payload).join('\x1e')}`;
    });
  },
  compressed: () =>
    Array.from({ length: 8 }, (_, encoding) => `${String.fromCharCode(encoding, 1, 3, 7)}data: {"a":1}\n\n`),
  requests: () =>
    small().map((recording) =>
      Buffer.concat([
        Buffer.from([apiKinds.indexOf(recording.api), 3, 7]),
        Buffer.from(JSON.stringify(recordedRequest(recording))),
      ]),
    ),
  headers: () => headers,
  control: () => controls,
  prices: () => models.map((model) => `${'\x01'.repeat(18)}${model}`),
};

/** The targets by the names of their files. */
export const fuzzTargets: readonly string[] = readdirSync(new URL('targets', import.meta.url))
  .map((file) => file.replace(/\.ts$/, ''))
  .sort();

/** Those that are done when they return. */
export const synchronousTargets: ReadonlySet<string> = new Set(['control', 'headers']);

/** Writes the seeds and the dictionary of a target; returns their paths. */
export function writeSeeds(target: string, folder: string): { readonly seeds: string; readonly dictionary: string } {
  const make = seeds[target];
  if (make === undefined) throw new Error(`The target "${target}" has nothing to begin with.`);
  const into = join(folder, 'seeds', target);
  mkdirSync(into, { recursive: true });
  for (const [index, seed] of make().entries()) writeFileSync(join(into, String(index)), seed);
  const dictionary = join(folder, `${target}.dict`);
  const texts = [...small().map((recording) => recordingBytes(recording).toString('utf8')), ...headers, ...controls];
  const fields = headers.flatMap((head) => head.split('\n').slice(1)).map((field) => field.replace(/:.*/, ':'));
  writeFileSync(dictionary, [...wordsOf(texts), ...fields].map(quoted).join('\n'));
  return { seeds: into, dictionary };
}
