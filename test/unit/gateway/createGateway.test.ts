import { describe, expect, it } from 'vitest';
import type { RefusalReason, Upstream } from '../../../src/gateway/contract.ts';
import { RawClient, rawExchange } from '../../support/rawHttp.ts';
import { call, cleanUp, readAll, startGateway, startUpstream, token } from './gatewayRig.ts';
import { refused, ScriptedGate } from './scriptedGate.ts';

const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';

describe('a refusal', () => {
  it('is whole where there is only a socket, and its connection ends', async () => {
    const rig = await startGateway(1);
    const host = `Host: 127.0.0.1:${rig.port}\r\n`;
    const answer = (status: string, fields: string, message: string) => {
      const body = JSON.stringify({ error: { message } });
      return `HTTP/1.1 ${status}\r\nConnection: close\r\n${fields}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    };
    for (const [bytes, expected] of [
      [
        `GET /${token}/ws-1/codex/x HTTP/1.1\r\n${host}${upgrade}\r\n`,
        answer('426 Upgrade Required', 'Upgrade: HTTP/1.1\r\n', 'Only plain HTTP requests are served.'),
      ],
      [`GET /wrong HTTP/1.1\r\n${host}${upgrade}\r\n`, answer('401 Unauthorized', '', 'Not authorised.')],
      [
        `GET /${token}/ws-1/nowhere HTTP/1.1\r\n${host}${upgrade}\r\n`,
        answer('404 Refused', '', 'There is no such route.'),
      ],
      [
        `CONNECT x.example:443 HTTP/1.1\r\n${host}\r\n`,
        answer('405 Method Not Allowed', '', 'This method is not served.'),
      ],
    ] as const)
      expect(await rawExchange(rig.port, bytes)).toBe(expected);
  });

  it('is JSON of a length that is told, and keeps the connection or not', async () => {
    const rig = await startGateway(1);
    const kept = await call(rig.port, { path: '/wrong', headers: { connection: 'keep-alive' } });
    const body = '{"error":{"message":"Not authorised."}}';
    expect([kept.status, kept.headers['content-type'], kept.headers['content-length'], kept.body.toString()]).toEqual([
      401,
      'application/json',
      String(body.length),
      body,
    ]);
    expect(kept.headers.connection).toBe('keep-alive');
    const closed = await call(rig.port, { path: '/', headers: { connection: 'keep-alive', origin: 'null' } });
    expect([closed.status, closed.headers.connection]).toEqual([403, 'close']);
  });

  it('is told of by its reason, where it has one, and by nothing of the request', async () => {
    const told: RefusalReason[] = [];
    const rig = await startGateway(1, { onRefused: (reason) => told.push(reason) });
    const host = `Host: 127.0.0.1:${rig.port}\r\n`;
    for (const [target, fields] of [
      ['/wrong', host],
      ['/wrong', `${host}${upgrade}`],
      [`/${token}/ws-1/nowhere`, host],
      [`/${token}/ws-1/nowhere`, `${host}${upgrade}`],
      ['/control/tasks', host],
      [`/${token}/ws-1/codex/x`, `${host}Origin: https://web.example\r\n`],
      [`/${token}/ws-1/codex/x`, 'Host: web.example\r\n'],
    ] as const)
      await rawExchange(rig.port, `GET ${target} HTTP/1.0\r\n${fields}\r\n`);
    expect(told).toEqual(['token', 'token', 'token', 'web-page', 'address']);
  });

  it('of a call that has nowhere to go keeps its connection', async () => {
    const rig = await startGateway(1);
    const headers = { connection: 'keep-alive' };
    const answer = await call(rig.port, { method: 'POST', path: `${rig.prefix('azure')}/x`, headers }, '{}');
    expect([answer.status, answer.headers.connection]).toEqual([400, 'keep-alive']);
  });

  it('counts the bytes of a sentence, not its letters', async () => {
    const rig = await startGateway(1, {
      workspaceUpstream: () => ({ provider: 'x', origin: 'http://127.0.0.1:1', basePath: '/ü' }),
    });
    const answer = await call(rig.port, { method: 'POST', path: `${rig.prefix('anthropic')}/v1/messages` }, '{}');
    expect([answer.status, answer.complete]).toEqual([502, true]);
    expect(JSON.parse(answer.body.toString())).toMatchObject({ type: 'error' });
  });
});

describe('a control handler that fails', () => {
  it('is answered for, or its answer breaks off, and the log has it without the request', async () => {
    const rig = await startGateway(1, {
      onControl: (req, res) => {
        if (req.url === '/control/late') {
          res.writeHead(200);
          res.write('begun');
        }
        throw new Error('made-up secret');
      },
    });
    const early = await call(rig.port, { path: '/control/early', headers: { connection: 'keep-alive' } });
    expect([early.status, early.headers.connection, early.body.toString()]).toEqual([
      500,
      'close',
      '{"error":{"message":"The control API failed."}}',
    ]);
    const late = await call(rig.port, { path: '/control/late' }).catch(() => null);
    expect(late?.complete ?? false).toBe(false);
    expect(rig.logged).toEqual(['A control request failed.', 'A control request failed.']);
  });
});

