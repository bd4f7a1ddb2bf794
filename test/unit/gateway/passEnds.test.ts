import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { CallEnd } from '../../../src/gateway/contract.ts';
import { RawClient } from '../../support/rawHttp.ts';
import { type Rig, startGateway, startUpstream } from './gatewayRig.ts';
import { ScriptedGate, ScriptedPass } from './scriptedGate.ts';

interface Scene {
  readonly rig: Rig;
  readonly client: RawClient;
  readonly pass: ScriptedPass;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
}

/** What happens once the upstream has the request, and how the call then ended for the observer. */
interface Point {
  readonly act: (scene: Scene) => void;
  readonly end: CallEnd;
}

const sse = { 'content-type': 'text/event-stream' };
const half = 'data: {"type":"ping"}\n\ndata: {"half';

/** Does something once the client has a mark. */
function after(scene: Scene, mark: string, act: () => void): void {
  scene.client.until((text) => text.includes(mark)).then(act);
}

const points: Readonly<Record<string, Point>> = {
  'a clean end of a stream': { act: ({ res }) => res.writeHead(200, sse).end(`${half}":1}\n\n`), end: 'complete' },
  'a clean end of a body': { act: ({ res }) => res.writeHead(200).end('{}'), end: 'complete' },
  'an empty body': { act: ({ res }) => res.writeHead(204).end(), end: 'complete' },
  'a 4xx': { act: ({ res }) => res.writeHead(400).end('{"error":{}}'), end: 'complete' },
  'a 429': { act: ({ res }) => res.writeHead(429).end('{"error":{}}'), end: 'complete' },
  'a 5xx': { act: ({ res }) => res.writeHead(529).end('{"error":{}}'), end: 'complete' },
  'an answer before the body was read': { act: ({ res }) => res.writeHead(413).end('{}'), end: 'complete' },
  'an upstream that breaks off before its head': { act: ({ req }) => req.socket.destroy(), end: 'upstream-cut' },
  'an upstream that is reset before its head': { act: ({ req }) => req.socket.resetAndDestroy(), end: 'upstream-cut' },
  'an upstream that answers no HTTP': { act: ({ req }) => req.socket.end('no http\r\n\r\n'), end: 'upstream-cut' },
  'an upstream with a malformed head': {
    act: ({ req }) => req.socket.end('HTTP/1.1 200 OK\r\nb@d : x\r\n\r\n'),
    end: 'upstream-cut',
  },
  'an upstream that switches protocols': {
    act: ({ req }) => req.socket.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'),
    end: 'upstream-cut',
  },
  'an upstream that breaks off in a stream': {
    act: (scene) => {
      scene.res.writeHead(200, sse).write(half);
      after(scene, 'ping', () => scene.res.destroy());
    },
    end: 'upstream-cut',
  },
  'an upstream that breaks off in a body': {
    act: (scene) => {
      scene.res.writeHead(200, { 'content-length': '100' }).write('{"half');
      after(scene, '{"half', () => scene.res.destroy());
    },
    end: 'upstream-cut',
  },
  'a client that leaves before the head': { act: ({ client }) => client.socket.destroy(), end: 'client-gone' },
  'a client that closes its half before the head': { act: ({ client }) => client.socket.end(), end: 'client-gone' },
  'a client that leaves after the head': {
    act: (scene) => {
      scene.res.writeHead(200, sse).flushHeaders();
      after(scene, '200 OK', () => scene.client.socket.destroy());
    },
    end: 'client-gone',
  },
  'a client that leaves in a stream': {
    act: (scene) => {
      scene.res.writeHead(200, sse).write(half);
      after(scene, 'ping', () => scene.client.socket.resetAndDestroy());
    },
    end: 'client-gone',
  },
  'a client that leaves in a body': {
    act: (scene) => {
      scene.res.writeHead(200).write('{"half');
      after(scene, '{"half', () => scene.client.socket.destroy());
    },
    end: 'client-gone',
  },
  'a stop before the head': { act: ({ pass }) => pass.stop('Made up.'), end: 'stopped' },
  'a stop after the head': {
    act: (scene) => {
      scene.res.writeHead(200, sse).flushHeaders();
      after(scene, '200 OK', () => scene.pass.stop('Made up.'));
    },
    end: 'stopped',
  },
  'a stop in a stream, told twice': {
    act: (scene) => {
      scene.res.writeHead(200, sse).write(half);
      after(scene, 'ping', () => {
        scene.pass.stop('Made up.');
        scene.pass.stop('Made up.');
      });
    },
    end: 'stopped',
  },
  'a stop in a compressed stream': {
    act: (scene) => {
      scene.res.writeHead(200, { ...sse, 'content-encoding': 'br' }).flushHeaders();
      after(scene, '200 OK', () => scene.pass.stop('Made up.'));
    },
    end: 'stopped',
  },
  'a stop in a body that then ends': {
    act: (scene) => {
      scene.res.writeHead(200).write('{"half');
      after(scene, '{"half', () => {
        scene.pass.stop('Made up.');
        scene.res.end('":1}');
      });
    },
    end: 'complete',
  },
  'a client that leaves at the stop': {
    act: (scene) => {
      scene.res.writeHead(200, sse).write(half);
      after(scene, 'ping', () => {
        scene.pass.stop('Made up.');
        scene.client.socket.destroy();
      });
    },
    end: 'stopped',
  },
  'a shutdown before the head': { act: ({ rig }) => void rig.gateway.close({ graceMs: 0 }), end: 'upstream-cut' },
  'a shutdown in a stream': {
    act: (scene) => {
      scene.res.writeHead(200, sse).write(half);
      after(scene, 'ping', () => scene.rig.gateway.close({ graceMs: 0 }));
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
