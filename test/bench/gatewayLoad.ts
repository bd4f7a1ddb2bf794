import { Agent, request } from 'node:http';

/**
 * The load client in a process of its own: for a while, `streams` streams at a time from each of several base URLs in turn,
 * so that whatever else the machine does falls on all alike. Prints latencies in microseconds: from the upstream's write of an
 * event to its arrival here, and from the request to the first event.
 */
export interface LoadPlan {
  readonly urls: readonly string[];
  readonly streams: number;
  readonly events: number;
  readonly everyMs: number;
  readonly padding: number;
  /** How often each URL gets its turn. */
  readonly rounds: number;
}

export interface LoadResult {
  readonly firstUs: number[];
  readonly eventUs: number[];
  readonly lost: number;
}

const plan = JSON.parse(process.argv[2] ?? '{}') as LoadPlan;
const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, maxFreeSockets: 1_000 });
const results: { firstUs: number[]; eventUs: number[]; lost: number }[] = plan.urls.map(() => ({
  firstUs: [],
  eventUs: [],
  lost: 0,
}));

// The first round opens connections and warms compilers up, and is not counted.
for (let round = -1; round < plan.rounds; round += 1) {
  for (const [index, url] of plan.urls.entries()) {
    const into = round < 0 ? { firstUs: [], eventUs: [], lost: 0 } : results[index];
    if (into === undefined) continue;
    await Promise.all(
      Array.from({ length: plan.streams }, (_, i) => startLater(url, (i * plan.everyMs) / plan.streams, into)),
    );
  }
}
agent.destroy();
process.stdout.write(`${JSON.stringify(results)}\n`);

/** Streams start spread over one interval, as agents do, instead of in one burst. */
async function startLater(url: string, delayMs: number, into: { firstUs: number[]; eventUs: number[]; lost: number }) {
  await new Promise((resolve) => setTimeout(resolve, delayMs));
  const seen = await stream(url, into);
  into.lost += plan.events - seen;
}

function stream(url: string, into: { firstUs: number[]; eventUs: number[] }): Promise<number> {
  return new Promise((resolve, reject) => {
    const body = JSON.stringify({ events: plan.events, everyMs: plan.everyMs, padding: plan.padding });
    const started = process.hrtime.bigint();
    let seen = 0;
    const req = request(url, { method: 'POST', agent, headers: { 'content-length': body.length } }, (res) => {
      let rest = '';
      res.on('data', (chunk: Buffer) => {
        const now = process.hrtime.bigint();
        rest += chunk.toString('latin1');
        for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
          const written = /"t":"(\d+)"/.exec(rest.slice(0, end))?.[1];
          rest = rest.slice(end + 2);
          if (written === undefined) continue;
          if (seen === 0) into.firstUs.push(Number(now - started) / 1_000);
          else into.eventUs.push(Number(now - BigInt(written)) / 1_000);
          seen += 1;
        }
      });
      res.once('end', () => resolve(seen));
      res.once('error', reject);
    });
    req.once('error', reject);
    req.end(body);
  });
}
