import { crc32 } from 'node:zlib';

export type HeaderValue = string | boolean | Uint8Array | { readonly type: number; readonly bytes: Uint8Array };

/** Encodes one message of AWS's binary event stream, as its specification draws it. */
export function awsMessage(headers: Readonly<Record<string, HeaderValue>>, payload: Uint8Array | string): Buffer {
  const head = Buffer.concat(Object.entries(headers).map(([name, value]) => header(name, value)));
  const body = Buffer.from(payload);
  const prelude = Buffer.alloc(12);
  prelude.writeUInt32BE(12 + head.length + body.length + 4, 0);
  prelude.writeUInt32BE(head.length, 4);
  prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8);
  const message = Buffer.concat([prelude, head, body, Buffer.alloc(4)]);
  message.writeUInt32BE(crc32(message.subarray(0, -4)), message.length - 4);
  return message;
}

/** An event as Bedrock sends it. */
export function bedrockEvent(type: string, payload: unknown): Buffer {
  const headers = { ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' };
  return awsMessage(headers, JSON.stringify(payload));
}

/** An exception in a stream whose status was 200. */
export function bedrockException(type: string, message: string): Buffer {
  const headers = { ':exception-type': type, ':content-type': 'application/json', ':message-type': 'exception' };
  return awsMessage(headers, JSON.stringify({ message }));
}

/** A maker's own event in the base64 of an InvokeModel stream, with the padding that newer frames have. */
export function invokeChunk(event: unknown): Buffer {
  return bedrockEvent('chunk', { bytes: Buffer.from(JSON.stringify(event)).toString('base64'), p: 'abcdefgh' });
}

function header(name: string, value: HeaderValue): Buffer {
  const text = Buffer.from(name);
  const start = Buffer.concat([Buffer.from([text.length]), text]);
  if (typeof value === 'boolean') return Buffer.concat([start, Buffer.from([value ? 0 : 1])]);
  if (typeof value === 'object' && 'type' in value)
    return Buffer.concat([start, Buffer.from([value.type]), value.bytes]);
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([start, Buffer.from([typeof value === 'string' ? 7 : 6]), length, bytes]);
}
