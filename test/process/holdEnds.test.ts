import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { noLimits, zeroAmounts } from '../../src/domain/budget.ts';
import { callControl } from '../../src/protocol/controlClient.ts';
import { type CallScene, type EndPoint, endPoints } from '../support/endPoints.ts';
import { eventually } from '../support/meterProcess.ts';
import { RawClient } from '../support/rawHttp.ts';
import { cleanUp, dataDir, meter } from './rig.ts';

interface Api {
  readonly route: string;
  readonly path: string;
  readonly body: string;
}

const apis: Readonly<Record<string, Api>> = {
  'anthropic-messages': {
    route: 'anthropic',
    path: '/v1/messages',
    body: '{"model":"m","stream":true,"max_tokens":9}',
  },
  'openai-chat': {
    route: 'openai',
    path: '/v1/chat/completions',
    body: '{"model":"m","stream":true,"max_completion_tokens":9}',
  },
  'openai-responses': {
    route: 'openai',
    path: '/v1/responses',
    body: '{"model":"m","stream":true,"max_output_tokens":9}',
  },
  'gemini-generate': {
    route: 'gemini',
    path: '/v1beta/models/m:streamGenerateContent?alt=sse',
    body: '{"generationConfig":{"maxOutputTokens":9}}',
  },
};

/** An upstream that plays, for each request, the scene that its header names. */
async function stage() {
  const scenes = new Map<string, (parts: Pick<CallScene, 'req' | 'res'>) => void>();
  const server = createServer((req: IncomingMessage, res: ServerResponse) => {
    req.on('error', () => undefined);
    scenes.get(String(req.headers['x-scene']))?.({ req, res });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUp(() => {
    server.closeAllConnections();
    server.close();
  });
  return { scenes, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

describe('A budget under calls that end in every way', () => {
  it.each(Object.entries(apis))('holds nothing afterwards: %s', async (_name, { route, path, body }) => {
    const { scenes, origin } = await stage();
    const folder = dataDir();
    const running = await meter({ dataDir: folder, upstreams: { anthropic: origin, openai: origin, gemini: origin } });
    const lock = await running.lock();
    const limits = { ...noLimits, outputTokens: 1_000_000 };
    const created = await callControl(lock, 'newTask', {
      ...{ title: 'Every end', workspaceId: null, folder: null, branch: null, checkCommand: null, limits },
      ...{ mode: 'strict', countsSubscription: false, activate: false, by: 'a test' },
    });
    const { id } = created.view.task;
    const base = new URL(created.baseUrls[route] ?? '');
    const held: number[] = [];
    const play = async ([name, { act }]: readonly [string, EndPoint]): Promise<void> => {
      const client = new RawClient(Number(base.port));
      cleanUp(() => client.socket.destroy());
      const arrived = new Promise<void>((resolve) => {
        scenes.set(name, (parts) => {
          callControl(lock, 'showTask', { id })
            .then(({ account }) => held.push(account.openHolds))
            .then(() => act({ client, ...parts }))
            .then(resolve, resolve);
        });
      });
      const target = `${base.pathname.replace(/\/v1(?:beta)?$/, '')}${path}`;
      client.send(
        `POST ${target} HTTP/1.1\r\nHost: ${base.host}\r\nX-Scene: ${name}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
      await arrived;
    };
    const points = Object.entries(endPoints);
    await Promise.all(points.map(play));
    // Each call held its worst case when its bytes reached the upstream.
    expect(held).toHaveLength(points.length);
    expect(Math.min(...held)).toBeGreaterThan(0);
    const { account } = await eventually(
      () => callControl(lock, 'showTask', { id }),
      (details) => details.account.openHolds === 0,
    );
    expect(account.held).toEqual(zeroAmounts);
    // Bytes of every call were sent, so that none of them may be forgotten.
    expect(account.spent.calls).toBe(points.length);
  });
});
