import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRoutes } from '../../../src/gateway/routes.ts';
import { parseUpstream, publicUpstreams } from '../../../src/gateway/upstreams.ts';
import { rawExchange } from '../../support/rawHttp.ts';
import { startGateway, startUpstream, token } from './gatewayRig.ts';

describe('a request that names another destination', () => {
  it('reaches the upstream of its route or nobody', async () => {
    const elsewhere = await startUpstream((_req, res) => res.end());
    const upstream = await startUpstream((req, res) => {
      req.resume();
      res.end('served');
    });
    const rig = await startGateway(upstream.port);
    const thief = `127.0.0.1:${elsewhere.port}`;
    const prefix = `/${token}/ws-1/anthropic`;
    const targets = [
      ...[
        `http://${thief}/`,
        `//${thief}/`,
        `@${thief}/`,
        `/@${thief}/`,
        `/..//${thief}/`,
        `/%2f%2f${thief}/`,
        `:80@${thief}/`,
      ].map((end) => prefix + end),
      ...[
        `?url=http://${thief}/`,
        `/v1/messages?api_base=http://${thief}`,
        `/v1/messages?upstream=http://${thief}`,
        `;http://${thief}/`,
        `#@${thief}/`,
      ].map((end) => prefix + end),
      ...[
        `http://${thief}${prefix}/v1/messages`,
        `//${thief}${prefix}/v1/messages`,
        `/${token}/ws-1/${thief}/v1/messages`,
        `/${token}/${thief}/anthropic/v1/messages`,
      ],
    ];
    const fields = [
      ...[
        'x-api-base',
        'x-upstream-url',
        'x-base-url',
        'x-portkey-custom-host',
        'x-forwarded-host',
        'x-original-url',
        'x-rewrite-url',
        'forwarded',
      ].map((name) => `${name}: http://${thief}`),
      ...[
        'x-goog-api-client',
        'openai-base-url',
        'anthropic-base-url',
        'proxy',
        'x-litellm-api-base',
        'destination',
        'location',
        'referer',
      ].map((name) => `${name}: http://${thief}`),
    ];
    const body = JSON.stringify({
      model: 'm',
      api_base: `http://${thief}`,
      base_url: `http://${thief}`,
      custom_llm_provider: thief,
    });
    const head = `Host: 127.0.0.1:${rig.port}\r\nConnection: close\r\nContent-Length: ${body.length}\r\n`;
    const requests = [
      ...targets.map((target) => `POST ${target} HTTP/1.1\r\n${head}\r\n${body}`),
      ...fields.map((field) => `POST ${prefix}/v1/messages HTTP/1.1\r\n${head}${field}\r\n\r\n${body}`),
    ];
    for (const bytes of requests) {
      const text = await rawExchange(rig.port, bytes);
      expect([bytes, text]).toEqual([bytes, expect.stringMatching(/^HTTP\/1\.1 (?:200|40[0134]) /)]);
    }
    expect(elsewhere.sockets.size).toBe(0);
    expect(elsewhere.requests).toEqual([]);
    expect(upstream.requests.length).toBeGreaterThanOrEqual(fields.length);
    expect(new Set(upstream.requests.map((req) => req.headers.host))).toEqual(new Set([`127.0.0.1:${upstream.port}`]));
  });
});

describe('a region in a path', () => {
  it('leads to a host of the same cloud, whatever it is', () => {
    const names = fc.oneof(
      fc.string({ maxLength: 40 }),
      fc.constantFrom(
        'eu-west-1',
        'us',
        'eu',
        'global',
        'evil.example',
        'evil.example#',
        '@evil.example',
        'us-east-1.evil.example',
        'us-east-1%2eevil',
        '..',
        '127.0.0.1',
        '',
      ),
    );
    const clouds = { bedrock: '.amazonaws.com', vertex: '.googleapis.com' };
    const routes = createRoutes(publicUpstreams);
    fc.assert(
      fc.property(names, fc.constantFrom('bedrock', 'vertex'), (name, id) => {
        const route = routes.find((one) => one.id === id);
        const tail = `${name}/publishers/anthropic/models/m:rawPredict`;
        for (const path of [
          `/${name}/model/m/converse`,
          `/v1/projects/p/locations/${tail}`,
          `/projects/p/locations/${tail}`,
        ]) {
          const origin = new URL(route?.upstream({ method: 'POST', path, headers: {} })?.origin ?? '');
          expect([origin.protocol, origin.port, origin.username]).toEqual(['https:', '', '']);
          expect([path, `.${origin.hostname}`.endsWith(clouds[id])]).toEqual([path, true]);
        }
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('an upstream of the user', () => {
  it.each([
    ...[
      'http://api.anthropic.com',
      'http://127.0.0.1.nip.io',
      'http://localhost.evil.example',
      'http://127.evil.example',
      'http://0x7f.example',
    ],
    ...[
      'https://169.254.169.254',
      'https://[fe80::1]',
      'http://[::ffff:169.254.169.254]',
      'https://metadata.google.internal',
      'https://0.0.0.0',
    ],
    ...[
      'https://user@api.anthropic.com',
      'https://api.anthropic.com@evil.example',
      'https://evil.example/?x=api.anthropic.com',
      'https://evil.example/#',
    ],
    ...[
      'file:///etc/passwd',
      'ftp://127.0.0.1',
      'data:text/plain,x',
      'javascript:0',
      '//evil.example',
      'evil.example',
      '',
    ],
  ])('is not %s', (text) => {
    const { upstream, problem } = parseUpstream('anthropic', text);
    expect(upstream).toBeNull();
    expect(problem).not.toContain('evil');
  });
});
