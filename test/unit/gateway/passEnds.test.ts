import { describe, expect, it } from 'vitest';
import { type CallScene, type EndPoint, endPoints, halfEvent, onceSeen, sse } from '../../support/endPoints.ts';
import { RawClient } from '../../support/rawHttp.ts';
import { type Rig, startGateway, startUpstream } from './gatewayRig.ts';
import { ScriptedGate, ScriptedPass } from './scriptedGate.ts';

interface Scene extends CallScene {
  readonly rig: Rig;
  readonly pass: ScriptedPass;
}

const points: Readonly<Record<string, EndPoint<Scene>>> = {
  ...endPoints,
  'a stop before the head': { act: ({ pass }) => pass.stop('Made up.'), end: 'stopped' },
  'a stop after the head': {
    act: (scene) => {
      scene.res.writeHead(200, sse).flushHeaders();
      onceSeen(scene, '200 OK', () => scene.pass.stop('Made up.'));
    },
    end: 'stopped',
  },
  'a stop in a stream, told twice': {
    act: (scene) => {
      scene.res.writeHead(200, sse).write(halfEvent);
      onceSeen(scene, 'ping', () => {
        scene.pass.stop('Made up.');
        scene.pass.stop('Made up.');
      });
    },
    end: 'stopped',
  },
  'a stop in a compressed stream': {
    act: (scene) => {
      scene.res.writeHead(200, { ...sse, 'content-encoding': 'br' }).flushHeaders();
      onceSeen(scene, '200 OK', () => scene.pass.stop('Made up.'));
    },
    end: 'stopped',
  },
  'a stop in a body that then ends': {
    act: (scene) => {
      scene.res.writeHead(200).write('{"half');
      onceSeen(scene, '{"half', () => {
        scene.pass.stop('Made up.');
        scene.res.end('":1}');
      });
    },
    end: 'complete',
  },
  'a client that leaves at the stop': {
    act: (scene) => {
      scene.res.writeHead(200, sse).write(halfEvent);
      onceSeen(scene, 'ping', () => {
        scene.pass.stop('Made up.');
        scene.client.socket.destroy();
      });
    },
    end: 'stopped',
  },
  'a shutdown before the head': { act: ({ rig }) => void rig.gateway.close({ graceMs: 0 }), end: 'upstream-cut' },
  'a shutdown in a stream': {
    act: (scene) => {
      scene.res.writeHead(200, sse).write(halfEvent);
      onceSeen(scene, 'ping', () => scene.rig.gateway.close({ graceMs: 0 }));
    },
    end: 'upstream-cut',
  },
};

const apis = {
  'anthropic-messages': ['anthropic', '/v1/messages'],
  'openai-chat': ['openai', '/v1/chat/completions'],
  'openai-responses': ['codex', '/v1/responses'],
  'gemini-generate': ['gemini', '/v1beta/models/m:streamGenerateContent?alt=sse'],
} as const;

const body = '{"model":"m","stream":true}';

function post(client: RawClient, rig: Rig, [route, path]: readonly [string, string]): void {
  client.send(
    `POST ${rig.prefix(route)}${path} HTTP/1.1\r\nHost: 127.0.0.1:${rig.port}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
}

describe.each(Object.entries(apis))('a pass of %s is ended once, after the call, at', (_api, place) => {
  it.each(Object.entries(points))('%s', async (_name, { act, end }) => {
    const pass = new ScriptedPass();
    let scene: ((parts: Pick<Scene, 'req' | 'res'>) => void) | null = null;
    const upstream = await startUpstream((req, res) => {
      req.on('error', () => undefined);
      scene?.({ req, res });
    });
    const rig = await startGateway(upstream.port, { gate: new ScriptedGate(() => pass) });
    const client = new RawClient(rig.port);
    scene = (parts) => act({ rig, client, pass, ...parts });
    post(client, rig, place);
    await pass.over;
    expect(rig.observer.calls.map((seen) => seen.end)).toEqual([end]);
    expect(pass.calls).toEqual(['onStop', 'ended']);
    client.socket.destroy();
    while (rig.gateway.inFlight() > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(pass.calls).toEqual(['onStop', 'ended']);
  });

  it('an upstream that nobody listens at', async () => {
    const pass = new ScriptedPass();
    const rig = await startGateway(1, { gate: new ScriptedGate(() => pass) });
    const client = new RawClient(rig.port);
    post(client, rig, place);
    await pass.over;
    expect(rig.observer.calls.map((seen) => seen.end)).toEqual(['no-upstream']);
    expect(await client.until((text) => text.includes('could not reach'))).toContain('HTTP/1.1 502');
    client.socket.destroy();
  });
});

describe('a pass whose own methods throw', () => {
  it('does not reach the byte path', async () => {
    const upstream = await startUpstream((req, res) => {
      req.resume();
      res.end('{}');
    });
    const fail = () => {
      throw new TypeError('made up');
    };
    const gate = new ScriptedGate(() => ({
      kind: 'admitted',
      taskId: null,
      maxOutputTokens: null,
      onStop: fail,
      release: fail,
      ended: fail,
    }));
    const rig = await startGateway(upstream.port, { gate });
    const client = new RawClient(rig.port);
    post(client, rig, apis['anthropic-messages']);
    await client.until((text) => text.includes('{}'));
    expect(await rig.observer.calls[0]?.ended).toBe('complete');
    expect(new Set(rig.logged)).toEqual(new Set(['The budget gate failed (TypeError).']));
    client.socket.destroy();
  });
});
