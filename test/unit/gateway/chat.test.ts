import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { patchedBody, patchedPieces, usagePatch } from '../../../src/gateway/chatUsage.ts';
import { scanChatStreamOptions } from '../../../src/wire/chatStreamOptions.ts';
import { RawClient } from '../../support/rawHttp.ts';
import { call, RecordingObserver, readAll, startGateway, startUpstream } from './gatewayRig.ts';

const usageEvent =
  'data: {"id":"c","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}\n\n';
const contentEvent = 'data: {"id":"c","choices":[{"index":0,"delta":{"content":"hé"}}],"usage":null}\n\n';
const doneEvent = 'data: [DONE]\n\n';
const stream = contentEvent + usageEvent + doneEvent;

function patched(text: string): string {
  const body = Buffer.from(text);
  const patch = usagePatch(body, scanChatStreamOptions(body));
  return patch === null ? text : Buffer.concat(patchedPieces(body, patch)).toString();
}

describe('asking for usage', () => {
  it('adds the fewest bytes', () => {
    const cases: [string, string][] = [
      ['{"model":"m","stream":true}', '{"stream_options":{"include_usage":true},"model":"m","stream":true}'],
      [' {\n  "stream" : true }', ' {"stream_options":{"include_usage":true},\n  "stream" : true }'],
      ['{"stream":true,"stream_options":{}}', '{"stream":true,"stream_options":{"include_usage":true}}'],
      ['{"stream":true,"stream_options":{ }}', '{"stream":true,"stream_options":{"include_usage":true }}'],
      [
        '{"stream":true,"stream_options":{ \n "a":1}}',
        '{"stream":true,"stream_options":{"include_usage":true, \n "a":1}}',
      ],
      ['{"stream":true,"stream_options":{"a":1}}', '{"stream":true,"stream_options":{"include_usage":true,"a":1}}'],
      ['{"stream":true,"stream_options":null}', '{"stream":true,"stream_options":{"include_usage":true}}'],
      [
        '{"stream_options":{"include_usage":false},"stream":true}',
        '{"stream_options":{"include_usage":true},"stream":true}',
      ],
      [
        '{"stream_options":{"include_usage":null},"stream":true}',
        '{"stream_options":{"include_usage":true},"stream":true}',
      ],
    ];
    for (const [before, after] of cases) expect(patched(before)).toBe(after);
  });

  it('leaves alone what asks already, does not stream, or cannot be read', () => {
    for (const body of [
      '{"stream":true,"stream_options":{"include_usage":true}}',
      '{"stream":false}',
      '{"stream":"true"}',
      '{"messages":[{"stream":true}]}',
      '{"stream":true,"stream_options":"x"}',
      '{"stream":true',
      '[{"stream":true}]',
      '',
      'not json',
    ])
      expect(patched(body)).toBe(body);
  });

  it('means the same body with usage on, whatever else is in it', () => {
    const options = fc.option(fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true }), { nil: null });
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true }),
        options,
        fc.nat(3),
        (rest, own, indent) => {
          fc.pre(!Object.hasOwn(rest, '__proto__') && (own === null || !Object.hasOwn(own, '__proto__')));
          const body = { ...rest, stream: true, stream_options: own };
          expect(JSON.parse(patched(JSON.stringify(body, null, indent)))).toEqual(
            JSON.parse(JSON.stringify({ ...body, stream_options: { ...own, include_usage: true } })),
          );
        },
      ),
    );
  });
});

describe('a body with several changes', () => {
  it('has each in its place, in the order of the body, without empty pieces', () => {
    const at = (start: number, end: number, text: string) => ({ range: { start, end }, text });
    const body = Buffer.from('0123456789');
    const pieces = patchedBody(body, [at(8, 10, 'é'), at(0, 2, 'a'), at(2, 2, 'b'), at(5, 6, '')]);
    expect(pieces.map((piece) => Buffer.from(piece).toString('latin1'))).toEqual(['a', 'b', '234', '67', 'é']);
    expect(patchedBody(body, []).map((piece) => Buffer.from(piece).toString())).toEqual(['0123456789']);
  });
});

