import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ResponseWriter } from '../../../src/gateway/responseWriter.ts';
import { RawClient } from '../../support/rawHttp.ts';

/** A response of a real server to a raw client, and what is written to its socket, piece by piece. */
async function response(requests = 1) {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = new RawClient((server.address() as AddressInfo).port);
  onTestFinished(() => {
    client.socket.destroy();
    server.closeAllConnections();
    server.close();
  });
  const responses: ServerResponse[] = [];
  server.on('request', (_req, res: ServerResponse) => responses.push(res));
  client.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(requests));
  while (responses.length < requests) await once(server, 'request');
  const [first, second] = responses as [ServerResponse, ServerResponse];
  const written: string[] = [];
  const socket = first.socket as Socket;
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  socket.write = ((...args: unknown[]) => {
    const [chunk, encoding] = args;
    written.push(
      typeof chunk === 'string'
        ? Buffer.from(chunk, encoding as 'latin1').toString('latin1')
        : Buffer.from(chunk as Uint8Array).toString('latin1'),
    );
    return write(...args);
  }) as typeof socket.write;
  return { client, first, second, written, socket };
}

describe('ResponseWriter', () => {
  it('sends the head once, in Latin-1, before the first chunk and as one write', async () => {
    const { client, first, written } = await response();
    first.writeHead(200, { 'x-name': 'caf\u00e9' });
    const writer = new ResponseWriter(first, true);
    writer.sendHead();
    writer.sendHead();
    expect(written.filter((text) => text.length > 0)).toHaveLength(1);
    expect(written.join('')).toMatch(/^HTTP\/1\.1 200 OK\r\nx-name: caf\u00e9\r\n(?:.*\r\n)+\r\n$/);
    writer.write(Buffer.from('hello'));
    first.end();
    const text = await client.until((seen) => seen.endsWith('0\r\n\r\n'));
    expect(text.match(/HTTP\/1\.1 200/g)).toHaveLength(1);
    expect(text).toContain('x-name: caf\u00e9\r\n');
    expect(text.endsWith('\r\n\r\n5\r\nhello\r\n0\r\n\r\n')).toBe(true);
  });

  it.each([
    [16_384, 1],
    [16_385, 3],
  ])('frames a chunk of %i bytes in %i writes', async (size, writes) => {
    const { client, first, written } = await response();
    const writer = new ResponseWriter(first.writeHead(200), true);
    writer.sendHead();
    written.length = 0;
    writer.write(Buffer.alloc(size, 'a'));
    expect(written).toHaveLength(writes);
    expect(written.join('')).toBe(`${size.toString(16)}\r\n${'a'.repeat(size)}\r\n`);
    await client.until((seen) => seen.endsWith('a\r\n'));
  });

  it('writes chunks of a body of known length as they are, and nothing for an empty one', async () => {
    const { client, first, written } = await response();
    const writer = new ResponseWriter(first.writeHead(200, { 'content-length': '5' }), false);
    writer.sendHead();
    written.length = 0;
    expect(writer.write(Buffer.alloc(0))).toBe(true);
    expect(written).toEqual([]);
    writer.write(Buffer.from('hello'));
    expect(written).toEqual(['hello']);
    await client.until((seen) => seen.endsWith('hello'));
  });

  it('leaves what is written while corked in the socket until it is uncorked', async () => {
    const { first, socket } = await response();
    const writer = new ResponseWriter(first.writeHead(200), true);
    writer.sendHead();
    writer.cork();
    writer.write(Buffer.from('a'));
    writer.write(Buffer.from('b'));
    expect([socket.writableCorked, socket.writableLength]).toEqual([1, 12]);
    writer.uncork();
    writer.uncork();
    expect(socket.writableCorked).toBe(0);
  });

  it('says when the client is behind, and when it is not any more', async () => {
    const { client, first } = await response();
    client.socket.pause();
    const writer = new ResponseWriter(first.writeHead(200), true);
    const chunk = Buffer.alloc(1_000_000);
    let written = 0;
    do written += chunk.length;
    while (written < 50_000_000 && writer.write(chunk));
    let isDrained = false;
    const drained = new Promise<void>((resolve) => {
      writer.onceDrained(() => {
        isDrained = true;
        resolve();
      });
    });
    expect([written < 50_000_000, isDrained]).toEqual([true, false]);
    client.socket.resume();
    await drained;
    expect(isDrained).toBe(true);
  });

  it('takes the way of Node while an earlier response owns the connection', async () => {
    const { client, first, second } = await response(2);
    const writer = new ResponseWriter(second.writeHead(200), true);
    writer.sendHead();
    writer.cork();
    writer.write(Buffer.from('second'));
    writer.uncork();
    first.writeHead(200, { 'content-length': '5' }).end('first');
    second.end();
    const text = await client.until((seen) => seen.endsWith('0\r\n\r\n'));
    expect(text.indexOf('first')).toBeLessThan(text.indexOf('6\r\nsecond\r\n'));
    expect(text).toContain('first');
  });
});
