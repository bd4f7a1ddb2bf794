import {
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  type InformationEvent,
  type RequestOptions,
  type ServerResponse,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import type { ApiKind } from '../domain/api.ts';
import type { Clock } from '../domain/clock.ts';
import { type ChatStreamOptions, createChatStreamScanner } from '../wire/chatStreamOptions.ts';
import { createStreamEnding, isStreamType } from '../wire/endings/streamEnding.ts';
import { bounded } from './agents.ts';
import { bufferBody } from './bodyBuffer.ts';
import { patchedPieces, usagePatch } from './chatUsage.ts';
import type { CallEnd, CallTap, Upstream } from './contract.ts';
import { headerPairs, type RequestFraming, rawValues, upstreamRequestHeaders } from './headers.ts';
import { quotaOfHeaders } from './quotaHeaders.ts';
import type { RefusalShape } from './refusalShape.ts';
import { sendJson, sendShape } from './refusals.ts';
import { ResponseRelay } from './responseRelay.ts';
import type { UpstreamAgents, UpstreamEndpoint } from './upstreamAgents.ts';
import { WatchedRelay } from './watchedRelay.ts';

export interface ExchangeTools {
  readonly agents: UpstreamAgents;
  readonly clock: Clock;
  /**
   * The longest body that is read whole. A longer Chat body is passed on as it comes, and its stream then reports usage only if the
   * client asked for it. A longer one that a gate is to admit is refused: an unread one could not be bounded, and no provider takes one.
   */
  readonly wholeBodyBytesMax: number;
}

export interface ExchangePlan {
  readonly upstream: Upstream;
  /** Path and query to request. */
  readonly path: string;
  /** Whether the body may need `include_usage`. */
  readonly chat: boolean;
  readonly startedAtMs: number;
  /** The same moment on the monotonic clock. */
  readonly startedMonotonicMs: number;
  readonly beginTap: () => CallTap | null;
  readonly errorBody: (status: number, message: string) => string;
  /** What a gate admitted; null for every call that it does not concern. */
  readonly watched: WatchedRequest | null;
}

/** A request that was read whole and admitted: sent as it stands here, and its stream can be ended at the line. */
export interface WatchedRequest {
  readonly api: ApiKind;
  readonly agent: string;
  readonly model: string;
  /** The body as the client sent it, for the observer. */
  readonly seenBody: Uint8Array;
  readonly pieces: readonly Uint8Array[];
  readonly rawHeaders: readonly string[];
  readonly askedForUsage: boolean;
  /** Answers a call that is stopped before its upstream has answered. */
  readonly stopShape: (message: string) => RefusalShape;
  /** Called once, after the observer has heard of the end. */
  readonly onEnd: () => void;
}

/** One request on its way upstream and its response on the way back. */
export class Exchange {
  readonly #req: IncomingMessage;
  readonly #res: ServerResponse;
  readonly #plan: ExchangePlan;
  readonly #tools: ExchangeTools;
  readonly #endpoint: UpstreamEndpoint;
  readonly #framing: RequestFraming;
  #tap: CallTap | null = null;
  #upstreamReq: ClientRequest | null = null;
  #relay: ResponseRelay | WatchedRelay | null = null;
  /** What is relayed is a stream, though perhaps one that cannot be ended. */
  #isStream = false;
  #ended = false;
  #connected = false;
  /** We added `include_usage`, so the chunk that it brings is to be hidden. */
  #askedForUsage = false;

  constructor(ends: { req: IncomingMessage; res: ServerResponse }, plan: ExchangePlan, tools: ExchangeTools) {
    this.#req = ends.req;
    this.#res = ends.res;
    this.#plan = plan;
    this.#tools = tools;
    this.#endpoint = tools.agents.endpoint(plan.upstream.origin);
    this.#framing = {
      host: this.#endpoint.host,
      method: ends.req.method ?? 'GET',
      body: bodyFraming(ends.req),
    };
  }

  start(): void {
    // Errors of the client's side all end in the response's "close".
    this.#req.on('error', () => {});
    this.#res.on('error', () => {});
    this.#res.once('close', () => {
      this.clientGone();
      if (!this.#req.complete) this.#watchLateBody();
    });
    const { watched } = this.#plan;
    if (watched !== null) {
      this.#sendWatched(watched);
      return;
    }
    const { body } = this.#framing;
    const { wholeBodyBytesMax } = this.#tools;
    const buffered = this.#plan.chat && body !== null && (body === 'chunked' || body <= wholeBodyBytesMax);
    if (!buffered) this.#sendStreaming([]);
    this.#tap = this.#plan.beginTap();
    if (buffered) this.#sendBuffered(body);
  }

  /** Breaks the call off, at shutdown; its client's connection is closed with all the others. */
  cut(): void {
    this.#end('upstream-cut');
    this.#upstreamReq?.destroy();
  }

  /** The client has left, or has had its whole answer; nothing happens where the call is over. */
  clientGone(): void {
    if (this.#ended) return;
    this.#end('client-gone');
    this.#upstreamReq?.destroy();
  }

  /**
   * Ends an admitted call at the line: an answer that has not begun is refused, a stream gets an ending, or is broken off where it
   * can have none. What is not a stream is passed whole, since all of it has been generated.
   */
  stop(message: string): void {
    const { watched } = this.#plan;
    if (this.#ended || watched === null) return;
    const relay = this.#relay;
    if (relay === null) {
      this.#end('stopped');
      sendShape(this.#res, watched.stopShape(message));
    } else if (relay instanceof WatchedRelay) {
      relay.stop({ message, model: watched.model });
      this.#end('stopped');
    } else if (this.#isStream) this.#end('stopped');
    else return;
    this.#upstreamReq?.destroy();
  }

  /** A body may go on after its answer. Then nothing but its connection tells that the client has left before the body's end. */
  #watchLateBody(): void {
    const { socket } = this.#req;
    const breakOff = () => this.#upstreamReq?.destroy();
    socket.once('close', breakOff);
    this.#req.once('end', () => socket.off('close', breakOff));
  }

  #sendWatched(watched: WatchedRequest): void {
    this.#askedForUsage = watched.askedForUsage;
    this.#tap = this.#plan.beginTap();
    if (watched.seenBody.length > 0) this.#tap?.requestBytes(watched.seenBody);
    this.#sendPieces(watched.pieces);
  }

  /** Scans and observes the body while it comes: a large one would hold up every other stream if it were gone through at its end. */
  #sendBuffered(body: number | 'chunked'): void {
    const declaredBytes = body === 'chunked' ? null : body;
    const scanner = createChatStreamScanner();
    bufferBody(
      this.#req,
      { declaredBytes, maxBytes: this.#tools.wholeBodyBytesMax },
      {
        onChunk: (chunk) => {
          scanner.push(chunk);
          this.#tap?.requestBytes(chunk);
        },
        onBody: (result) => {
          if (this.#ended) return;
          if (result.whole) this.#sendWhole(result.body, scanner.end());
          else this.#sendStreaming(result.read);
        },
      },
    );
  }

  #sendWhole(body: Uint8Array, options: ChatStreamOptions): void {
    const patch = usagePatch(body, options);
    this.#askedForUsage = patch !== null;
    this.#sendPieces(patch === null ? [body] : patchedPieces(body, patch));
  }

  #sendPieces(pieces: readonly Uint8Array[]): void {
    const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
    const { body } = this.#framing;
    const upstreamReq = this.#open({ ...this.#framing, body: typeof body === 'number' ? bytes : body });
    for (const piece of pieces) upstreamReq?.write(piece);
    this.#endRequest(upstreamReq);
    this.#tap?.requestEnd();
  }

  /** Passes the body on as it comes, after what was read and shown to the tap already. */
  #sendStreaming(alreadyRead: readonly Uint8Array[]): void {
    const req = this.#req;
    const upstreamReq = this.#open(this.#framing);
    const forward = (chunk: Uint8Array) => {
      // An answer may come, and the upstream close, before the client has sent all: the rest is read and let go.
      const flowing = upstreamReq === null || upstreamReq.destroyed || upstreamReq.write(chunk);
      if (!flowing) req.pause();
    };
    upstreamReq?.on('drain', () => req.resume());
    req.on('data', (chunk: Uint8Array) => {
      forward(chunk);
      this.#tap?.requestBytes(chunk);
    });
    req.once('end', () => {
      this.#endRequest(upstreamReq);
      this.#tap?.requestEnd();
    });
    // After a long read the request is paused, and only a full upstream may keep it so.
    req.resume();
    for (const chunk of alreadyRead) forward(chunk);
  }

  #endRequest(upstreamReq: ClientRequest | null): void {
    if (upstreamReq === null || upstreamReq.destroyed) return;
    upstreamReq.addTrailers(headerPairs(this.#req.rawTrailers));
    upstreamReq.end();
  }

  #open(framing: RequestFraming): ClientRequest | null {
    const { agent, secure, hostname, port } = this.#endpoint;
    const options: RequestOptions = {
      host: hostname,
      port,
      method: framing.method,
      path: this.#plan.path,
      headers: upstreamRequestHeaders(this.#plan.watched?.rawHeaders ?? this.#req.rawHeaders, framing),
      agent,
      maxHeaderSize: 256 * 1024,
    };
    let upstreamReq: ClientRequest;
    try {
      upstreamReq = secure ? httpsRequest(options) : httpRequest(options);
    } catch {
      // Node refuses to send a field or a path that its own parser let in.
      process.nextTick(() => this.#fail('no-upstream', 'Outlay could not pass this request on: it is malformed.'));
      return null;
    }
    this.#upstreamReq = upstreamReq;
    upstreamReq.maxHeadersCount = 0;
    upstreamReq.once('socket', (socket) => this.#watchConnecting(socket));
    upstreamReq.on('response', (upstreamRes: IncomingMessage) => this.#respond(upstreamRes));
    upstreamReq.on('information', (info) => this.#inform(info));
    upstreamReq.once('close', () => {
      this.#req.resume();
      // Node closes without an error where an upstream switches protocols unasked.
      if (this.#relay === null && upstreamReq === this.#upstreamReq)
        this.#fail('upstream-cut', `${this.#framing.host} broke off before it answered.`);
    });
    upstreamReq.on('error', (error: NodeJS.ErrnoException) => this.#upstreamFailed(upstreamReq, error));
    return upstreamReq;
  }

  /** Until a connection stands nothing can have reached the provider. */
  #watchConnecting(socket: Socket): void {
    this.#connected = !socket.connecting;
    if (this.#connected) return;
    socket.once(this.#endpoint.secure ? 'secureConnect' : 'connect', () => {
      this.#connected = true;
    });
  }

  #respond(upstreamRes: IncomingMessage): void {
    try {
      this.#relay = this.#relayOf(upstreamRes);
    } catch {
      upstreamRes.destroy();
      this.#fail('upstream-cut', `The answer of ${this.#framing.host} could not be passed on: it is malformed.`);
      return;
    }
    const tap = this.#tap;
    const show = tap && ((chunk: Uint8Array) => tap.responseBytes(chunk, this.#nowMs()));
    this.#relay.start(show, (end) => this.#end(end));
    // Node takes a connection that fails for the end of a body that has no other; the error comes before that end.
    this.#upstreamReq?.once('error', (error) => {
      if (!upstreamRes.complete) upstreamRes.destroy(error);
    });
    const { headers, rawHeaders, statusCode = 0 } = upstreamRes;
    this.#tap?.responseHead({
      httpStatus: statusCode,
      contentType: headers['content-type'] ?? null,
      contentEncoding: headers['content-encoding'] ?? null,
      requestId: requestIdOf(rawHeaders),
      quota: quotaOfHeaders(rawHeaders, this.#nowMs()),
    });
  }

  /** Throws where Node refuses a field of the head, and of a final answer with an interim status, which Node lets through. */
  #relayOf(upstreamRes: IncomingMessage): ResponseRelay | WatchedRelay {
    if ((upstreamRes.statusCode ?? 0) < 200) throw new Error('Not a final status.');
    const ends = { upstreamRes, req: this.#req, res: this.#res };
    const { watched } = this.#plan;
    if (watched !== null) {
      const type = upstreamRes.headers['content-type'] ?? '';
      this.#isStream = isStreamType(watched.api, type);
      const ending = createStreamEnding(watched, { type, encoding: upstreamRes.headers['content-encoding'] ?? '' });
      if (ending !== null) return new WatchedRelay(ends, ending, this.#askedForUsage);
    }
    return new ResponseRelay(ends, this.#askedForUsage);
  }

  /** Passes on 102, 103 and their like; a 100 was answered by ourselves. */
  #inform(info: InformationEvent): void {
    const { socket } = this.#res;
    if (socket === null || this.#res.headersSent || this.#req.httpVersion === '1.0') return;
    if (info.statusCode === 100) return;
    const fields = headerPairs(info.rawHeaders).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`HTTP/1.1 ${info.statusCode} ${info.statusMessage}\r\n${fields.join('')}\r\n`, 'latin1');
  }

  #upstreamFailed(upstreamReq: ClientRequest, error: NodeJS.ErrnoException): void {
    if (this.#ended || upstreamReq !== this.#upstreamReq || this.#relay !== null) return;
    if (upstreamReq.reusedSocket && this.#isSafeToRepeat() && error.code === 'ECONNRESET') {
      // The provider closed an unused connection just as it was taken again.
      this.#endRequest(this.#open(this.#framing));
      return;
    }
    const code = typeof error.code === 'string' ? ` (${error.code})` : '';
    if (this.#connected) this.#fail('upstream-cut', `${this.#framing.host} broke off before it answered${code}.`);
    else this.#fail('no-upstream', `Outlay could not reach ${this.#framing.host}${code}.`);
  }

  /** A request that may have reached the provider is never sent twice, unless it is a read without a body. */
  #isSafeToRepeat(): boolean {
    const { method, body } = this.#framing;
    return (method === 'GET' || method === 'HEAD') && body === null;
  }

  #fail(end: CallEnd, message: string): void {
    if (this.#ended) return;
    this.#end(end);
    sendJson(this.#res, { status: 502, close: false }, this.#plan.errorBody(502, message));
  }

  #end(end: CallEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#tap?.end(end, this.#nowMs());
    this.#plan.watched?.onEnd();
  }

  /** Wall time of the start plus a monotonic span: a clock that is set meanwhile bends no duration. */
  #nowMs(): number {
    return this.#plan.startedAtMs + this.#tools.clock.monotonicMs() - this.#plan.startedMonotonicMs;
  }
}

/** The id that the provider gave the request: Anthropic's, everybody's, AWS's header. */
function requestIdOf(rawHeaders: readonly string[]): string | null {
  for (const name of ['request-id', 'x-request-id', 'x-amzn-requestid']) {
    const id = bounded(rawValues(rawHeaders, name)[0]);
    if (id !== null) return id;
  }
  return null;
}

/** How a request's body is framed. Node has refused every request with contradicting lengths before this. */
export function bodyFraming(req: IncomingMessage): RequestFraming['body'] {
  if (req.headers['transfer-encoding'] !== undefined) return 'chunked';
  const length = req.headers['content-length'];
  return length === undefined ? null : Number(length);
}
