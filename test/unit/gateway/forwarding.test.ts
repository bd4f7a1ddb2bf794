import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RawClient, rawExchange, rawServer } from '../../support/rawHttp.ts';
import { call, cleanUp, readAll, startGateway, startUpstream } from './gatewayRig.ts';

const connectionFields = new Set(['connection', 'keep-alive', 'transfer-encoding']);

function endToEnd(raw: readonly string[]): string[] {
  return raw.filter((_, i) => !connectionFields.has((raw[i - (i % 2)] as string).toLowerCase()));
}

describe('a response through the gateway', () => {
  it('keeps status, fields in order and every byte, however it is framed and cut', async () => {
    const plans = new Map<
      string,
      { body: Buffer; cuts: number[]; status: number; framing: string; fields: string[] }
    >();
    const write = (res: ServerResponse, id: string) => {
      const plan = plans.get(id);
      if (plan === undefined) throw new Error('No plan.');
      const { body, cuts, framing } = plan;
      const fields = [...plan.fields, 'X-Last', 'z'];
      if (framing === 'length') fields.push('Content-Length', String(body.length));
      if (framing === 'chunked') fields.push('Transfer-Encoding', 'chunked');
      res.sendDate = false;
      if (framing === 'close') {
        res.useChunkedEncodingByDefault = false;
        res.shouldKeepAlive = false;
      }
      res.writeHead(plan.status, 'As Is', fields);
      let from = 0;
      for (const to of cuts) {
        res.write(body.subarray(from, to));
        from = to;
      }
      res.end(body.subarray(from));
    };
    const upstream = await startUpstream((req, res) => {
      req.resume();
      write(res, String(req.headers['x-plan']));
    });
    const rig = await startGateway(upstream.port);
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          body: fc.oneof(
            fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
            fc.integer({ min: 0, max: 400_000 }).map((length) => randomBytes(length)),
          ),
          at: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 }),
          status: fc.constantFrom(200, 201, 400, 404, 413, 429, 500, 529),
          framing: fc.constantFrom('length', 'chunked', 'close'),
          values: fc.array(fc.string({ unit: fc.constantFrom('a', 'Z', '"', ';', 'é', ' ', '=') }), { maxLength: 5 }),
        }),
        async ({ body, at, status, framing, values }) => {
          runs += 1;
          const id = String(runs);
          const cuts = at.map((share) => Math.floor(share * body.length)).sort((a, b) => a - b);
          const fields = values.flatMap((value, i) => [i % 2 === 0 ? 'X-Many' : 'x-many', `v${value.trim()}`]);
          plans.set(id, { body, cuts, status, framing, fields });
          const headers = { 'x-plan': id };
          const [direct, through] = await Promise.all([
            call(upstream.port, { path: '/v1/models', headers }),
            call(rig.port, { path: `${rig.prefix('anthropic')}/v1/models`, headers }),
          ]);
          expect(createHash('sha256').update(through.body).digest('hex')).toBe(
            createHash('sha256').update(body).digest('hex'),
          );
          expect([through.status, through.message, through.complete]).toEqual([status, 'As Is', true]);
          expect(endToEnd(through.rawHeaders)).toEqual(endToEnd(direct.rawHeaders));
        },
      ),
      { numRuns: 150 },
    );
  });

  it('leaves compressed and corrupt bodies alone', async () => {
    const plain = Buffer.from('data: {"type":"ping"}\n\n'.repeat(500));
    const bodies: [string, Buffer][] = [
      ['gzip', gzipSync(plain)],
      ['br', brotliCompressSync(plain)],
      ['zstd', zstdCompressSync(plain)],
      ['deflate', deflateSync(plain)],
      ['x-gzip', gzipSync(plain)],
      ['gzip, br', brotliCompressSync(gzipSync(plain))],
      ['unheard-of', randomBytes(2_000)],
      ['gzip', gzipSync(plain).subarray(0, 40)],
      ['gzip', Buffer.concat([gzipSync(plain).subarray(0, 60), randomBytes(60)])],
    ];
    const upstream = await startUpstream((req, res) => {
      req.resume();
      const [encoding, body] = bodies[Number(req.headers['x-case'])] as [string, Buffer];
      const stream = req.headers['x-stream'] === 'yes';
      res.writeHead(Number(req.headers['x-status']), {
        'content-type': stream ? 'text/event-stream' : 'application/json',
        'content-encoding': encoding,
        ...(stream ? {} : { 'content-length': body.length }),
      });
      res.write(body.subarray(0, 20));
      res.end(body.subarray(20));
    });
    const rig = await startGateway(upstream.port);
    for (const [index, [encoding, body]] of bodies.entries()) {
      for (const status of [200, 400, 529]) {
        for (const stream of ['yes', 'no']) {
          const answer = await call(
            rig.port,
            {
              method: 'POST',
              path: `${rig.prefix('anthropic')}/v1/messages`,
              headers: { 'x-case': index, 'x-status': status, 'x-stream': stream, 'accept-encoding': 'zstd, gzip' },
            },
            '{}',
          );
          expect(answer.status).toBe(status);
          expect(answer.headers['content-encoding']).toBe(encoding);
          expect(answer.body.equals(body)).toBe(true);
        }
      }
    }
    expect(upstream.requests.every((req) => req.headers['accept-encoding'] === 'zstd, gzip')).toBe(true);
    expect(Buffer.concat(rig.observer.calls[0]?.response ?? []).equals(bodies[0]?.[1] ?? Buffer.alloc(0))).toBe(true);
  });

  it('passes redirects to the client and follows none', async () => {
    const elsewhere = await startUpstream((_req, res) => res.end());
    const upstream = await startUpstream((req, res) => {
      req.resume();
      res
        .writeHead(Number(req.headers['x-status']), { location: `http://127.0.0.1:${elsewhere.port}/stolen` })
        .end('moved');
    });
    const rig = await startGateway(upstream.port);
    for (const status of [301, 302, 303, 307, 308]) {
      const headers = { 'x-status': status, 'x-api-key': 'sk-ant-api-made-up' };
      const answer = await call(rig.port, { path: `${rig.prefix('anthropic')}/v1/models`, headers });
      expect([answer.status, answer.headers.location, answer.body.toString()]).toEqual([
        status,
        `http://127.0.0.1:${elsewhere.port}/stolen`,
        'moved',
      ]);
    }
    expect(elsewhere.requests).toEqual([]);
  });

  it('forwards trailers', async () => {
    const upstream = await startUpstream((req, res) => {
      req.resume();
      res.writeHead(200, { trailer: 'x-sum' });
      res.write('body');
      res.addTrailers([
        ['X-Sum', '1'],
        ['x-sum', '2'],
      ]);
      res.end();
    });
    const rig = await startGateway(upstream.port);
    const answer = await call(rig.port, { path: `${rig.prefix('anthropic')}/v1/models` });
    expect(answer.body.toString()).toBe('body');
    expect(answer.headers.trailer).toBe('x-sum');
    expect(answer.rawTrailers).toEqual(['X-Sum', '1', 'x-sum', '2']);
  });

  it('forwards 103 before the final response', async () => {
    const upstream = await startUpstream((req, res) => {
      req.resume();
      res.writeEarlyHints({ link: '</a>; rel=preload', 'x-hint': 'yes' }, () => res.end('final'));
    });
    const rig = await startGateway(upstream.port);
    const text = await rawExchange(
      rig.port,
      `GET ${rig.prefix('anthropic')}/x HTTP/1.1\r\nHost: 127.0.0.1:${rig.port}\r\nConnection: close\r\n\r\n`,
    );
    expect(text).toMatch(
      /^HTTP\/1\.1 103 Early Hints\r\nlink: <\/a>; rel=preload\r\nx-hint: yes\r\n\r\nHTTP\/1\.1 200 OK\r\n/i,
    );
    expect(text).toContain('final');
  });

  it('answers HEAD, 204 and 304 without a body and with their length', async () => {
    const upstream = await startUpstream((req, res) => {
      const status = Number(req.headers['x-status'] ?? 200);
      res.writeHead(status, status === 204 ? {} : { 'content-length': 1234, etag: '"e"' }).end();
    });
    const rig = await startGateway(upstream.port);
    const head = await call(rig.port, { method: 'HEAD', path: rig.prefix('anthropic') });
    expect([head.status, head.headers['content-length'], head.body.length]).toEqual([200, '1234', 0]);
    expect([upstream.requests[0]?.method, upstream.requests[0]?.url]).toEqual(['HEAD', '/']);
    for (const status of [204, 304]) {
      const headers = { 'x-status': status };
      const answer = await call(rig.port, { path: `${rig.prefix('anthropic')}/v1/models`, headers });
      expect([answer.status, answer.body.length, answer.complete]).toEqual([status, 0, true]);
      expect(answer.headers['transfer-encoding']).toBeUndefined();
    }
  });

  it('sends the head and each chunk on before the upstream sends more', async () => {
    const steps: (() => void)[] = [];
    const upstream = await startUpstream((req, res) => {
      req.resume();
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.flushHeaders();
      steps.push(
        () => res.write('data: 1\n\n'),
        () => res.write('data: 2\n\n'),
        () => res.end(),
      );
    });
    const rig = await startGateway(upstream.port);
    const client = new RawClient(rig.port);
    client.send(
      `POST ${rig.prefix('anthropic')}/v1/messages HTTP/1.1\r\nHost: 127.0.0.1:${rig.port}\r\nContent-Length: 2\r\n\r\n{}`,
    );
    await client.until((text) => text.includes('\r\n\r\n'));
    expect(client.text).not.toContain('data:');
    steps[0]?.();
    await client.until((text) => text.includes('9\r\ndata: 1\n\n\r\n'));
    steps[1]?.();
    await client.until((text) => text.includes('9\r\ndata: 2\n\n\r\n'));
    expect(client.text).not.toContain('\r\n0\r\n');
    steps[2]?.();
    await client.until((text) => text.endsWith('\r\n0\r\n\r\n'));
    client.socket.destroy();
    expect(await rig.observer.calls[0]?.ended).toBe('complete');
  });

  it('answers pipelined requests in order', async () => {
    const waiting: (() => void)[] = [];
    const upstream = await startUpstream((req, res) => {
      req.resume();
      if (req.url === '/first') waiting.push(() => res.end('first'));
      else res.end('second', () => waiting[0]?.());
    });
    const rig = await startGateway(upstream.port);
    const line = (name: string, fields: string) =>
      `GET ${rig.prefix('anthropic')}/${name} HTTP/1.1\r\nHost: 127.0.0.1:${rig.port}\r\n${fields}\r\n`;
    const text = await rawExchange(rig.port, line('first', '') + line('second', 'Connection: close\r\n'));
    expect(text.indexOf('first')).toBeGreaterThan(0);
    expect(text.indexOf('second')).toBeGreaterThan(text.indexOf('first'));
  });

  it('stays open while the upstream is silent for longer than unused connections are kept', async () => {
    const upstream = await startUpstream((req, res) => {
      req.resume();
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write('data: thinking\n\n');
      setTimeout(() => res.end('data: done\n\n'), 200);
    });
    const rig = await startGateway(upstream.port, { upstreamIdleMs: 20 });
    const answer = await call(rig.port, { method: 'POST', path: `${rig.prefix('anthropic')}/v1/messages` }, '{}');
    expect([answer.complete, answer.body.toString()]).toEqual([true, 'data: thinking\n\ndata: done\n\n']);
  });
});

