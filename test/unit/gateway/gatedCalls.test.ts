import { once } from 'node:events';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { GateAnswer } from '../../../src/gateway/contract.ts';
import { RawClient } from '../../support/rawHttp.ts';
import { call, readAll, startGateway, startUpstream, type Upstream } from './gatewayRig.ts';
import { refused, ScriptedGate, ScriptedPass } from './scriptedGate.ts';

const body = JSON.stringify({ model: 'claude-sonnet-4-5', max_tokens: 900, stream: true, messages: [] });
const sentence = "Outlay: the budget of 'Fix login' ($5.00) is used up.";

interface Got {
  readonly bodies: Buffer[];
  readonly upstream: Upstream;
}

async function startEcho(): Promise<Got> {
  const bodies: Buffer[] = [];
  const upstream = await startUpstream(async (req, res) => {
    bodies.push(await readAll(req));
    res.writeHead(200, { 'content-type': 'application/json' }).end('{"content":[]}');
  });
  return { bodies, upstream };
}

async function startGated(upstream: Upstream, answer: ConstructorParameters<typeof ScriptedGate>[0]) {
  const gate = new ScriptedGate(answer);
  const rig = await startGateway(upstream.port, { gate });
  const post = (headers: Record<string, string> = {}, bytes: string | Uint8Array = body) =>
    call(rig.port, { method: 'POST', path: `${rig.prefix('anthropic')}/v1/messages`, headers }, bytes);
  return { gate, rig, post };
}

function rawPost(port: number, prefix: string, bytes = body, length = bytes.length): string {
  return `POST ${prefix}/v1/messages HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: ${length}\r\n\r\n${bytes}`;
}

describe('a call that the gate is not concerned with', () => {
  it('is sent on as it comes, before its body is whole', async () => {
    let arrived: () => void = () => {};
    const first = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const upstream = await startUpstream((req, res) => {
      req.once('data', () => arrived());
      req.once('end', () => res.end('{}'));
    });
    const gate = new ScriptedGate(
      () => refused('never asked'),
      () => false,
    );
    const rig = await startGateway(upstream.port, { gate });
    const client = new RawClient(rig.port);
    client.send(rawPost(rig.port, rig.prefix('anthropic'), 'half', 8));
    await first;
    client.send('half');
    await client.until((text) => text.includes('{}'));
    client.socket.destroy();
    expect(gate.asked).toEqual([]);
    expect(rig.observer.calls[0]?.head).toMatchObject({ workspaceId: 'ws-1', taskId: null, isWatched: false });
  });
});

describe('whom a base URL names', () => {
  it('is looked up once, and its workspace and task go into the head', async () => {
    const { upstream } = await startEcho();
    const asked: string[] = [];
    const ownerOf = (segment: string) => {
      asked.push(segment);
      return { workspaceId: 'ws-of-task', taskId: 'task-7' };
    };
    const rig = await startGateway(upstream.port, { ownerOf });
    await call(rig.port, { method: 'POST', path: `${rig.prefix('anthropic')}/v1/messages` }, body);
    expect(asked).toEqual(['ws-1']);
    expect(rig.observer.calls[0]?.head).toMatchObject({ workspaceId: 'ws-of-task', taskId: 'task-7' });
  });
});

