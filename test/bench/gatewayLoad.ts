import { Agent, type IncomingMessage, request } from 'node:http';
import { largeBody, requestBody, type UpstreamScript, wholeStream } from './gatewayScript.ts';

/** A way to the upstream: where to send calls, and what fields a gateway wants with them. */
export interface Target {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** For a while, `streams` streams at a time to each of several targets in turn, so that whatever else the machine does falls on all alike. */
export interface LatencyPlan {
  readonly kind: 'latency';
  readonly targets: readonly Target[];
  readonly streams: number;
  readonly events: number;
  readonly everyMs: number;
  readonly padding: number;
  /** How often each target gets its turn. */
  readonly rounds: number;
}

/** Many streams at once to one target, every byte of them compared. */
export interface ManyPlan {
  readonly kind: 'many';
  readonly target: Target;
  readonly streams: number;
  readonly events: number;
  readonly everyMs: number;
}

/** Short calls to one target at a steady rate, whether or not the last ones have been answered. */
export interface RatePlan {
  readonly kind: 'rate';
  readonly target: Target;
  readonly perSecond: number;
  readonly seconds: number;
}

/** Large requests to each of several targets in turn. */
export interface LargePlan {
  readonly kind: 'large';
  readonly targets: readonly Target[];
  readonly bytes: number;
  readonly rounds: number;
}

/** In microseconds: from the upstream's write of an event to its arrival here, and from the request to the first event. */
export interface LatencyResult {
  readonly firstUs: number[];
  readonly eventUs: number[];
  readonly lost: number;
}

export interface ManyResult {
  /** Streams of which every byte came, in order, and that ended cleanly. */
  readonly whole: number;
  readonly ms: number;
  readonly problems: Readonly<Record<string, number>>;
}

export interface RateResult {
  readonly sent: number;
  readonly whole: number;
  readonly seconds: number;
  readonly problems: Readonly<Record<string, number>>;
}

/** By target, the milliseconds of each request to the end of its answer. */
export type LargeResult = number[][];

const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, maxFreeSockets: 2_000 });

const runs = {
  latency: runLatency,
  many: runMany,
  rate: runRate,
  large: runLarge,
} as const;

type Plan = LatencyPlan | ManyPlan | RatePlan | LargePlan;

const plan = JSON.parse(process.argv[2] ?? '{}') as Plan;
const result = await (runs[plan.kind] as (plan: Plan) => Promise<unknown>)(plan);
agent.destroy();
process.stdout.write(`${JSON.stringify(result)}\n`);

async function runLatency(latency: LatencyPlan): Promise<LatencyResult[]> {
  const nothing = () => ({ firstUs: [] as number[], eventUs: [] as number[], lost: 0 });
  const results = latency.targets.map(nothing);
  // The first round opens connections and warms compilers up, and is not counted.
  for (let round = -1; round < latency.rounds; round += 1) {
    for (const [index, target] of latency.targets.entries()) {
      const into = (round < 0 ? undefined : results[index]) ?? nothing();
      // Streams start spread over one interval, as agents do, instead of in one burst.
      const startLater = async (delayMs: number): Promise<void> => {
        await wait(delayMs);
        into.lost += latency.events - (await timeStream(target, latency, into));
      };
      await Promise.all(
        Array.from({ length: latency.streams }, (_, i) => startLater((i * latency.everyMs) / latency.streams)),
      );
    }
  }
  return results;
}

async function timeStream(
  target: Target,
  { events, everyMs, padding }: LatencyPlan,
  into: { firstUs: number[]; eventUs: number[] },
): Promise<number> {
  const started = process.hrtime.bigint();
  const res = await send(target, requestBody({ events, everyMs, padding }));
  return new Promise((resolve, reject) => {
    let seen = 0;
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
}

async function runMany({ target, streams, events, everyMs }: ManyPlan): Promise<ManyResult> {
  const started = performance.now();
  const outcomes = await Promise.all(
    Array.from({ length: streams }, (_, stream) => problemOf(target, { events, everyMs, padding: 200, stream })),
  );
  return { ...tally(outcomes), ms: performance.now() - started };
}

async function runRate({ target, perSecond, seconds }: RatePlan): Promise<RateResult> {
  const started = performance.now();
  const answers: Promise<string>[] = [];
  for (;;) {
    const elapsed = (performance.now() - started) / 1_000;
    const due = Math.floor(Math.min(elapsed, seconds) * perSecond);
    while (answers.length < due)
      answers.push(problemOf(target, { events: 8, everyMs: 0, padding: 60, stream: answers.length }));
    if (elapsed >= seconds) break;
    await wait(5);
  }
  const outcomes = await Promise.all(answers);
  return { sent: outcomes.length, ...tally(outcomes), seconds: (performance.now() - started) / 1_000 };
}

async function runLarge({ targets, bytes, rounds }: LargePlan): Promise<LargeResult> {
  const body = largeBody(bytes);
  const results: LargeResult = targets.map(() => []);
  for (let round = -1; round < rounds; round += 1) {
    for (const [index, target] of targets.entries()) {
      const started = performance.now();
      const res = await send(target, body);
      const answer = await textOf(res);
      if (res.statusCode !== 200)
        throw new Error(`A large request was answered ${res.statusCode}: ${answer.slice(0, 200)}`);
      if (round >= 0) results[index]?.push(performance.now() - started);
      // What a gateway still does for this call must not fall on the next one's time.
      await wait(150);
    }
  }
  return results;
}

/** What was wrong with the answer; empty where every byte of it came. */
async function problemOf(target: Target, script: UpstreamScript): Promise<string> {
  try {
    const res = await send(target, requestBody(script));
    const text = await textOf(res);
    if (res.statusCode !== 200) return `status ${res.statusCode}`;
    return text === wholeStream(script) ? '' : 'other bytes';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

function tally(outcomes: readonly string[]): { whole: number; problems: Record<string, number> } {
  const problems: Record<string, number> = {};
  for (const problem of outcomes) if (problem !== '') problems[problem] = (problems[problem] ?? 0) + 1;
  return { whole: outcomes.filter((problem) => problem === '').length, problems };
}

async function textOf(res: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of res.setEncoding('latin1') as AsyncIterable<string>) text += chunk;
  return text;
}

function send({ url, headers }: Target, body: Buffer): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const fields = { ...headers, 'content-type': 'application/json', 'content-length': body.length };
    const req = request(url, { method: 'POST', agent, headers: fields }, resolve);
    req.once('error', reject);
    req.end(body);
  });
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
