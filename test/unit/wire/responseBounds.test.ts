import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { eventStream, type ReadResponse, readBody, readEvents, readResponse } from './readResponse.ts';

const say = (content: string) => ({ choices: [{ index: 0, delta: { content } }] });
const codes = (read: ReadResponse) => read.problems.map(({ code }) => code);

describe('the bounds of a response', () => {
  it('a decompression bomb stops at the cap', async () => {
    const bomb = gzipSync(Buffer.alloc(300 * 1024 * 1024));
    const chunks = Array.from({ length: Math.ceil(bomb.length / 16_384) }, (_, i) =>
      bomb.subarray(i * 16_384, (i + 1) * 16_384),
    );
    const read = await readResponse(
      { api: 'openai-chat', contentType: 'text/event-stream', contentEncoding: 'gzip' },
      chunks,
    );
    expect(codes(read)).toEqual(['too-large']);
  });

  it('ten megabytes of compressed zeros that arrive at once stop at the total', async () => {
    const member = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    const bomb = Buffer.concat(Array.from({ length: Math.ceil(10_000_000 / member.length) }, () => member));
    const read = await readResponse(
      { api: 'gemini-generate', contentType: 'text/event-stream', contentEncoding: 'gzip' },
      [bomb],
    );
    expect(codes(read)).toEqual(['too-large']);
  }, 180_000);

  it('one event of five megabytes in small chunks is read, and once', async () => {
    const size = 5 * 1024 * 1024;
    const bytes = Buffer.concat([eventStream([say('x'.repeat(size))]), eventStream(['[DONE]'])]);
    const chunks = Array.from({ length: Math.ceil(bytes.length / 100) }, (_, i) =>
      bytes.subarray(i * 100, (i + 1) * 100),
    );
    const read = await readResponse({ api: 'openai-chat', contentType: 'text/event-stream' }, chunks);
    expect(read.visible.length).toBe(size);
    expect(read.textCalls).toBe(1);
    expect(read.facts.complete).toBe(true);
  });

  it.each([1_000_000, 65_536])('one event over sixteen megabytes ends the reading, in chunks of %i', async (step) => {
    const bytes = Buffer.concat([
      eventStream([say('a')]),
      eventStream([say('x'.repeat(17_000_000))]),
      eventStream([say('b')]),
    ]);
    const chunks = Array.from({ length: Math.ceil(bytes.length / step) }, (_, i) =>
      bytes.subarray(i * step, (i + 1) * step),
    );
    const read = await readResponse({ api: 'openai-chat', contentType: 'text/event-stream' }, chunks);
    expect(read.visible).toBe('a');
    expect(codes(read)).toEqual(['too-large']);
  });

  it('a JSON body over sixty-four megabytes is not kept', async () => {
    const piece = Buffer.from('x'.repeat(1_000_000));
    const chunks = [Buffer.from('{"model":"'), ...Array.from({ length: 68 }, () => piece), Buffer.from('"}')];
    const read = await readResponse({ api: 'openai-chat', contentType: 'application/json' }, chunks);
    expect(codes(read)).toEqual(['too-large']);
    expect(read.facts.complete).toBe(false);
  });

  it('nesting a million deep is a problem', async () => {
    const deep = `{"model":"m","a":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}}`;
    expect(codes(await readBody('openai-chat', deep))).toEqual(['malformed-json']);
    expect(codes(await readEvents('openai-chat', [deep]))).toEqual(['malformed-json']);
  });
});
