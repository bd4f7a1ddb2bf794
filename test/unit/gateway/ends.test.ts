import { once } from 'node:events';
import { Agent, type ServerResponse } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { RawClient, rawExchange, rawServer } from '../../support/rawHttp.ts';
import { call, cleanUp, readAll, startGateway, startUpstream } from './gatewayRig.ts';

const messages = (port: number, prefix: string, body = '{}') =>
  `POST ${prefix}/v1/messages HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

describe('a client that goes away', () => {
  it('ends the upstream request, wherever it was', async () => {
    const arrived: ServerResponse[] = [];
    let wake: () => void = () => {};
    const upstream = await startUpstream((req, res) => {
      req.resume();
      arrived.push(res);
      if (req.headers['x-stage'] !== 'silent')
        res.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      if (req.headers['x-stage'] === 'streaming') res.write('data: 1\n\n');
      wake();
    });
    const rig = await startGateway(upstream.port);
    const marks = { silent: null, headers: 'HTTP/1.1 200', streaming: 'data: 1' };
    for (const [stage, mark] of Object.entries(marks)) {
      for (const how of ['destroy', 'resetAndDestroy', 'end'] as const) {
        const seen = new Promise<void>((resolve) => {
          wake = resolve;
        });
        const client = new RawClient(rig.port);
        client.send(messages(rig.port, rig.prefix('anthropic')).replace('\r\nHost', `\r\nX-Stage: ${stage}\r\nHost`));
        await seen;
        if (mark !== null) await client.until((text) => text.includes(mark));
        const res = arrived.pop() as ServerResponse;
        const closed = once(res, 'close');
        client.socket[how]();
        await closed;
        expect(res.writableFinished).toBe(false);
        expect(await rig.observer.calls.at(-1)?.ended).toBe('client-gone');
        client.socket.destroy();
      }
    }
    expect(rig.observer.calls).toHaveLength(9);
  });

  it('ends the upstream request while it is still sending its body', async () => {
    const { port, server } = await rawServer((socket) => {
      socket.once('close', () => server.emit('gone'));
      server.emit('arrived');
    });
    cleanUp(() => server.close());
    const rig = await startGateway(port);
    const client = new RawClient(rig.port);
    const arrived = once(server, 'arrived');
    const gone = once(server, 'gone');
    client.send(
      `POST ${rig.prefix('anthropic')}/v1/messages HTTP/1.1\r\nHost: 127.0.0.1:${rig.port}\r\nContent-Length: 100\r\n\r\nhalf`,
    );
    await arrived;
    client.socket.destroy();
    await gone;
    expect(await rig.observer.calls[0]?.ended).toBe('client-gone');
    expect(rig.observer.calls[0]?.requestEnded).toBe(false);
  });

  it('leaves nothing open', async () => {
    const upstream = await startUpstream((req, res) => {
      req.resume();
      res.writeHead(200).write('x');
    });
    const rig = await startGateway(upstream.port);
    for (let i = 0; i < 40; i += 1) {
      const client = new RawClient(rig.port);
      client.send(messages(rig.port, rig.prefix('anthropic')));
      await client.until((text) => text.includes('x\r\n'));
      client.socket.destroy();
      await rig.observer.calls[i]?.ended;
    }
    while (upstream.sockets.size > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(rig.gateway.inFlight()).toBe(0);
  });
});

describe('an upstream that breaks off', () => {
  const framings = {
    length: `HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 60\r\n\r\n${'z'.repeat(60)}`,
    chunked: `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${'a\r\nzzzzzzzzzz\r\n'.repeat(5)}0\r\n\r\n`,
  };

  it('shows the client a broken end after every byte that came, wherever it broke', async () => {
    let bytes = '';
    let reset = false;
    const { port, server } = await rawServer((socket) => {
      socket.write(Buffer.from(bytes, 'latin1'), () => {
        if (!reset) socket.end();
        // A reset overtakes what the other side has not read: it waits for the client to have it.
        else server.once('reset', () => socket.resetAndDestroy());
      });
    });
    cleanUp(() => server.close());
    const rig = await startGateway(port);
    for (const whole of Object.values(framings)) {
      const bodyAt = whole.indexOf('\r\n\r\n') + 4;
      for (let cut = bodyAt; cut < whole.length; cut += 3) {
        for (reset of [false, true]) {
          bytes = whole.slice(0, cut);
          const client = new RawClient(rig.port);
          client.send(messages(rig.port, rig.prefix('anthropic')));
          const sent = bytes.slice(bodyAt).replace(/[^z]/g, '');
          await client.until((text) => text.includes('\r\n\r\n'));
          if (reset) server.emit('reset');
          await client.closed;
          const body = client.text.slice(client.text.indexOf('\r\n\r\n') + 4);
          expect(client.text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
          expect(body).not.toMatch(/(?:^|\r\n)0\r\n\r\n$/);
          if (!reset) expect(body.replace(/[^z]/g, '')).toBe(sent);
          expect(await rig.observer.calls.at(-1)?.ended).toBe('upstream-cut');
        }
      }
    }
  });

  it('is a broken end, too, where a connection fails whose end would be that of the body', async () => {
    for (const head of ['HTTP/1.1 200 OK\r\n\r\n', 'HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n']) {
      const { port, server } = await rawServer((socket) => {
        socket.write(`${head}abc`);
        server.once('reset', () => socket.resetAndDestroy());
      });
      cleanUp(() => server.close());
      const rig = await startGateway(port);
      const client = new RawClient(rig.port);
      client.send(messages(rig.port, rig.prefix('anthropic')));
      await client.until((text) => text.endsWith('3\r\nabc\r\n'));
      server.emit('reset');
      expect(await rig.observer.calls[0]?.ended).toBe('upstream-cut');
      await client.closed;
      expect(client.text).toMatch(/\r\n\r\n3\r\nabc\r\n$/);
    }
  });

  it('resets an HTTP/1.0 client, whose body has no other end than the connection', async () => {
    const { port, server } = await rawServer((socket) => {
      socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n');
    });
    cleanUp(() => server.close());
    const rig = await startGateway(port);
    const client = new RawClient(rig.port);
    const failed = once(client.socket, 'error');
    client.send(
      `POST ${rig.prefix('anthropic')}/v1/messages HTTP/1.0\r\nHost: 127.0.0.1:${rig.port}\r\nContent-Length: 2\r\n\r\n{}`,
    );
    const [error] = (await failed) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNRESET');
  });

  it('is told in the shape of the provider when no answer came', async () => {
    const dead = createServer().listen(0, '127.0.0.1');
    await once(dead, 'listening');
    const address = dead.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    dead.close();
    await once(dead, 'close');
    const rig = await startGateway(port);
    const sentence = `Outlay could not reach 127.0.0.1:${port} (ECONNREFUSED).`;
    const shapes: [string, unknown][] = [
      ['anthropic/v1/messages', { type: 'error', error: { type: 'api_error', message: sentence } }],
      ['openai/v1/responses', { error: { message: sentence, type: 'server_error', param: null, code: null } }],
      ['codex/v1/responses', { error: { message: sentence, type: 'server_error', param: null, code: null } }],
      ['gemini/v1beta/models/m:generateContent', { error: { code: 502, message: sentence, status: 'UNAVAILABLE' } }],
    ];
    for (const [path, shape] of shapes) {
      const answer = await call(rig.port, { method: 'POST', path: `${rig.prefix('x').slice(0, -1)}${path}` }, '{}');
      expect([answer.status, JSON.parse(answer.body.toString())]).toEqual([502, shape]);
      expect(await rig.observer.calls.at(-1)?.ended).toBe('no-upstream');
    }
  });

  it('is told so when it switches protocols unasked', async () => {
    const { port, server } = await rawServer((socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nbytes');
    });
    cleanUp(() => server.close());
    const rig = await startGateway(port);
    const answer = await call(rig.port, { method: 'POST', path: `${rig.prefix('anthropic')}/v1/messages` }, '{}');
    expect(answer.status).toBe(502);
    expect(await rig.observer.calls[0]?.ended).toBe('upstream-cut');
  });

  it('is told so when it answers with an interim status at last', async () => {
    const { port, server } = await rawServer((socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
    });
    cleanUp(() => server.close());
    const rig = await startGateway(port);
    const client = new RawClient(rig.port);
    client.send(messages(rig.port, rig.prefix('anthropic')));
    expect(await client.until((text) => text.includes('\r\n\r\n'))).toMatch(/^HTTP\/1\.1 502 /);
    client.socket.destroy();
    expect(await rig.observer.calls[0]?.ended).toBe('upstream-cut');
  });

  it('never gets a request with a body twice', async () => {
    let arrivals = 0;
    const { port, server } = await rawServer((socket) => {
      arrivals += 1;
      socket.resetAndDestroy();
    });
    cleanUp(() => server.close());
    const rig = await startGateway(port);
    const answer = await call(rig.port, { method: 'POST', path: `${rig.prefix('anthropic')}/v1/messages` }, '{}');
    expect([answer.status, arrivals]).toEqual([502, 1]);
    expect(await rig.observer.calls[0]?.ended).toBe('upstream-cut');
  });
});

describe('kept connections', () => {
  it('carry many calls one after another without a false error', async () => {
    const upstream = await startUpstream((req, res) => {
      void readAll(req).then((body) => {
        res.writeHead(200, { 'content-type': 'text/event-stream' });
        res.write(`data: ${body.toString()}\n\n`);
        res.end('data: end\n\n');
      });
    });
    const rig = await startGateway(upstream.port);
    const agent = new Agent({ keepAlive: true, maxSockets: 4 });
    cleanUp(() => agent.destroy());
    const path = `${rig.prefix('anthropic')}/v1/messages`;
    const answers = await Promise.all(
      Array.from({ length: 500 }, (_, i) => call(rig.port, { agent, method: 'POST', path }, String(i))),
    );
    answers.forEach((answer, i) => {
      expect([answer.status, answer.complete, answer.body.toString()]).toEqual([
        200,
        true,
        `data: ${i}\n\ndata: end\n\n`,
      ]);
    });
    expect(upstream.sockets.size).toBeLessThanOrEqual(4);
  });

  it('repeat a read that met a closing connection, once', async () => {
    const sockets: Socket[] = [];
    let served = 0;
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => {});
      let requests = 0;
      socket.on('data', () => {
        requests += 1;
        if (requests > 1) {
          socket.resetAndDestroy();
          return;
        }
        served += 1;
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${served}`);
      });
    }).listen(0, '127.0.0.1');
    cleanUp(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    await once(server, 'listening');
    const address = server.address();
    const rig = await startGateway(address !== null && typeof address === 'object' ? address.port : 0);
    const path = `${rig.prefix('anthropic')}/v1/models`;
    expect((await call(rig.port, { path })).body.toString()).toBe('1');
    expect((await call(rig.port, { path })).body.toString()).toBe('2');
    const post = await call(rig.port, { method: 'POST', path }, '{}');
    expect(post.status).toBe(502);
    expect((await call(rig.port, { path })).body.toString()).toBe('3');
    expect((await call(rig.port, { method: 'HEAD', path })).status).toBe(200);
    expect((await call(rig.port, { path })).body.toString()).toBe('5');
    const headers = { 'content-length': '2' };
    expect((await call(rig.port, { path, headers }, '{}')).status).toBe(502);
  });

  it('are dropped when bytes come that nobody asked for', async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => {});
      socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nasked'));
    }).listen(0, '127.0.0.1');
    cleanUp(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    await once(server, 'listening');
    const address = server.address();
    const rig = await startGateway(address !== null && typeof address === 'object' ? address.port : 0);
    const path = `${rig.prefix('anthropic')}/v1/models`;
    expect((await call(rig.port, { path })).body.toString()).toBe('asked');
    const closed = once(sockets[0] as Socket, 'close');
    sockets[0]?.write('HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\npoisoned');
    await closed;
    expect((await call(rig.port, { path })).body.toString()).toBe('asked');
    expect(sockets).toHaveLength(2);
  });
});

