import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { RawClient } from '../../support/rawHttp.ts';
import { startGateway, startUpstream } from './gatewayRig.ts';

/** Lines of the kernel's table of connections to a port that this machine opened: state, and the kind of timer that runs. */
function connectionsTo(port: number): readonly { readonly state: string; readonly timer: string }[] {
  const remote = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , to = '']) => to.endsWith(remote))
    .map(([, , , state = '', , timer = '']) => ({ state, timer: timer.split(':')[0] ?? '' }));
}

const established = '01';
/** 02 in the kernel's table: the next keep-alive probe is due. */
const keepAlive = '02';

describe('the gateway', () => {
  it('puts no limit on a call, and lets the system watch for a dead peer', async () => {
    const waiting: (() => void)[] = [];
    const upstream = await startUpstream((req, res) => {
      req.resume();
      expect(req.socket.timeout ?? 0).toBe(0);
      res.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      waiting.push(() => res.end('data: done\n\n'));
    });
    const rig = await startGateway(upstream.port, { upstreamIdleMs: 50 });
    const client = new RawClient(rig.port);
    client.send(
      `POST ${rig.prefix('anthropic')}/v1/messages HTTP/1.1\r\nHost: 127.0.0.1:${rig.port}\r\nContent-Length: 2\r\n\r\n{}`,
    );
    await client.until((text) => text.includes('\r\n\r\n'));
    // Several times the span after which an unused connection is closed.
    for (let ticks = 0; ticks < 4; ticks += 1) await once(AbortSignal.timeout(60), 'abort');
    for (const port of [upstream.port, rig.port]) {
      const connections = connectionsTo(port).filter(({ state }) => state === established);
      expect(connections.length).toBeGreaterThan(0);
      if (port === upstream.port)
        expect(connections.map(({ timer }) => timer)).toEqual(connections.map(() => keepAlive));
    }
    waiting[0]?.();
    await client.until((text) => text.endsWith('\r\n0\r\n\r\n'));
    expect(client.text).toContain('data: done');
    client.socket.destroy();
  });
});
