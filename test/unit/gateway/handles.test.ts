import { describe, expect, it } from 'vitest';
import { call, readAll, startGateway, startUpstream } from './gatewayRig.ts';

const counts = (): Readonly<Record<string, number>> => {
  const counted: Record<string, number> = {};
  for (const name of process.getActiveResourcesInfo()) counted[name] = (counted[name] ?? 0) + 1;
  return counted;
};
const open = (): number =>
  Object.entries(counts()).reduce((sum, [name, n]) => (/TCP|Timeout|Pipe/.test(name) ? sum + n : sum), 0);

describe('a gateway that is opened and closed', () => {
  it('a hundred times leaves no socket, server or timer, nor a listener on the process', async () => {
    const upstream = await startUpstream((req, res) => void readAll(req).then((body) => res.end(body)));
    const round = async () => {
      const rig = await startGateway(upstream.port);
      const options = { method: 'POST', path: `${rig.prefix('anthropic')}/v1/messages` };
      expect((await call(rig.port, options, 'x')).body.toString()).toBe('x');
      await rig.gateway.close({ graceMs: 1_000 });
    };
    await round();
    while (upstream.sockets.size > 0) await new Promise((resolve) => setImmediate(resolve));
    const before = open();
    const listeners = process.eventNames().map((name) => [name, process.listenerCount(name)]);
    for (let i = 0; i < 100; i += 1) await round();
    while (upstream.sockets.size > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(open()).toBeLessThanOrEqual(before);
    expect(process.eventNames().map((name) => [name, process.listenerCount(name)])).toEqual(listeners);
  });

  it('carries two hundred calls over kept connections without a warning of listeners that pile up', async () => {
    const ports = new Set<number | undefined>();
    const upstream = await startUpstream((req, res) => {
      ports.add(req.socket.remotePort);
      void readAll(req).then(() => res.end('x'));
    });
    const rig = await startGateway(upstream.port);
    const warned: Error[] = [];
    const onWarning = (warning: Error) => warned.push(warning);
    process.on('warning', onWarning);
    const path = `${rig.prefix('anthropic')}/v1/messages`;
    for (let i = 0; i < 200; i += 1) await call(rig.port, { method: 'POST', path }, '{}');
    process.off('warning', onWarning);
    expect(warned).toEqual([]);
    expect(ports.size).toBeLessThan(5);
  });
});
