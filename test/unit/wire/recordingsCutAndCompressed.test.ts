import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { firstRecordings } from './firstRecordings.ts';
import { outcome, readRecording } from './readRecording.ts';
import { cutAt } from './readResponse.ts';
import { isEventStream, recordingBytes } from './recordingRow.ts';
import { recordings } from './recordings.ts';

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

describe.each(recordings)('$file', (recording) => {
  const bytes = recordingBytes(recording);

  it('gives the same one byte at a time', async () => {
    const expected = outcome(await readRecording(recording, [bytes]));
    const chunks = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
    expect(outcome(await readRecording(recording, chunks))).toBe(expected);
  });

  it('gives the same however it is cut', async () => {
    const expected = outcome(await readRecording(recording, [bytes]));
    const differing: number[][] = [];
    for (const cut of cuts(bytes.length)) {
      if (outcome(await readRecording(recording, cutAt(bytes, cut))) !== expected) differing.push(cut);
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
    const expected = outcome(await readRecording(recording, [bytes]));
    const compressed = compress(bytes);
    const middle = compressed.length >> 1;
    expect(outcome(await readRecording(recording, cutAt(compressed, [1, middle]), encoding))).toBe(expected);
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
    const expected = outcome(await readRecording(recording, [bytes]));
    const differing: number[][] = [];
    for (let first = 1; first < bytes.length - 1; first++) {
      for (let second = first + 1; second < bytes.length; second++) {
        if (outcome(await readRecording(recording, cutAt(bytes, [first, second]))) !== expected)
          differing.push([first, second]);
      }
    }
    expect(differing).toEqual([]);
  }, 300_000);
});
