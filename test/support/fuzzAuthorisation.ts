import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { Agent, type OutgoingHttpHeaders, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';

const injections = [
  ...[
    "' OR '1'='1",
    "'; DROP TABLE calls;--",
    '" OR 1=1 --',
    "1' UNION SELECT token FROM meter--",
    "sk-' AND pg_sleep(9)--",
    '$%7bjndi:ldap://x}',
  ],
  ...[
    '{{7*7}}',
    '../../meter.json',
    '%00',
    '\x80\xff',
    'null',
    'undefined',
    '[object Object]',
    '__proto__',
    'Bearer',
    'Bearer ',
    'Basic Og==',
    '*',
  ],
];
const visible = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
  maxLength: 60,
});
const value = fc.oneof(
  visible,
  fc.constantFrom(...injections),
  fc.base64String({ maxLength: 90 }),
  visible.map((text) => `Bearer ${text}`),
);
const name = fc.constantFrom(
  'authorization',
  'x-api-key',
  'api-key',
  'x-goog-api-key',
  'cookie',
  'proxy-authorization',
  'x-outlay-token',
);
const segment = fc.oneof(
  fc.base64String({ maxLength: 60 }).map((text) => text.replaceAll('/', '_')),
  fc.constantFrom(...injections).map(encodeURIComponent),
  fc.constantFrom('control', 'null', '', '.', '..'),
);
const target = fc.oneof(
  segment.map((first) => `/${first}/ws-1/anthropic/v1/messages`),
  fc.constantFrom(
    '/control/configure',
    '/control/deleteCalls',
    '/control/snapshot',
    '/control/watch',
    '/control/handover',
    '/control/status',
  ),
);

export interface FuzzedMeter {
  readonly port: number;
  readonly dataDir: string;
}

/** Sends that many requests with made-up credentials; the statuses that came, and whether any file of the books changed. */
export async function fuzzAuthorisation(
  { port, dataDir }: FuzzedMeter,
  options: { readonly runs: number; readonly seed: number },
): Promise<{ readonly statuses: readonly number[]; readonly changed: boolean }> {
  const before = await settledHashOf(dataDir);
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const requests = fc.sample(fc.tuple(fc.dictionary(name, value, { maxKeys: 3 }), target), {
    numRuns: options.runs,
    seed: options.seed,
  });
  const statuses = new Set<number>();
  const queue = requests.values();
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (const [headers, path] of queue) statuses.add(await statusOf({ agent, port, path, headers }));
    }),
  );
  agent.destroy();
  return { statuses: [...statuses], changed: hashOf(dataDir) !== before };
}

function statusOf(options: {
  agent: Agent;
  port: number;
  path: string;
  headers: OutgoingHttpHeaders;
}): Promise<number> {
  return new Promise((resolve, reject) => {
    const req = request({ host: '127.0.0.1', method: 'POST', ...options }, (res) => {
      res.resume();
      res.once('end', () => resolve(res.statusCode ?? 0));
    });
    req.once('error', reject);
    req.end('{"model":"m"}');
  });
}

/** When nothing is asked for half a second, the ledger takes its log into its file, once: what counts is what comes after that. */
async function settledHashOf(folder: string): Promise<string> {
  let hash = hashOf(folder);
  for (let same = 0; same < 2; ) {
    await delay(500);
    const now = hashOf(folder);
    same = now === hash ? same + 1 : 0;
    hash = now;
  }
  return hash;
}

/** Of every file's bytes. The log's shared memory is left out: SQLite may touch it while nobody writes. */
function hashOf(folder: string): string {
  const hash = createHash('sha256');
  for (const entry of readdirSync(folder).sort()) {
    const path = join(folder, entry);
    if (statSync(path).isFile() && !entry.endsWith('-shm')) hash.update(entry).update(readFileSync(path));
  }
  return hash.digest('hex');
}
