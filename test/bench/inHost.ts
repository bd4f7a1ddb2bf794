import { channel } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { ClientRequest } from 'node:http';
import { Worker } from 'node:worker_threads';
import { installHooks } from '../../src/intercept/installHooks.ts';
import type { BenchRow, BenchSection } from './benchSection.ts';
import { idleWatcher } from './idleWatcher.ts';
import type { InHostClient } from './inHostClient.ts';

/** Of each side. */
const REQUESTS = 10_000;
const BLOCK = 250;
const WARM_UP = 1_500;
/** Of each side: one thread is not like another by more than what is measured. */
const THREADS = 4;
const MOST_PERCENT = 2;
const LISTENER_ROUNDS = 200_000;

/** A server on a thread of its own, so that only the client's side is on this one. */
const serverCode = `
const { createServer } = require('node:http');
const { parentPort } = require('node:worker_threads');
const server = createServer((request, response) => {
  request.resume();
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '11' });
  response.end('{"ok":true}');
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

/**
 * What requests that have nothing to do with LLMs cost more while calls are observed. Each side has threads of its own, which are observed
 * from their start or never, as extension hosts are: to begin and end it in between would make the platform compile anew what it had just made
 * fast, and that would be measured. They work in turns.
 */
export async function benchInHost(): Promise<BenchSection> {
  const worker = new Worker(serverCode, { eval: true });
  const port = await new Promise<number>((resolve) => worker.once('message', resolve));
  const url = `http://127.0.0.1:${port}/v1/other`;
  const rows: BenchRow[] = [];
  for (const way of ['fetch', 'http.get'] as const) rows.push(await compare(way, url));
  rows.push(...listenerRows());
  await worker.terminate();
  return { name: 'in-host', rows };
}

async function compare(way: InHostClient['way'], url: string): Promise<BenchRow> {
  const clients = Array.from({ length: THREADS * 2 }, (_, index) =>
    startClient({ url, way, isObserved: index % 2 === 1 }),
  );
  for (const { run } of clients) await run(WARM_UP);
  for (let done = 0; done < REQUESTS; done += BLOCK * THREADS) {
    // The order turns each time, so that a machine that grows faster or slower favours neither.
    for (const client of clients) client.times.push(await client.run(BLOCK));
    clients.push(...clients.splice(0, 1));
  }
  for (const { worker } of clients) await worker.terminate();
  const typical = (isObserved: boolean): number =>
    median(clients.filter((client) => client.isObserved === isObserved).map(({ times }) => median(times)));
  const percent = (typical(true) / typical(false) - 1) * 100;
  const each = clients.map(({ isObserved, times }) => `${isObserved ? '+' : '-'}${(median(times) / BLOCK).toFixed(1)}`);
  return {
    metric: `${way}, ${REQUESTS} requests to other hosts, observed`,
    value: percent,
    unit: '% more processor time',
    target: `<= ${MOST_PERCENT}`,
    reached: percent <= MOST_PERCENT,
    note: `µs of processor time each, by thread, observed (+) and not (-): ${each.sort().join(' ')}`,
  };
}

interface Client {
  readonly worker: Worker;
  readonly isObserved: boolean;
  /** Microseconds of each block. */
  readonly times: number[];
  readonly run: (requests: number) => Promise<number>;
}

function startClient(workerData: InHostClient): Client {
  const worker = new Worker(new URL('./inHostClient.ts', import.meta.url), { workerData });
  const run = async (requests: number): Promise<number> => {
    const answer = once(worker, 'message') as Promise<[number]>;
    worker.postMessage(requests);
    return (await answer)[0];
  };
  return { worker, isObserved: workerData.isObserved, times: [], run };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle) - 1] ?? 0)) / 2;
}

/** Our listeners by themselves, which no noise of the network hides: what they take of a request that costs 50 µs. */
function listenerRows(): readonly BenchRow[] {
  const undici = {
    request: { origin: 'http://127.0.0.1:9', path: '/', method: 'GET', headers: [] },
    chunk: Buffer.of(1),
  };
  const http = new ClientRequest('http://127.0.0.1:9/').on('error', () => undefined);
  const told: readonly (readonly [string, readonly string[], object])[] = [
    [
      'undici',
      ['create', 'bodyChunkSent', 'bodySent', 'headers', 'bodyChunkReceived', 'trailers'].map(
        (name) => `undici:request:${name}`,
      ),
      { ...undici, response: {} },
    ],
    ['http', ['http.client.request.created', 'http.client.response.finish'], { request: http, response: {} }],
  ];
  const hooks = installHooks(idleWatcher());
  const rows = told.map(([name, channels, message]): BenchRow => {
    const publishers = channels.map((each) => channel(each));
    const start = process.threadCpuUsage();
    for (let n = 0; n < LISTENER_ROUNDS; n++) for (const publisher of publishers) publisher.publish(message);
    const { user, system } = process.threadCpuUsage(start);
    const percent = ((user + system) / LISTENER_ROUNDS / 50) * 100;
    const metric = `${name}, our listeners alone, of a request of 50 µs`;
    return { metric, value: percent, unit: '%', target: `<= ${MOST_PERCENT}`, reached: percent <= MOST_PERCENT };
  });
  hooks.dispose();
  http.destroy();
  return rows;
}
