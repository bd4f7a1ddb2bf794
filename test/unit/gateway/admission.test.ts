import { connect } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AdmissionPolicy, admit } from '../../../src/gateway/admission.ts';
import { commandLineToken } from '../../../src/gateway/commandLineToken.ts';
import { createRoutes } from '../../../src/gateway/routes.ts';
import { publicUpstreams } from '../../../src/gateway/upstreams.ts';
import { rawExchange } from '../../support/rawHttp.ts';
import { call, readAll, startGateway, startUpstream, token } from './gatewayRig.ts';

const policy: AdmissionPolicy = {
  port: 4321,
  token: Buffer.from(token),
  commandLineToken: Buffer.from(commandLineToken(token)),
  routes: new Map(createRoutes(publicUpstreams).map((route) => [route.id, route])),
  control: true,
};

function status(url: string, rawHeaders: string[] = ['Host', '127.0.0.1:4321'], method = 'GET'): number | string {
  const admission = admit({ method, url, rawHeaders }, policy);
  return admission.kind === 'refused' ? admission.status : admission.kind;
}

const good = `/${token}/ws-1/anthropic/v1/messages`;

describe('admission', () => {
  it('accepts only its own Host, spelled exactly', () => {
    expect(status(good, ['host', 'localhost:4321'])).toBe('call');
    expect(status(good)).toBe('call');
    const refused = [
      ...['evil.com', 'evil.com:4321', '127.0.0.1.nip.io:4321', 'localhost.:4321', 'LOCALHOST:4321', 'Localhost:4321'],
      ...['127.1:4321', '0x7f000001:4321', '2130706433:4321', '[::ffff:127.0.0.1]:4321', '[::1]:4321', '0.0.0.0:4321'],
      ...['127.0.0.1', 'localhost', '127.0.0.1:4322', '127.0.0.1:04321', '127.0.0.1:4321 ', '', ' ', '127.0.0.2:4321'],
      ...['user@127.0.0.1:4321', '127.0.0.1:4321@evil.com', '127.0.0.1:4321,evil.com', '127.0.0.1:4321/', '*'],
      ...['localhost:4321.evil.com', 'evil.localhost:4321', '0:4321', '127.0.0.1%00:4321', 'localhost:4321\t'],
    ];
    for (const host of refused) expect([host, status(good, ['Host', host])]).toEqual([host, 403]);
    expect(status(good, [])).toBe(400);
    expect(status(good, ['Host', '127.0.0.1:4321', 'host', '127.0.0.1:4321'])).toBe(400);
    expect(status(good, ['Host', '127.0.0.1:4321', 'Host', 'evil.com'])).toBe(400);
  });

  it('refuses whatever a web page sends', () => {
    const host = ['Host', '127.0.0.1:4321'];
    for (const origin of ['null', 'http://evil.com', 'http://127.0.0.1:4321', ''])
      expect(status(good, [...host, 'oRigin', origin])).toBe(403);
    for (const site of ['cross-site', 'same-site', 'same-origin', '', 'NONE'])
      expect(status(good, [...host, 'Sec-Fetch-Site', site])).toBe(403);
    expect(status(good, [...host, 'Sec-Fetch-Site', 'none'])).toBe('call');
    expect(status(good, [...host, 'Sec-Fetch-Site', 'none', 'sec-fetch-site', 'cross-site'])).toBe(403);
    for (const method of ['OPTIONS', 'TRACE', 'CONNECT']) expect([403, 405]).toContain(status(good, host, method));
  });

  it('checks Host and Origin before control paths too', () => {
    expect(status('/control/status')).toBe('control');
    expect(status('/control/status', ['Host', 'evil.com'])).toBe(403);
    expect(status('/control/status', ['Host', '127.0.0.1:4321', 'Origin', 'null'])).toBe(403);
    expect(status('/control')).toBe(401);
    expect(status('//control/status')).toBe(401);
    expect(
      admit(
        { method: 'GET', url: '/control/status', rawHeaders: ['Host', '127.0.0.1:4321'] },
        { ...policy, control: false },
      ),
    ).toMatchObject({ status: 401 });
  });

  it('takes only origin-form targets', () => {
    for (const url of ['*', `http://127.0.0.1:4321${good}`, 'http://evil.com/', '127.0.0.1:443', ''])
      expect(status(url)).toBe(400);
  });

  it('takes the token only as the raw first segment', () => {
    const rest = '/ws-1/anthropic/v1/messages';
    const encoded = token.replace('t', '%74');
    const variants = [
      ...[
        '',
        '/',
        '//',
        '/./',
        '/../',
        `//${token}${rest}`,
        `/./${token}${rest}`,
        `/x/../${token}${rest}`,
        `/%2f${token}${rest}`,
      ],
      ...[
        `/${encoded}${rest}`,
        `/${token};x${rest}`,
        `/${token}%2f${rest}`,
        `/${token}%5c${rest}`,
        `/${token}%00${rest}`,
      ],
      ...[`/${token.toUpperCase()}${rest}`, `/${token.slice(0, -1)}${rest}`, `/${token}a${rest}`, `/${token} ${rest}`],
      ...[
        `/${token}\\ws-1/anthropic`,
        `/${token}#${rest}`,
        `?${token}${rest}`,
        `/?/${token}${rest}`,
        `/ws-1/${token}/anthropic`,
      ],
    ];
    for (const url of variants.filter((variant) => variant.startsWith('/')))
      expect([url, status(url)]).toEqual([url, 401]);
    expect(status(`/${token}`)).toBe(404);
    expect(status(`/${token}?x`)).toBe(404);
    expect(status(`/${token}/ws_1/anthropic/x`)).toBe(404);
    expect(status(`/${token}/${'w'.repeat(65)}/anthropic/x`)).toBe(404);
    expect(status(`/${token}/${'w'.repeat(64)}/anthropic`)).toBe('call');
    expect(status(`/${token}/ws-1/Anthropic/x`)).toBe(404);
    expect(status(`/${token}/ws-1/%61nthropic/x`)).toBe(404);
    expect(status(`/${token}/ws-1/__proto__/x`)).toBe(404);
  });

  it('says in a sentence why, and keeps the connection of those only whose secret or name was wrong', () => {
    const host = ['Host', '127.0.0.1:4321'];
    const coded = 'Only chunked is served as a transfer encoding.';
    const refusals: [number, string, string | null, string, string[], string?][] = [
      [400, 'Exactly one Host is needed.', 'address', good, []],
      [403, 'This Host is not served.', 'address', good, ['Host', 'evil.com']],
      [403, 'Web pages are not served.', 'web-page', good, [...host, 'Origin', 'null']],
      [403, 'Web pages are not served.', 'web-page', good, [...host, 'Sec-Fetch-Site', 'cross-site']],
      [400, 'Only origin-form targets are served.', null, '*', host],
      [403, 'This method is not served.', null, good, host, 'OPTIONS'],
      [405, 'This method is not served.', null, good, host, 'TRACE'],
      [405, 'This method is not served.', null, good, host, 'CONNECT'],
      [400, coded, null, good, [...host, 'Transfer-Encoding', 'gzip, chunked'], 'POST'],
      [400, coded, null, good, [...host, 'transfer-encoding', 'chunked', 'Transfer-Encoding', 'identity'], 'POST'],
      [401, 'Not authorised.', 'token', '/wrong/ws-1/anthropic', host],
      [404, 'There is no such workspace.', null, `/${token}/w_1/anthropic`, host],
      [404, 'There is no such route.', null, `/${token}/ws-1/nowhere`, host],
    ];
    for (const [code, message, reason, url, rawHeaders, method = 'GET'] of refusals) {
      const close = code !== 401 && code !== 404;
      const refusal = { kind: 'refused', status: code, message, reason, close };
      expect(admit({ method, url, rawHeaders }, policy)).toEqual(refusal);
    }
    expect(admit({ rawHeaders: host }, policy)).toMatchObject({ status: 400 });
    expect(status(good, [...host, 'Transfer-Encoding', 'Chunked'], 'POST')).toBe('call');
  });

  it('opens only the routes that stand on command lines to the token that does', () => {
    const visible = commandLineToken(token);
    const of = (url: string) => admit({ method: 'POST', url, rawHeaders: ['Host', '127.0.0.1:4321'] }, policy);
    expect(of(`/${visible}/ws-1/codex/v1/responses`)).toMatchObject({ kind: 'call', fromCommandLine: true });
    expect(of(`/${token}/ws-1/codex/v1/responses`)).toMatchObject({ kind: 'call', fromCommandLine: false });
    const refusal = { kind: 'refused', status: 401, message: 'Not authorised.', reason: 'token', close: false };
    expect(of(`/${visible}/ws-1/anthropic/v1/messages`)).toEqual(refusal);
  });

  it('hands on the path and the query as they were sent', () => {
    const parts = (rest: string) => {
      const admission = admit({ url: `/${token}/ws-1${rest}`, rawHeaders: ['Host', '127.0.0.1:4321'] }, policy);
      return admission.kind === 'call'
        ? [admission.workspaceId, admission.route.id, admission.path, admission.query]
        : [];
    };
    expect(parts('/anthropic/v1/%6d?a=b?/c')).toEqual(['ws-1', 'anthropic', '/v1/%6d', '?a=b?/c']);
    expect(parts('/anthropic/v1')).toEqual(['ws-1', 'anthropic', '/v1', '']);
    expect(parts('/anthropic?')).toEqual(['ws-1', 'anthropic', '', '?']);
  });

  it('takes no letter for another one whose code ends in the same byte', () => {
    const wide = String.fromCharCode(token.charCodeAt(0) + 0x100) + token.slice(1);
    expect(status(`/${wide}/ws-1/anthropic/v1/messages`)).toBe(401);
  });

  it('never takes another token, whatever the method', () => {
    const methods = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'PROPFIND');
    fc.assert(
      fc.property(fc.string(), methods, (given, method) => {
        fc.pre(given.split(/[/?]/, 1)[0] !== token);
        expect(status(`/${given}/ws-1/anthropic/v1/messages`, undefined, method)).toBe(
          given.startsWith('control/') ? 'control' : 401,
        );
      }),
      { numRuns: 2_000 },
    );
  });

  it('splits the rest as it was sent', () => {
    const url = `/${token}/ws-1/gemini/v1beta/models/a%2fb:generateContent?key=k&x=/y?z`;
    expect(admit({ method: 'POST', url, rawHeaders: ['Host', 'localhost:4321'] }, policy)).toMatchObject({
      workspaceId: 'ws-1',
      path: '/v1beta/models/a%2fb:generateContent',
      query: '?key=k&x=/y?z',
    });
  });
});