describe('a thousand streams at once', () => {
  it('all run, without a cap on connections', async () => {
    const waiting: ServerResponse[] = [];
    const upstream = await startUpstream((req, res) => {
      req.resume();
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write('data: 1\n\n');
      waiting.push(res);
      if (waiting.length === 1_000) for (const held of waiting) held.end('data: 2\n\n');
    });
    const rig = await startGateway(upstream.port);
    const options = { method: 'POST', path: `${rig.prefix('anthropic')}/v1/messages` };
    const answers = await Promise.all(Array.from({ length: 1_000 }, () => call(rig.port, options, '{}')));
    const bodies = new Set(answers.map((answer) => `${answer.complete} ${answer.body.toString()}`));
    expect([...bodies]).toEqual(['true data: 1\n\ndata: 2\n\n']);
  });
});

describe('closing', () => {
  it('frees the port, lets calls in flight end, and breaks off the rest after the grace', async () => {
    const finish: (() => void)[] = [];
    const upstream = await startUpstream((req, res) => {
      req.resume();
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write('data: 1\n\n');
      finish.push(() => res.end('data: 2\n\n'));
    });
    const rig = await startGateway(upstream.port);
    const clients = [new RawClient(rig.port), new RawClient(rig.port)];
    for (const client of clients) {
      client.send(messages(rig.port, rig.prefix('anthropic')));
      await client.until((text) => text.includes('data: 1'));
    }
    expect(rig.gateway.inFlight()).toBe(2);
    rig.gateway.stopListening();
    await expect(rawExchange(rig.port, messages(rig.port, rig.prefix('anthropic')))).resolves.toBe('');
    finish[0]?.();
    await clients[0]?.until((text) => text.endsWith('0\r\n\r\n'));
    expect(clients[0]?.text).toContain('data: 2');
    await rig.gateway.close({ graceMs: 20 });
    await clients[1]?.closed;
    expect(clients[1]?.text).not.toMatch(/0\r\n\r\n$/);
    expect(await rig.observer.calls[1]?.ended).toBe('upstream-cut');
    expect(rig.gateway.inFlight()).toBe(0);
  });

  it('is done at once when nothing is in flight, and a taken port is an error to the caller', async () => {
    const upstream = await startUpstream((_req, res) => res.end());
    const first = await startGateway(upstream.port);
    const second = await startGateway(upstream.port);
    await second.gateway.close({ graceMs: 60_000 });
    const third = await startGateway(upstream.port);
    await third.gateway.close({ graceMs: 60_000 });
    await expect(third.gateway.listen(first.port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
