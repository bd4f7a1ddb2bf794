import { channel } from 'node:diagnostics_channel';
import { get } from 'node:http';
import { connect, createServer } from 'node:http2';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Disposable } from '../../../src/domain/disposable.ts';
import { installHooks } from '../../../src/intercept/installHooks.ts';
import { clientsDir } from '../../support/toolchain.ts';
import { clients } from './clients.ts';
import { digestOf, type EchoServer, events, startEchoServer } from './echoServer.ts';
import { type Recorder, receivedBytes, recorder, sentText } from './seenCalls.ts';

const body = '{"model":"claude-sonnet-4-5","messages":[{"role":"user","content":"gr\u00fc\u00dfe \u{1f600}"}]}';
const channelNames = [
  ...['create', 'bodyChunkSent', 'bodySent', 'headers', 'bodyChunkReceived', 'trailers', 'error'].map(
    (name) => `undici:request:${name}`,
  ),
  ...['http.client.request.created', 'http.client.response.finish', 'http.client.request.error'],
  ...['created', 'bodyChunkSent', 'bodySent', 'finish', 'close'].map((name) => `http2.client.stream.${name}`),
];

interface Undici6 {
  readonly Agent: new () => { close(): Promise<void> };
  request(url: string, options: object): Promise<{ readonly body: Readable }>;
}

let installed: Disposable | null = null;

function observe(server: EchoServer, options: Parameters<typeof recorder>[1] = {}): Recorder {
  const seen = recorder(new Set([server.host]), options);
  installed = installHooks(seen.watcher);
  return seen;
}

afterEach(() => {
  installed?.dispose();
  installed = null;
});