describe('an upstream that is the gateway itself', () => {
  it('is refused under each of its names, and another port or host is not', async () => {
    const other = await startUpstream((req, res) => void readAll(req).then(() => res.end('other')));
    let origin = '';
    const workspaceUpstream = (): Upstream => ({ provider: 'x', origin, basePath: '' });
    const rig = await startGateway(1, { workspaceUpstream });
    const ask = async (to: string) => {
      origin = to;
      const answer = await call(rig.port, { method: 'POST', path: `${rig.prefix('anthropic')}/v1/messages` }, '{}');
      return [answer.status, answer.body.toString().includes('The upstream of this route is Outlay itself.')];
    };
    for (const name of ['127.0.0.1', 'localhost', '[::1]', '127.3.2.1'])
      expect([name, ...(await ask(`http://${name}:${rig.port}`))]).toEqual([name, 502, true]);
    expect(await ask(`http://127.0.0.1:${other.port}`)).toEqual([200, false]);
    expect(await ask(`https://127.0.0.1:${rig.port}`)).toEqual([502, false]);
  });
});

describe('a request', () => {
  it('asks for the root where it names no path, and keeps its query', async () => {
    const upstream = await startUpstream((req, res) => res.end(req.url));
    const rig = await startGateway(upstream.port);
    expect((await call(rig.port, { path: rig.prefix('anthropic') })).body.toString()).toBe('/');
    expect((await call(rig.port, { path: `${rig.prefix('anthropic')}?a=b` })).body.toString()).toBe('/?a=b');
  });

  it('on a kept connection is served after the gateway stopped listening, and is the last one there', async () => {
    const upstream = await startUpstream((req, res) => void readAll(req).then(() => res.end('served')));
    const rig = await startGateway(upstream.port);
    const client = new RawClient(rig.port);
    cleanUp(() => client.socket.destroy());
    const head = `POST ${rig.prefix('anthropic')}/x HTTP/1.1\r\nHost: 127.0.0.1:${rig.port}\r\nContent-Length: 1\r\n\r\n`;
    // A call in flight holds its connection while the port is freed.
    client.send(head);
    await expect.poll(() => rig.gateway.inFlight()).toBe(1);
    rig.gateway.stopListening();
    client.send('x');
    await client.until((text) => text.endsWith('served'));
    client.send(`${head}x`);
    await client.closed;
    const [, first = '', second = ''] = client.text.split('HTTP/1.1 200 OK');
    expect(first).toContain('Connection: keep-alive');
    expect(second).toContain('Connection: close');
    expect(second).toMatch(/served$/);
    expect(rig.gateway.inFlight()).toBe(0);
  });

  it.each([
    ['identity', true],
    [' Identity ', true],
    ['gzip', false],
    ['x-identity', false],
  ])('of a Chat stream in the coding %j is asked for its usage: %s', async (coding, isAsked) => {
    const upstream = await startUpstream((req, res) => void readAll(req).then((body) => res.end(body)));
    const rig = await startGateway(upstream.port);
    const path = `${rig.prefix('openai')}/v1/chat/completions`;
    const answer = await call(
      rig.port,
      { method: 'POST', path, headers: { 'content-encoding': coding } },
      '{"stream":true}',
    );
    expect(answer.body.toString().includes('include_usage')).toBe(isAsked);
    expect(rig.observer.calls[0]?.head.requestEncoding).toBe(coding.trim());
  });

  it.each([
    ['claude-code-20250219,thinking-token-count-2026-05-13', true],
    ['claude-code-20250219', undefined],
  ])('with the betas %s is asked to count its thinking: %s', async (betas, isAsked) => {
    const upstream = await startUpstream((_req, res) => res.end());
    const rig = await startGateway(upstream.port);
    const path = `${rig.prefix('anthropic')}/v1/messages`;
    await call(rig.port, { method: 'POST', path, headers: { 'anthropic-beta': betas } }, '{}');
    expect(rig.observer.calls[0]?.head.countsThinking).toBe(isAsked);
  });

  it('has its id from the provider’s header, whichever that is, bounded', async () => {
    const names = [
      ['request-id', 'x-request-id', 'x-amzn-requestid'],
      ['x-request-id', 'x-amzn-requestid'],
      ['x-amzn-requestid'],
      [],
    ];
    const upstream = await startUpstream((req, res) => {
      req.resume();
      const fields = names[Number(req.headers['x-case'])] ?? [];
      res.writeHead(200, Object.fromEntries(fields.map((name) => [name, `id-of-${name}${'x'.repeat(300)}`])));
      res.end();
    });
    const rig = await startGateway(upstream.port);
    for (const index of names.keys()) {
      const headers = { 'x-case': String(index) };
      await call(rig.port, { method: 'POST', path: `${rig.prefix('anthropic')}/v1/messages`, headers }, '{}');
    }
    const ids = rig.observer.calls.map(({ responseHead }) => responseHead?.requestId);
    expect(ids.map((id) => id?.replace(/x+$/, ''))).toEqual([
      'id-of-request-id',
      'id-of-x-request-id',
      'id-of-x-amzn-requestid',
      undefined,
    ]);
    expect(ids.slice(0, 3).map((id) => id?.length)).toEqual([128, 128, 128]);
    expect(ids[3]).toBeNull();
  });

  it('whose answer Node refuses to send on is told so', async () => {
    const upstream = await startUpstream((req) => {
      req.resume();
      // A status of two digits passes the parser, and no writer.
      req.socket.end('HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n');
    });
    const rig = await startGateway(upstream.port);
    const path = `${rig.prefix('anthropic')}/v1/messages`;
    const answer = await call(rig.port, { method: 'POST', path }, '{}');
    expect([answer.status, JSON.parse(answer.body.toString()).error.message]).toEqual([
      502,
      `The answer of 127.0.0.1:${upstream.port} could not be passed on: it is malformed.`,
    ]);
    expect(await rig.observer.calls[0]?.ended).toBe('upstream-cut');
  });

  it('gets early hints where its protocol has them, and never a 100 that it did not wait for', async () => {
    const upstream = await startUpstream((req, res) => {
      req.resume();
      res.writeContinue();
      res.writeEarlyHints({ link: '</a>; rel=preload' }, () => res.end('x'));
    });
    const rig = await startGateway(upstream.port);
    const ask = (version: string) =>
      rawExchange(
        rig.port,
        `GET ${rig.prefix('anthropic')}/x HTTP/${version}\r\nHost: 127.0.0.1:${rig.port}\r\nConnection: close\r\n\r\n`,
      );
    const statuses = (text: string) => text.match(/HTTP\/1\.1 \d{3}/g);
    expect(statuses(await ask('1.1'))).toEqual(['HTTP/1.1 103', 'HTTP/1.1 200']);
    expect(statuses(await ask('1.0'))).toEqual(['HTTP/1.1 200']);
  });

  it('is paid by a key where only its query has one, which the observer does not see', async () => {
    const upstream = await startUpstream((req, res) => void readAll(req).then(() => res.end('{}')));
    const rig = await startGateway(upstream.port);
    const path = `${rig.prefix('gemini')}/v1beta/models/m:generateContent?key=made-up`;
    await call(rig.port, { method: 'POST', path }, '{}');
    expect(rig.observer.calls[0]?.head.auth).toBe('key');
    expect(JSON.stringify(rig.observer.calls[0]?.head)).not.toContain('made-up');
  });
});

