import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import fc from 'fast-check';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiKind } from '../../../src/domain/api.ts';
import { type AwsMessage, createAwsEventStream } from '../../../src/wire/awsEventStream.ts';
import { createStreamEnding, isStreamType, type StreamEnding } from '../../../src/wire/endings/streamEnding.ts';
import { bedrockEvent, invokeChunk } from './awsMessages.ts';

const message = "Outlay: the budget of 'Fix login' ($5.00) is used up.";
const sentence = { message, model: 'made-up-model' };
const type = 'text/event-stream; charset=utf-8';
const folder = join(import.meta.dirname, '../../../test/fixtures/recordings');

/** What a program with the API's own SDK makes of a stream: its text, and why it ended. Rejects where the SDK does. */
type Read = (origin: string) => Promise<{ readonly text: string; readonly reason: string | null | undefined }>;

const readers: Partial<Record<ApiKind, Read>> = {
  'anthropic-messages': async (baseURL) => {
    const client = new Anthropic({ baseURL, apiKey: 'made-up', maxRetries: 0 });
    const params = { model: 'm', max_tokens: 9, messages: [{ role: 'user' as const, content: 'Hi' }] };
    const { content, stop_reason } = await client.messages.stream(params).finalMessage();
    return { text: content.map((block) => (block.type === 'text' ? block.text : '')).join(''), reason: stop_reason };
  },
  'openai-chat': async (baseURL) => {
    const client = new OpenAI({ baseURL, apiKey: 'made-up', maxRetries: 0 });
    const params = { model: 'm', messages: [{ role: 'user' as const, content: 'Hi' }] };
    const { choices } = await client.chat.completions.stream(params).finalChatCompletion();
    return { text: choices[0]?.message.content ?? '', reason: choices[0]?.finish_reason };
  },
  'openai-responses': async (baseURL) => {
    const client = new OpenAI({ baseURL, apiKey: 'made-up', maxRetries: 0 });
    const answer = await client.responses.stream({ model: 'm', input: 'Hi' }).finalResponse();
    return { text: answer.output_text, reason: answer.incomplete_details?.reason ?? answer.status };
  },
  'gemini-generate': async (baseUrl) => {
    const client = new GoogleGenAI({ apiKey: 'made-up', httpOptions: { baseUrl } });
    let text = '';
    let reason: string | undefined;
    for await (const chunk of await client.models.generateContentStream({ model: 'm', contents: 'Hi' })) {
      text += chunk.candidates?.[0]?.content?.parts?.map((part) => part.text ?? '').join('') ?? '';
      reason = chunk.candidates?.[0]?.finishReason ?? reason;
    }
    return { text, reason };
  },
};

interface Recorded {
  readonly name: string;
  readonly api: ApiKind;
  readonly bytes: Buffer;
}

function apiOf(text: string): ApiKind {
  if (text.includes('message_start')) return 'anthropic-messages';
  if (text.includes('"type":"response.created"') || text.includes('"type": "response.created"'))
    return 'openai-responses';
  return text.includes('"candidates"') ? 'gemini-generate' : 'openai-chat';
}

const recorded: readonly Recorded[] = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.sse'))
  .sort()
  .map((name) => {
    const bytes = readFileSync(join(folder, name));
    return { name, bytes, api: apiOf(bytes.toString()) };
  });

function follow(api: ApiKind, agent = 'unknown'): StreamEnding {
  const ending = createStreamEnding({ api, agent }, { type, encoding: '' });
  if (ending === null) throw new Error(`${api} cannot be ended.`);
  return ending;
}

/** Everything that a client gets of a stream that is stopped after these pieces. */
function stopped(ending: StreamEnding, pieces: readonly Uint8Array[]): string {
  const passed = pieces.flatMap((piece) => ending.push(piece));
  return Buffer.concat([...passed, ending.ending(sentence) ?? Buffer.from('none')]).toString();
}

