import { describe, expect, it } from 'vitest';
import { rawExchange } from '../../support/rawHttp.ts';
import { startGateway, startUpstream, token } from './gatewayRig.ts';

/** What a page could make a browser or a library send as Host to reach a loopback port; PORT stands for the gateway's own. */
const refused = [
  ...[
    'evil.com',
    'evil.com:PORT',
    '127.0.0.1.nip.io:PORT',
    'localtest.me:PORT',
    'evil.localhost:PORT',
    'metadata:PORT',
  ],
  ...['localhost.:PORT', 'LOCALHOST:PORT', 'LocalHost:PORT', 'localhost.localdomain:PORT', 'localhost', '127.0.0.1'],
  ...['127.1:PORT', '127.0.1:PORT', '0x7f000001:PORT', '0x7f.1:PORT', '2130706433:PORT', '0177.0.0.1:PORT', '0:PORT'],
  ...['127.000.000.001:PORT', '127.0.0.1.:PORT', '127.0.0.2:PORT', '0.0.0.0:PORT', '169.254.169.254:PORT'],
  ...['[::1]:PORT', '[::]:PORT', '[::ffff:127.0.0.1]:PORT', '[0:0:0:0:0:0:0:1]:PORT', '[::ffff:7f00:1]:PORT'],
  ...['127.0.0.1:1', '127.0.0.1:0PORT', '127.0.0.1:', 'localhost:', '127.0.0.1:PORT:PORT', '127.0.0.1:PORT,evil.com'],
  ...[
    'user@127.0.0.1:PORT',
    '127.0.0.1:PORT@evil.com',
    'http://127.0.0.1:PORT',
    '127.0.0.1:PORT/',
    '*',
    '',
    '127.0.0.1%20:PORT',
  ],
  ...[
    'localhost:PORT.evil.com',
    'evil.com#127.0.0.1:PORT',
    '127.0.0.1:PORT\tevil.com',
    'lo\xe7alhost:PORT',
    '%31%32%37.0.0.1:PORT',
  ],
];

describe('a Host that is not the own address', () => {
  it('is refused on the wire in every spelling, with and without the token', async () => {
    const upstream = await startUpstream((_req, res) => res.end());
    const rig = await startGateway(upstream.port);
    expect(new Set(refused).size).toBeGreaterThanOrEqual(40);
    for (const value of refused) {
      for (const path of [`/${token}/ws-1/anthropic/v1/messages`, '/control/status']) {
        const host = value.replaceAll('PORT', String(rig.port));
        const text = await rawExchange(rig.port, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
        expect([value, text]).toEqual([value, expect.stringMatching(/^HTTP\/1\.1 40[03] /)]);
        expect(text).not.toContain(token);
      }
    }
    expect(upstream.sockets.size).toBe(0);
  });

  it('is refused beside an own one, in either order', async () => {
    const upstream = await startUpstream((_req, res) => res.end());
    const rig = await startGateway(upstream.port);
    const own = `Host: 127.0.0.1:${rig.port}`;
    for (const pair of [
      `${own}\r\nHost: evil.com`,
      `Host: evil.com\r\n${own}`,
      `${own}\r\nhOST: localhost:${rig.port}`,
    ]) {
      const text = await rawExchange(rig.port, `GET /${token}/ws-1/anthropic/x HTTP/1.1\r\n${pair}\r\n\r\n`);
      expect([pair, text]).toEqual([pair, expect.stringMatching(/^HTTP\/1\.1 400 /)]);
    }
    expect(upstream.sockets.size).toBe(0);
  });

  it('leaves exactly the two own spellings', async () => {
    const upstream = await startUpstream((_req, res) => res.end('served'));
    const rig = await startGateway(upstream.port);
    for (const host of ['127.0.0.1', 'localhost']) {
      const text = await rawExchange(
        rig.port,
        `GET /${token}/ws-1/anthropic/x HTTP/1.1\r\nHost: ${host}:${rig.port}\r\nConnection: close\r\n\r\n`,
      );
      expect(text).toContain('served');
    }
  });
});