describe.each(clients)('a call by $name', ({ call }) => {
  it('is seen whole, and once', async () => {
    await using server = await startEchoServer();
    const seen = observe(server);
    const answer = await call(`${server.origin}/sse/v1/messages`, body);
    expect(answer).toEqual({ status: 200, body: Buffer.from(events.join('')) });
    const told = await seen.ended();
    expect(seen.calls).toHaveLength(1);
    expect(told.request).toMatchObject({ origin: server.origin, method: 'POST', path: '/sse/v1/messages' });
    expect(told.request.field('authorization')).toBe('Bearer sk-made-up');
    const { fieldNames, tellsReader } = told.request;
    // Whoever is asked for later is known by the fields, which are there where that is.
    expect(fieldNames?.().filter((name) => name === 'authorization')).toEqual(
      tellsReader === true ? ['authorization'] : undefined,
    );
    expect(sentText(told)).toBe(body);
    expect([told.httpStatus, told.contentType]).toEqual([200, 'text/event-stream']);
    expect(receivedBytes(told).toString()).toBe(events.join(''));
    expect(told.events).toEqual(['requestEnd', 'end complete']);
    expect(seen.failures).toEqual([]);
  });

  it('is seen on a connection that is used again', async () => {
    await using server = await startEchoServer();
    const seen = observe(server);
    await call(`${server.origin}/one`, '{"n":1}');
    await call(`${server.origin}/sse`, '{"n":2}');
    const [one, two] = [await seen.ended(0), await seen.ended(1)];
    expect([sentText(one), sentText(two)]).toEqual(['{"n":1}', '{"n":2}']);
    expect([receivedBytes(one).toString(), receivedBytes(two).toString()]).toEqual(['{"ok":true}', events.join('')]);
  });

  it('carries 10 MB either way unchanged', async () => {
    await using server = await startEchoServer();
    const seen = observe(server);
    const large = Buffer.alloc(10 * 1024 * 1024, 'body ');
    const answer = await call(`${server.origin}/large`, large);
    const told = await seen.ended();
    expect(server.bodies).toEqual([digestOf(large)]);
    expect(digestOf(Buffer.concat(told.sent))).toBe(digestOf(large));
    expect(digestOf(receivedBytes(told))).toBe(digestOf(answer.body));
    expect(answer.body).toHaveLength(10 * 1024 * 1024);
  });

  it('is seen as the wire has it, and decompressed for its caller', async () => {
    await using server = await startEchoServer();
    const seen = observe(server);
    await call(`${server.origin}/gzip`, body);
    await call(`${server.origin}/br`, body);
    expect(gunzipSync(receivedBytes(await seen.ended(0))).toString()).toBe('{"packed":"gzip"}');
    expect(brotliDecompressSync(receivedBytes(await seen.ended(1))).toString()).toBe('{"packed":"br"}');
  });

  it('tells of errors of the provider, of broken answers and of hosts that are not there', async () => {
    await using server = await startEchoServer();
    const seen = recorder(new Set([server.host, 'nowhere.invalid']));
    installed = installHooks(seen.watcher);
    expect((await call(`${server.origin}/error`, body)).status).toBe(429);
    expect((await seen.ended(0)).httpStatus).toBe(429);
    await expect(call(`${server.origin}/cut`, body)).rejects.toThrow();
    const cut = await seen.ended(1);
    expect([receivedBytes(cut).toString(), cut.events.at(-1)]).toEqual([events[0], 'end upstream-cut']);
    await expect(call('http://nowhere.invalid/v1/messages', body)).rejects.toThrow();
    expect((await seen.ended(2)).events.at(-1)).toBe('end no-upstream');
    expect(seen.failures).toEqual([]);
  });

  it('was cut by whoever answers what is no HTTP', async () => {
    await using server = await startEchoServer();
    const seen = observe(server);
    await expect(call(`${server.origin}/garbled`, body)).rejects.toThrow();
    expect((await seen.ended()).events.at(-1)).toBe('end upstream-cut');
    expect(seen.failures).toEqual([]);
  });

  it('can be aborted before, while it waits and while it streams', async () => {
    await using server = await startEchoServer();
    const seen = observe(server);
    await expect(call(`${server.origin}/sse`, body, AbortSignal.abort())).rejects.toThrow();
    const first = seen.calls.length;
    for (const path of ['never', 'slow']) {
      const before = seen.calls.length;
      const abort = new AbortController();
      const rejected = expect(call(`${server.origin}/${path}`, body, abort.signal)).rejects.toThrow();
      const isThere = path === 'never' ? 'requestEnd' : events[0];
      const poll = setInterval(() => {
        const call = seen.calls[before];
        const told = call === undefined ? '' : path === 'never' ? call.events.join() : receivedBytes(call).toString();
        if (told.includes(isThere)) abort.abort();
      }, 1);
      await rejected;
      clearInterval(poll);
      expect((await seen.ended(before)).events.at(-1)).toBe('end client-gone');
    }
    expect(seen.calls.length - first).toBe(2);
    expect(seen.failures).toEqual([]);
  });

  it('does not notice an observer that throws at everything', async () => {
    await using server = await startEchoServer();
    const seen = observe(server, {
      fail: () => {
        throw new Error('broken on purpose');
      },
    });
    const answer = await call(`${server.origin}/sse`, body);
    expect(answer).toEqual({ status: 200, body: Buffer.from(events.join('')) });
    expect(seen.failures.length).toBeGreaterThan(0);
    expect(server.bodies).toEqual([digestOf(Buffer.from(body))]);
  });

  it('does not leave where it is refused', async () => {
    await using server = await startEchoServer();
    const seen = observe(server, { refuse: () => 'Outlay: the budget is used up.' });
    const error: unknown = await call(`${server.origin}/sse`, body).catch((thrown: unknown) => thrown);
    expect(everyMessage(error)).toContain('Outlay: the budget is used up.');
    expect(server.bodies).toEqual([]);
    expect(seen.calls).toEqual([]);
  });

  it('costs one question where its host is not known', async () => {
    await using server = await startEchoServer();
    const seen = recorder(new Set());
    installed = installHooks(seen.watcher);
    await call(`${server.origin}/sse`, body);
    expect(seen.asked()).toBe(1);
    expect(seen.calls).toEqual([]);
  });
});

function everyMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return `${error.message} ${error.cause === undefined ? '' : everyMessage(error.cause)}`;
}

