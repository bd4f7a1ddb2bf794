import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, gzipSync } from 'node:zlib';

export interface EchoServer extends AsyncDisposable {
  readonly host: string;
  readonly origin: string;
  /** Digests of the bodies that came. */
  readonly bodies: string[];
}

export const digestOf = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex');

/** What `/sse` answers, in three pieces. */
export const events = ['data: {"a":1}\n\n', 'data: {"b":2}\n\n', 'data: [DONE]\n\n'] as const;

/** A server that answers by path: /sse, /gzip, /br, /large (10 MB), /error, /cut, /garbled, /never, /slow; anything else with JSON. */
export async function startEchoServer(): Promise<EchoServer> {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => undefined);
    request.on('end', () => {
      bodies.push(digestOf(Buffer.concat(chunks)));
      answer(request, response);
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    origin: `http://127.0.0.1:${port}`,
    bodies,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

function answer({ url = '' }: IncomingMessage, response: ServerResponse): void {
  const json = { 'content-type': 'application/json' };
  switch (url.split('/')[1]) {
    case 'sse':
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(events[0]);
      response.write(events[1]);
      setImmediate(() => response.end(events[2]));
      return;
    case 'gzip':
      response.writeHead(200, { ...json, 'content-encoding': 'gzip' });
      response.end(gzipSync('{"packed":"gzip"}'));
      return;
    case 'br':
      response.writeHead(200, { ...json, 'content-encoding': 'br' });
      response.end(brotliCompressSync('{"packed":"br"}'));
      return;
    case 'large':
      response.writeHead(200, { 'content-type': 'application/octet-stream' });
      response.end(Buffer.alloc(10 * 1024 * 1024, 'large '));
      return;
    case 'error':
      response.writeHead(429, json);
      response.end('{"error":{"type":"rate_limit_error"}}');
      return;
    case 'cut':
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(events[0], () => response.destroy());
      return;
    case 'garbled':
      response.socket?.end('HTTP/1.1 2x0 no answer\r\n\r\n');
      return;
    case 'slow':
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(events[0]);
      return;
    case 'never':
      return;
    default:
      response.writeHead(200, json);
      response.end('{"ok":true}');
  }
}
