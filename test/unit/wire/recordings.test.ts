import { readdirSync } from 'node:fs';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { firstRecordings } from './firstRecordings.ts';
import { cutAt, type ReadResponse, readResponse } from './readResponse.ts';
import { isEventStream, type Recording, recordingBytes } from './recordingRow.ts';
import { recordings } from './recordings.ts';

function read(recording: Recording, chunks: readonly Uint8Array[], contentEncoding: string | null = null) {
  const contentType = isEventStream(recording) ? 'text/event-stream; charset=utf-8' : 'application/json';
  const { api, httpStatus } = recording;
  return readResponse({ api, contentType, contentEncoding, httpStatus }, chunks);
}

/** What must not depend on how the bytes came. */
function outcome({ facts, visible, thinking, toolArguments, problems }: ReadResponse): string {
  return JSON.stringify({ facts, visible, thinking, toolArguments, problems });
}

function expectText(actual: string, expected: string): void {
  const [begin = '', end] = expected.split(' ... ');
  if (end === undefined) expect(actual).toBe(expected);
  else {
    expect(actual.slice(0, begin.length)).toBe(begin);
    expect(actual.slice(-end.length)).toBe(end);
  }
}

/** Up to this size a recording is cut in two at every byte; above, see `combs`. */
const cutInTwoUpTo = 6_000;
/** Up to these sizes a recording is cut in three at every pair of bytes; cutting a body costs more, as it is parsed each time. */
const cutInThreeUpTo = { stream: 2_048, body: 800 };

/**
 * Cuts for recordings where every cut in two would be quadratic: every byte is still a border in exactly one of them, with
 * more than any one event's bytes uncut on either side.
 */
function combs(length: number): number[][] {
  const period = 1_024;
  return Array.from({ length: Math.min(period, length - 1) }, (_, phase) =>
    Array.from({ length: Math.ceil((length - 1 - phase) / period) }, (_, tooth) => 1 + phase + tooth * period),
  );
}

function cuts(length: number): number[][] {
  if (length > cutInTwoUpTo) return combs(length);
  return Array.from({ length: length - 1 }, (_, at) => [at + 1]);
}

describe('every recording has an expectation', () => {
  it('and every expectation a recording', () => {
    const root = new URL('../../fixtures/recordings/', import.meta.url);
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' });
    const recorded = files.map((file) => file.replaceAll('\\', '/')).filter((file) => file.includes('.response.'));
    expect(recordings.map(({ file }) => file).sort()).toEqual(recorded.sort());
  });
});

describe.each(recordings)('$file', (recording) => {
  const bytes = recordingBytes(recording);

  it('read whole, gives what its bytes say', async () => {
    const result = await read(recording, [bytes]);
    expect(result.facts).toEqual(recording.facts);
    expect(result.problems.map(({ code }) => code)).toEqual(recording.problems);
    expectText(result.visible, recording.visible);
    expectText(result.thinking, recording.thinking);
    expectText(result.toolArguments, recording.toolArguments);
    expect(result.factsCalls.at(-1)).toEqual(recording.facts);
  });

  it('gives the same one byte at a time', async () => {
    const expected = outcome(await read(recording, [bytes]));
    const chunks = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
    expect(outcome(await read(recording, chunks))).toBe(expected);
  });

  it('gives the same however it is cut', async () => {
    const expected = outcome(await read(recording, [bytes]));
    const differing: number[][] = [];
    for (const cut of cuts(bytes.length)) {
      if (outcome(await read(recording, cutAt(bytes, cut))) !== expected) differing.push(cut);
    }
    expect(differing).toEqual([]);
  }, 180_000);

  it.each([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
    ['gzip, br', (input: Buffer) => brotliCompressSync(gzipSync(input))],
  ])('gives the same compressed with %s', async (encoding, compress) => {
    const expected = outcome(await read(recording, [bytes]));
    const compressed = compress(bytes);
    const middle = compressed.length >> 1;
    expect(outcome(await read(recording, cutAt(compressed, [1, middle]), encoding))).toBe(expected);
  });
});

/** The first recordings alone: the further ones differ in what they say, not in how they are framed. */
const small = firstRecordings.filter((recording) => {
  const limit = isEventStream(recording) ? cutInThreeUpTo.stream : cutInThreeUpTo.body;
  return recordingBytes(recording).length <= limit;
});

describe.each(small)('$file, which is small,', (recording) => {
  it('gives the same cut at every pair of bytes', async () => {
    const bytes = recordingBytes(recording);
    const expected = outcome(await read(recording, [bytes]));
    const differing: number[][] = [];
    for (let first = 1; first < bytes.length - 1; first++) {
      for (let second = first + 1; second < bytes.length; second++) {
        if (outcome(await read(recording, cutAt(bytes, [first, second]))) !== expected) differing.push([first, second]);
      }
    }
    expect(differing).toEqual([]);
  }, 300_000);
});