describe('the hooks', () => {
  it('leave nothing behind after being put in and taken out a hundred times', async () => {
    const before = { fetch: globalThis.fetch, subscribed: channelNames.filter((name) => channel(name).hasSubscribers) };
    await using server = await startEchoServer();
    for (let round = 0; round < 100; round++) {
      const hooks = installHooks(recorder(new Set([server.host])).watcher);
      expect(channelNames.every((name) => channel(name).hasSubscribers)).toBe(true);
      hooks.dispose();
    }
    expect(globalThis.fetch).toBe(before.fetch);
    expect(channelNames.filter((name) => channel(name).hasSubscribers)).toEqual(before.subscribed);
  });

  it('fall silent at once when they are taken out in the middle of a call', async () => {
    await using server = await startEchoServer();
    for (const { call } of clients) {
      const seen = observe(server);
      const answered = call(`${server.origin}/sse`, body);
      installed?.dispose();
      const counts = seen.calls.map(({ sent, received, events: told }) => [sent.length, received.length, told.length]);
      expect((await answered).body.toString()).toBe(events.join(''));
      expect(seen.calls.map((told) => [told.sent.length, told.received.length, told.events.length])).toEqual(counts);
    }
  });

  it('end a call of which nothing is heard any more, once nobody can', async () => {
    const seen = recorder(new Set(['silent.example']));
    installed = installHooks(seen.watcher);
    // A function of its own, so that nothing holds the request afterwards.
    const begin = (): void =>
      channel('undici:request:create').publish({
        request: { origin: 'https://silent.example', path: '/v1/messages', method: 'POST', headers: [] },
      });
    begin();
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    await vi.waitFor(() => {
      collect();
      expect(seen.calls[0]?.events).toEqual(['end client-gone']);
    });
  });

  it('have read a chunk before whoever it is for writes into it', async () => {
    await using server = await startEchoServer();
    const seen = observe(server);
    const { request, Agent } = createRequire(join(clientsDir(), 'x.js'))('undici6') as Undici6;
    const dispatcher = new Agent();
    const answer = await request(`${server.origin}/large`, { method: 'POST', body, dispatcher });
    answer.body.on('data', (chunk: Buffer) => chunk.fill(0));
    const told = await seen.ended();
    await dispatcher.close();
    expect(digestOf(receivedBytes(told))).toBe(digestOf(Buffer.alloc(10 * 1024 * 1024, 'large ')));
  });

  it('keep a hundred streams apart', async () => {
    await using server = await startEchoServer();
    const seen = observe(server);
    await Promise.all(
      Array.from({ length: 100 }, (_, n) =>
        clients[n % clients.length]?.call(`${server.origin}/sse/${n}`, `{"n":${n}}`),
      ),
    );
    const told = await Promise.all(seen.calls.map((_, index) => seen.ended(index)));
    const pairs = told.map((call) => `${call.request.path} ${sentText(call)} ${receivedBytes(call).length}`);
    expect(pairs.sort()).toEqual(
      Array.from({ length: 100 }, (_, n) => `/sse/${n} {"n":${n}} ${events.join('').length}`).sort(),
    );
  });

  it('show the handshake of a WebSocket, and nothing that passes after it', async () => {
    await using server = await startEchoServer();
    const seen = observe(server);
    for (const open of [
      () => new WebSocket(`ws://${server.host}/v1/responses`),
      () => {
        const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-key': 'x' };
        return get(`${server.origin}/v1/responses`, { headers });
      },
    ]) {
      await new Promise((over) => {
        const opened = open();
        if ('addEventListener' in opened) opened.addEventListener('error', over);
        else opened.on('response', (response) => response.resume().on('end', over));
      });
    }
    expect(seen.calls.map(({ request }) => [request.method, request.field('sec-websocket-key') !== undefined])).toEqual(
      [
        ['GET', true],
        ['GET', true],
      ],
    );
  });

  it('see streams of HTTP/2', async () => {
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(events[0]);
      response.end(events[1]);
    });
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const seen = recorder(new Set([host]));
    installed = installHooks(seen.watcher);
    const session = connect(`http://${host}`);
    const stream = session.request({ ':method': 'POST', ':path': '/v1/messages' });
    stream.write('{"model":');
    stream.write('"m"');
    stream.end('}');
    const got: Buffer[] = [];
    for await (const chunk of stream as AsyncIterable<Buffer>) got.push(chunk);
    const told = await seen.ended();
    expect(Buffer.concat(got).toString()).toBe(events[0] + events[1]);
    expect([sentText(told), receivedBytes(told).toString()]).toEqual(['{"model":"m"}', events[0] + events[1]]);
    expect([told.httpStatus, told.request.origin]).toEqual([200, `http://${host}`]);
    session.close();
    await new Promise((closed) => server.close(closed));
  });
});
