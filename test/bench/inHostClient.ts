import { Agent, get } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';
import { installHooks } from '../../src/intercept/installHooks.ts';
import { idleWatcher } from './idleWatcher.ts';

/** What a client of its own thread is started with. */
export interface InHostClient {
  readonly url: string;
  readonly way: 'fetch' | 'http.get';
  /** Observed from its start to its end, as an extension host is. */
  readonly isObserved: boolean;
}

const { url, way, isObserved } = workerData as InHostClient;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

const ways: Readonly<Record<InHostClient['way'], () => Promise<unknown>>> = {
  fetch: async () => (await fetch(url, { method: 'POST', body: '{"n":1}' })).arrayBuffer(),
  'http.get': () =>
    new Promise((resolve, reject) => {
      get(url, { agent }, (response) => response.on('end', resolve).resume()).on('error', reject);
    }),
};

if (isObserved) installHooks(idleWatcher());

/** So many requests; answers with the microseconds that this thread worked: what others do on the machine meanwhile is no cost of ours. */
parentPort?.on('message', async (requests: number) => {
  const start = process.threadCpuUsage();
  for (let n = 0; n < requests; n++) await ways[way]();
  const { user, system } = process.threadCpuUsage(start);
  parentPort?.postMessage(user + system);
});
