import { createServer, type IncomingMessage, type RequestOptions, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../../src/domain/clock.ts';
import type { CallEnd, CallHead, CallTap, GatewayObserver, ResponseHead } from '../../../src/gateway/contract.ts';
import { createGateway, type Gateway, type GatewayOptions } from '../../../src/gateway/createGateway.ts';
import { createRoutes } from '../../../src/gateway/routes.ts';
import { upstreamTable } from '../../../src/gateway/upstreams.ts';

export const token = 'tok_0123456789abcdefghijklmnopqrstuvwxyz-AB';

/** Runs when the test that is running has finished, the last one first. */
export function cleanUp(cleanup: () => unknown): void {
  onTestFinished(async () => void (await cleanup()));
}

export interface SeenCall {
  readonly head: CallHead;
  readonly request: Buffer[];
  readonly response: Buffer[];
  /** When each chunk of the response came, and last the end. */
  readonly atMs: number[];
  requestEnded: boolean;
  responseHead: ResponseHead | null;
  end: CallEnd | null;
  readonly ended: Promise<CallEnd>;
}

/** An observer that keeps everything. */
export class RecordingObserver implements GatewayObserver {
  readonly calls: SeenCall[] = [];
  readonly unmeteredPaths: string[] = [];

  begin(head: CallHead): CallTap {
    let settle: (end: CallEnd) => void = () => {};
    const ended = new Promise<CallEnd>((resolve) => {
      settle = resolve;
    });
    const call: SeenCall = {
      head,
      request: [],
      response: [],
      atMs: [],
      requestEnded: false,
      responseHead: null,
      end: null,
      ended,
    };
    this.calls.push(call);
    return {
      requestBytes: (chunk) => call.request.push(Buffer.from(chunk)),
      requestEnd: () => {
        call.requestEnded = true;
      },
      responseHead: (responseHead) => {
        call.responseHead = responseHead;
      },
      responseBytes: (chunk, atMs) => {
        call.response.push(Buffer.from(chunk));
        call.atMs.push(atMs);
      },
      end: (end, atMs) => {
        call.atMs.push(atMs);
        if (call.end !== null) throw new Error('A call ended twice.');
        call.end = end;
        settle(end);
      },
    };
  }

  unmetered(routeId: string, method: string, shape: string): void {
    this.unmeteredPaths.push(`${routeId} ${method} ${shape}`);
  }
}

export interface Rig {
  readonly gateway: Gateway;
  readonly port: number;
  readonly observer: RecordingObserver;
  readonly logged: string[];
  /** Path prefix of a route, without a trailing slash. */
  prefix(routeId: string): string;
}

/** A gateway whose upstreams are all one port. */
export async function startGateway(upstreamPort: number, overrides: Partial<GatewayOptions> = {}): Promise<Rig> {
  const origin = `http://127.0.0.1:${upstreamPort}`;
  const { upstreams } = upstreamTable({ anthropic: origin, openai: origin, gemini: origin, chatgpt: origin });
  const observer = new RecordingObserver();
  const logged: string[] = [];
  let calls = 0;
  const gateway = createGateway({
    token,
    routes: createRoutes(upstreams),
    observer,
    clock: systemClock,
    log: (message) => logged.push(message),
    newCallId: () => {
      calls += 1;
      return `call-${calls}`;
    },
    workspaceUpstream: () => null,
    onControl: null,
    ...overrides,
  });
  const { port } = await gateway.listen(0);
  cleanUp(() => gateway.close({ graceMs: 0 }));
  return { gateway, port, observer, logged, prefix: (routeId) => `/${token}/ws-1/${routeId}` };
}

export interface Upstream {
  readonly port: number;
  readonly requests: IncomingMessage[];
  readonly sockets: Set<unknown>;
}

/** A scripted HTTP upstream. */
export async function startUpstream(
  handler: (req: IncomingMessage, res: ServerResponse) => void,
  options: { readonly checkContinue?: boolean } = {},
): Promise<Upstream> {
  const requests: IncomingMessage[] = [];
  const sockets = new Set<unknown>();
  const server = createServer({ maxHeaderSize: 128 * 1024 }, (req, res) => {
    requests.push(req);
    handler(req, res);
  });
  if (options.checkContinue === true) server.on('checkContinue', () => {});
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1', backlog: 2_048 }, resolve));
  cleanUp(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, requests, sockets };
}

export interface Answer {
  readonly status: number;
  readonly message: string;
  readonly rawHeaders: string[];
  readonly headers: IncomingMessage['headers'];
  readonly rawTrailers: string[];
  readonly body: Buffer;
  /** Whether the body reached its own end. */
  readonly complete: boolean;
}

/** Makes one request and reads its whole answer, broken or not. */
export function call(
  port: number,
  options: RequestOptions,
  body?: Uint8Array | string | ((write: (chunk: Uint8Array) => void) => void),
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const req = request({ host: '127.0.0.1', port, agent: false, ...options }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.on('error', () => {});
      res.once('close', () =>
        resolve({
          status: res.statusCode ?? 0,
          message: res.statusMessage ?? '',
          rawHeaders: res.rawHeaders,
          headers: res.headers,
          rawTrailers: res.rawTrailers,
          body: Buffer.concat(chunks),
          complete: res.complete,
        }),
      );
    });
    req.once('error', reject);
    if (typeof body === 'function') body((chunk) => req.write(chunk));
    else if (body !== undefined) req.write(body);
    req.end();
  });
}

export function readAll(req: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.once('end', () => resolve(Buffer.concat(chunks)));
  });
}
