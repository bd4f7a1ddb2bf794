import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { WireProblem } from '../../../src/wire/contract.ts';
import { createDecompressor, type DecompressionLimits } from '../../../src/wire/decompressor.ts';

const roomy: DecompressionLimits = { maxBytes: 1e6, maxRatio: 1e6, ratioFromBytes: 1e6, maxQueuedBytes: 1e6 };

function start(contentEncoding: string | null, limits: Partial<DecompressionLimits> = {}) {
  const out: Uint8Array[] = [];
  const problems: WireProblem[] = [];
  const decompressor = createDecompressor({
    contentEncoding,
    limits: { ...roomy, ...limits },
    onData: (bytes) => out.push(bytes),
    onProblem: (problem) => problems.push(problem),
  });
  return { decompressor, problems, text: () => Buffer.concat(out).toString(), length: () => Buffer.concat(out).length };
}

async function run(contentEncoding: string | null, bytes: Uint8Array, limits: Partial<DecompressionLimits> = {}) {
  const started = start(contentEncoding, limits);
  started.decompressor.push(bytes);
  await started.decompressor.end();
  return started;
}

const zeros = (length: number) => gzipSync(Buffer.alloc(length));
const tooLarge = { code: 'too-large', detail: 'the decoded body is too large' };

describe('a body without an encoding', () => {
  it.each([null, '', 'identity', ' Identity , '])('goes through at once: %j', (contentEncoding) => {
    const { decompressor, text, problems } = start(contentEncoding);
    decompressor.push(Buffer.from('Hi'));
    expect(text()).toBe('Hi');
    decompressor.stop();
    decompressor.push(Buffer.from('!'));
    expect(text()).toBe('Hi');
    expect(problems).toEqual([]);
  });
});

describe('a limit', () => {
  it('on what comes out is passed only by more', async () => {
    expect((await run('gzip', zeros(1000), { maxBytes: 1000 })).problems).toEqual([]);
    expect((await run('gzip', zeros(1001), { maxBytes: 1000 })).problems).toEqual([tooLarge]);
  });

  it('on what comes out for what went in holds from a length on', async () => {
    const bytes = zeros(4000);
    const ratio = 4000 / bytes.length;
    const limits = { maxRatio: ratio, ratioFromBytes: 3999 };
    expect((await run('gzip', bytes, limits)).problems).toEqual([]);
    expect((await run('gzip', bytes, { ...limits, maxRatio: ratio - 1 })).problems).toEqual([tooLarge]);
    expect((await run('gzip', bytes, { maxRatio: 1, ratioFromBytes: 4000 })).problems).toEqual([]);
  });

  it('holds for each of several encodings', async () => {
    const bomb = brotliCompressSync(zeros(100_000));
    expect((await run('gzip, br', bomb, { maxBytes: 10_000 })).problems).toEqual([tooLarge]);
  });

  it('on what waits ends the decoding', async () => {
    const bytes = gzipSync(Buffer.from('x'.repeat(50)));
    const detail = 'too much of the body waits to be decoded';
    const { problems, length } = await run('gzip', bytes, { maxQueuedBytes: bytes.length - 1 });
    expect(problems).toEqual([{ code: 'too-large', detail }]);
    expect(length()).toBe(0);
    expect((await run('gzip', bytes, { maxQueuedBytes: bytes.length })).problems).toEqual([]);
  });
});

describe('encodings', () => {
  it('may be five and no more', async () => {
    const gzipped = (times: number) =>
      Array.from({ length: times }).reduce<Buffer>((bytes) => gzipSync(bytes), Buffer.from('Hi'));
    expect((await run('gzip,gzip,x-gzip,gzip,gzip', gzipped(5))).text()).toBe('Hi');
    const detail = 'the content encoding is not one that can be decoded';
    const six = await run('gzip,gzip,gzip,gzip,gzip,gzip', gzipped(6));
    expect(six.problems).toEqual([{ code: 'unknown-encoding', detail }]);
    expect(six.text()).toBe('');
  });

  it('are undone through more than fits between them', async () => {
    const plain = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7919) % 251));
    const bytes = gzipSync(zstdCompressSync(plain));
    const { length, problems } = await run('zstd, gzip', bytes);
    expect(problems).toEqual([]);
    expect(length()).toBe(plain.length);
  });

  it('of a body that never came are no problem', async () => {
    for (const contentEncoding of ['gzip', 'br, gzip']) {
      const { decompressor, problems } = start(contentEncoding);
      decompressor.push(new Uint8Array(0));
      await decompressor.end();
      expect(problems).toEqual([]);
    }
  });

  it('that the body does not have are one problem, after which nothing comes', async () => {
    const { decompressor, problems, text } = start('gzip');
    decompressor.push(Buffer.from('not compressed'));
    await decompressor.end();
    decompressor.push(gzipSync('Hi'));
    await decompressor.end();
    expect(problems).toEqual([{ code: 'bad-encoding', detail: 'the compressed body is corrupt or was cut' }]);
    expect(text()).toBe('');
  });
});

describe('stopping', () => {
  it('lets nothing more out, and the end come', async () => {
    const { decompressor, problems, text } = start('gzip');
    decompressor.push(gzipSync('Hi'));
    decompressor.stop();
    decompressor.stop();
    decompressor.push(gzipSync('there'));
    await decompressor.end();
    expect(text()).toBe('');
    expect(problems).toEqual([]);
  });
});
