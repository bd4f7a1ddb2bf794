import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { createDecompressor } from '../../../src/wire/decompressor.ts';
import { check, checkSame } from '../check.ts';
import { fuzzInput, piecesOf } from '../input.ts';

const limits = { maxBytes: 64 * 1024, maxRatio: 20, ratioFromBytes: 16 * 1024, maxQueuedBytes: 32 * 1024 };
/** A stage stops with the piece that goes over its limit. */
const mostOut = limits.maxBytes + 64 * 1024;

/** Compressed bodies: what is one comes out as it went in, and what is none ends with one problem and bounded output. */
export async function fuzz(data: Buffer): Promise<void> {
  const input = fuzzInput(data);
  const [contentEncoding, compress] = input.choose(encodings);
  const isRaw = input.byte() % 2 === 0;
  const first = input.byte();
  const size = 1 + input.byte();
  const plain = input.rest();
  const body = isRaw || compress === null ? plain : compress(plain);
  const whole = await decompress(contentEncoding, [body]);
  const cut = await decompress(contentEncoding, piecesOf(body, first, size));
  for (const { bytes, problems } of [whole, cut]) {
    check(bytes.length <= mostOut, `${bytes.length} bytes came out`);
    check(problems.length <= 1, `there were ${problems.length} problems`);
  }
  // How much comes out before a problem is zlib's affair.
  checkSame(cut.problems.length, whole.problems.length, 'being readable depends on how it is cut');
  if (whole.problems.length === 0) check(cut.bytes.equals(whole.bytes), 'what comes out depends on how it is cut');
  if (!isRaw && compress !== null && plain.length > 0 && plain.length <= 4096) {
    checkSame(whole.problems, [], 'what was compressed cannot be read');
    check(whole.bytes.equals(plain), 'something else came out than went in');
  }
}

const encodings = [
  ['gzip', gzipSync],
  ['deflate', deflateSync],
  ['deflate', deflateRawSync],
  ['br', brotliCompressSync],
  ['zstd', zstdCompressSync],
  ['gzip, br', (bytes: Buffer) => brotliCompressSync(gzipSync(bytes))],
  ['zstd, x-gzip, identity', (bytes: Buffer) => gzipSync(zstdCompressSync(bytes))],
  ['compress', null],
] as const;

async function decompress(contentEncoding: string, pieces: readonly Uint8Array[]) {
  const out: Uint8Array[] = [];
  const problems: string[] = [];
  const decompressor = createDecompressor({
    contentEncoding,
    limits,
    onData: (bytes) => out.push(bytes),
    onProblem: ({ code }) => problems.push(code),
  });
  for (const piece of pieces) decompressor.push(piece);
  await decompressor.end();
  return { bytes: Buffer.concat(out), problems };
}
