import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AwsMessage, createAwsEventStream } from '../../../src/wire/awsEventStream.ts';
import type { WireProblem } from '../../../src/wire/contract.ts';
import { awsMessage } from './awsMessages.ts';
import { cutAt } from './readResponse.ts';

function read(chunks: readonly Uint8Array[]) {
  const messages: AwsMessage[] = [];
  const problems: WireProblem[] = [];
  const stream = createAwsEventStream({
    onMessage: (message) => messages.push(message),
    onProblem: (problem) => problems.push(problem),
  });
  for (const chunk of chunks) stream.push(chunk);
  const doneBeforeEnd = stream.done();
  stream.end();
  return { messages, problems, doneBeforeEnd };
}

const shown = ({ messages, problems }: ReturnType<typeof read>) =>
  JSON.stringify({ messages: messages.map(({ headers, payload }) => [[...headers], payload]), problems });

/** The two checksummed examples of the public description of the format, with hand-copied bytes. */
const emptyMessage = Buffer.from('000000100000000005c248eb7d98c8ff', 'hex');
const jsonMessage = Buffer.from(
  '0000003d0000002007fd83960c636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e7b27666f6f273a27626172277d8d9c08b1',
  'hex',
);

describe('the binary event stream', () => {
  it('reads the published examples', () => {
    const { messages, problems } = read([emptyMessage, jsonMessage]);
    expect(problems).toEqual([]);
    expect(messages.map(({ headers }) => [...headers])).toEqual([[], [['content-type', 'application/json']]]);
    // Their payloads are nothing, and a text with single quotes: neither is JSON.
    expect(messages.map(({ payload }) => payload)).toEqual([undefined, undefined]);
  });

  it('reads every type of header and keeps texts', () => {
    const bytes = awsMessage(
      {
        yes: true,
        no: false,
        byte: { type: 2, bytes: Buffer.alloc(1) },
        short: { type: 3, bytes: Buffer.alloc(2) },
        int: { type: 4, bytes: Buffer.alloc(4) },
        long: { type: 5, bytes: Buffer.alloc(8) },
        blob: new Uint8Array([1, 2, 3]),
        time: { type: 8, bytes: Buffer.alloc(8) },
        uuid: { type: 9, bytes: Buffer.alloc(16) },
        text: 'é',
        empty: '',
      },
      '{"a":1}',
    );
    const { messages, problems } = read([bytes]);
    expect(problems).toEqual([]);
    expect(messages.map(({ headers, payload }) => [[...headers], payload])).toEqual([
      [
        [
          ['text', 'é'],
          ['empty', ''],
        ],
        { a: 1 },
      ],
    ]);
  });

  it('gives the same wherever it is cut', () => {
    const bytes = Buffer.concat([
      awsMessage({ ':event-type': 'a' }, '{"text":"안녕 👋"}'),
      emptyMessage,
      awsMessage({ ':event-type': 'b' }, '{"b":2}'),
    ]);
    const expected = shown(read([bytes]));
    for (let first = 0; first <= bytes.length; first++)
      for (let second = first; second <= bytes.length; second++)
        if (shown(read(cutAt(bytes, [first, second]))) !== expected) expect.fail(`differs at ${first}, ${second}`);
    expect(shown(read([...bytes].map((byte) => Uint8Array.of(byte))))).toBe(expected);
  });

  it('reports any flipped bit and reads nothing after it', () => {
    const first = awsMessage({ ':event-type': 'a' }, '{"a":1}');
    const bytes = Buffer.concat([first, awsMessage({ ':event-type': 'b' }, '{"b":2}')]);
    for (let bit = 0; bit < first.length * 8; bit++) {
      const broken = Buffer.from(bytes);
      broken[bit >> 3] = (broken[bit >> 3] as number) ^ (1 << (bit & 7));
      const { messages, problems, doneBeforeEnd } = read([broken]);
      if (messages.length > 0 || problems.length !== 1 || !doneBeforeEnd) expect.fail(`bit ${bit} went unnoticed`);
      expect(problems[0]?.detail).toMatch(/checksum/);
    }
  });

  it('keeps what came before a cut and reports the cut', () => {
    const bytes = Buffer.concat([awsMessage({}, '{"a":1}'), awsMessage({}, '{"b":2}')]);
    const whole = awsMessage({}, '{"a":1}').length;
    for (let length = whole + 1; length < bytes.length; length++) {
      const { messages, problems } = read([bytes.subarray(0, length)]);
      expect(messages).toHaveLength(1);
      expect(problems.map(({ detail }) => detail)).toEqual(['the stream was cut inside a message']);
    }
    expect(read([bytes.subarray(0, whole)]).problems).toEqual([]);
    expect(read([]).problems.map(({ detail }) => detail)).toEqual(['the stream held no event']);
  });

  it('refuses a message that announces more than AWS sends, before it comes', () => {
    const prelude = (total: number, headers: number) => {
      const bytes = awsMessage({}, '').subarray(0, 12);
      bytes.writeUInt32BE(total, 0);
      bytes.writeUInt32BE(headers, 4);
      bytes.writeUInt32BE(crcOf(bytes.subarray(0, 8)), 8);
      return bytes;
    };
    expect(read([prelude(0xffffffff, 0)]).problems[0]?.code).toBe('too-large');
    expect(read([prelude(1_000_000, 200_000)]).problems[0]?.code).toBe('too-large');
    expect(read([prelude(15, 0)]).problems[0]?.code).toBe('malformed-event');
    expect(read([prelude(20, 10)]).problems[0]?.code).toBe('malformed-event');
  });

  it('reports headers that run over their end or have no known type', () => {
    const runsOver = { type: 7, bytes: Buffer.from([0xff, 0xff, 0x61]) };
    for (const value of [runsOver, { type: 7, bytes: Buffer.alloc(1) }, { type: 10, bytes: Buffer.alloc(4) }]) {
      const { messages, problems } = read([awsMessage({ x: value }, '{}')]);
      expect(messages).toEqual([]);
      expect(problems.map(({ detail }) => detail)).toEqual(['the headers of a message cannot be read']);
    }
  });

  it('never throws, whatever bytes come', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 })), (chunks) => {
        expect(read(chunks).problems.length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 500 },
    );
  });
});

function crcOf(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