describe('a request through the gateway', () => {
  it('keeps method, path, query, fields in order with duplicates, and body', async () => {
    const bodies: Promise<Buffer>[] = [];
    const upstream = await startUpstream((req, res) => {
      bodies.push(readAll(req));
      res.end();
    });
    const rig = await startGateway(upstream.port);
    await rawExchange(
      rig.port,
      [
        `POST ${rig.prefix('anthropic')}/v1/messages?beta=true&x=%2f HTTP/1.1`,
        'X-B: 1',
        `Host: 127.0.0.1:${rig.port}`,
        'anthropic-beta: a',
        'X-API-Key: sk-ant-api-made-up',
        'anthropic-Beta: b',
        'Connection: close, X-Foo, TE',
        'X-Foo: gone',
        'Keep-Alive: timeout=5',
        'Proxy-Authorization: Basic made-up',
        'TE: trailers, deflate',
        'Content-Length: 7',
        'X-Z: last',
        '',
        '{"a":1}',
      ].join('\r\n'),
    );
    const [seen] = upstream.requests;
    expect([seen?.method, seen?.url]).toEqual(['POST', '/v1/messages?beta=true&x=%2f']);
    expect(endToEnd(seen?.rawHeaders ?? [])).toEqual(
      [
        ['X-B', '1'],
        ['Host', `127.0.0.1:${upstream.port}`],
        ['anthropic-beta', 'a'],
        ['X-API-Key', 'sk-ant-api-made-up'],
        ['anthropic-Beta', 'b'],
        ['TE', 'trailers'],
        ['Content-Length', '7'],
        ['X-Z', 'last'],
      ].flat(),
    );
    expect((await bodies[0])?.toString()).toBe('{"a":1}');
    expect(Buffer.concat(rig.observer.calls[0]?.request ?? []).toString()).toBe('{"a":1}');
  });

  it('carries chunked bodies with their trailers and bodies of any length', async () => {
    const seen: { body: Buffer; te: string | undefined; trailers: string[] }[] = [];
    const upstream = await startUpstream((req, res) => {
      void readAll(req).then((body) => {
        seen.push({ body, te: req.headers['transfer-encoding'], trailers: req.rawTrailers });
        res.end();
      });
    });
    const rig = await startGateway(upstream.port);
    const target = `${rig.prefix('openai')}/v1/files`;
    const head = `Host: 127.0.0.1:${rig.port}\r\nConnection: close\r\n`;
    await rawExchange(
      rig.port,
      `PUT ${target} HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX-T: 9\r\n\r\n`,
    );
    expect(seen[0]).toEqual({ body: Buffer.from('abcde'), te: 'chunked', trailers: ['X-T', '9'] });
    await rawExchange(rig.port, `POST ${target} HTTP/1.1\r\n${head}\r\n`);
    expect(seen[1]).toEqual({ body: Buffer.alloc(0), te: undefined, trailers: [] });
    const large = randomBytes(5_000_000);
    await call(rig.port, { method: 'POST', path: target, headers: { 'content-length': large.length } }, large);
    expect(seen[2]?.body.equals(large)).toBe(true);
  });

  it('invites a body that waits for 100-continue, and does not pass the expectation on', async () => {
    const upstream = await startUpstream((req, res) => void readAll(req).then((body) => res.end(String(body.length))), {
      checkContinue: true,
    });
    const rig = await startGateway(upstream.port);
    const client = new RawClient(rig.port);
    client.send(
      `POST ${rig.prefix('anthropic')}/v1/messages HTTP/1.1\r\nHost: localhost:${rig.port}\r\nExpect: 100-continue\r\nContent-Length: 5000000\r\nConnection: close\r\n\r\n`,
    );
    expect(await client.until((text) => text.includes('\r\n\r\n'))).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    client.send(Buffer.alloc(5_000_000, 'x'));
    await client.closed;
    expect(client.text).toContain('5000000');
    expect(upstream.requests[0]?.headers.expect).toBeUndefined();
  });

  it('passes an early refusal of a large body on', async () => {
    const { port, server } = await rawServer((socket) => {
      socket.end('HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlarge');
    });
    cleanUp(() => server.close());
    const rig = await startGateway(port);
    const client = new RawClient(rig.port);
    client.send(
      `POST ${rig.prefix('anthropic')}/v1/messages HTTP/1.1\r\nHost: 127.0.0.1:${rig.port}\r\nContent-Length: 8000000\r\nConnection: close\r\n\r\n`,
    );
    client.send(Buffer.alloc(1_000));
    await client.until((text) => text.endsWith('large'));
    expect(client.text).toMatch(/^HTTP\/1\.1 413 Too Large\r\n/);
    client.send(Buffer.alloc(7_999_000));
    await client.closed;
  });

  it('carries four bodies of 32 MB at once', async () => {
    const upstream = await startUpstream((req, res) => {
      const hash = createHash('sha256');
      req.on('data', (chunk: Buffer) => hash.update(chunk));
      req.once('end', () => res.end(hash.digest('hex')));
    });
    const rig = await startGateway(upstream.port);
    const body = randomBytes(32 * 1024 * 1024);
    const expected = createHash('sha256').update(body).digest('hex');
    const options = { method: 'POST', path: `${rig.prefix('anthropic')}/v1/messages` };
    const answers = await Promise.all([0, 1, 2, 3].map(() => call(rig.port, options, body)));
    expect(answers.map((answer) => answer.body.toString())).toEqual(Array(4).fill(expected));
  });
});

