import { crc32 } from 'node:zlib';
import type { WireProblem } from './contract.ts';
import { parseJson } from './json.ts';

/** One message of AWS's binary event stream. */
export interface AwsMessage {
  /** String-valued headers by name, such as ":event-type"; headers of other types are left out. */
  readonly headers: ReadonlyMap<string, string>;
  /** The payload as JSON; undefined where it is none. */
  readonly payload: unknown;
}

export interface AwsEventStreamSink {
  onMessage(message: AwsMessage): void;
  onProblem(problem: WireProblem): void;
}

/** Reads `application/vnd.amazon.eventstream` that is pushed in any pieces. Linear and bounded; never throws. */
export interface AwsEventStream {
  push(bytes: Uint8Array): void;
  end(): void;
  /** True once nothing more will be read. */
  done(): boolean;
}

/** Total length, headers length, and the CRC of these two. */
const preludeBytes = 12;
const crcBytes = 4;
/** AWS's own bounds: 128 KiB of headers and 24 MiB of payload. */
const maxHeadersBytes = 128 * 1024;
const maxMessageBytes = preludeBytes + maxHeadersBytes + 24 * 1024 * 1024 + crcBytes;

/** How many bytes follow a header's type; the text and bytes types (6 and 7) say it themselves. */
const fixedValueBytes: readonly (number | null)[] = [0, 0, 1, 2, 4, 8, null, null, 8, 16];
const textType = 7;

/**
 * A message is read only after both of its checksums are found right. After a wrong one nothing more is read, since the length
 * that it guards is what says where the next message starts. Source: the AWS "vnd.amazon.eventstream" specification (Smithy).
 */
export function createAwsEventStream(sink: AwsEventStreamSink): AwsEventStream {
  const prelude = new Uint8Array(preludeBytes);
  /** The message being read, from its prelude on; allocated once its checked prelude has told its length. */
  let message: Uint8Array | null = null;
  let filled = 0;
  let done = false;
  let messages = 0;

  function fail(problem: WireProblem): void {
    done = true;
    message = null;
    sink.onProblem(problem);
  }

  function startMessage(): void {
    const view = viewOf(prelude);
    const total = view.getUint32(0);
    const headers = view.getUint32(4);
    if (crc32(prelude.subarray(0, 8)) !== view.getUint32(8)) {
      fail({ code: 'malformed-event', detail: 'the checksum of a message head is wrong' });
    } else if (total > maxMessageBytes || headers > maxHeadersBytes) {
      fail({ code: 'too-large', detail: 'one message of the stream is too large' });
    } else if (total < preludeBytes + headers + crcBytes) {
      fail({ code: 'malformed-event', detail: 'the lengths of a message contradict each other' });
    } else {
      message = new Uint8Array(total);
      message.set(prelude);
    }
  }

  function finishMessage(bytes: Uint8Array): void {
    const end = bytes.length - crcBytes;
    const view = viewOf(bytes);
    message = null;
    filled = 0;
    if (crc32(bytes.subarray(0, end)) !== view.getUint32(end)) {
      fail({ code: 'malformed-event', detail: 'the checksum of a message is wrong' });
      return;
    }
    const payloadAt = preludeBytes + view.getUint32(4);
    const headers = readHeaders(bytes.subarray(preludeBytes, payloadAt));
    if (headers === null) {
      fail({ code: 'malformed-event', detail: 'the headers of a message cannot be read' });
      return;
    }
    messages++;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + payloadAt, end - payloadAt).toString('utf8');
    sink.onMessage({ headers, payload: parseJson(text) });
  }

  return {
    push(bytes) {
      let at = 0;
      while (at < bytes.length && !done) {
        const target: Uint8Array = message ?? prelude;
        const taken = Math.min(target.length - filled, bytes.length - at);
        target.set(bytes.subarray(at, at + taken), filled);
        at += taken;
        filled += taken;
        if (filled < target.length) return;
        if (message === null) startMessage();
        else finishMessage(message);
      }
    },
    end() {
      if (done) return;
      if (filled > 0) fail({ code: 'malformed-event', detail: 'the stream was cut inside a message' });
      else if (messages === 0) fail({ code: 'malformed-event', detail: 'the stream held no event' });
      done = true;
    },
    done: () => done,
  };
}

/** Null where the bytes are no list of headers. */
function readHeaders(bytes: Uint8Array): ReadonlyMap<string, string> | null {
  const headers = new Map<string, string>();
  const view = viewOf(bytes);
  const text = (from: number, to: number) => Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString();
  let at = 0;
  while (at < bytes.length) {
    const nameEnd = at + 1 + view.getUint8(at);
    if (nameEnd >= bytes.length) return null;
    const type = view.getUint8(nameEnd);
    const valueLength = fixedValueBytes[type];
    if (valueLength === undefined) return null;
    const hasLength = valueLength === null;
    if (hasLength && nameEnd + 3 > bytes.length) return null;
    const valueAt = nameEnd + (hasLength ? 3 : 1);
    const next = valueAt + (valueLength ?? view.getUint16(nameEnd + 1));
    if (next > bytes.length) return null;
    if (type === textType) headers.set(text(at + 1, nameEnd), text(valueAt, next));
    at = next;
  }
  return headers;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