describe('a Chat stream that did not ask for usage', () => {
  const chat = (port: number, prefix: string, body: string | Uint8Array, headers: Record<string, string> = {}) =>
    call(port, { method: 'POST', path: `${prefix}/v1/chat/completions`, headers }, body);

  it('is metered with it while the client sees none, plain or compressed', async () => {
    const seen: string[] = [];
    const encoders: Record<string, (bytes: Uint8Array) => Buffer> = {
      identity: (bytes) => Buffer.from(bytes),
      gzip: (bytes) => gzipSync(bytes),
      br: (bytes) => brotliCompressSync(bytes),
      zstd: (bytes) => zstdCompressSync(bytes),
      deflate: (bytes) => deflateSync(bytes),
    };
    const upstream = await startUpstream((req, res) => {
      const encoding = String(req.headers['x-encoding']);
      void readAll(req).then((body) => {
        seen.push(`${req.headers['content-length'] ?? req.headers['transfer-encoding']} ${body.toString()}`);
        const bytes = (encoders[encoding] as (bytes: Uint8Array) => Buffer)(Buffer.from(stream));
        const fields = encoding === 'identity' ? {} : { 'content-encoding': encoding };
        res.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'x-a': 'b', ...fields });
        res.write(bytes.subarray(0, 30));
        res.end(bytes.subarray(30));
      });
    });
    const rig = await startGateway(upstream.port);
    const sent = '{"stream_options":{"include_usage":true},"stream":true}';
    for (const [encoding, encode] of Object.entries(encoders)) {
      for (const framing of [{ 'content-length': '15' }, { 'transfer-encoding': 'chunked' }] as Record<
        string,
        string
      >[]) {
        const answer = await chat(rig.port, rig.prefix('openai'), '{"stream":true}', {
          'x-encoding': encoding,
          ...framing,
        });
        expect(answer.body.toString()).toBe(contentEvent + doneEvent);
        expect([answer.complete, answer.headers['x-a'], answer.headers['content-encoding']]).toEqual([
          true,
          'b',
          undefined,
        ]);
        expect(seen.at(-1)).toBe(`${'content-length' in framing ? sent.length : 'chunked'} ${sent}`);
        const observed = rig.observer.calls.at(-1);
        expect(Buffer.concat(observed?.response ?? []).equals(encode(Buffer.from(stream)))).toBe(true);
        expect(Buffer.concat(observed?.request ?? []).toString()).toBe('{"stream":true}');
        expect(observed?.end).toBe('complete');
      }
    }
  });

  it('is changed in nothing when it asked, does not stream, is compressed, or fails', async () => {
    const bodies: Buffer[] = [];
    const upstream = await startUpstream((req, res) => {
      void readAll(req).then((body) => {
        bodies.push(body);
        const failed = req.headers['x-fail'] === 'yes';
        res.writeHead(failed ? 429 : 200, { 'content-type': 'text/event-stream', 'content-length': stream.length + 1 });
        res.end(stream);
      });
    });
    const rig = await startGateway(upstream.port);
    const cases: [Buffer, Record<string, string>][] = [
      [Buffer.from('{"stream":true,"stream_options":{"include_usage":true}}'), {}],
      [Buffer.from('{"stream":false}'), {}],
      [gzipSync('{"stream":true}'), { 'content-encoding': 'gzip' }],
      [Buffer.from('broken'), {}],
    ];
    for (const [body, headers] of cases) {
      const answer = await chat(rig.port, rig.prefix('openai'), body, headers);
      expect(bodies.at(-1)?.equals(body)).toBe(true);
      expect(answer.body.toString()).toBe(stream);
      expect(answer.headers['content-length']).toBe(String(stream.length + 1));
    }
    const failed = await chat(rig.port, rig.prefix('openai'), '{"stream":true}', { 'x-fail': 'yes' });
    expect([failed.status, failed.body.toString()]).toEqual([429, stream]);
  });

  it('passes each event on before the upstream sends the next', async () => {
    const responses: ServerResponse[] = [];
    const upstream = await startUpstream((req, res) => {
      void readAll(req).then(() => {
        res.writeHead(200, { 'content-type': 'text/event-stream' });
        res.write(contentEvent);
        responses.push(res);
      });
    });
    const rig = await startGateway(upstream.port);
    const client = new RawClient(rig.port);
    client.send(
      `POST ${rig.prefix('openai')}/v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:${rig.port}\r\nContent-Length: 15\r\n\r\n{"stream":true}`,
    );
    await client.until((text) => text.includes('"index":0'));
    responses[0]?.write(usageEvent + contentEvent);
    await client.until((text) => text.split('"index":0').length === 3);
    responses[0]?.end(doneEvent);
    await client.until((text) => text.endsWith('0\r\n\r\n'));
    expect(client.text).not.toContain('completion_tokens');
    client.socket.destroy();
  });

  it('is broken for the client when the upstream breaks it, or its compression is broken', async () => {
    const upstream = await startUpstream((req, res) => {
      req.resume();
      const broken = req.headers['x-broken'] === 'encoding';
      res.writeHead(200, { 'content-type': 'text/event-stream', ...(broken ? { 'content-encoding': 'gzip' } : {}) });
      if (broken) res.end(Buffer.concat([gzipSync(stream).subarray(0, 30), Buffer.from('not gzip at all')]));
      else res.write(`${contentEvent}data: {"cut`, () => res.destroy());
    });
    const rig = await startGateway(upstream.port);
    for (const broken of ['encoding', 'connection']) {
      const answer = await chat(rig.port, rig.prefix('openai'), '{"stream":true}', { 'x-broken': broken });
      expect([broken, answer.status, answer.complete]).toEqual([broken, 200, false]);
      expect(rig.observer.calls.at(-1)?.end).toBe('upstream-cut');
      if (broken === 'connection') expect(answer.body.toString()).toBe(`${contentEvent}data: {"cut`);
    }
  });

  it('stops the upstream when the client goes while its body is being collected', async () => {
    const upstream = await startUpstream((_req, res) => res.end());
    const rig = await startGateway(upstream.port);
    const client = new RawClient(rig.port);
    client.send(
      `POST ${rig.prefix('openai')}/v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:${rig.port}\r\nContent-Length: 150\r\n\r\n{"stream":true}`,
    );
    await once(client.socket, 'connect');
    while (rig.observer.calls.length === 0) await new Promise((resolve) => setImmediate(resolve));
    client.socket.destroy();
    expect(await rig.observer.calls[0]?.ended).toBe('client-gone');
    expect(upstream.requests).toEqual([]);
  });
});