describe('a refused request', () => {
  it('gets a neutral answer without the token or a CORS field, and reaches no upstream', async () => {
    const upstream = await startUpstream((_req, res) => res.end());
    const rig = await startGateway(upstream.port);
    const host = `Host: 127.0.0.1:${rig.port}`;
    const path = `${rig.prefix('anthropic')}/v1/messages`;
    const requests: [string, RegExp][] = [
      [`GET ${path} HTTP/1.1\r\n${host}\r\n${host}\r\n\r\n`, /^HTTP\/1\.1 400 /],
      [`GET http://evil.com${path} HTTP/1.1\r\n${host}\r\n\r\n`, /^HTTP\/1\.1 400 /],
      [
        `POST ${path} HTTP/1.1\r\n${host}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
        /^HTTP\/1\.1 400 /,
      ],
      [`POST ${path} HTTP/1.1\r\n${host}\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nabcde`, /^HTTP\/1\.1 400 /],
      [`POST ${path} HTTP/1.1\r\n${host}\r\nContent-Length: 5\r\ncontent-length: 6\r\n\r\nabcde`, /^HTTP\/1\.1 400 /],
      [`CONNECT evil.com:443 HTTP/1.1\r\n${host}\r\n\r\n`, /^HTTP\/1\.1 405 /],
      [`TRACE ${path} HTTP/1.1\r\n${host}\r\n\r\n`, /^HTTP\/1\.1 405 /],
      [
        `OPTIONS ${path} HTTP/1.1\r\n${host}\r\nOrigin: http://evil.com\r\nAccess-Control-Request-Method: POST\r\n\r\n`,
        /^HTTP\/1\.1 403 /,
      ],
      [`OPTIONS * HTTP/1.1\r\n${host}\r\n\r\n`, /^HTTP\/1\.1 4\d\d /],
      [`GET ${path} HTTP/1.1\r\nHost: evil.com\r\n\r\n`, /^HTTP\/1\.1 403 /],
      [`GET ${path} HTTP/1.1\r\n\r\n`, /^HTTP\/1\.1 400 /],
      [`GET ${path} HTTP/1.0\r\n\r\n`, /^HTTP\/1\.1 400 /],
      [`GET ${path} HTTP/1.1\r\n${host}\r\nOrigin: null\r\n\r\n`, /^HTTP\/1\.1 403 /],
    ];
    for (const [bytes, expected] of requests) {
      const text = await rawExchange(rig.port, bytes);
      expect([bytes, text]).toEqual([bytes, expect.stringMatching(expected)]);
      expect(text).not.toContain(token);
      expect(text).not.toMatch(/access-control/i);
    }
    expect(upstream.sockets.size).toBe(0);
    expect(rig.observer.calls).toEqual([]);
  });

  it('is never two requests for the upstream', async () => {
    const bodies: string[] = [];
    const upstream = await startUpstream((req, res) => {
      void readAll(req).then((body) => {
        bodies.push(`${req.method} ${req.url} ${body.toString('latin1')}`);
        res.end();
      });
    });
    const rig = await startGateway(upstream.port);
    const smuggled = `GET /smuggled HTTP/1.1\r\nHost: 127.0.0.1:${upstream.port}\r\n\r\n`;
    const variants = [
      'Transfer-Encoding: xchunked',
      'Transfer-Encoding : chunked',
      'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity',
      'Transfer-Encoding: identity, chunked',
      'Transfer-Encoding: gzip, chunked',
      'Transfer-Encoding: chunked, identity',
      'Transfer-Encoding:\x0bchunked',
      'Transfer-Encoding: chunkedchunked',
      'Transfer-Encoding: "chunked"',
      'Transfer-Encoding:\r\n chunked',
      'X: y\r\n Transfer-Encoding: chunked',
      'Content-Length: +4',
      'Content-Length: 4, 4',
      'Content-Length: 0x4',
      'Content-Length: 18446744073709551617',
      'Content-Length:',
      'Content-Length: -1',
      'Connection: content-length\r\nContent-Length: 4',
      'Connection: transfer-encoding\r\nTransfer-Encoding: chunked',
    ];
    for (const fields of variants) {
      const before = bodies.length;
      const bytes = `POST ${rig.prefix('anthropic')}/v1/x HTTP/1.1\r\nHost: 127.0.0.1:${rig.port}\r\nConnection: close\r\n${fields}\r\n\r\n0\r\n\r\n${smuggled}`;
      const text = await rawExchange(rig.port, bytes);
      expect([fields, text]).toEqual([fields, expect.stringMatching(/^HTTP\/1\.1 [24]\d\d /)]);
      expect([fields, bodies.length - before]).toEqual([fields, text.startsWith('HTTP/1.1 2') ? 1 : 0]);
    }
    expect(bodies.filter((seen) => !seen.startsWith('POST /v1/x '))).toEqual([]);
    const breaks = ['\n', '\r'].map(
      (end) => `GET ${rig.prefix('anthropic')}/x HTTP/1.1${end}Host: 127.0.0.1:${rig.port}${end}${end}`,
    );
    const before = bodies.length;
    for (const bytes of breaks) expect(await rawExchange(rig.port, bytes)).toMatch(/^HTTP\/1\.1 400 /);
    expect(bodies.length).toBe(before);
  });

  it('leaves the connection usable when only the token was wrong', async () => {
    const upstream = await startUpstream((req, res) => void readAll(req).then((body) => res.end(`got ${body.length}`)));
    const rig = await startGateway(upstream.port);
    const host = `Host: 127.0.0.1:${rig.port}`;
    const text = await rawExchange(
      rig.port,
      [
        `POST /${token.slice(0, -1)}X/ws-1/anthropic/v1/messages HTTP/1.1\r\n${host}\r\nContent-Length: 6\r\n\r\nsecret`,
        `POST ${rig.prefix('anthropic')}/v1/x HTTP/1.1\r\n${host}\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc`,
      ].join(''),
    );
    expect(text).toMatch(/^HTTP\/1\.1 401 Unauthorized\r\n/);
    expect(text).toContain('{"error":{"message":"Not authorised."}}');
    expect(text).toContain('got 3');
    expect(upstream.requests.map((req) => req.url)).toEqual(['/v1/x']);
  });

  it('gets no invitation to send a body', async () => {
    const upstream = await startUpstream((_req, res) => res.end());
    const rig = await startGateway(upstream.port);
    const text = await rawExchange(
      rig.port,
      `POST /wrong/ws-1/anthropic/x HTTP/1.1\r\nHost: 127.0.0.1:${rig.port}\r\nExpect: 100-continue\r\nContent-Length: 9\r\nConnection: close\r\n\r\n`,
    );
    expect(text).toMatch(/^HTTP\/1\.1 401 /);
  });
});

