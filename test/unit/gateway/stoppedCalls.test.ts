import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { RawClient } from '../../support/rawHttp.ts';
import { call, readAll, startGateway, startUpstream } from './gatewayRig.ts';
import { ScriptedGate, ScriptedPass } from './scriptedGate.ts';

const sentence = "Outlay: the budget of 'Fix login' ($5.00) is used up.";
const body = JSON.stringify({ model: 'made-up-model', stream: true, messages: [] });

const event = (type: string, fields: object) => `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
const start = event('message_start', { message: { id: 'msg_1', usage: { input_tokens: 9, output_tokens: 1 } } });
const block = event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } });
const delta = (text: string) => event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } });

/** An upstream whose answers a test writes, and a pass that it can stop. */
async function startStoppable(headers: Record<string, string> = { 'content-type': 'text/event-stream' }) {
  const answers: ServerResponse[] = [];
  let arrived: () => void = () => {};
  const arrival = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const upstream = await startUpstream(async (req, res) => {
    await readAll(req);
    if (headers['content-type'] !== undefined) res.writeHead(200, headers).flushHeaders();
    answers.push(res);
    arrived();
  });
  const pass = new ScriptedPass();
  const gate = new ScriptedGate(() => pass);
  const rig = await startGateway(upstream.port, { gate });
  const client = new RawClient(rig.port);
  client.send(
    `POST ${rig.prefix('anthropic')}/v1/messages HTTP/1.1\r\nHost: 127.0.0.1:${rig.port}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  await arrival;
  const answer = answers[0] as ServerResponse;
  return { pass, rig, client, answer };
}

/** The body of a chunked response. */
function unchunked(text: string): string {
  let rest = text.slice(text.indexOf('\r\n\r\n') + 4);
  let whole = '';
  for (;;) {
    const size = Number.parseInt(rest, 16);
    if (!(size > 0)) return whole;
    const at = rest.indexOf('\r\n') + 2;
    whole += rest.slice(at, at + size);
    rest = rest.slice(at + size + 2);
  }
}

