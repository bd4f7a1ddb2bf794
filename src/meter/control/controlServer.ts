import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ControlMap, ControlName } from '../../protocol/control.ts';
import type { NowSnapshot } from '../../protocol/snapshot.ts';

const MAX_BODY_BYTES = 32 * 1024 * 1024;

export type ControlHandlers = {
  readonly [Name in ControlName]: (params: unknown) => Promise<ControlMap[Name]['result']>;
};

/** A request that a client worded wrongly; its text goes back to that client. */
export class ControlProblem extends Error {}

export interface SnapshotFeed {
  /** Calls back with a whole snapshot at once and then at most four times a second. Returns the stop. */
  subscribe(onSnapshot: (snapshot: NowSnapshot) => void): () => void;
}

export interface ControlServerOptions {
  readonly controlToken: string;
  readonly handlers: ControlHandlers;
  readonly feed: SnapshotFeed;
  /** Takes over the connections of windows that tell of what they observe. */
  readonly onHost: (request: IncomingMessage, response: ServerResponse) => void;
  readonly log: (line: string) => void;
  /** Told of each request without the control token. */
  readonly onRefused: () => void;
}

/**
 * Answers `/control/...`. The gateway has already checked Host and Origin; what is checked here is the control token, which no
 * terminal and no agent has. Everything else is refused before the body is read.
 */
export class ControlServer {
  readonly #options: ControlServerOptions;
  readonly #expected: Buffer;
  readonly #watchers = new Set<ServerResponse>();

  constructor(options: ControlServerOptions) {
    this.#options = options;
    this.#expected = Buffer.from(`Bearer ${options.controlToken}`);
  }

  /** Windows and other clients that follow the snapshots. */
  get clients(): number {
    return this.#watchers.size;
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    if (!this.#isAuthorised(request)) {
      this.#options.onRefused();
      answer(response, 401, { error: 'The control token is missing or wrong.' });
      return;
    }
    const name = (request.url ?? '').slice('/control/'.length);
    if (request.method === 'GET' && name === 'watch') {
      this.#watch(response);
      return;
    }
    if (request.method === 'POST' && name === 'host') {
      this.#options.onHost(request, response);
      return;
    }
    if (request.method !== 'POST' || !Object.hasOwn(this.#options.handlers, name)) {
      answer(response, 404, { error: 'There is no control request of this name.' });
      return;
    }
    void this.#call(name as ControlName, request, response);
  }

  /** Ends every watch, so that clients look for the meter again. */
  close(): void {
    for (const watcher of this.#watchers) watcher.end();
  }

  #isAuthorised(request: IncomingMessage): boolean {
    const given = Buffer.from(request.headers.authorization ?? '');
    return given.length === this.#expected.length && timingSafeEqual(given, this.#expected);
  }

  async #call(name: ControlName, request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const params: unknown = JSON.parse((await readBody(request)) || '{}');
      answer(response, 200, await this.#options.handlers[name](params));
    } catch (error) {
      const isOurs = error instanceof ControlProblem || error instanceof SyntaxError;
      if (!isOurs) this.#options.log(`control ${name}: ${error instanceof Error ? error.stack : String(error)}`);
      answer(response, isOurs ? 400 : 500, { error: error instanceof Error ? error.message : 'The request failed.' });
    }
  }

  #watch(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    this.#watchers.add(response);
    // A client that does not read gets no queue: the next snapshot is whole, so the ones between can be left out.
    const stop = this.#options.feed.subscribe((snapshot) => {
      if (!response.writableNeedDrain) response.write(`data: ${JSON.stringify(snapshot)}\n\n`);
    });
    response.on('close', () => {
      this.#watchers.delete(response);
      stop();
    });
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    // What is too much is read and let go: a connection that is left unread would hold its client up for ever.
    if (size <= MAX_BODY_BYTES) chunks.push(chunk);
    else chunks.length = 0;
  }
  if (size > MAX_BODY_BYTES) throw new ControlProblem('The request is too large.');
  return Buffer.concat(chunks).toString('utf8');
}

function answer(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}