describe('backpressure', () => {
  it('stops reading from the upstream while the client does not read', async () => {
    let written = 0;
    const total = 60 * 1024 * 1024;
    const piece = Buffer.alloc(64 * 1024, 'x');
    let stalled: () => void = () => {};
    const stall = new Promise<void>((resolve) => {
      stalled = resolve;
    });
    const upstream = await startUpstream((req, res) => {
      req.resume();
      const pump = () => {
        while (written < total) {
          written += piece.length;
          if (!res.write(piece)) {
            const quiet = setTimeout(stalled, 300);
            res.once('drain', () => {
              clearTimeout(quiet);
              pump();
            });
            return;
          }
        }
        res.end();
      };
      pump();
    });
    const rig = await startGateway(upstream.port);
    const client = new RawClient(rig.port);
    client.socket.pause();
    client.send(
      `GET ${rig.prefix('anthropic')}/v1/models HTTP/1.1\r\nHost: 127.0.0.1:${rig.port}\r\nConnection: close\r\n\r\n`,
    );
    await stall;
    expect(written).toBeLessThan(total / 2);
    let read = 0;
    client.socket.removeAllListeners('data');
    client.socket.on('data', (chunk: Buffer) => {
      read += chunk.length;
    });
    client.socket.resume();
    await once(client.socket, 'close');
    expect(read).toBeGreaterThanOrEqual(total);
  });
});