function cut(bytes: Uint8Array, at: readonly number[]): readonly Uint8Array[] {
  const places = [0, ...at.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

const server = createServer((req, res) => {
  req.resume();
  res.writeHead(200, { 'content-type': type }).end(served);
});
let served = '';
let origin = '';

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

describe('a stream that may be ended', () => {
  it.each(recorded)('is $name whole, however it is cut', ({ api, bytes }) => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 30 }), (places) => {
        const ending = follow(api);
        const passed = cut(bytes, places).flatMap((piece) => ending.push(piece));
        expect(Buffer.concat([...passed, ...ending.rest()]).equals(bytes)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it.each(recorded)('ends $name the same, however it was cut', ({ api, bytes }) => {
    fc.assert(
      fc.property(fc.nat(), fc.array(fc.nat(), { maxLength: 30 }), (end, places) => {
        const upTo = bytes.subarray(0, end % (bytes.length + 1));
        expect(stopped(follow(api), cut(upTo, places))).toBe(stopped(follow(api), [upTo]));
      }),
      { numRuns: 30 },
    );
  });

  it.each(recorded.map((row) => [row.name, row] as const))(
    'lets the real SDK read %s up to the end, wherever it is stopped',
    async (_name, { api, bytes }) => {
      const borders = eventBorders(bytes);
      // The first and the last few, and some between.
      const step = Math.max(1, Math.floor(borders.length / 12));
      for (const at of borders.filter((_at, index) => index < 3 || index % step === 0 || index > borders.length - 4)) {
        const upTo = bytes.subarray(0, at);
        served = stopped(follow(api), [upTo]);
        const own = served.slice(upTo.toString().length);
        const outcome = await (readers[api] as Read)(origin).catch((error: Error) => error);
        if (own === '' || own === 'data: [DONE]\n\n') continue;
        if (own.includes('billing_error')) {
          expect(outcome).toBeInstanceOf(Error);
          expect(String(outcome)).toContain(message);
        } else {
          expect(outcome).toMatchObject({
            text: expect.stringContaining(message),
            reason: expect.stringMatching(/^(max_tokens|length|max_output_tokens|MAX_TOKENS)$/),
          });
        }
      }
    },
  );

  it('fails for Codex with the sentence, in place of an ending that it would try again', () => {
    const created = `data: ${JSON.stringify({ type: 'response.created', sequence_number: 0, response: { id: 'resp_1', model: 'gpt-5', created_at: 7 } })}\n\n`;
    const text = stopped(follow('openai-responses', 'codex'), [Buffer.from(created)]).slice(created.length);
    expect(text.startsWith('event: response.failed\ndata: ')).toBe(true);
    expect(JSON.parse(text.slice(text.indexOf('{')))).toMatchObject({
      type: 'response.failed',
      sequence_number: 1,
      response: { id: 'resp_1', status: 'failed', error: { code: 'invalid_prompt', message } },
    });
  });

  it('never makes half a tool call whole', () => {
    const half = (index: number, fields: object) => Buffer.from(`data: ${JSON.stringify({ index, ...fields })}\n\n`);
    const anthropic = stopped(follow('anthropic-messages'), [
      half(0, { type: 'message_start', message: {} }),
      half(0, { type: 'content_block_start', content_block: { type: 'tool_use', id: 't', name: 'Bash', input: {} } }),
      half(0, {
        type: 'content_block_delta',
        delta: { type: 'input_json_delta', partial_json: '{"command":"rm -rf /tmp' },
      }),
    ]);
    expect(anthropic).not.toContain('content_block_stop');
    expect(anthropic).not.toContain('message_stop');
    const call = { index: 0, id: 'c', function: { name: 'shell', arguments: '{"command":"rm -rf /tmp' } };
    const chat = stopped(follow('openai-chat'), [half(0, { choices: [{ index: 0, delta: { tool_calls: [call] } }] })]);
    expect(chat).not.toContain('finish_reason');
  });

  it('never closes thinking before it is signed, which would be refused when it is sent back', () => {
    const sse = (data: object) => Buffer.from(`data: ${JSON.stringify({ index: 0, ...data })}\n\n`);
    const thinking = [
      sse({ type: 'message_start', message: {} }),
      sse({ type: 'content_block_start', content_block: { type: 'thinking', thinking: '', signature: '' } }),
      sse({ type: 'content_block_delta', delta: { type: 'thinking_delta', thinking: 'Well' } }),
    ];
    expect(stopped(follow('anthropic-messages'), thinking)).toContain('billing_error');
    const signed = sse({ type: 'content_block_delta', delta: { type: 'signature_delta', signature: 'c2ln' } });
    expect(stopped(follow('anthropic-messages'), [...thinking, signed])).toContain('max_tokens');
  });

  it("ends Code Assist's chunks in their wrapper", () => {
    const chunk = {
      response: { candidates: [{ content: { parts: [{ text: 'Hi' }] } }], modelVersion: 'gemini-made-up' },
    };
    const bytes = Buffer.from(`data: ${JSON.stringify(chunk)}\r\n\r\n`);
    const text = stopped(follow('gemini-generate'), [bytes]).slice(bytes.length);
    expect(JSON.parse(text.slice(6))).toMatchObject({
      response: { candidates: [{ finishReason: 'MAX_TOKENS' }], modelVersion: 'gemini-made-up' },
    });
  });

  it("ends Ollama's lines with one that is done", () => {
    const lines = createStreamEnding(
      { api: 'ollama-native', agent: 'unknown' },
      { type: 'application/x-ndjson', encoding: '' },
    );
    const first = '{"model":"m","message":{"role":"assistant","content":"Hi"},"done":false}\n';
    const text = stopped(lines as StreamEnding, [Buffer.from(`${first}{"half`)]);
    expect(text.startsWith(first)).toBe(true);
    expect(JSON.parse(text.slice(first.length))).toMatchObject({ model: 'm', done: true, done_reason: 'length' });
  });

  it('ends the frames of Bedrock with an exception of the stream, however they are cut', () => {
    const frames = [
      bedrockEvent('messageStart', { role: 'assistant' }),
      bedrockEvent('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'Hi' } }),
      bedrockEvent('messageStop', { stopReason: 'end_turn' }),
    ];
    const bytes = Buffer.concat(frames);
    const follows = () =>
      createStreamEnding(
        { api: 'bedrock-converse', agent: 'unknown' },
        { type: 'application/vnd.amazon.eventstream', encoding: '' },
      ) as StreamEnding;
    fc.assert(
      fc.property(fc.nat(bytes.length), fc.array(fc.nat(), { maxLength: 20 }), (end, places) => {
        const ending = follows();
        const passed = cut(bytes.subarray(0, end), places).flatMap((piece) => ending.push(piece));
        const whole = Buffer.concat([...passed, ending.ending(sentence) ?? Buffer.of(0)]);
        const problems: string[] = [];
        const messages: AwsMessage[] = [];
        const stream = createAwsEventStream({
          onMessage: (found) => messages.push(found),
          onProblem: ({ detail }) => problems.push(detail),
        });
        stream.push(whole);
        stream.end();
        expect(problems).toEqual([]);
        expect(messages.at(-1)?.payload).toEqual({ message });
        expect(messages.at(-1)?.headers.get(':exception-type')).toBe('validationException');
        expect(Buffer.concat([...passed, ...ending.rest()]).equals(bytes.subarray(0, end))).toBe(true);
      }),
    );
    const ended = follows();
    ended.push(Buffer.concat([bytes, bedrockEvent('metadata', { usage: {} })]));
    expect(ended.ending(sentence)).toHaveLength(0);
    const invoked = follows();
    invoked.push(invokeChunk({ type: 'message_stop', 'amazon-bedrock-invocationMetrics': { inputTokenCount: 1 } }));
    expect(invoked.ending(sentence)).toHaveLength(0);
  });

  it('breaks off what is no frame', () => {
    const broken = createStreamEnding(
      { api: 'bedrock-invoke', agent: 'unknown' },
      { type: 'application/vnd.amazon.eventstream', encoding: '' },
    ) as StreamEnding;
    const bytes = bedrockEvent('messageStart', {});
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] as number) ^ 1;
    expect(Buffer.concat([...broken.push(bytes)]).equals(bytes)).toBe(true);
    expect(broken.ending(sentence)).toBeNull();
  });

  it.each(Object.keys(readers) as ApiKind[])('adds nothing to a stream of %s that has ended by itself', (api) => {
    const whole = recorded.filter((row) => row.api === api && !row.bytes.includes('"error"'));
    for (const { bytes } of whole) expect(stopped(follow(api), [bytes])).toBe(bytes.toString());
  });

  it('is none where it is compressed or no stream', () => {
    const options = { api: 'anthropic-messages', agent: 'unknown' } as const;
    expect(createStreamEnding(options, { type, encoding: 'gzip' })).toBeNull();
    expect(createStreamEnding(options, { type: 'application/json', encoding: '' })).toBeNull();
    expect(isStreamType('anthropic-messages', type)).toBe(true);
    expect(isStreamType('anthropic-messages', 'application/json')).toBe(false);
    expect(isStreamType('ollama-native', 'application/x-ndjson')).toBe(true);
  });

  it('ends at any line ends, comments and marks, and never inside what is no event', () => {
    for (const lineEnd of ['\n', '\r\n', '\r']) {
      const events = [
        '\uFEFF: a comment',
        '',
        'data: {"type":"ping"}',
        '',
        'data: {"type":',
        'data: "ping"}',
        '',
        '',
      ].join(lineEnd);
      const ending = follow('anthropic-messages');
      for (const byte of Buffer.from(events)) ending.push(Uint8Array.of(byte));
      expect(ending.rest()).toEqual([]);
    }
  });
});

function eventBorders(bytes: Buffer): readonly number[] {
  const borders: number[] = [];
  const text = bytes.toString('latin1');
  for (const { index, 0: blank } of text.matchAll(/\r\n\r\n|\n\n/g)) borders.push(index + blank.length);
  return borders;
}
