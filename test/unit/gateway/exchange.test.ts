import { once } from 'node:events';
import { Agent, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { CallTap, GatewayObserver, Upstream as RouteUpstream } from '../../../src/gateway/contract.ts';
import { RawClient, rawServer } from '../../support/rawHttp.ts';
import { call, cleanUp, type Rig, readAll, startGateway, startUpstream } from './gatewayRig.ts';
import { ScriptedGate, ScriptedPass } from './scriptedGate.ts';

/** A gateway before an upstream that is only connections: each of them, with the head of its first request. */
async function startRaw(serve: (socket: Socket, head: string) => void) {
  const { port, server } = await rawServer(serve);
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  cleanUp(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { upstreamPort: port, rig: await startGateway(port) };
}

function connectTo(rig: Rig): RawClient {
  const client = new RawClient(rig.port);
  cleanUp(() => client.socket.destroy());
  return client;
}

const head = (rig: Rig, line: string, fields: readonly string[] = []) =>
  [`${line} HTTP/1.1`, `Host: 127.0.0.1:${rig.port}`, ...fields, '', ''].join('\r\n');

const post = (rig: Rig, bytes: number) =>
  head(rig, `POST ${rig.prefix('anthropic')}/v1/messages`, [`Content-Length: ${bytes}`]);

const messageOf = (body: Buffer): string => JSON.parse(body.toString()).error.message;

/** Counts the bytes of requests, and keeps none of them. */
class CountingObserver implements GatewayObserver {
  bytes = 0;

  begin(): CallTap {
    const ignore = () => undefined;
    return {
      requestBytes: (chunk) => {
        this.bytes += chunk.length;
      },
      requestEnd: ignore,
      responseHead: ignore,
      responseBytes: ignore,
      end: ignore,
    };
  }

  unmetered(): void {}

  /** Until what the buffers on the way take is under way: the rest does not move, however often one looks. */
  async untilStuck(): Promise<void> {
    for (let before = 0, same = 0; same < 20; ) {
      await new Promise((resolve) => setImmediate(resolve));
      same = this.bytes > 0 && this.bytes === before ? same + 1 : 0;
      before = this.bytes;
    }
  }
}

describe('the body of a request', () => {
  it('waits with the client while the upstream does not read, and comes whole when it does', async () => {
    const total = 16 * 1024 * 1024;
    const waiting: IncomingMessage[] = [];
    const upstream = await startUpstream((req, res) => {
      let bytes = 0;
      req.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      req.once('end', () => res.end(String(bytes)));
      waiting.push(req.pause());
    });
    const observer = new CountingObserver();
    const rig = await startGateway(upstream.port, { observer });
    const client = connectTo(rig);
    client.send(post(rig, total));
    client.send(Buffer.alloc(total));
    await observer.untilStuck();
    expect(observer.bytes).toBeLessThan(total);
    await expect.poll(() => waiting.length, { interval: 1 }).toBe(1);
    waiting[0]?.resume();
    expect(await client.until((text) => text.endsWith(String(total)))).toContain('HTTP/1.1 200 OK');
  });

  it('has its trailers at its end', async () => {
    const upstream = await startUpstream(
      (req, res) => void readAll(req).then((bytes) => res.end(`${bytes} ${req.rawTrailers.join()}.`)),
    );
    const rig = await startGateway(upstream.port);
    const client = connectTo(rig);
    client.send(head(rig, `POST ${rig.prefix('anthropic')}/v1/messages`, ['Transfer-Encoding: chunked']));
    client.send('3\r\nabc\r\n0\r\nX-Sum: 1\r\nx-sum: 2\r\n\r\n');
    expect(await client.until((text) => text.endsWith('2.'))).toContain('abc X-Sum,1,x-sum,2.');
  });

  it('goes on to an upstream that has answered already', async () => {
    let whole: () => void = () => {};
    const arrival = new Promise<void>((resolve) => {
      whole = resolve;
    });
    const { rig } = await startRaw((socket, first) => {
      let text = first;
      socket.on('data', (chunk) => {
        text += chunk.toString();
        if (text.endsWith('firstthe end')) whole();
      });
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nearly');
    });
    const client = connectTo(rig);
    client.send(`${post(rig, 12)}first`);
    await client.until((text) => text.endsWith('early'));
    expect(await rig.observer.calls[0]?.ended).toBe('complete');
    client.send('the end');
    await arrival;
  });

  it('is let go where its upstream has answered and closed, and the connection serves the next', async () => {
    const { rig } = await startRaw((socket, text) => {
      if (text.startsWith('GET')) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext');
      else socket.end('HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlarge');
    });
    const client = connectTo(rig);
    client.send(post(rig, 300_000));
    client.send(Buffer.alloc(100_000));
    await client.until((text) => text.endsWith('large'));
    for (let i = 0; i < 2; i += 1) {
      client.send(Buffer.alloc(100_000));
      await new Promise((resolve) => setImmediate(resolve));
    }
    client.send(head(rig, `GET ${rig.prefix('anthropic')}/v1/models`));
    expect(await client.until((text) => text.endsWith('next'))).toMatch(/^HTTP\/1\.1 413 Too Large\r\n/);
  });

  it('is let go where its upstream would not read it, and broke off', async () => {
    const held: Socket[] = [];
    const { port, server } = await rawServer((socket, text) => {
      if (text.startsWith('GET')) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext');
      else held.push(socket.pause());
    });
    cleanUp(() => server.close());
    const observer = new CountingObserver();
    const rig = await startGateway(port, { observer });
    const client = connectTo(rig);
    const total = 16 * 1024 * 1024;
    client.send(post(rig, total));
    client.send(Buffer.alloc(total));
    client.send(head(rig, `GET ${rig.prefix('anthropic')}/v1/models`));
    await observer.untilStuck();
    await expect.poll(() => held.length, { interval: 1 }).toBe(1);
    held[0]?.resetAndDestroy();
    expect(await client.until((text) => text.endsWith('next'))).toMatch(/^HTTP\/1\.1 502 Bad Gateway\r\n/);
  });

  it('is not waited for by the upstream once the client has left with an early answer', async () => {
    let gone: Promise<unknown> | null = null;
    const { rig } = await startRaw((socket) => {
      gone = once(socket, 'close');
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nearly');
    });
    const client = connectTo(rig);
    client.send(`${post(rig, 12)}first`);
    await client.until((text) => text.endsWith('early'));
    client.socket.destroy();
    await gone;
    expect(rig.observer.calls.map(({ end, requestEnded }) => [end, requestEnded])).toEqual([['complete', false]]);
  });
});

describe('a Chat body at the bound', () => {
  const bound = 300_000;
  const body = (bytes: number) => `{"stream":true,"x":"${'x'.repeat(bytes - 22)}"}`;

  it.each([
    ['of a told length', (bytes: number) => ({ 'content-length': String(bytes) })],
    ['in chunks', () => ({ 'transfer-encoding': 'chunked' })],
  ])('is asked for its usage, and one byte longer is passed on as it is (%s)', async (_name, framing) => {
    const upstream = await startUpstream((req, res) => void readAll(req).then((bytes) => res.end(bytes)));
    const rig = await startGateway(upstream.port, { wholeBodyBytesMax: bound });
    const path = `${rig.prefix('openai')}/v1/chat/completions`;
    for (const [bytes, isAsked] of [
      [bound, true],
      [bound + 1, false],
      [bound * 3, false],
    ] as const) {
      const sent = body(bytes);
      const answer = await call(rig.port, { method: 'POST', path, headers: framing(bytes) }, sent);
      expect([bytes, answer.body.toString().includes('include_usage')]).toEqual([bytes, isAsked]);
      if (!isAsked) expect(answer.body.toString() === sent).toBe(true);
      expect(Buffer.concat(rig.observer.calls.at(-1)?.request ?? []).toString() === sent).toBe(true);
      expect(rig.observer.calls.at(-1)?.requestEnded).toBe(true);
    }
  });
});

describe('a request that cannot be sent on', () => {
  const workspaceUpstream = (): RouteUpstream => ({
    provider: 'openai',
    origin: 'http://127.0.0.1:1',
    basePath: '/not a path',
  });

  it.each(['anthropic/v1/messages', 'openai/v1/chat/completions'])(
    'is answered for, told of, and its connection serves the next (%s)',
    async (path) => {
      for (const gate of [null, new ScriptedGate(() => new ScriptedPass())]) {
        const rig = await startGateway(1, { workspaceUpstream, gate });
        const client = connectTo(rig);
        const request = `${head(rig, `POST ${rig.prefix('x').slice(0, -1)}${path}`, ['Content-Length: 4'])}null`;
        client.send(request);
        await client.until((text) => text.includes('malformed'));
        client.send(request);
        const text = await client.until((all) => all.split('malformed').length === 3);
        expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 502', 'HTTP/1.1 502']);
        expect(text).toContain('Outlay could not pass this request on: it is malformed.');
        expect(rig.observer.calls.map(({ end }) => end)).toEqual(['no-upstream', 'no-upstream']);
      }
    },
  );
});

describe('an upstream that does not answer', () => {
  it('is named with what happened, and the connection stays open', async () => {
    const { upstreamPort, rig } = await startRaw((socket) => socket.resetAndDestroy());
    const agent = new Agent({ keepAlive: true });
    cleanUp(() => agent.destroy());
    const answer = await call(
      rig.port,
      { agent, method: 'POST', path: `${rig.prefix('anthropic')}/v1/messages` },
      '{}',
    );
    expect([answer.status, answer.headers.connection, messageOf(answer.body)]).toEqual([
      502,
      'keep-alive',
      `127.0.0.1:${upstreamPort} broke off before it answered (ECONNRESET).`,
    ]);
  });

  it('but switches protocols unasked is named, too', async () => {
    const { upstreamPort, rig } = await startRaw((socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nbytes');
    });
    const answer = await call(rig.port, { method: 'POST', path: `${rig.prefix('anthropic')}/v1/messages` }, '{}');
    expect(messageOf(answer.body)).toBe(`127.0.0.1:${upstreamPort} broke off before it answered.`);
  });

  it('but sends what Node refuses to pass on loses its connection', async () => {
    let gone: Promise<unknown> | null = null;
    const { rig } = await startRaw((socket) => {
      gone = once(socket, 'close');
      socket.write('HTTP/1.1 099 Odd\r\nContent-Length: 9\r\n\r\n');
    });
    const answer = await call(rig.port, { method: 'POST', path: `${rig.prefix('anthropic')}/v1/messages` }, '{}');
    expect(answer.status).toBe(502);
    await gone;
  });
});

describe('a request on a kept connection', () => {
  /** Answers the first request of each connection, and does `then` with the second one. */
  async function startOnce(then: (socket: Socket) => void) {
    const requests: string[] = [];
    const { port, server } = await rawServer((socket, first) => {
      requests.push(first.slice(0, 4).trim());
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      socket.once('data', (chunk: Buffer) => {
        requests.push(chunk.toString().slice(0, 4).trim());
        then(socket);
      });
    });
    cleanUp(() => server.close());
    const rig = await startGateway(port);
    const path = `${rig.prefix('anthropic')}/v1/models`;
    expect((await call(rig.port, { path })).status).toBe(200);
    return { requests, rig, path };
  }

  it('is not sent again where it was answered, with whatever it was', async () => {
    const { requests, rig, path } = await startOnce((socket) => socket.end('no HTTP at all\r\n\r\n'));
    expect((await call(rig.port, { path })).status).toBe(502);
    expect(requests).toEqual(['GET', 'GET']);
  });

  it('is not sent again where it is no mere read, though it has no body', async () => {
    const { requests, rig, path } = await startOnce((socket) => socket.resetAndDestroy());
    const client = connectTo(rig);
    client.send(head(rig, `DELETE ${path}`));
    expect(await client.until((text) => text.includes('broke off'))).toContain('HTTP/1.1 502');
    expect(requests).toEqual(['GET', 'DELE']);
  });

  it('is not sent again for a client that has left', async () => {
    let arrived: () => void = () => {};
    let gone: Promise<unknown> | null = null;
    const arrival = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const { requests, rig, path } = await startOnce((socket) => {
      gone = once(socket, 'close');
      arrived();
    });
    const client = connectTo(rig);
    client.send(head(rig, `GET ${path}`));
    await arrival;
    client.socket.destroy();
    await gone;
    await call(rig.port, { method: 'HEAD', path });
    expect(requests).toEqual(['GET', 'GET', 'HEAD']);
  });
});

describe('an interim response', () => {
  it('keeps its bytes, and is left out where an earlier answer still has the connection', async () => {
    let first: Socket | null = null;
    const { rig } = await startRaw((socket, text) => {
      const hint = Buffer.from('HTTP/1.1 103 Early Hints\r\nX-Hint: caf\xe9\r\n\r\n', 'latin1');
      if (text.startsWith('GET /first')) {
        first = socket;
        socket.write(hint);
        return;
      }
      socket.write(hint);
      // The hint has been passed over when the connection ends.
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond');
      socket.once('close', () => first?.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst'));
    });
    const client = connectTo(rig);
    client.send(head(rig, `GET ${rig.prefix('anthropic')}/first`));
    await client.until((text) => text.includes('caf\xe9'));
    client.send(head(rig, `GET ${rig.prefix('anthropic')}/second`));
    const text = await client.until((all) => all.endsWith('second'));
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 103', 'HTTP/1.1 200', 'HTTP/1.1 200']);
  });
});

describe('what the observer is told', () => {
  it('has the coding of the answer, and no bytes where a request has none', async () => {
    const upstream = await startUpstream((req, res) => {
      req.resume();
      res.writeHead(200, { 'content-encoding': 'br' }).end();
    });
    const rig = await startGateway(upstream.port, { gate: new ScriptedGate(() => new ScriptedPass()) });
    const path = `${rig.prefix('anthropic')}/v1/messages`;
    await call(rig.port, { method: 'POST', path, headers: { 'content-length': '0' } });
    const [seen] = rig.observer.calls;
    expect(seen?.responseHead?.contentEncoding).toBe('br');
    expect([seen?.request, seen?.requestEnded]).toEqual([[], true]);
  });

  it('is nothing where there is none: watched and Chat calls go on', async () => {
    const upstream = await startUpstream((req, res) => void readAll(req).then((bytes) => res.end(bytes)));
    const pass = new ScriptedPass();
    for (const gate of [null, new ScriptedGate(() => pass)]) {
      const rig = await startGateway(upstream.port, { observer: null, gate });
      const path = `${rig.prefix('openai')}/v1/chat/completions`;
      const answer = await call(rig.port, { method: 'POST', path }, '{"stream":true}');
      expect(answer.body.toString()).toBe('{"stream_options":{"include_usage":true},"stream":true}');
    }
    await pass.over;
  });
});

describe('a call that is over before its upstream was asked', () => {
  it('is told of at a shutdown while its Chat body still comes', async () => {
    const rig = await startGateway(1);
    const client = connectTo(rig);
    client.send(`${head(rig, `POST ${rig.prefix('openai')}/v1/chat/completions`, ['Content-Length: 40'])}{"stream"`);
    await expect.poll(() => rig.observer.calls[0]?.request.length, { interval: 1 }).toBe(1);
    await rig.gateway.close({ graceMs: 0 });
    await client.closed;
    expect([rig.observer.calls[0]?.end, client.text]).toEqual(['upstream-cut', '']);
  });

  it('is not answered twice where it is stopped after its upstream failed', async () => {
    const pass = new ScriptedPass();
    const rig = await startGateway(1, { gate: new ScriptedGate(() => pass) });
    const answer = await call(rig.port, { method: 'POST', path: `${rig.prefix('anthropic')}/v1/messages` }, '{}');
    await pass.over;
    pass.stop('Made up.');
    expect([answer.status, messageOf(answer.body)]).toEqual([
      502,
      'Outlay could not reach 127.0.0.1:1 (ECONNREFUSED).',
    ]);
    expect(rig.observer.calls.map(({ end }) => end)).toEqual(['no-upstream']);
  });
});
