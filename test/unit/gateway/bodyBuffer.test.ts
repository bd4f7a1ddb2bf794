import { once } from 'node:events';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { type BufferedBody, bufferBody } from '../../../src/gateway/bodyBuffer.ts';

/** Reads `chunks` under a bound of eight bytes. */
function read(declaredBytes: number | null) {
  const req = new IncomingMessage(new Socket());
  const seen: string[] = [];
  const results: BufferedBody[] = [];
  bufferBody(
    req,
    { declaredBytes, maxBytes: 8 },
    { onChunk: (chunk) => seen.push(Buffer.from(chunk).toString()), onBody: (result) => results.push(result) },
  );
  return { req, seen, results };
}

const pass = async (req: IncomingMessage, chunks: readonly string[]) => {
  for (const chunk of chunks) {
    req.push(chunk);
    await new Promise((resolve) => setImmediate(resolve));
  }
};

describe('a body', () => {
  it.each([8, null])('up to the bound is delivered whole (declared: %s)', async (declaredBytes) => {
    const { req, seen, results } = read(declaredBytes);
    await pass(req, ['abc', 'defgh']);
    expect(results).toEqual([]);
    req.push(null);
    await once(req, 'end');
    expect(seen).toEqual(['abc', 'defgh']);
    expect(results.map((result) => result.whole && Buffer.from(result.body).toString())).toEqual(['abcdefgh']);
  });

  it('over the bound is handed over as far as it came, and the rest is somebody else’s', async () => {
    const { req, seen, results } = read(null);
    await pass(req, ['abcd', 'efghi', 'jk']);
    expect(req.isPaused()).toBe(true);
    expect(seen).toEqual(['abcd', 'efghi']);
    expect(results.map((result) => !result.whole && result.read.map(String))).toEqual([['abcd', 'efghi']]);
    const rest: string[] = [];
    req.on('data', (chunk) => rest.push(String(chunk)));
    req.resume();
    req.push(null);
    await once(req, 'end');
    expect(rest).toEqual(['jk']);
    expect([seen.length, results.length]).toEqual([2, 1]);
  });
});
