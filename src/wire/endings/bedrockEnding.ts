import { crc32 } from 'node:zlib';
import type { AwsEventStream } from '../awsEventStream.ts';
import { createBedrockEvents } from '../bedrockEvents.ts';
import { field, type JsonObject, objectField, parseJson, textField } from '../json.ts';

/**
 * Follows a stream of Bedrock's, of Converse or of InvokeModel, whatever maker's events that carries. It is ended with an exception
 * of the stream, which is the provider's own way to end one in the middle: `validationException`, since the SDKs try nothing of
 * that name again.
 */
export interface BedrockEnding {
  /** Sees the parts of every whole frame, in order. */
  frame(parts: readonly Uint8Array[]): void;
  /** The frame to end with, empty where the stream has ended by itself; null where its frames cannot be read. */
  ending(message: string): Uint8Array | null;
}

export function createBedrockEnding(): BedrockEnding {
  let ended = false;
  let unreadable = false;
  const events: AwsEventStream = createBedrockEvents({
    onEvent(data) {
      if (isLast(data)) ended = true;
    },
    onProblem({ code }) {
      // What a frame holds may be strange; that its borders are right is what counts here.
      if (code === 'malformed-event' || code === 'too-large') unreadable = true;
    },
  });
  return {
    frame(parts) {
      for (const part of parts) events.push(part);
    },
    ending(message) {
      if (unreadable) return null;
      return ended ? new Uint8Array(0) : exceptionFrame('validationException', JSON.stringify({ message }));
    },
  };
}

/** Converse ends with its metadata, InvokeModel with the chunk that has the counts. */
function isLast(data: JsonObject): boolean {
  if (objectField(data, 'metadata') !== null || field(data, 'error') !== undefined) return true;
  const encoded = textField(objectField(data, 'chunk'), 'bytes');
  if (encoded === null) return false;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  return text.includes('amazon-bedrock-invocationMetrics') && typeof parseJson(text) === 'object';
}

const preludeBytes = 12;
const crcBytes = 4;
const textType = 7;

function exceptionFrame(type: string, payload: string): Uint8Array {
  const headers = Buffer.concat([
    header(':exception-type', type),
    header(':content-type', 'application/json'),
    header(':message-type', 'exception'),
  ]);
  const body = Buffer.from(payload);
  const frame = Buffer.alloc(preludeBytes + headers.length + body.length + crcBytes);
  frame.writeUInt32BE(frame.length, 0);
  frame.writeUInt32BE(headers.length, 4);
  frame.writeUInt32BE(crc32(frame.subarray(0, 8)), 8);
  headers.copy(frame, preludeBytes);
  body.copy(frame, preludeBytes + headers.length);
  frame.writeUInt32BE(crc32(frame.subarray(0, -crcBytes)), frame.length - crcBytes);
  return frame;
}

function header(name: string, value: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(Buffer.byteLength(value));
  return Buffer.concat([
    Buffer.from([name.length]),
    Buffer.from(name),
    Buffer.from([textType]),
    length,
    Buffer.from(value),
  ]);
}
