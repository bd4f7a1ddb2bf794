import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { MeterLock } from '../../../src/protocol/control.ts';

/** A FAKE meter that only speaks the control API as far as a client's test needs; the real one is `src/meter`. */
export interface FakeMeter extends AsyncDisposable {
  readonly lock: MeterLock;
  readonly calls: { readonly name: string; readonly params: unknown; readonly authorization: string | undefined }[];
  readonly watchers: ServerResponse[];
  /** Ends like a crash: every socket is cut. */
  crash(): Promise<void>;
}

export type FakeAnswers = Readonly<Record<string, (params: unknown, response: ServerResponse) => unknown>>;

export async function startFakeMeter(answers: FakeAnswers, lock: Partial<MeterLock> = {}): Promise<FakeMeter> {
  const calls: FakeMeter['calls'] = [];
  const watchers: ServerResponse[] = [];
  const server = createServer((request, response) => {
    void answer(request, response);
  });
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const name = (request.url ?? '').replace('/control/', '');
    if (name === 'watch') {
      watchers.push(response);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      answers['watch']?.({}, response);
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const params: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    calls.push({ name, params, authorization: request.headers.authorization });
    const result = answers[name]?.(params, response);
    if (response.writableEnded || result === 'no answer') return;
    response.writeHead(result === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(typeof result === 'string' ? result : JSON.stringify(result ?? {}));
  }
  await new Promise<void>((ready) => server.listen(lock.port ?? 0, '127.0.0.1', ready));
  const crash = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  };
  const { port } = server.address() as AddressInfo;
  return {
    lock: { token: 'gateway-token', controlToken: 'control-token', pid: process.pid, version: '0.1.0', ...lock, port },
    calls,
    watchers,
    crash,
    [Symbol.asyncDispose]: crash,
  };
}