describe('a request that is no call', () => {
  it('is not for the gate, whatever that would say', async () => {
    const upstream = await startUpstream((_req, res) => res.end('models'));
    const gate = new ScriptedGate(() => refused('Made up.'));
    const rig = await startGateway(upstream.port, { gate });
    const answer = await call(rig.port, { path: `${rig.prefix('anthropic')}/v1/models` });
    expect([answer.body.toString(), gate.asked]).toEqual(['models', []]);
    expect(rig.observer.unmeteredPaths).toEqual(['anthropic GET /v1/models']);
  });
});

describe('closing', () => {
  it('leaves no connection open, to a client or an upstream', async () => {
    const upstream = await startUpstream((_req, res) => res.end('x'));
    const rig = await startGateway(upstream.port, { upstreamIdleMs: 600_000 });
    const client = new RawClient(rig.port);
    client.send(`GET ${rig.prefix('anthropic')}/x HTTP/1.1\r\nHost: 127.0.0.1:${rig.port}\r\n\r\n`);
    await client.until((text) => text.endsWith('x'));
    expect(upstream.sockets.size).toBe(1);
    await rig.gateway.close({ graceMs: 60_000 });
    await client.closed;
    await expect.poll(() => upstream.sockets.size, { interval: 1 }).toBe(0);
  });
});

describe('closing with a grace', () => {
  it('waits for every call in flight, not for the first that ends', async () => {
    const finish: (() => void)[] = [];
    const upstream = await startUpstream((req, res) => {
      req.resume();
      res.write('begun ');
      finish.push(() => res.end('done'));
    });
    const rig = await startGateway(upstream.port);
    const ask = () => call(rig.port, { method: 'POST', path: `${rig.prefix('anthropic')}/v1/messages` }, '{}');
    const answers = [ask(), ask()];
    await expect.poll(() => finish.length).toBe(2);
    const closed = rig.gateway.close({ graceMs: 60_000 });
    for (const [index, answer] of answers.entries()) {
      finish[index]?.();
      const { complete, body } = await answer;
      expect([index, complete, body.toString()]).toEqual([index, true, 'begun done']);
    }
    await closed;
    for (const seen of rig.observer.calls) expect(seen.end).toBe('complete');
  });
});