describe('a stream that is stopped at the line', () => {
  it('ends validly between two events, its upstream is broken off, and the pass ends after the call', async () => {
    const { pass, rig, client, answer } = await startStoppable();
    const closed = once(answer, 'close');
    answer.write(start + block + delta('Hello') + delta('never whole').slice(0, -4));
    await client.until((text) => text.includes('Hello'));
    pass.stop(sentence);
    await closed;
    const text = await client.until((got) => got.endsWith('\r\n0\r\n\r\n'));
    const whole = unchunked(text);
    expect(whole.startsWith(start + block + delta('Hello'))).toBe(true);
    expect(whole).not.toContain('never whole');
    const rest = whole.slice((start + block + delta('Hello')).length);
    const events = rest
      .trim()
      .split('\n\n')
      .map((part) => JSON.parse(part.split('data: ')[1] ?? ''));
    expect(events).toMatchObject([
      { type: 'content_block_stop', index: 0 },
      { type: 'content_block_start', index: 1 },
      { type: 'content_block_delta', index: 1, delta: { text: sentence } },
      { type: 'content_block_stop', index: 1 },
      { type: 'message_delta', delta: { stop_reason: 'max_tokens' }, usage: { output_tokens: 2 } },
      { type: 'message_stop' },
    ]);
    const [seen] = rig.observer.calls;
    expect(await seen?.ended).toBe('stopped');
    expect(Buffer.concat(seen?.response ?? []).toString()).toContain('never whole');
    expect(Buffer.concat(seen?.response ?? []).toString()).not.toContain(sentence);
    expect(pass.calls).toEqual(['onStop', 'ended']);
    client.socket.destroy();
  });

  it('leaves the connection open for the next request', async () => {
    const { pass, client, answer, rig } = await startStoppable();
    answer.write(start);
    await client.until((text) => text.includes('msg_1'));
    pass.stop(sentence);
    await client.until((got) => got.endsWith('\r\n0\r\n\r\n'));
    client.send(`GET /nowhere HTTP/1.1\r\nHost: 127.0.0.1:${rig.port}\r\n\r\n`);
    expect(await client.until((text) => text.includes('401'))).toContain('HTTP/1.1 401');
    client.socket.destroy();
  });

  it('is refused in words where nothing of it has come', async () => {
    const { pass, rig, client } = await startStoppable({});
    pass.stop(sentence);
    expect(await client.until((text) => text.includes(sentence))).toContain('HTTP/1.1 402');
    expect(await rig.observer.calls[0]?.ended).toBe('stopped');
    expect(pass.calls).toEqual(['onStop', 'ended']);
    client.socket.destroy();
  });

  it('is broken off where it came compressed all the same', async () => {
    const headers = { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' };
    const { pass, rig, client, answer } = await startStoppable(headers);
    const closed = once(answer, 'close');
    answer.write(gzipSync(start).subarray(0, 20));
    await client.until((text) => text.includes('\r\n\r\n14\r\n'));
    pass.stop(sentence);
    await closed;
    await client.closed;
    expect(client.text.endsWith('\r\n0\r\n\r\n')).toBe(false);
    expect(await rig.observer.calls[0]?.ended).toBe('stopped');
  });

  it('is broken off inside an event too long to hold', async () => {
    const { pass, client, answer } = await startStoppable();
    answer.write(`data: "${'x'.repeat(9 * 1024 * 1024)}`);
    await client.until((text) => text.length > 8.5 * 1024 * 1024);
    pass.stop(sentence);
    await client.closed;
    expect(client.text.endsWith('\r\n0\r\n\r\n')).toBe(false);
  });

  it('is left alone where it is no stream: all of it has been generated', async () => {
    const { pass, rig, client, answer } = await startStoppable({ 'content-type': 'application/json' });
    answer.write('{"content":');
    await client.until((text) => text.includes('content":'));
    pass.stop(sentence);
    answer.end('[]}');
    expect(unchunked(await client.until((got) => got.endsWith('\r\n0\r\n\r\n')))).toBe('{"content":[]}');
    expect(await rig.observer.calls[0]?.ended).toBe('complete');
    client.socket.destroy();
  });

  it('is over where it ended by itself before', async () => {
    const { pass, rig, client, answer } = await startStoppable();
    answer.end(start);
    await client.until((got) => got.endsWith('\r\n0\r\n\r\n'));
    pass.stop(sentence);
    expect(unchunked(client.text)).toBe(start);
    expect(await rig.observer.calls[0]?.ended).toBe('complete');
    client.socket.destroy();
  });
});

describe('a call that is stopped before it is sent', () => {
  it('is refused, and its pass given back', async () => {
    const upstream = await startUpstream((_req, res) => res.end());
    const pass = new ScriptedPass();
    pass.stop(sentence);
    const rig = await startGateway(upstream.port, { gate: new ScriptedGate(() => pass) });
    const answer = await call(rig.port, { method: 'POST', path: `${rig.prefix('anthropic')}/v1/messages` }, body);
    expect(answer.status).toBe(402);
    expect(pass.calls).toEqual(['onStop', 'release', 'ended']);
    expect(upstream.sockets.size).toBe(0);
    expect(rig.observer.calls).toEqual([]);
  });
});

describe('a watched stream that is not stopped', () => {
  it('passes each event on before the upstream sends the next', async () => {
    const { client, answer } = await startStoppable();
    for (const text of ['one', 'two', 'three']) {
      answer.write(delta(text));
      await client.until((got) => got.includes(text));
    }
    answer.end();
    await client.until((got) => got.endsWith('\r\n0\r\n\r\n'));
    expect(unchunked(client.text)).toBe(['one', 'two', 'three'].map(delta).join(''));
    client.socket.destroy();
  });

  it('keeps every byte of a body that ends inside an event', async () => {
    const { client, answer } = await startStoppable();
    const bytes = `${start}: a comment\r\rdata: half an ev`;
    answer.end(bytes);
    await client.until((got) => got.endsWith('\r\n0\r\n\r\n'));
    expect(unchunked(client.text)).toBe(bytes);
    client.socket.destroy();
  });

  it('delivers what came of one that breaks off, and breaks off', async () => {
    const { client, answer, rig } = await startStoppable();
    answer.write(`${start}data: half`);
    await client.until((text) => text.includes('msg_1'));
    answer.destroy();
    await client.closed;
    expect(client.text).toContain('data: half');
    expect(client.text.endsWith('\r\n0\r\n\r\n')).toBe(false);
    expect(await rig.observer.calls[0]?.ended).toBe('upstream-cut');
  });

  it('has no length, whatever its upstream said', async () => {
    const { client, answer } = await startStoppable({
      'content-type': 'text/event-stream',
      'content-length': String(start.length),
    });
    answer.end(start);
    const text = await client.until((got) => got.endsWith('\r\n0\r\n\r\n'));
    expect(text.toLowerCase()).not.toContain('content-length');
    expect(unchunked(text)).toBe(start);
    client.socket.destroy();
  });

  it('stops reading from the upstream while the client does not read', async () => {
    const { client, answer } = await startStoppable();
    client.socket.pause();
    const piece = delta('x'.repeat(1024 * 1024));
    let sent = 0;
    while (answer.write(piece) && sent < 200) sent += 1;
    for (let i = 0; i < 40 && answer.writableNeedDrain; i += 1) {
      const drained = once(answer, 'drain');
      const waited = once(AbortSignal.timeout(150), 'abort');
      if ((await Promise.race([drained.then(() => 'drained'), waited.then(() => 'full')])) === 'full') break;
      answer.write(piece);
    }
    expect(answer.writableNeedDrain).toBe(true);
    client.socket.destroy();
  });
});
