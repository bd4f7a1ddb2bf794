import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CallEnd } from '../../src/gateway/contract.ts';
import type { RawClient } from './rawHttp.ts';

export interface CallScene {
  readonly client: RawClient;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
}

/** What happens once the upstream has the request, and how the call then ended for the observer. */
export interface EndPoint<Scene extends CallScene = CallScene> {
  readonly act: (scene: Scene) => void;
  readonly end: CallEnd;
}

export const sse = { 'content-type': 'text/event-stream' };
export const halfEvent = 'data: {"type":"ping"}\n\ndata: {"half';

/** Does something once the client has a mark. */
export function onceSeen(scene: CallScene, mark: string, act: () => void): void {
  scene.client.until((text) => text.includes(mark)).then(act);
}

/** Every way in which a client or an upstream ends a call. */
export const endPoints: Readonly<Record<string, EndPoint>> = {
  'a clean end of a stream': { act: ({ res }) => res.writeHead(200, sse).end(`${halfEvent}":1}\n\n`), end: 'complete' },
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
      scene.res.writeHead(200, sse).write(halfEvent);
      onceSeen(scene, 'ping', () => scene.res.destroy());
    },
    end: 'upstream-cut',
  },
  'an upstream that breaks off in a body': {
    act: (scene) => {
      scene.res.writeHead(200, { 'content-length': '100' }).write('{"half');
      onceSeen(scene, '{"half', () => scene.res.destroy());
    },
    end: 'upstream-cut',
  },
  'a client that leaves before the head': { act: ({ client }) => client.socket.destroy(), end: 'client-gone' },
  'a client that closes its half before the head': { act: ({ client }) => client.socket.end(), end: 'client-gone' },
  'a client that leaves after the head': {
    act: (scene) => {
      scene.res.writeHead(200, sse).flushHeaders();
      onceSeen(scene, '200 OK', () => scene.client.socket.destroy());
    },
    end: 'client-gone',
  },
  'a client that leaves in a stream': {
    act: (scene) => {
      scene.res.writeHead(200, sse).write(halfEvent);
      onceSeen(scene, 'ping', () => scene.client.socket.resetAndDestroy());
    },
    end: 'client-gone',
  },
  'a client that leaves in a body': {
    act: (scene) => {
      scene.res.writeHead(200).write('{"half');
      onceSeen(scene, '{"half', () => scene.client.socket.destroy());
    },
    end: 'client-gone',
  },
};