describe('an admitted call', () => {
  it('is sent on as it came, and carries the task of its pass', async () => {
    const { bodies, upstream } = await startEcho();
    const pass = new ScriptedPass({ taskId: 'task-1' });
    const { gate, rig, post } = await startGated(upstream, () => pass);
    const answer = await post({ 'X-Mine': 'kept', 'Accept-Encoding': 'gzip, br' });
    await pass.over;
    expect(answer.status).toBe(200);
    expect(bodies.map(String)).toEqual([body]);
    expect(upstream.requests[0]?.headers).toMatchObject({ 'x-mine': 'kept', 'accept-encoding': 'identity' });
    const [asked] = gate.asked;
    expect(asked?.request.bodyBytes).toBe(body.length);
    expect(asked?.request.facts).toMatchObject({ model: 'claude-sonnet-4-5', maxOutputTokens: 900, stream: true });
    const [seen] = rig.observer.calls;
    expect(seen?.head).toEqual({ ...asked?.head, taskId: 'task-1', isWatched: true });
    expect(Buffer.concat(seen?.request ?? []).toString()).toBe(body);
    expect(pass.calls).toEqual(['onStop', 'ended']);
    while (rig.gateway.inFlight() > 0) await new Promise((resolve) => setImmediate(resolve));
    // It told of a client that left while the gate thought, and none did.
    expect(asked?.signal.aborted).toBe(false);
  });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
  ])('is read through its compression (%s) and sent as it came', async (encoding, compress) => {
    const { bodies, upstream } = await startEcho();
    const { gate, post } = await startGated(upstream, () => new ScriptedPass());
    const bytes = compress(Buffer.from(body));
    await post({ 'Content-Encoding': encoding }, bytes);
    expect(gate.asked[0]?.request).toMatchObject({ bodyBytes: body.length, facts: { model: 'claude-sonnet-4-5' } });
    expect(bodies[0]?.equals(bytes)).toBe(true);
    expect(upstream.requests[0]?.headers['content-encoding']).toBe(encoding);
  });

  it('asks for less output where its pass says so, and every other byte stays', async () => {
    const { bodies, upstream } = await startEcho();
    const { post } = await startGated(upstream, () => new ScriptedPass({ maxOutputTokens: 77 }));
    const bytes = gzipSync(body);
    await post({ 'Content-Length': String(body.length) });
    await post({ 'Content-Length': String(bytes.length), 'Content-Encoding': 'gzip' }, bytes);
    const lowered = body.replace('900', '77');
    expect(bodies.map(String)).toEqual([lowered, lowered]);
    expect(upstream.requests.map(({ headers }) => headers['content-encoding'])).toEqual([undefined, undefined]);
    expect(upstream.requests.map(({ headers }) => headers['content-length'])).toEqual([
      String(lowered.length),
      String(lowered.length),
    ]);
  });

  it('is not sent where its output cannot be lowered', async () => {
    const { upstream } = await startEcho();
    const pass = new ScriptedPass({ maxOutputTokens: 77 });
    const { post } = await startGated(upstream, () => pass);
    expect((await post({}, '{"max_tokens":"many"}')).status).toBe(402);
    expect(pass.calls).toEqual(['release', 'ended']);
    expect(upstream.requests).toEqual([]);
  });

  it('still has its usage asked for where it is a Chat stream, and the client does not see that', async () => {
    const chunks = [
      '{"choices":[{"index":0,"delta":{"content":"Hi"}}]}',
      '{"choices":[],"usage":{"prompt_tokens":1}}',
      '[DONE]',
    ];
    let asked = '';
    const upstream = await startUpstream(async (req, res) => {
      asked = String(await readAll(req));
      res
        .writeHead(200, { 'content-type': 'text/event-stream' })
        .end(chunks.map((data) => `data: ${data}\n\n`).join(''));
    });
    const gate = new ScriptedGate(() => new ScriptedPass({ maxOutputTokens: 5 }));
    const rig = await startGateway(upstream.port, { gate });
    const path = `${rig.prefix('openai')}/v1/chat/completions`;
    const answer = await call(rig.port, { method: 'POST', path }, '{"model":"gpt-5","stream":true}');
    expect(JSON.parse(asked)).toEqual({
      model: 'gpt-5',
      stream: true,
      stream_options: { include_usage: true },
      max_completion_tokens: 5,
    });
    expect(answer.body.toString()).toBe(`data: ${chunks[0]}\n\ndata: [DONE]\n\n`);
    expect(Buffer.concat(rig.observer.calls[0]?.response ?? []).toString()).toContain('prompt_tokens');
  });
});

describe('a refused call', () => {
  it('reaches nobody and is no call', async () => {
    const { upstream } = await startEcho();
    const { rig, post } = await startGated(upstream, () => refused(sentence));
    const answer = await post();
    expect(answer.status).toBe(402);
    expect(answer.headers['x-should-retry']).toBe('false');
    expect(JSON.parse(String(answer.body)).error.message).toBe(sentence);
    expect(upstream.sockets.size).toBe(0);
    expect(rig.observer.calls).toEqual([]);
  });

  it('leaves its connection open for the next', async () => {
    const { upstream } = await startEcho();
    let count = 0;
    const gate = new ScriptedGate(() => {
      count += 1;
      return count === 1 ? refused(sentence) : new ScriptedPass();
    });
    const rig = await startGateway(upstream.port, { gate });
    const client = new RawClient(rig.port);
    client.send(rawPost(rig.port, rig.prefix('anthropic')));
    await client.until((text) => text.includes(sentence));
    client.send(rawPost(rig.port, rig.prefix('anthropic')));
    expect(await client.until((text) => text.includes('{"content":[]}'))).toContain('HTTP/1.1 200');
    client.socket.destroy();
  });

  it.each([
    ['rejects', async () => Promise.reject(new Error('made up'))],
    [
      'throws',
      () => {
        throw new Error('made up');
      },
    ],
  ])('is answered as a passing trouble where the gate %s', async (_how, answer) => {
    const { upstream } = await startEcho();
    const { rig, post } = await startGated(upstream, answer as () => Promise<GateAnswer>);
    const got = await post();
    expect(got.status).toBe(503);
    expect(JSON.parse(String(got.body)).error.message).toContain('could not ask the budget');
    expect(rig.logged).toEqual(['The budget gate failed (Error).']);
    expect(upstream.sockets.size).toBe(0);
  });

  it('is one whose gate fails before it is asked, as far as that goes: it is asked all the same', async () => {
    const { upstream } = await startEcho();
    const gate = new ScriptedGate(
      () => refused(sentence),
      () => {
        throw new Error('made up');
      },
    );
    const rig = await startGateway(upstream.port, { gate });
    const path = `${rig.prefix('anthropic')}/v1/messages`;
    expect((await call(rig.port, { method: 'POST', path }, body)).status).toBe(402);
  });

  it.each(['declared', 'chunked'])('is one whose body is too large to check (%s)', async (framing) => {
    const { upstream } = await startEcho();
    const { gate, post } = await startGated(upstream, () => new ScriptedPass());
    const large = Buffer.alloc(64 * 1024 * 1024 + 1, 'a');
    const answer = await post(framing === 'declared' ? { 'Content-Length': String(large.length) } : {}, large);
    expect(answer.status).toBe(413);
    expect(JSON.parse(String(answer.body)).error).toMatchObject({ type: 'request_too_large' });
    expect(gate.asked).toEqual([]);
    expect(upstream.sockets.size).toBe(0);
  });

  it.each([
    ['a bomb', gzipSync(Buffer.alloc(65 * 1024 * 1024)), 'gzip', 413],
    ['cut', gzipSync(body).subarray(0, 30), 'gzip', 402],
    ['of an encoding that nobody here knows', Buffer.from(body), 'compress', 402],
  ])('is one whose compressed body is %s', async (_name, bytes, encoding, status) => {
    const { upstream } = await startEcho();
    const { gate, post } = await startGated(upstream, () => new ScriptedPass());
    expect((await post({ 'Content-Encoding': encoding }, bytes)).status).toBe(status);
    expect(gate.asked).toEqual([]);
    expect(upstream.sockets.size).toBe(0);
  });

  it('is one of which the gate is told that its body is no JSON', async () => {
    const { upstream } = await startEcho();
    const { gate, post } = await startGated(upstream, () => refused(sentence));
    await post({}, 'no json');
    expect(gate.asked[0]?.request.facts.problems).toMatchObject([{ code: 'malformed-json' }]);
  });
});

