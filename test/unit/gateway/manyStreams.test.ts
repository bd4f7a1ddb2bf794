import type { ServerResponse } from 'node:http';
import { expect, it } from 'vitest';
import { call, readAll, startGateway, startUpstream } from './gatewayRig.ts';

const STREAMS = 1_000;
const EVENTS = 5;

function event(id: string, index: number): string {
  const delta = { type: 'text_delta', text: `${id} says ${index} ` };
  return `event: content_block_delta\ndata: ${JSON.stringify({ type: 'content_block_delta', index: 0, delta })}\n\n`;
}

function whole(id: string): string {
  return Array.from({ length: EVENTS }, (_, index) => event(id, index)).join('');
}

it('a thousand streams at once all come whole, each to its own client and tap', async () => {
  const open = new Map<string, ServerResponse>();
  const upstream = await startUpstream((req, res) => {
    void readAll(req).then((body) => {
      open.set(body.toString(), res);
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.flushHeaders();
      // Nobody gets an event before all are there, so that all are open at once; then every stream gets its events in turn.
      if (open.size === STREAMS) sayOn(0);
    });
  });
  const sayOn = (index: number): void => {
    for (const [id, res] of open) {
      res.write(event(id, index));
      if (index === EVENTS - 1) res.end();
    }
    if (index < EVENTS - 1) setImmediate(sayOn, index + 1);
  };
  const rig = await startGateway(upstream.port);
  const ids = Array.from({ length: STREAMS }, (_, stream) => `stream-${stream}`);

  const path = `${rig.prefix('anthropic')}/v1/messages`;
  const answers = await Promise.all(ids.map((id) => call(rig.port, { method: 'POST', path }, id)));

  const dropped = ids.filter((id, i) => answers[i]?.complete !== true || answers[i]?.body.toString() !== whole(id));
  expect(dropped).toEqual([]);
  const ends = await Promise.all(rig.observer.calls.map(({ ended }) => ended));
  expect(ends.filter((end) => end === 'complete')).toHaveLength(STREAMS);
  const seen = new Map(
    rig.observer.calls.map(({ request, response }) => [
      Buffer.concat(request).toString(),
      Buffer.concat(response).toString(),
    ]),
  );
  expect(ids.filter((id) => seen.get(id) !== whole(id))).toEqual([]);
}, 120_000);
