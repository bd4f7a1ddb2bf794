import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { anthropicDialect } from './anthropicDialect.ts';
import type { Answer, Dialect, ReportedUsage } from './dialect.ts';
import { geminiDialect } from './geminiDialect.ts';
import { responsesDialect } from './responsesDialect.ts';

/** A call as the provider received it, and what the provider said about it. */
export interface ServedCall {
  readonly api: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** Bytes of the body as they came. */
  readonly bodyBytes: number;
  readonly body: unknown;
  readonly model: string;
  readonly answer: Answer;
  readonly responseId: string;
  /** Null where the answer was an error, which reports none. For a cut stream, what it would have reported. */
  readonly usage: ReportedUsage | null;
}

export interface AgentUpstream {
  readonly origin: string;
  /** Calls in the order in which they arrived. */
  readonly calls: readonly ServedCall[];
  /** Everything else that was asked: `METHOD /path`, or `UPGRADE /path` for a WebSocket, which it does not speak. */
  readonly others: readonly string[];
  /** Decides what a call is answered with; a test may replace it at any time. */
  answer: (call: Pick<ServedCall, 'api' | 'body' | 'model' | 'headers'>, index: number) => Answer;
  /** The same provider for a server of a test's own, for example one that speaks TLS. */
  readonly listener: RequestListener;
  close(): Promise<void>;
}

const dialects: readonly Dialect[] = [anthropicDialect, responsesDialect, geminiDialect];

/** Anthropic, OpenAI, ChatGPT and Gemini at once on one loopback port, as real agents talk to them. */
export async function startAgentUpstream(answer: AgentUpstream['answer']): Promise<AgentUpstream> {
  const calls: ServedCall[] = [];
  const others: string[] = [];
  const listener: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('error', () => undefined);
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => serve(request, Buffer.concat(chunks), response));
  };
  const serve = (request: IncomingMessage, bytes: Buffer, response: ServerResponse): void => {
    const { method = '', headers } = request;
    const path = new URL(request.url ?? '/', 'http://upstream').pathname;
    const body = parseBody(bytes, headers['content-encoding']);
    for (const dialect of dialects) {
      const matched = dialect.match(method, path, body);
      if (matched === null) continue;
      const { model, stream } = matched;
      const { api } = dialect;
      const given = upstream.answer({ api, body, model, headers }, calls.length);
      const responseId = `resp_made_up_${calls.length + 1}`;
      const thinks = given.kind === 'text' && (given.thinking ?? []).length > 0;
      const usage = given.kind === 'refuse' ? null : dialect.usage(calls.length + 1, thinks);
      calls.push({ api, path, headers, bodyBytes: bytes.length, body, model, answer: given, responseId, usage });
      if (given.kind === 'refuse' || usage === null) refuse(response, dialect, given);
      else write(response, dialect, { given, responseId, model, usage, stream });
      return;
    }
    others.push(`${method} ${path}`);
    response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":{"message":"not scripted"}}');
  };
  const server = createServer(listener);
  server.on('upgrade', (request, socket) => {
    others.push(`UPGRADE ${new URL(request.url ?? '/', 'http://upstream').pathname}`);
    socket.on('error', () => undefined);
    socket.end('HTTP/1.1 426 Upgrade Required\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const upstream: AgentUpstream = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    others,
    answer,
    listener,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return upstream;
}

function parseBody(bytes: Buffer, encoding: string | undefined): unknown {
  try {
    const plain = encoding === 'zstd' ? zstdDecompressSync(bytes) : encoding === 'gzip' ? gunzipSync(bytes) : bytes;
    return JSON.parse(plain.toString('utf8'));
  } catch {
    return null;
  }
}

function refuse(response: ServerResponse, dialect: Dialect, given: Answer): void {
  if (given.kind !== 'refuse') return;
  const { status, retryAfterSeconds } = given;
  response.writeHead(status, {
    'content-type': 'application/json',
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
  });
  response.end(dialect.refusal(status));
}

interface Written {
  readonly given: Exclude<Answer, { kind: 'refuse' }>;
  readonly responseId: string;
  readonly model: string;
  readonly usage: ReportedUsage;
  readonly stream: boolean;
}

function write(response: ServerResponse, dialect: Dialect, { given, ...rest }: Written): void {
  const cut = given.kind === 'cut';
  const pieces = dialect.pieces({ ...rest, answer: cut ? { kind: 'text', text: given.text } : given });
  response.writeHead(200, {
    'content-type': rest.stream ? 'text/event-stream' : 'application/json',
    'request-id': `req_${rest.responseId}`,
  });
  if (!cut) {
    for (const piece of pieces) response.write(piece);
    response.end();
    return;
  }
  // Everything up to the last text is delivered before the connection breaks.
  response.write(pieces.slice(0, Math.ceil(pieces.length / 2)).join(''), () => {
    setImmediate(() => response.destroy());
  });
}
