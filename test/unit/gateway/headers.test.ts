import { describe, expect, it } from 'vitest';
import { firstValues, upstreamRequestHeaders, withoutCredentials } from '../../../src/gateway/headers.ts';
import { rawExchange } from '../../support/rawHttp.ts';
import { startGateway, startUpstream } from './gatewayRig.ts';

/** What the gateway's own connection to the upstream needs. */
const ownFields = new Set(['connection', 'host']);

const pairsOf = (raw: readonly string[]): string[] =>
  raw.flatMap((name, i) => (i % 2 === 0 && !ownFields.has(name.toLowerCase()) ? [`${name}: ${raw[i + 1]}`] : []));

/** The fields that reach the upstream with a request of these. */
async function sent(method: string, fields: readonly string[], body = ''): Promise<string[]> {
  const upstream = await startUpstream((req, res) => {
    req.resume();
    res.end();
  });
  const rig = await startGateway(upstream.port);
  const head = [`${method} ${rig.prefix('anthropic')}/v1/x HTTP/1.1`, `Host: 127.0.0.1:${rig.port}`, ...fields];
  await rawExchange(rig.port, `${head.join('\r\n')}\r\n\r\n${body}`);
  return pairsOf(upstream.requests[0]?.rawHeaders ?? []);
}

/** The head that a client gets for one of these fields, and the body's bytes as they are framed. */
async function answered(fields: readonly [string, string][], request: string): Promise<string> {
  const upstream = await startUpstream((req, res) => {
    req.resume();
    res.sendDate = false;
    res.writeHead(200, fields.flat());
    res.end('abc');
  });
  const rig = await startGateway(upstream.port);
  const [line = '', ...rest] = request.split('\r\n');
  const target = line.replace('PATH', `${rig.prefix('anthropic')}/v1/x`);
  return rawExchange(rig.port, [target, `Host: 127.0.0.1:${rig.port}`, ...rest, '', ''].join('\r\n'));
}

describe('the fields of a request', () => {
  it('lose what belongs to one connection, by its own name or by being named', async () => {
    expect(
      await sent('GET', [
        'Connection: close, X-Named ,, keep-alive',
        'connection: x-too',
        'X-Named: 1',
        'x-TOO: 2',
        'X-Namedness: kept',
        'Keep-Alive: 1',
        'Proxy-Connection: 1',
        'Proxy-Authenticate: 1',
        'Proxy-Authorization: 1',
        'Upgrade: h2c',
      ]),
    ).toEqual(['X-Namedness: kept']);
  });

  it('announce trailers only where they can follow', async () => {
    expect(await sent('POST', ['Connection: close', 'Trailer: X-T', 'Content-Length: 3'], 'abc')).toEqual([
      'Content-Length: 3',
    ]);
    const chunks = '3\r\nabc\r\n0\r\nX-T: 1\r\n\r\n';
    expect(await sent('POST', ['Connection: close', 'Trailer: X-T', 'Transfer-Encoding: chunked'], chunks)).toEqual([
      'Trailer: X-T',
      'Transfer-Encoding: chunked',
    ]);
  });

  it('keep Host and framing even where Connection names them', async () => {
    const named = 'Connection: close, host, content-length, transfer-encoding';
    expect(await sent('POST', [named, 'Content-Length: 3', 'X: 1'], 'abc')).toEqual(['Content-Length: 3', 'X: 1']);
    expect(await sent('POST', [named, 'Transfer-Encoding: chunked'], '3\r\nabc\r\n0\r\n\r\n')).toEqual([
      'Transfer-Encoding: chunked',
    ]);
  });

  it.each([
    ['trailers', ['TE: trailers']],
    ['Trailers', ['TE: trailers']],
    ['deflate , trailers', ['TE: trailers']],
    ['deflate,trailers;q=0.5', ['TE: trailers']],
    ['trailers , gzip', ['TE: trailers']],
    ['deflate', []],
    ['xtrailers', []],
    ['trailersx', []],
    ['x trailers', []],
  ])('say of TE: %s only whether trailers are taken', async (value, fields) => {
    expect(await sent('GET', ['Connection: close', `TE: ${value}`])).toEqual(fields);
  });

  it.each([
    ['GET', []],
    ['HEAD', []],
    ['DELETE', []],
    ['POST', ['Content-Length: 0']],
    ['PUT', ['Content-Length: 0']],
    ['PATCH', ['Content-Length: 0']],
  ])('say of a %s without a body what servers expect', async (method, fields) => {
    expect(await sent(method, ['Connection: close'])).toEqual(fields);
  });

  it('say the length of a body, even on GET, in the place where the client did', async () => {
    expect(await sent('GET', ['Connection: close', 'A: 1', 'Content-Length: 3', 'B: 2'], 'abc')).toEqual([
      'A: 1',
      'Content-Length: 3',
      'B: 2',
    ]);
  });
});

describe('the fields that are sent on', () => {
  const framing = { host: 'api.example', method: 'POST', body: 'chunked' } as const;

  it('frame a body once, where the client did, and say nothing of an expectation', () => {
    const raw = [
      'A',
      '1',
      'Transfer-Encoding',
      'gzip',
      'Expect',
      '100-continue',
      'transfer-encoding',
      'chunked',
      'B',
      '2',
    ];
    expect(upstreamRequestHeaders(raw, framing)).toEqual(['A', '1', 'Transfer-Encoding', 'chunked', 'B', '2']);
  });

  it('say trailers for TE alone, whatever else speaks of them', () => {
    const raw = ['TE', 'deflate, trailers;q=1', 'X-Note', 'no, trailers, please'];
    expect(upstreamRequestHeaders(raw, { ...framing, body: null, method: 'GET' })).toEqual([
      'TE',
      'trailers',
      'X-Note',
      'no, trailers, please',
    ]);
  });
});

describe('what the rest of the gateway sees of a request', () => {
  it('has no credential', () => {
    const values = firstValues([
      ...['Authorization', 'Bearer made-up', 'X-Api-Key', 'made-up', 'x-goog-api-key', 'made-up', 'api-key', 'made-up'],
      ...['X-Amz-Security-Token', 'made-up', 'Cookie', 'made-up', 'Proxy-Authorization', 'made-up', 'X-App', 'cli'],
    ]);
    expect(withoutCredentials(values)).toEqual({ 'x-app': 'cli' });
  });
});

describe('the fields of a response', () => {
  it('lose what belongs to one connection', async () => {
    const text = await answered(
      [
        ['Connection', 'close, X-Named'],
        ['X-Named', '1'],
        ['Keep-Alive', '2'],
        ['Proxy-Authenticate', '3'],
        ['Upgrade', 'h2c'],
        ['X-Kept', '4'],
        ['x-kept', '5'],
        ['Content-Length', '3'],
      ],
      'GET PATH HTTP/1.1\r\nConnection: close',
    );
    expect(text).toBe('HTTP/1.1 200 OK\r\nX-Kept: 4\r\nx-kept: 5\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc');
  });

  it('announce trailers only where they can follow', async () => {
    const fields: [string, string][] = [
      ['Trailer', 'X-T'],
      ['Transfer-Encoding', 'chunked'],
    ];
    const chunked = await answered(fields, 'GET PATH HTTP/1.1\r\nConnection: close');
    expect(chunked).toBe(
      'HTTP/1.1 200 OK\r\nTrailer: X-T\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
    );
    const old = await answered(fields, 'GET PATH HTTP/1.0');
    expect(old).toBe('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc');
  });
});
