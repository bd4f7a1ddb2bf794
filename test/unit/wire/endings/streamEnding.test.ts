import { describe, expect, it } from 'vitest';
import { type ApiKind, apiKinds } from '../../../../src/domain/api.ts';
import { createStreamEnding, isStreamType } from '../../../../src/wire/endings/streamEnding.ts';
import { readEvents, sentence, streamEnding, textOf } from './endStream.ts';

const anthropic = { api: 'anthropic-messages', agent: 'unknown' } as const;
const joined = (parts: readonly Uint8Array[]) => Buffer.concat(parts).toString();

describe('which streams can be ended', () => {
  const sse = 'text/event-stream';
  const frames = 'application/vnd.amazon.eventstream';
  const lines = 'application/x-ndjson';

  it.each<[ApiKind, string, boolean]>([
    ['openai-chat', sse, true],
    ['openai-chat', ` ${sse} ; charset=utf-8`, true],
    ['openai-chat', 'Text/Event-Stream', true],
    ['openai-chat', `${sse}s`, false],
    ['openai-chat', `text/plain, ${sse}`, false],
    ['bedrock-converse', frames, true],
    ['bedrock-converse', ` ${frames.toUpperCase()};x`, true],
    ['bedrock-converse', `${frames}2`, false],
    ['bedrock-converse', `text/plain; ${frames}`, false],
    ['bedrock-converse', 'application/vndXamazonXeventstream', false],
    ['ollama-native', lines, true],
    ['ollama-native', ` Application/X-NDJSON; charset=utf-8`, true],
    ['ollama-native', `${lines}2`, false],
    ['ollama-native', `text/plain, ${lines}`, false],
    ['openai-chat', lines, false],
    ['openai-chat', 'application/json', false],
    ['openai-chat', '', false],
  ])('%s as %j: %s', (api, type, expected) => {
    expect(isStreamType(api, type)).toBe(expected);
    expect(createStreamEnding({ api, agent: 'unknown' }, { type, encoding: '' }) !== null).toBe(expected);
  });

  it('are those that are not compressed', () => {
    const ofEncoding = (encoding: string) => createStreamEnding(anthropic, { type: sse, encoding });
    for (const encoding of ['', ' ', 'identity', ' Identity ']) expect(ofEncoding(encoding)).not.toBeNull();
    for (const encoding of ['gzip', 'br', 'identity, gzip']) expect(ofEncoding(encoding)).toBeNull();
  });

  it.each(apiKinds)('are event streams of %s, which end in its own way', (api) => {
    const shapes: Readonly<Record<ApiKind, string>> = {
      'anthropic-messages': 'message_start',
      'openai-chat': 'chat.completion.chunk',
      'openai-responses': 'response.created',
      'gemini-generate': 'usageMetadata',
      'ollama-native': 'done_reason',
      'bedrock-converse': 'message_start',
      'bedrock-invoke': 'message_start',
    };
    expect(textOf(streamEnding(api, sse).ending(sentence))).toContain(shapes[api]);
  });
});

describe('a stream that may be ended', () => {
  it('lets events through once they are whole, and at its own end the rest', () => {
    const ending = streamEnding('anthropic-messages', 'text/event-stream');
    expect(joined(ending.push(Buffer.from('data: 1\n')))).toBe('');
    expect(joined(ending.push(Buffer.from('\ndata: 2\n\ndata')))).toBe('data: 1\n\ndata: 2\n\n');
    expect(joined(ending.rest())).toBe('data');
  });

  it.each([
    ['a field of another name', 'mydata: {"type":"message_stop"}\n\n', false],
    ['a comment', ': data: {"type":"message_stop"}\n\n', false],
    ['data on one line', 'event: message_stop\ndata:{"type":"message_stop"}\n\n', true],
    ['data on several lines', 'data: {"type":\r\ndata: "message_stop"}\r\n\r\n', true],
    ['data on several lines with CR', 'data: {"type":\rdata: "message_stop"}\r\r', true],
    ['data whose lines are no JSON together', 'data: {"type":"message_stop","n":1\ndata: 2}\n\n', false],
    ['the mark of the end', 'data:  [DONE] \n\n', true],
    ['what is no JSON', 'data: {"type":"message_stop"\n\n', false],
    ['what is no object', 'data: ["message_stop"]\n\n', false],
    ['nothing', 'data:\n\n', false],
  ])('is read by its data: %s', (_name, event, isEnd) => {
    const ending = streamEnding('anthropic-messages', 'text/event-stream');
    ending.push(Buffer.from(event));
    expect(readEvents(textOf(ending.ending(sentence))).length === 0).toBe(isEnd);
  });

  it('passes an event that is too long to hold on as it comes, and can be ended again behind it', () => {
    const ending = streamEnding('ollama-native', 'application/x-ndjson');
    const held = Buffer.alloc(8 * 1024 * 1024, 0x20);
    expect(ending.push(held)).toEqual([]);
    expect(ending.ending(sentence)).not.toBeNull();
    const [first, second] = ending.push(Buffer.from('{'));
    expect([first?.length, second?.toString()]).toEqual([held.length, '{']);
    expect(ending.ending(sentence)).toBeNull();
    expect(joined(ending.push(Buffer.from('"last":')))).toBe('"last":');
    expect(ending.ending(sentence)).toBeNull();
    expect(joined(ending.push(Buffer.from('{"done":true}\n{"half')))).toBe('{"done":true}\n');
    expect(ending.rest().map(String)).toEqual(['{"half']);
    // The end of the long event was not read: what it said is not known.
    expect(ending.ending(sentence)).not.toHaveLength(0);
    ending.push(Buffer.from('}\n{"done":true}\n'));
    expect(ending.ending(sentence)).toHaveLength(0);
  });
});