describe('upgrades', () => {
  const upgrade =
    'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: bWFkZSB1cCBrZXkgMTIzNA==\r\nSec-WebSocket-Version: 13\r\n';

  it('are answered 426 and closed with a token, refused without', async () => {
    const upstream = await startUpstream((_req, res) => res.end());
    const rig = await startGateway(upstream.port);
    const host = `Host: 127.0.0.1:${rig.port}\r\n`;
    for (const path of ['codex/v1/responses', 'openai/v1/responses', 'anthropic/x']) {
      const text = await rawExchange(rig.port, `GET /${token}/ws-1/${path} HTTP/1.1\r\n${host}${upgrade}\r\n`);
      expect(text).toMatch(/^HTTP\/1\.1 426 Upgrade Required\r\nConnection: close\r\n/);
    }
    expect(await rawExchange(rig.port, `GET /wrong/ws-1/codex/x HTTP/1.1\r\n${host}${upgrade}\r\n`)).toMatch(
      /^HTTP\/1\.1 401 /,
    );
    expect(
      await rawExchange(
        rig.port,
        `GET /${token}/ws-1/codex/x HTTP/1.1\r\n${host}Origin: http://evil.com\r\n${upgrade}\r\n`,
      ),
    ).toMatch(/^HTTP\/1\.1 403 /);
    expect(upstream.sockets.size).toBe(0);
  });

  it('to other protocols are passed over, and the request is served', async () => {
    const upstream = await startUpstream((req, res) => res.end(String(req.headers.upgrade)));
    const rig = await startGateway(upstream.port);
    const text = await rawExchange(
      rig.port,
      `GET ${rig.prefix('anthropic')}/x HTTP/1.1\r\nHost: 127.0.0.1:${rig.port}\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n`,
    );
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
    expect(text).toContain('undefined');
  });
});