describe('a Chat body over the bound', () => {
  it('is passed on as it is', async () => {
    const lengths: number[] = [];
    const upstream = await startUpstream((req, res) => {
      let bytes = 0;
      req.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      req.once('end', () => {
        lengths.push(bytes);
        res.end();
      });
    });
    const rig = await startGateway(upstream.port);
    const body = Buffer.alloc(66 * 1024 * 1024, ' ');
    body.write('{"stream":true');
    body.write('}', body.length - 1);
    for (const framing of [{ 'content-length': body.length }, { 'transfer-encoding': 'chunked' }]) {
      const options = { method: 'POST', path: `${rig.prefix('openai')}/v1/chat/completions`, headers: framing };
      expect((await call(rig.port, options, body)).status).toBe(200);
    }
    expect(lengths).toEqual([body.length, body.length]);
    for (const seen of rig.observer.calls) expect(Buffer.concat(seen.request).equals(body)).toBe(true);
  });

  it('goes through a body while it comes, so that the end of a large one holds nobody up', async () => {
    const upstream = await startUpstream((req, res) => void readAll(req).then((body) => res.end(body)));
    let tellFirst: () => void = () => {};
    const first = new Promise<void>((resolve) => {
      tellFirst = resolve;
    });
    class WakingObserver extends RecordingObserver {
      override begin(head: Parameters<RecordingObserver['begin']>[0]) {
        const tap = super.begin(head);
        return {
          ...tap,
          requestBytes: (chunk: Uint8Array) => {
            tap.requestBytes(chunk);
            tellFirst();
          },
        };
      }
    }
    const observer = new WakingObserver();
    const rig = await startGateway(upstream.port, { observer });
    const client = new RawClient(rig.port);
    const body = '{"model":"m","stream":true}';
    const path = `${rig.prefix('openai')}/v1/chat/completions`;
    client.send(`POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${rig.port}\r\nContent-Length: ${body.length}\r\n\r\n`);
    client.send(body.slice(0, 9));
    // The rest is sent only after the observer has seen the beginning: it would wait for ever for a body shown at its end.
    await first;
    expect(upstream.requests).toHaveLength(0);
    client.send(body.slice(9));
    await observer.calls[0]?.ended;
    expect(Buffer.concat(observer.calls[0]?.request ?? []).toString()).toBe(body);
    expect(Buffer.concat(observer.calls[0]?.response ?? []).toString()).toBe(patched(body));
    client.socket.destroy();
  });
});
