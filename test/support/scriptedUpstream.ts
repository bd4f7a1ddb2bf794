import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { anthropic } from './upstream/anthropic.ts';
import { answerAside, forAgents } from './upstream/aside.ts';
import { gemini } from './upstream/gemini.ts';
import { openaiChat } from './upstream/openaiChat.ts';
import { openaiResponses } from './upstream/openaiResponses.ts';
import {
  type ApiName,
  completeUsage,
  type Script,
  type ScriptUsage,
  type Speaker,
  type Turn,
} from './upstream/script.ts';
import { compress, cutOff, drained, parseBody, pause, readAll, sendJson } from './upstream/transport.ts';

export type { ApiName, Script, ScriptUsage } from './upstream/script.ts';

export interface SeenRequest {
  readonly index: number;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** As it came, still compressed; `bodyBytes` is its length. */
  readonly body: Buffer;
  readonly bodyBytes: number;
  /** The body as JSON after decompression; null when it is none. */
  readonly json: Readonly<Record<string, unknown>> | null;
  /** Which of the four APIs it calls; null for everything else (model lists, token counts, health checks). */
  readonly api: ApiName | null;
}

/** A call of one of the four APIs and what it was told. A test compares these with the ledger. */
export interface AnsweredCall {
  readonly requestIndex: number;
  readonly api: ApiName;
  readonly model: string;
  readonly status: number;
  readonly responseId: string;
  readonly requestId: string;
  /** What the response said; null for an error, and for a stream that was cut before it said it. */
  readonly usage: ScriptUsage | null;
  readonly toolCalls: number;
  readonly end: 'complete' | 'cut' | 'client-gone';
}

export interface ScriptedUpstream {
  /** For example "http://127.0.0.1:41234". */
  readonly origin: string;
  readonly port: number;
  readonly requests: readonly SeenRequest[];
  readonly calls: readonly AnsweredCall[];
  /** Paths of WebSocket upgrades, all of which are answered 426. */
  readonly upgrades: readonly string[];
  /** Scripts for the next calls of the APIs, in order; after them the upstream's own script answers again. */
  enqueue(...scripts: readonly Script[]): void;
  stop(): Promise<void>;
}

export interface ScriptedUpstreamOptions {
  readonly port?: number;
  /** Answers every call; a function decides by the request. */
  readonly script?: Script | ((request: SeenRequest) => Script);
}

const speakers: readonly { readonly path: RegExp; readonly speaker: Speaker }[] = [
  { path: /\/messages$/, speaker: anthropic },
  { path: /\/chat\/completions$/, speaker: openaiChat },
  { path: /\/responses$/, speaker: openaiResponses },
  { path: /\/models\/[^/:]+:(streamGenerateContent|generateContent)$/, speaker: gemini },
];

/**
 * One upstream on loopback that speaks all four APIs, streamed or whole, as a script says. It also answers what agents ask
 * beside their calls. `GET /-/log` gives `{requests, calls}` to a test in another process, `GET /-/calls` without the requests.
 */