describe('a client that leaves', () => {
  it('while its body is read has asked nothing', async () => {
    const { upstream } = await startEcho();
    const { gate, rig } = await startGated(upstream, () => new ScriptedPass());
    const client = new RawClient(rig.port);
    client.send(rawPost(rig.port, rig.prefix('anthropic'), 'half', 100));
    while (rig.gateway.inFlight() === 0) await new Promise((resolve) => setImmediate(resolve));
    client.socket.destroy();
    while (rig.gateway.inFlight() > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(gate.asked).toEqual([]);
    expect(upstream.sockets.size).toBe(0);
  });

  it.each(['destroy', 'end', 'resetAndDestroy'] as const)(
    'while the gate thinks (%s) gets the pass back unused',
    async (how) => {
      const { upstream } = await startEcho();
      const pass = new ScriptedPass();
      let answer: (pass: GateAnswer) => void = () => {};
      const { gate, rig } = await startGated(
        upstream,
        () =>
          new Promise<GateAnswer>((resolve) => {
            answer = resolve;
          }),
      );
      const client = new RawClient(rig.port);
      client.send(rawPost(rig.port, rig.prefix('anthropic')));
      await gate.untilAsked(1);
      const signal = gate.asked[0]?.signal as AbortSignal;
      const left = once(signal, 'abort');
      client.socket[how]();
      await left;
      answer(pass);
      await pass.over;
      expect(pass.calls).toEqual(['release', 'ended']);
      expect(upstream.sockets.size).toBe(0);
      expect(rig.observer.calls).toEqual([]);
      client.socket.destroy();
    },
  );

  it('gives back the pass of a call that waited behind another on its connection', async () => {
    const upstream = await startUpstream((req) => req.resume());
    const passes = [new ScriptedPass(), new ScriptedPass()];
    const { gate, rig } = await startGated(
      upstream,
      ({ head }) => passes[Number(head.id.slice(5)) - 1] as ScriptedPass,
    );
    const client = new RawClient(rig.port);
    client.send(rawPost(rig.port, rig.prefix('anthropic')).repeat(2));
    await gate.untilAsked(2);
    client.socket.destroy();
    await Promise.all(passes.map(({ over }) => over));
    expect(await Promise.all(rig.observer.calls.map(({ ended }) => ended))).toEqual(
      rig.observer.calls.map(() => 'client-gone'),
    );
  });
});

describe('at shutdown', () => {
  it('a call that waits for the gate is broken off, and its late pass given back', async () => {
    const { upstream } = await startEcho();
    const pass = new ScriptedPass();
    let answer: (pass: GateAnswer) => void = () => {};
    const { gate, rig } = await startGated(
      upstream,
      () =>
        new Promise<GateAnswer>((resolve) => {
          answer = resolve;
        }),
    );
    const client = new RawClient(rig.port);
    client.send(rawPost(rig.port, rig.prefix('anthropic')));
    await gate.untilAsked(1);
    await rig.gateway.close({ graceMs: 0 });
    await client.closed;
    answer(pass);
    await pass.over;
    expect(pass.calls).toEqual(['release', 'ended']);
    expect(client.text).toBe('');
  });
});
