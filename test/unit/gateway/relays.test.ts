import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { GatewayOptions } from '../../../src/gateway/createGateway.ts';
import { RawClient } from '../../support/rawHttp.ts';
import { call, cleanUp, type Rig, readAll, startGateway, startUpstream } from './gatewayRig.ts';
import { ScriptedGate, ScriptedPass } from './scriptedGate.ts';

const event = 'data: {"type":"ping"}\n\n';
const eventStream = { 'content-type': 'text/event-stream' };

/** Both ways an answer takes: as it comes, and as one that could be stopped. */
const ways: readonly (readonly [string, () => Partial<GatewayOptions>])[] = [
  ['as it comes', () => ({})],
  ['that could be stopped', () => ({ gate: new ScriptedGate(() => new ScriptedPass()) })],
];

async function start(serve: (url: string, res: ServerResponse) => void, options: Partial<GatewayOptions>) {
  const upstream = await startUpstream((req, res) => void readAll(req).then(() => serve(req.url ?? '', res)));
  const rig = await startGateway(upstream.port, options);
  const client = new RawClient(rig.port);
  cleanUp(() => client.socket.destroy());
  return { rig, client };
}

function post(rig: Rig, query = '', version = '1.1'): string {
  const target = `${rig.prefix('anthropic')}/v1/messages${query}`;
  return `POST ${target} HTTP/${version}\r\nHost: 127.0.0.1:${rig.port}\r\nContent-Length: 15\r\n\r\n{"stream":true}`;
}

describe.each(ways)('an answer %s', (_name, options) => {
  it('has its trailers at its end', async () => {
    const serve = (_url: string, res: ServerResponse) => {
      res.writeHead(200, { ...eventStream, trailer: 'x-sum' }).write(event);
      res.addTrailers({ 'X-Sum': '1' });
      res.end();
    };
    const { rig } = await start(serve, options());
    const path = `${rig.prefix('anthropic')}/v1/messages`;
    const answer = await call(rig.port, { method: 'POST', path }, '{"stream":true}');
    expect([answer.body.toString(), answer.rawTrailers]).toEqual([event, ['X-Sum', '1']]);
  });

  it('that breaks off behind an earlier one on its connection leaves that one whole, and is delivered as far as it came', async () => {
    let first: ServerResponse | null = null;
    const serve = (url: string, res: ServerResponse) => {
      if (url.includes('first')) first = res;
      else res.writeHead(200, eventStream).write(event, () => res.destroy());
    };
    const { rig, client } = await start(serve, options());
    client.send(post(rig, '?first'));
    await expect.poll(() => first !== null, { interval: 1 }).toBe(true);
    client.send(post(rig, '?second'));
    await expect.poll(() => rig.observer.calls[1]?.end ?? null, { interval: 1 }).toBe('upstream-cut');
    (first as ServerResponse | null)?.writeHead(200, { 'content-length': '5' }).end('first');
    await client.closed;
    const [, whole = '', broken = ''] = client.text.split('HTTP/1.1 200 OK');
    expect(whole).toMatch(/first$/);
    expect(broken).toContain(event);
    expect(broken).not.toMatch(/0\r\n\r\n$/);
    expect(rig.observer.calls[0]?.end).toBe('complete');
  });

  it('that breaks off is reset where its end would be that of the connection', async () => {
    const serve = (_url: string, res: ServerResponse) => {
      res.writeHead(200, eventStream).write(event, () => res.destroy());
    };
    const { rig, client } = await start(serve, options());
    const failed = once(client.socket, 'error');
    client.send(post(rig, '', '1.0'));
    expect((await failed)[0]).toMatchObject({ code: 'ECONNRESET' });
    expect(rig.observer.calls[0]?.end).toBe('upstream-cut');
  });
});
