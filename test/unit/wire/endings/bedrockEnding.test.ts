import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type AwsMessage, createAwsEventStream } from '../../../../src/wire/awsEventStream.ts';
import { awsMessage, bedrockEvent, bedrockException, invokeChunk } from '../awsMessages.ts';
import { sentence, streamEnding } from './endStream.ts';

function end(frames: readonly Uint8Array[], message = sentence.message): Uint8Array | null {
  const ending = streamEnding('bedrock-converse', 'application/vnd.amazon.eventstream');
  for (const frame of frames) ending.push(frame);
  return ending.ending({ ...sentence, message });
}

function messagesOf(bytes: Uint8Array): readonly AwsMessage[] {
  const messages: AwsMessage[] = [];
  const stream = createAwsEventStream({
    onMessage: (found) => messages.push(found),
    onProblem: ({ detail }) => {
      throw new Error(detail);
    },
  });
  stream.push(bytes);
  stream.end();
  return messages;
}

const begun = bedrockEvent('messageStart', { role: 'assistant' });
const damaged = Buffer.from(begun);
damaged.writeUInt8(damaged.readUInt8(damaged.length - 1) ^ 1, damaged.length - 1);

describe('a stream of Bedrock that is ended', () => {
  it.each([
    ['before anything came', []],
    ['behind an event', [begun]],
    ['behind an event that is no JSON', [awsMessage({ ':event-type': 'x', ':message-type': 'event' }, 'x')]],
    ['behind a chunk that does not count', [invokeChunk({ type: 'message_stop' })]],
    [
      'behind a chunk that is no JSON',
      [bedrockEvent('chunk', { bytes: 'YW1hem9uLWJlZHJvY2staW52b2NhdGlvbk1ldHJpY3M=' })],
    ],
  ])('has an exception that nobody tries again: %s', (_name, frames) => {
    const bytes = end(frames, 'Ünder');
    const headers = [
      [':exception-type', 'validationException'],
      [':content-type', 'application/json'],
      [':message-type', 'exception'],
    ];
    const [message, ...others] = messagesOf(bytes ?? new Uint8Array(0));
    expect(others).toEqual([]);
    expect([...(message?.headers ?? [])]).toEqual(headers);
    expect(message?.payload).toEqual({ message: 'Ünder' });
  });

  it.each([
    ['its metadata', [begun, bedrockEvent('metadata', { usage: {} })]],
    ['an exception', [begun, bedrockException('throttlingException', 'made up')]],
    ['the chunk that counts', [invokeChunk({ 'amazon-bedrock-invocationMetrics': {} }), begun]],
  ])('gets nothing more after %s', (_name, frames) => {
    expect(end(frames)).toHaveLength(0);
  });

  it('can only be broken off once a frame cannot be read', () => {
    expect(end([damaged])).toBeNull();
    expect(end([damaged, begun])).toBeNull();
    const overlong = Buffer.alloc(16);
    overlong.writeUInt32BE(overlong.length, 0);
    overlong.writeUInt32BE(200_000, 4);
    overlong.writeUInt32BE(crc32(overlong.subarray(0, 8)), 8);
    expect(end([overlong])).toBeNull();
  });
});