describe('the listening socket', () => {
  it('is bound to 127.0.0.1 only', async () => {
    const upstream = await startUpstream((_req, res) => res.end());
    const rig = await startGateway(upstream.port);
    const reached = (host: string) =>
      new Promise<boolean>((resolve) => {
        const socket = connect(rig.port, host, () => {
          socket.destroy();
          resolve(true);
        });
        socket.on('error', () => resolve(false));
      });
    expect(await reached('127.0.0.1')).toBe(true);
    expect(await reached('127.0.0.2')).toBe(false);
    expect(await reached('::1')).toBe(false);
  });

  it('hands control paths to their own handler', async () => {
    const upstream = await startUpstream((_req, res) => res.end());
    const seen: string[] = [];
    const rig = await startGateway(upstream.port, {
      onControl: (req, res) => {
        seen.push(`${req.method} ${req.url}`);
        if (req.url === '/control/bad') throw new Error('made up');
        res.end('ok');
      },
    });
    expect((await call(rig.port, { method: 'POST', path: '/control/status' })).body.toString()).toBe('ok');
    expect((await call(rig.port, { path: '/control/bad' })).status).toBe(500);
    const refused = await call(rig.port, { path: '/control/status', headers: { origin: 'null' } });
    expect(refused.status).toBe(403);
    expect(seen).toEqual(['POST /control/status', 'GET /control/bad']);
  });
});
