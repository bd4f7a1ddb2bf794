import { channel } from 'node:diagnostics_channel';
import { Agent, ClientRequest, get } from 'node:http';
import { Worker } from 'node:worker_threads';
import { createCallerFinder } from '../../src/intercept/callerFinder.ts';
import { CallerGuess } from '../../src/intercept/callerGuess.ts';
import { createCallWatcher } from '../../src/intercept/callWatcher.ts';
import type { CallWatcher } from '../../src/intercept/contract.ts';
import { FeedCall } from '../../src/intercept/feedCall.ts';
import { installHooks } from '../../src/intercept/installHooks.ts';
import type { BenchRow, BenchSection } from './benchSection.ts';

const REQUESTS = 10_000;
const BLOCK = 250;
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

/** What requests that have nothing to do with LLMs cost more while calls are observed: 10,000 with and 10,000 without, in turns. */
export async function benchInHost(): Promise<BenchSection> {
  const worker = new Worker(serverCode, { eval: true });
  const port = await new Promise<number>((resolve) => worker.once('message', resolve));
  const url = `http://127.0.0.1:${port}/v1/other`;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ways: Readonly<Record<string, () => Promise<unknown>>> = {
    fetch: async () => (await fetch(url, { method: 'POST', body: '{"n":1}' })).arrayBuffer(),
    'http.get': () =>
      new Promise((resolve, reject) => {
        get(url, { agent }, (response) => response.on('end', resolve).resume()).on('error', reject);
      }),
  };
  const rows: BenchRow[] = [];
  for (const [name, way] of Object.entries(ways)) rows.push(await compare(name, way));
  rows.push(...listenerRows());
  agent.destroy();
  await worker.terminate();
  return { name: 'in-host', rows };
}

async function compare(name: string, way: () => Promise<unknown>): Promise<BenchRow> {
  const times = { without: [] as number[], with: [] as number[] };
  await block(way);
  await block(way);
  for (let done = 0; done < REQUESTS; done += BLOCK) {
    // The two change places each time, so that a machine that grows faster or slower favours neither.
    const order = (done / BLOCK) % 2 === 0 ? (['without', 'with'] as const) : (['with', 'without'] as const);
    for (const side of order) times[side].push(side === 'with' ? await observed(way) : await block(way));
  }
  const percent = (median(times.with) / median(times.without) - 1) * 100;
  return {
    metric: `${name}, ${REQUESTS} requests to other hosts, observed`,
    value: percent,
    unit: '% more processor time',
    target: `<= ${MOST_PERCENT}`,
    reached: percent <= MOST_PERCENT,
    note: `${(median(times.without) / BLOCK).toFixed(1)} µs of processor time each without`,
  };
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

async function observed(way: () => Promise<unknown>): Promise<number> {
  const hooks = installHooks(idleWatcher());
  try {
    return await block(way);
  } finally {
    hooks.dispose();
  }
}

/** Microseconds that this thread worked: what others do on the machine meanwhile is no cost of ours. */
async function block(way: () => Promise<unknown>): Promise<number> {
  const start = process.threadCpuUsage();
  for (let n = 0; n < BLOCK; n++) await way();
  const { user, system } = process.threadCpuUsage(start);
  return user + system;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** Observes as an extension host does, and knows none of the hosts that are called here. */
function idleWatcher(): CallWatcher {
  return createCallWatcher({
    clock: { nowMs: () => Date.now(), monotonicMs: () => performance.now() },
    begin: (about) =>
      new FeedCall(
        { ...about, kind: 'begin', no: 1 },
        { send: () => true, mayKeep: () => false, onKept: () => undefined, onEnd: () => undefined },
      ),
    ownHosts: () => new Set(),
    gatewayPort: () => null,
    findCaller: createCallerFinder(() => []),
    guess: new CallerGuess({ runningAgents: () => [] }),
    onSeen: () => undefined,
    onKind: () => undefined,
    nameOf: (caller) => caller,
    mayObserve: () => true,
    refusal: () => null,
    onFailure: (error) => {
      throw error;
    },
  });
}
