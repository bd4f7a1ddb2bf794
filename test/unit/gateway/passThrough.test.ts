import { describe, expect, it } from 'vitest';
import { call, readAll, startGateway, startUpstream } from './gatewayRig.ts';

/** What agents send and gateways are told to leave alone, by route: path, upstream path and fields. */
const requests: readonly (readonly [route: string, path: string, upstreamPath: string, fields: readonly string[]])[] = [
  [
    'anthropic',
    '/v1/messages?beta=true',
    '/v1/messages?beta=true',
    [
      ...[
        'x-api-key',
        'sk-ant-api03-made-up',
        'anthropic-version',
        '2023-06-01',
        'X-App',
        'cli',
        'x-anything-new',
        '1',
      ],
      ...[
        'anthropic-beta',
        'claude-code-20250219,context-1m-2025-08-07',
        'anthropic-dangerous-direct-browser-access',
        'true',
      ],
      ...[
        'x-claude-code-session-id',
        'session-1',
        'User-Agent',
        'claude-cli/2.1.330 (external, cli)',
        'x-stainless-retry-count',
        '1',
      ],
      ...[
        'x-stainless-timeout',
        '600',
        'accept',
        'application/json',
        'Accept-Encoding',
        'gzip, deflate, br, zstd',
        'traceparent',
        '00-1-2-01',
      ],
    ],
  ],
  [
    'anthropic',
    '/v1/messages/count_tokens?beta=true',
    '/v1/messages/count_tokens?beta=true',
    [
      'authorization',
      'Bearer sk-ant-oat01-made-up',
      'anthropic-beta',
      'oauth-2025-04-20',
      'anthropic-version',
      '2023-06-01',
    ],
  ],
  ['anthropic', '/v1/models?limit=1000', '/v1/models?limit=1000', ['x-api-key', 'sk-ant-api03-made-up']],
  [
    'anthropic',
    '/v1/not/yet/invented',
    '/v1/not/yet/invented',
    ['x-api-key', 'sk-ant-api03-made-up', 'content-type', 'application/x-new'],
  ],
  [
    'openai',
    '/v1/responses',
    '/v1/responses',
    [
      ...[
        'Authorization',
        'Bearer sk-proj-made-up',
        'OpenAI-Organization',
        'org-1',
        'OpenAI-Project',
        'proj_1',
        'OpenAI-Beta',
        'responses=v1',
      ],
      ...[
        'originator',
        'codex_cli_rs',
        'session_id',
        's-1',
        'conversation_id',
        'c-1',
        'version',
        '0.130.0',
        'Idempotency-Key',
        'i-1',
      ],
    ],
  ],
  ['openai', '/v1/embeddings', '/v1/embeddings', ['authorization', 'Bearer sk-made-up']],
  [
    'codex',
    '/v1/responses',
    '/backend-api/codex/responses',
    [
      'authorization',
      'Bearer eyJmade.up',
      'chatgpt-account-id',
      'acc-1',
      'originator',
      'codex_cli_rs',
      'x-codex-turn-state',
      'abc',
    ],
  ],
  [
    'gemini',
    '/v1beta/models/gemini-3-pro:streamGenerateContent?alt=sse&key=made-up',
    '/v1beta/models/gemini-3-pro:streamGenerateContent?alt=sse&key=made-up',
    [
      'x-goog-api-key',
      'AIza-made-up',
      'x-goog-api-client',
      'google-genai-sdk/1',
      'x-goog-user-project',
      'p',
      'Authorization',
      'Bearer ya29.made-up',
    ],
  ],
];

/** What providers answer with and agents act on. */
const responseFields = [
  ...[
    'request-id',
    'req_1',
    'x-request-id',
    'req_2',
    'retry-after',
    '7',
    'retry-after-ms',
    '7000',
    'x-should-retry',
    'true',
    'cf-ray',
    '1-AMS',
  ],
  ...[
    'anthropic-ratelimit-unified-status',
    'allowed',
    'anthropic-ratelimit-unified-5h-utilization',
    '0.3',
    'anthropic-organization-id',
    'o',
  ],
  ...[
    'x-ratelimit-remaining-tokens',
    '9',
    'openai-processing-ms',
    '12',
    'openai-version',
    '2020-10-01',
    'x-codex-primary-used-percent',
    '12',
  ],
  ...[
    'Set-Cookie',
    '__cf_bm=made-up; path=/',
    'Set-Cookie',
    'second=1',
    'Strict-Transport-Security',
    'max-age=1',
    'Date',
    'Sun, 22 Nov 2026 10:00:00 GMT',
  ],
  ...[
    'Server',
    'cloudflare',
    'via',
    '1.1 google',
    'X-Unknown',
    'kept',
    'Content-Type',
    'application/json; charset=utf-8',
    'Alt-Svc',
    'h3=":443"',
  ],
];

const framing = new Set(['host', 'connection', 'keep-alive', 'content-length', 'transfer-encoding']);
const endToEnd = (raw: readonly string[]) =>
  raw.filter((_, i) => !framing.has((raw[i - (i % 2)] as string).toLowerCase()));

describe('what agents and providers tell each other', () => {
  it.each(requests)('goes through %s%s with every field in its place', async (route, path, upstreamPath, fields) => {
    const bodies: Promise<Buffer>[] = [];
    const answer = Buffer.from('{"type":"new_kind","nested":{"unknown":[1,2.50,"\\u0000"]}}');
    const upstream = await startUpstream((req, res) => {
      bodies.push(readAll(req));
      res.sendDate = false;
      res.writeHead(429, [...responseFields, 'Content-Length', String(answer.length)]);
      res.end(answer);
    });
    const rig = await startGateway(upstream.port);
    // Unknown members, blanks, escapes and number forms that no re-serialised JSON would keep.
    const body = Buffer.from(
      '{ "model" : "m",\n "stream":false, "new_field": {"a":1.0, "b":"\\u00e9"}, "n":1e2 , "model":"m" }',
    );
    const headers = ['Host', `127.0.0.1:${rig.port}`, ...fields, 'Content-Length', String(body.length)];
    const through = await call(rig.port, { method: 'POST', path: rig.prefix(route) + path, headers }, body);
    const [seen] = upstream.requests;
    expect([seen?.method, seen?.url]).toEqual(['POST', upstreamPath]);
    expect(endToEnd(seen?.rawHeaders ?? [])).toEqual(fields);
    expect((await bodies[0])?.equals(body)).toBe(true);
    expect([through.status, endToEnd(through.rawHeaders)]).toEqual([429, responseFields]);
    expect(through.body.equals(answer)).toBe(true);
  });
});