export async function startScriptedUpstream(options: ScriptedUpstreamOptions = {}): Promise<ScriptedUpstream> {
  const requests: SeenRequest[] = [];
  const calls: AnsweredCall[] = [];
  const upgrades: string[] = [];
  const queue: Script[] = [];
  const sockets = new Set<Socket>();

  const scriptFor = (request: SeenRequest): Script => {
    const queued = queue.shift();
    if (queued !== undefined) return queued;
    const { script = { text: 'Hello from the scripted upstream.' } } = options;
    return typeof script === 'function' ? script(request) : script;
  };

  const server = createServer((incoming, response) => {
    answer(incoming, response).catch(() => response.destroy());
  });
  // A thinking model may be silent for as long as its script says.
  server.requestTimeout = 0;
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('upgrade', (request, socket) => {
    upgrades.push(request.url ?? '/');
    socket.end('HTTP/1.1 426 Upgrade Required\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
  });

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = incoming.url ?? '/';
    if (path === '/-/calls') return sendJson(response, 200, { calls });
    if (path === '/-/log') return sendJson(response, 200, { requests, calls });
    const body = await readAll(incoming);
    const speaker = speakers.find((entry) => entry.path.test(path.split('?')[0] ?? ''))?.speaker ?? null;
    const isCall = speaker !== null && incoming.method === 'POST';
    const seen: SeenRequest = {
      index: requests.length,
      method: incoming.method ?? '',
      path,
      headers: incoming.headers as Record<string, string>,
      body,
      bodyBytes: body.length,
      json: parseBody(body, incoming.headers['content-encoding']),
      api: isCall ? speaker.api : null,
    };
    requests.push(seen);
    if (!isCall) return sendJson(response, ...answerAside(seen));
    calls.push(await answerCall({ seen, speaker, script: forAgents(seen) ?? scriptFor(seen), response }));
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    requests,
    calls,
    upgrades,
    enqueue: (...scripts) => {
      queue.push(...scripts);
    },
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

interface Call {
  readonly seen: SeenRequest;
  readonly speaker: Speaker;
  readonly script: Script;
  readonly response: ServerResponse;
}

async function answerCall({ seen, speaker, script, response }: Call): Promise<AnsweredCall> {
  const request = seen.json ?? {};
  const requestId = `req_scripted_${number(seen.index)}`;
  const requested = /\/models\/([^/:]+):/.exec(seen.path)?.[1] ?? request['model'];
  const model = script.model ?? (typeof requested === 'string' ? requested : 'unnamed');
  const turn: Turn = {
    script,
    usage: completeUsage(script, seen.bodyBytes),
    model,
    number: number(seen.index),
    request,
  };
  const headers = { 'request-id': requestId, 'x-request-id': requestId, ...script.headers };
  const status = script.error?.status ?? 200;
  const told = { requestIndex: seen.index, api: speaker.api, model, status, requestId };
  const done = { ...told, responseId: speaker.responseId(turn), toolCalls: (script.toolCalls ?? []).length };
  await pause(script.firstPauseMs, response);
  if (script.error !== undefined) {
    sendJson(response, status, speaker.error(script.error), { headers, script });
    return { ...done, usage: null, toolCalls: 0, end: 'complete' };
  }
  if (!isStream(seen, request)) {
    sendJson(response, status, speaker.whole(turn), { headers, script });
    return { ...done, usage: turn.usage, end: 'complete' };
  }
  const end = await sendStream({ turn, speaker, seen, response, headers });
  const asked = (request['stream_options'] as { include_usage?: boolean } | undefined)?.include_usage === true;
  const isTold = end === 'complete' && (speaker.api !== 'openai-chat' || asked);
  return { ...done, usage: isTold ? turn.usage : null, end };
}

function isStream(seen: SeenRequest, request: Readonly<Record<string, unknown>>): boolean {
  return seen.api === 'gemini-generate' ? seen.path.includes(':streamGenerateContent') : request['stream'] === true;
}

interface Streaming {
  readonly turn: Turn;
  readonly speaker: Speaker;
  readonly seen: SeenRequest;
  readonly response: ServerResponse;
  readonly headers: Readonly<Record<string, string>>;
}

async function sendStream({ turn, speaker, seen, response, headers }: Streaming): Promise<AnsweredCall['end']> {
  const { script } = turn;
  // Gemini without alt=sse streams one JSON array.
  const isArray = speaker.api === 'gemini-generate' && !/[?&]alt=sse/.test(seen.path);
  const events = speaker.stream(turn);
  const frames = events.map(({ event, data }, index) => {
    const json = typeof data === 'string' ? data : JSON.stringify(data);
    if (isArray) return `${index === 0 ? '[' : ',\r\n'}${json}${index === events.length - 1 ? ']' : ''}`;
    return `${event === undefined ? '' : `event: ${event}\n`}data: ${json}\n\n`;
  });
  const type = isArray ? 'application/json; charset=UTF-8' : 'text/event-stream; charset=utf-8';
  const encoded: Record<string, string> = script.encoding === undefined ? {} : { 'content-encoding': script.encoding };
  response.writeHead(200, { 'content-type': type, 'cache-control': 'no-cache', ...encoded, ...headers });
  response.flushHeaders();
  if (script.encoding !== undefined) {
    const bytes = compress(Buffer.from(frames.join('')), script.encoding);
    if (script.cutAfterEvents === undefined) {
      response.end(bytes);
      return 'complete';
    }
    response.write(bytes.subarray(0, bytes.length / 2));
    await cutOff(response);
    return 'cut';
  }
  for (const [index, frame] of frames.entries()) {
    if (index === script.cutAfterEvents) {
      await cutOff(response);
      return 'cut';
    }
    if (index > 0) await pause(script.pauseMs, response);
    if (response.destroyed) return 'client-gone';
    if (!response.write(frame)) await drained(response);
  }
  if (response.destroyed) return 'client-gone';
  response.end();
  return 'complete';
}

function number(index: number): string {
  return String(index + 1).padStart(4, '0');
}
