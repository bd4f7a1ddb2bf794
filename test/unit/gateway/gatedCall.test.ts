import { once } from 'node:events';
import { Agent } from 'node:http';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { GateAnswer, GatePass } from '../../../src/gateway/contract.ts';
import { RawClient } from '../../support/rawHttp.ts';
import { call, cleanUp, readAll, startGateway, startUpstream } from './gatewayRig.ts';
import { refused, ScriptedGate, ScriptedPass } from './scriptedGate.ts';

const bound = 1024 * 1024;

async function startGated(answer: ConstructorParameters<typeof ScriptedGate>[0]) {
  const upstream = await startUpstream((req, res) => void readAll(req).then((bytes) => res.end(bytes)));
  const gate = new ScriptedGate(answer);
  const rig = await startGateway(upstream.port, { gate, wholeBodyBytesMax: bound });
  const post = (body: string | Uint8Array, options: { headers?: Record<string, string>; path?: string } = {}) => {
    const { headers = {}, path = 'anthropic/v1/messages' } = options;
    return call(rig.port, { method: 'POST', path: `${rig.prefix('x').slice(0, -1)}${path}`, headers }, body);
  };
  const connect = () => {
    const client = new RawClient(rig.port);
    cleanUp(() => client.socket.destroy());
    return client;
  };
  const head = (...fields: readonly string[]) =>
    [`POST ${rig.prefix('anthropic')}/v1/messages HTTP/1.1`, `Host: 127.0.0.1:${rig.port}`, ...fields, '', ''].join(
      '\r\n',
    );
  return { upstream, gate, rig, post, connect, head };
}

const messageOf = (body: Buffer): string => JSON.parse(body.toString()).error.message;
const tooLarge = 'Outlay cannot check the budget of a request of more than 1 MB.';

describe('a body before the gate', () => {
  it.each([
    ['of a told length', (bytes: number) => ({ 'content-length': String(bytes) })],
    ['in chunks', () => ({ 'transfer-encoding': 'chunked' })],
  ])('is checked up to the bound, and refused beyond it (%s)', async (_name, framing) => {
    const { gate, upstream, post } = await startGated(() => new ScriptedPass());
    const body = (bytes: number) => `{"x":"${'x'.repeat(bytes - 8)}"}`;
    const whole = await post(body(bound), { headers: framing(bound) });
    expect([whole.status, whole.body.length, gate.asked[0]?.request.bodyBytes]).toEqual([200, bound, bound]);
    const over = await post(body(bound + 1), { headers: framing(bound + 1) });
    expect([over.status, messageOf(over.body)]).toEqual([413, tooLarge]);
    expect([gate.asked.length, upstream.requests.length]).toEqual([1, 1]);
  });

  it('is refused by what its head says of its length, before any of it has come', async () => {
    const { connect, head } = await startGated(() => new ScriptedPass());
    const client = connect();
    client.send(head('Content-Length: 900000000000000'));
    expect(await client.until((text) => text.includes(tooLarge))).toContain('HTTP/1.1 413');
  });

  it('that is refused is read to its end, and its connection serves the next', async () => {
    const { connect, head } = await startGated(() => new ScriptedPass());
    const client = connect();
    client.send(head('Transfer-Encoding: chunked'));
    const piece = `40000\r\n${'x'.repeat(0x40000)}\r\n`;
    client.send(piece.repeat(5));
    await client.until((text) => text.includes(tooLarge));
    client.send(`${piece.repeat(6)}0\r\n\r\n`);
    client.send(`${head('Content-Length: 6')}"next"`);
    expect(await client.until((text) => text.endsWith('"next"'))).toContain('HTTP/1.1 200');
  });

  it('that cannot be read through its compression is refused in words', async () => {
    const { post, gate } = await startGated(() => new ScriptedPass());
    const answer = await post('{}', { headers: { 'content-encoding': 'compress' } });
    expect(messageOf(answer.body)).toBe(
      'Outlay cannot read the encoding of this request, so its budget could not be checked.',
    );
    const bomb = await post(gzipSync(Buffer.alloc(bound + 1)), { headers: { 'content-encoding': 'gzip' } });
    expect([bomb.status, messageOf(bomb.body)]).toEqual([413, tooLarge]);
    expect(gate.asked).toEqual([]);
  });
});

