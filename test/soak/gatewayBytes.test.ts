import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, type ServerResponse } from 'node:http';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RawClient, rawServer } from '../support/rawHttp.ts';
import { call, cleanUp, readAll, startGateway, startUpstream } from '../unit/gateway/gatewayRig.ts';
import { throwingAt } from '../unit/gateway/throwingObserver.ts';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const connectionFields = new Set(['connection', 'keep-alive', 'transfer-encoding']);
const endToEnd = (raw: readonly string[]) =>
  raw.filter((_, i) => !connectionFields.has((raw[i - (i % 2)] as string).toLowerCase()));

interface Plan {
  readonly body: Buffer;
  readonly cuts: readonly number[];
  readonly status: number;
  readonly framing: 'length' | 'chunked' | 'close';
}

const plan: fc.Arbitrary<Plan> = fc
  .record({
    length: fc.oneof(fc.integer({ min: 0, max: 2_000 }), fc.integer({ min: 0, max: 1_000_000 })),
    pieces: fc.array(fc.oneof(fc.integer({ min: 1, max: 16 }), fc.integer({ min: 1, max: 65_536 })), { maxLength: 60 }),
    status: fc.constantFrom(200, 201, 400, 404, 413, 429, 500, 529),
    framing: fc.constantFrom('length', 'chunked', 'close'),
  })
  .map(({ length, pieces, status, framing }) => {
    let at = 0;
    const cuts = pieces.map((piece) => (at = Math.min(length, at + piece)));
    return { body: randomBytes(length), cuts, status, framing };
  });

function answer(res: ServerResponse, { body, cuts, status, framing }: Plan): void {
  const fields = ['X-Many', '1', 'x-many', '2', 'Content-Type', 'text/event-stream'];
  if (framing === 'length') fields.push('Content-Length', String(body.length));
  if (framing === 'chunked') fields.push('Transfer-Encoding', 'chunked');
  if (framing === 'close') {
    res.useChunkedEncodingByDefault = false;
    res.shouldKeepAlive = false;
  }
  res.sendDate = false;
  res.writeHead(status, 'As Is', fields);
  let from = 0;
  for (const to of cuts) {
    res.write(body.subarray(from, to));
    from = to;
  }
  res.end(body.subarray(from));
}

async function fuzzBodies(runs: number, overrides: Parameters<typeof startGateway>[1] = {}): Promise<number> {
  const plans = new Map<string, Plan>();
  const upstream = await startUpstream((req, res) => {
    req.resume();
    answer(res, plans.get(String(req.headers['x-plan'])) as Plan);
  });
  const rig = await startGateway(upstream.port, overrides);
  const options = { method: 'POST', path: `${rig.prefix('anthropic')}/v1/messages` };
  let done = 0;
  const one = async (made: Plan) => {
    done += 1;
    const id = String(done);
    plans.set(id, made);
    const through = await call(rig.port, { ...options, headers: { 'x-plan': id } }, '{}');
    plans.delete(id);
    expect([through.status, through.message, through.complete]).toEqual([made.status, 'As Is', true]);
    expect(sha256(through.body)).toBe(sha256(made.body));
    const fields = ['X-Many', '1', 'x-many', '2', 'Content-Type', 'text/event-stream'];
    expect(endToEnd(through.rawHeaders)).toEqual(
      made.framing === 'length' ? [...fields, 'Content-Length', String(made.body.length)] : fields,
    );
  };
  await fc.assert(fc.asyncProperty(plan, one), { numRuns: runs, endOnFailure: true });
  return done;
}

describe('ten thousand random bodies', () => {
  it('arrive unchanged', async () => {
    expect(await fuzzBodies(10_000)).toBeGreaterThanOrEqual(10_000);
  });

  it('arrive unchanged though the observer throws at its k-th call, for k up to 200', async () => {
    for (let k = 1; k <= 200; k += 1) await fuzzBodies(10, { observer: throwingAt(k) });
  });
});

describe('an upstream that breaks off', () => {
  it('is broken for the client at each of 200 places, ended or reset', async () => {
    const body = 'z'.repeat(400);
    let cut = 0;
    let reset = false;
    const { port, server } = await rawServer((socket) => {
      const bytes = `HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 400\r\n\r\n${body.slice(0, cut)}`;
      socket.write(bytes, () => (reset ? setTimeout(() => socket.resetAndDestroy(), 5) : socket.end()));
    });
    cleanUp(() => server.close());
    const rig = await startGateway(port);
    for (cut = 0; cut < 400; cut += 2) {
      for (reset of [false, true]) {
        const through = await call(rig.port, { method: 'POST', path: `${rig.prefix('anthropic')}/v1/messages` }, '{}');
        expect([cut, through.status, through.complete]).toEqual([cut, 200, false]);
        if (!reset) expect(through.body.length).toBe(cut);
        expect(await rig.observer.calls.at(-1)?.ended).toBe('upstream-cut');
      }
    }
    expect(rig.observer.calls).toHaveLength(400);
  });
});

describe('a client that goes away', () => {
  it('has its upstream closed within 100 ms, five hundred times, and nothing stays open', async () => {
    let arrived: (res: ServerResponse) => void = () => {};
    const upstream = await startUpstream((req, res) => {
      req.resume();
      const stage = Number(req.headers['x-stage']);
      if (stage > 0) res.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      if (stage > 1) res.write('data: 1\n\n');
      arrived(res);
    });
    const rig = await startGateway(upstream.port);
    const late: number[] = [];
    for (let i = 0; i < 500; i += 1) {
      const there = new Promise<ServerResponse>((resolve) => {
        arrived = resolve;
      });
      const client = new RawClient(rig.port);
      client.send(
        `POST ${rig.prefix('anthropic')}/v1/messages HTTP/1.1\r\nHost: 127.0.0.1:${rig.port}\r\nX-Stage: ${i % 3}\r\nContent-Length: 2\r\n\r\n{}`,
      );
      const res = await there;
      if (i % 3 > 0) await client.until((text) => text.includes(i % 3 === 1 ? 'HTTP/1.1 200' : 'data: 1'));
      const closed = once(res, 'close');
      const startMs = performance.now();
      client.socket[i % 2 === 0 ? 'destroy' : 'resetAndDestroy']();
      await closed;
      late.push(performance.now() - startMs);
      expect(await rig.observer.calls.at(-1)?.ended).toBe('client-gone');
    }
    expect(late.sort((a, b) => a - b).at(-5)).toBeLessThan(100);
    expect(rig.gateway.inFlight()).toBe(0);
    expect(upstream.sockets.size).toBe(0);
  });
});

describe('ten thousand calls over kept connections', () => {
  it('meet no false error', async () => {
    const upstream = await startUpstream((req, res) => void readAll(req).then((body) => res.end(body)));
    const rig = await startGateway(upstream.port);
    const agent = new Agent({ keepAlive: true, maxSockets: 16 });
    cleanUp(() => agent.destroy());
    const options = { agent, method: 'POST', path: `${rig.prefix('anthropic')}/v1/messages` };
    const lane = async (first: number) => {
      for (let i = first; i < 10_000; i += 16) {
        const through = await call(rig.port, options, String(i));
        expect([through.status, through.complete, through.body.toString()]).toEqual([200, true, String(i)]);
      }
    };
    await Promise.all(Array.from({ length: 16 }, (_, first) => lane(first)));
    expect(upstream.sockets.size).toBeLessThanOrEqual(64);
  });
});
