import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { beforeEach, describe, expect, it } from 'vitest';
import { createRoutes } from '../../../src/gateway/routes.ts';
import { upstreamTable } from '../../../src/gateway/upstreams.ts';
import { call, cleanUp, readAll, startGateway } from './gatewayRig.ts';

/** Made for this test, for localhost only, and trusted by nobody else. */
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg2tJgRxaOfWX5to0z
6nYQg8P12T3v758i/a4x2deoQT6hRANCAASMxwbuSEQWeKRx/KE0yJDVKsoX3NLk
8iOGga1a+YqmOZOF4V+F9OhENEKVsRC9PHk0XBV07RvXCHWmTIuZb7M7
-----END PRIVATE KEY-----`;
const cert = `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUWl+uZPCU4qcibLi/CvSmKlvEbOMwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMjE4NTIxMFoYDzIxMjYxMDI5
MTg1MjEwWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASMxwbuSEQWeKRx/KE0yJDVKsoX3NLk8iOGga1a+YqmOZOF4V+F9OhE
NEKVsRC9PHk0XBV07RvXCHWmTIuZb7M7o28wbTAdBgNVHQ4EFgQU8P7xEus8oZ1k
ny40q6nDvpN+8IEwHwYDVR0jBBgwFoAU8P7xEus8oZ1kny40q6nDvpN+8IEwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIgS9kPrmYnnhu6nGgXSTSDyE9RXhYXY8f2pqPMnYnM4bYCIQCV
YucPy1W8gDwY+3V7dvnE41Td8dqbJfsa7deDvkVbsA==
-----END CERTIFICATE-----`;

interface TlsUpstream {
  readonly port: number;
  readonly requests: IncomingMessage[];
  readonly connections: () => number;
}

async function startTls(handler: (req: IncomingMessage, res: ServerResponse) => void): Promise<TlsUpstream> {
  const requests: IncomingMessage[] = [];
  let connections = 0;
  const server = createServer({ key, cert }, (req, res) => {
    requests.push(req);
    handler(req, res);
  });
  server.on('connection', () => {
    connections += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUp(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, requests, connections: () => connections };
}

function routesTo(origin: string) {
  return createRoutes(upstreamTable({ anthropic: origin }).upstreams);
}

const echo = (req: IncomingMessage, res: ServerResponse) => void readAll(req).then((body) => res.end(body));

describe('an https upstream', () => {
  beforeEach(() => {
    const trusted = getCACertificates('default');
    cleanUp(() => setDefaultCACertificates(trusted));
  });

  it('is reached over kept connections when its certificate is trusted', async () => {
    setDefaultCACertificates([cert]);
    const upstream = await startTls(echo);
    const rig = await startGateway(1, { routes: routesTo(`https://localhost:${upstream.port}`) });
    for (let i = 0; i < 3; i += 1) {
      const answer = await call(
        rig.port,
        { method: 'POST', path: `${rig.prefix('anthropic')}/v1/messages` },
        `{"n":${i}}`,
      );
      expect([answer.status, answer.body.toString()]).toEqual([200, `{"n":${i}}`]);
    }
    expect(upstream.connections()).toBe(1);
    expect(upstream.requests[0]?.headers.host).toBe(`localhost:${upstream.port}`);
  });

  it('gets nothing when its certificate is not trusted', async () => {
    const upstream = await startTls(echo);
    const rig = await startGateway(1, { routes: routesTo(`https://localhost:${upstream.port}`) });
    const answer = await call(rig.port, { method: 'POST', path: `${rig.prefix('anthropic')}/v1/messages` }, '{}');
    expect([answer.status, answer.body.toString()]).toEqual([502, expect.stringContaining('SELF_SIGNED')]);
    expect(upstream.requests).toEqual([]);
    expect(await rig.observer.calls[0]?.ended).toBe('no-upstream');
  });

  it('is reached through the proxy that the environment names, and a loopback upstream is not', async () => {
    setDefaultCACertificates([cert]);
    const upstream = await startTls(echo);
    const asked: (string | undefined)[] = [];
    const sockets: Socket[] = [];
    const proxy = createHttpServer((req, res) => {
      asked.push(req.url);
      res.end();
    });
    proxy.on('connect', (req, client) => {
      asked.push(req.url);
      const onward = connect(upstream.port, '127.0.0.1', () => {
        client.write('HTTP/1.1 200 Connected\r\n\r\n');
        client.pipe(onward).pipe(client);
      });
      sockets.push(onward);
      onward.on('error', () => {});
      client.on('error', () => {});
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    cleanUp(() => {
      for (const socket of sockets) socket.destroy();
      proxy.closeAllConnections();
      proxy.close();
    });
    const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const proxyEnv = { HTTPS_PROXY: address, HTTP_PROXY: address };
    const rig = await startGateway(1, { routes: routesTo(`https://localhost:${upstream.port}`), proxyEnv });
    const path = `${rig.prefix('anthropic')}/v1/messages`;
    expect((await call(rig.port, { method: 'POST', path }, '{"a":1}')).body.toString()).toBe('{"a":1}');
    expect(asked).toEqual([`localhost:${upstream.port}`]);
    for (const name of ['HTTPS_PROXY', 'https_proxy']) {
      const bare = { [name]: address.slice('http://'.length) };
      const other = await startGateway(1, { routes: routesTo(`https://localhost:${upstream.port}`), proxyEnv: bare });
      expect((await call(other.port, { method: 'POST', path }, '{}')).body.toString()).toBe('{}');
      expect(asked.pop()).toBe(`localhost:${upstream.port}`);
      expect(asked).toHaveLength(1);
    }
    const plain = createHttpServer(echo).listen(0, '127.0.0.1');
    await once(plain, 'listening');
    cleanUp(() => {
      plain.closeAllConnections();
      plain.close();
    });
    const origin = `http://127.0.0.1:${(plain.address() as AddressInfo).port}`;
    const direct = await startGateway(1, { routes: routesTo(origin), proxyEnv });
    expect((await call(direct.port, { method: 'POST', path }, '{}')).body.toString()).toBe('{}');
    expect(asked).toHaveLength(1);
  });

  it('gets nothing, and the agent a sentence, where the environment names a proxy by what is no URL', async () => {
    const upstream = await startTls(echo);
    for (const address of ['http://', 'http://proxy:port', 'http://me:100%zz@127.0.0.1:1', ':8080']) {
      const proxyEnv = { HTTPS_PROXY: address };
      const rig = await startGateway(1, { routes: routesTo(`https://localhost:${upstream.port}`), proxyEnv });
      const answer = await call(rig.port, { method: 'POST', path: `${rig.prefix('anthropic')}/v1/messages` }, '{}');
      const message = 'The variable HTTPS_PROXY does not hold the URL of a proxy, so Outlay did not send this call.';
      expect([answer.status, JSON.parse(answer.body.toString())]).toMatchObject([400, { error: { message } }]);
      expect(rig.observer.calls).toEqual([]);
    }
    expect(upstream.requests).toEqual([]);
  });

  it('is one that broke off where it did so after the handshake, and one out of reach where its proxy is', async () => {
    setDefaultCACertificates([cert]);
    const upstream = await startTls((req) => req.socket.destroy());
    const routes = routesTo(`https://localhost:${upstream.port}`);
    const ends: unknown[] = [];
    for (const proxyEnv of [null, { HTTPS_PROXY: 'http://127.0.0.1:1' }]) {
      const rig = await startGateway(1, { routes, proxyEnv });
      const answer = await call(rig.port, { method: 'POST', path: `${rig.prefix('anthropic')}/v1/messages` }, '{}');
      ends.push([answer.status, await rig.observer.calls[0]?.ended]);
    }
    expect(ends).toEqual([
      [502, 'upstream-cut'],
      [502, 'no-upstream'],
    ]);
    expect(upstream.requests).toHaveLength(1);
  });
});