describe('a pass that wants less output', () => {
  const lower = () => new ScriptedPass({ maxOutputTokens: 77 });

  it('leaves the field that says a body is not compressed', async () => {
    const { upstream, post } = await startGated(lower);
    for (const coding of ['identity', ' Identity ']) {
      const answer = await post('{"max_tokens":900}', { headers: { 'content-encoding': coding } });
      expect(answer.body.toString()).toBe('{"max_tokens":77}');
    }
    expect(upstream.requests.map(({ headers }) => headers['content-encoding'])).toEqual(['identity', 'Identity']);
  });

  it('stops a call that has no such limit, whatever its query, in words', async () => {
    const { upstream, post } = await startGated(lower);
    const answer = await post('{"model":"m"}', { path: 'openai/v1/responses/compact?a=b' });
    expect([answer.status, messageOf(answer.body)]).toEqual([
      402,
      'Outlay could not lower the length of this answer to what is left of its budget.',
    ]);
    expect(upstream.requests).toEqual([]);
  });
});

describe('a refusal', () => {
  it('as a message is no stream where the request does not ask for one', async () => {
    const { post } = await startGated(() => refused('Made up.', { asMessage: true }));
    const answers = [await post('{"model":"m"}'), await post('{"model":"m","stream":true}')];
    expect(answers.map(({ headers }) => headers['content-type'])).toEqual([
      'application/json',
      'text/event-stream; charset=utf-8',
    ]);
    for (const { body } of answers) expect(body.toString()).toContain('Made up.');
  });

  it('tells why a call was stopped before it was sent', async () => {
    const pass = new ScriptedPass();
    pass.stop('Made up.');
    const { post } = await startGated(() => pass);
    expect(messageOf((await post('{"model":"m"}')).body)).toBe('Made up.');
  });
});

describe('a gate that breaks its word', () => {
  it('does not leave a call without an answer, nor a pass that it gave without an end', async () => {
    const ended: string[] = [];
    const broken: GatePass = {
      kind: 'admitted',
      taskId: null,
      get maxOutputTokens(): number {
        throw new RangeError('made up');
      },
      onStop: () => undefined,
      release: () => ended.push('release'),
      ended: () => ended.push('ended'),
    };
    for (const [answer, name] of [
      [undefined as unknown as GateAnswer, 'TypeError'],
      [broken, 'RangeError'],
    ] as const) {
      const { rig, upstream, post } = await startGated(() => answer);
      const got = await post('{"model":"m"}');
      expect([got.status, messageOf(got.body)]).toEqual([
        503,
        'Outlay could not ask the budget of this call, so it was not sent.',
      ]);
      expect(rig.logged).toEqual([`The budget gate failed (${name}).`]);
      expect(upstream.requests).toEqual([]);
    }
    expect(ended).toEqual(['ended']);
  });
});

describe('many admitted calls on one connection', () => {
  it('leave nothing on it that would pile up', async () => {
    const { post, rig } = await startGated(() => new ScriptedPass());
    const warned: Error[] = [];
    const onWarning = (warning: Error) => void warned.push(warning);
    process.on('warning', onWarning);
    cleanUp(() => process.off('warning', onWarning));
    await post('{}');
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    cleanUp(() => agent.destroy());
    const path = `${rig.prefix('anthropic')}/v1/messages`;
    for (let i = 0; i < 12; i += 1) await call(rig.port, { agent, method: 'POST', path }, '{}');
    expect(warned).toEqual([]);
  });
});

describe('a client that leaves', () => {
  it('while others are served has asked nothing, though all of its body was announced', async () => {
    const { gate, post, rig, connect, head } = await startGated(() => new ScriptedPass());
    const client = connect();
    await once(client.socket, 'connect');
    client.send(`${head(`Content-Length: ${bound}`)}{`);
    await expect.poll(() => rig.gateway.inFlight(), { interval: 1 }).toBe(1);
    await post('{}');
    expect([client.text, gate.asked.length]).toEqual(['', 1]);
    client.socket.destroy();
    await expect.poll(() => rig.gateway.inFlight(), { interval: 1 }).toBe(0);
    expect(gate.asked).toHaveLength(1);
  });
});
