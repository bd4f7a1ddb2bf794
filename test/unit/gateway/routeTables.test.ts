import { describe, expect, it } from 'vitest';
import { mayAskForUsage } from '../../../src/gateway/asksForUsage.ts';
import type { RequestHead, Route } from '../../../src/gateway/contract.ts';
import { pathShape } from '../../../src/gateway/pathShape.ts';
import { createRoutes } from '../../../src/gateway/routes.ts';
import { joinPath, publicUpstreams, upstreamTable } from '../../../src/gateway/upstreams.ts';

const routes = createRoutes({
  ...publicUpstreams,
  azure: upstreamTable({ azure: 'https://a.example' }).upstreams.azure,
});

function route(id: string): Route {
  const found = routes.find((candidate) => candidate.id === id);
  if (found === undefined) throw new Error(`No route ${id}.`);
  return found;
}

const head = (headers: Record<string, string> = {}, path = '/'): RequestHead => ({ method: 'POST', path, headers });

function urlOf(id: string, path: string): string {
  const upstream = route(id).upstream(head({}, path));
  return upstream === null ? '' : upstream.origin + joinPath(upstream.basePath, route(id).upstreamPath(path));
}

const matchOf = (id: string, path: string) => route(id).match('POST', route(id).upstreamPath(path));

describe('a path that is almost one of a provider’s', () => {
  it.each([
    ['anthropic', '/messages/batches', 'https://api.anthropic.com/v1/messages/batches'],
    ['anthropic', '/messagesx', 'https://api.anthropic.com/messagesx'],
    ['anthropic', '/x/messages', 'https://api.anthropic.com/x/messages'],
    ['anthropic', '/v1/v1x', 'https://api.anthropic.com/v1/v1x'],
    ['openai', '', 'https://api.openai.com/v1'],
    ['openai', '/v1', 'https://api.openai.com/v1'],
    ['openai', '/v1x/models', 'https://api.openai.com/v1/v1x/models'],
    ['openai', '/models', 'https://api.openai.com/v1/models'],
    ['openai', '/v1/v1/models', 'https://api.openai.com/v1/models'],
    ['bedrock', '/eu-west-1/foundation-models', 'https://bedrock.eu-west-1.amazonaws.com/foundation-models'],
    ['bedrock', '/foundation-models/m', 'https://bedrock.us-east-1.amazonaws.com/foundation-models/m'],
    ['bedrock', '/inference-profilesx', 'https://bedrock-runtime.us-east-1.amazonaws.com/inference-profilesx'],
    ['bedrock', '/x/inference-profiles', 'https://bedrock-runtime.us-east-1.amazonaws.com/x/inference-profiles'],
    ['bedrock', '/eu-west-1', 'https://bedrock-runtime.eu-west-1.amazonaws.com'],
    ['vertex', '/v1/projects/p/x', 'https://aiplatform.googleapis.com/v1/projects/p/x'],
    ['vertex', '/projects/p/x', 'https://aiplatform.googleapis.com/v1/projects/p/x'],
    ['vertex', '/publishers/google/x', 'https://aiplatform.googleapis.com/v1/publishers/google/x'],
    ['vertex', '/v1/v1/x', 'https://aiplatform.googleapis.com/v1/x'],
    ['vertex', '/v1/v2/x', 'https://aiplatform.googleapis.com/v1/v2/x'],
    ['vertex', '/a/v1/v1/x', 'https://aiplatform.googleapis.com/a/v1/v1/x'],
    [
      'vertex',
      '/v1alpha1/projects/p/locations/us-east5/x',
      'https://us-east5-aiplatform.googleapis.com/v1alpha1/projects/p/locations/us-east5/x',
    ],
    [
      'vertex',
      '/v1/projects/p/locations/us-east500/x',
      'https://aiplatform.googleapis.com/v1/projects/p/locations/us-east500/x',
    ],
    [
      'vertex',
      '/v1/projects/p/locations/xus-east5/x',
      'https://aiplatform.googleapis.com/v1/projects/p/locations/xus-east5/x',
    ],
    [
      'vertex',
      '/v1/projects/p/locations/europe-west12/x',
      'https://europe-west12-aiplatform.googleapis.com/v1/projects/p/locations/europe-west12/x',
    ],
    [
      'vertex',
      '/v1/projects/p/q/locations/us-east5/x',
      'https://aiplatform.googleapis.com/v1/projects/p/q/locations/us-east5/x',
    ],
    [
      'vertex',
      '/x/v1/projects/p/locations/us-east5/x',
      'https://aiplatform.googleapis.com/x/v1/projects/p/locations/us-east5/x',
    ],
    ['azure', '/anthropic/messages', 'https://a.example/anthropic/v1/messages'],
    ['azure', '/anthropic/v1/v1/messages', 'https://a.example/anthropic/v1/messages'],
    ['azure', '/x/anthropic/messages', 'https://a.example/x/anthropic/messages'],
    ['deepseek', '/anthropic', 'https://api.deepseek.com/anthropic'],
    ['deepseek', '/anthropic/v1/v1/messages', 'https://api.deepseek.com/anthropic/v1/messages'],
    ['deepseek', '/anthropic/messages/count_tokens', 'https://api.deepseek.com/anthropic/v1/messages/count_tokens'],
    ['groq', '/openai/v1', 'https://api.groq.com/openai/v1'],
    ['groq', '/openai/v1x', 'https://api.groq.com/openai/v1/openai/v1x'],
    ['groq', '/v1/v1/responses', 'https://api.groq.com/openai/v1/responses'],
    ['ollama', '/messages', 'http://127.0.0.1:11434/v1/messages'],
  ])('%s%s leads to %s', (id, path, url) => {
    expect(urlOf(id, path)).toBe(url);
  });

  it.each([
    ['anthropic', '/v1/messages/'],
    ['anthropic', '/v1/messages/batches'],
    ['openai', '/v1/responses/compactx'],
    ['openai', '/v1/responses/x'],
    ['openai', '/v1/chat/completions/x'],
    ['gemini', '/v2/models/m:generateContent'],
    ['gemini', '/v1gamma/models/m:generateContent'],
    ['gemini', '/v1/other/m:generateContent'],
    ['gemini', '/v1/models/m:generateContentx'],
    ['gemini', '/v1/models/m:x:generateContent'],
    ['gemini', '/x/v1/models/m:generateContent'],
    ['gemini', '/v1/models/:generateContent'],
    ['bedrock', '/model/invoke'],
    ['bedrock', '/model/m/invoke/x'],
    ['bedrock', '/x/model/m/invoke'],
    ['bedrock', '/openai/v1/chat/completions/x'],
    ['code-assist', '/x/v1internal:generateContent'],
    ['code-assist', '/v1internal:generateContentx'],
    ['azure', '/openai/deployments/d/e/chat/completions'],
    ['azure', '/openai/deployments/d/chat/completions/x'],
    ['azure', '/x/openai/deployments/d/chat/completions'],
    ['azure', '/openaix/v1/chat/completions'],
    ['azure', '/x/openai/v1/responses'],
    ['vertex', '/v1/projects/p/locations/us/publishers/google/models/m:generateContent:x'],
    ['vertex', '/v1/projects/p/locations/us/publishers/google/models/a/b:generateContent'],
    ['vertex', '/v1/projects/p/locations/us/publishers/a/b/models/m:generateContent'],
    ['vertex', '/v2/projects/p/locations/us/publishers/google/models/m:generateContent'],
    ['vertex', '/x/v1/projects/p/locations/us/publishers/google/models/m:generateContent'],
    ['vertex', '/v1/projects/p/locations/us/publishers/google/models/m:generateContent-x'],
    ['vertex', '/v1/projects/p/locations/us/publishers/toString/models/m:rawPredict'],
    ['vertex', '/v1/projects/p/locations/us/endpoints/openapi/chat/completions/x'],
    ['vertex', '/x/v1/projects/p/locations/us/endpoints/openapi/chat/completions'],
    ['vertex', '/v1/projects/p/q/locations/us/endpoints/openapi/chat/completions'],
    ['ollama', '/api/chatx'],
    ['deepseek', '/v1/messages/count_tokens'],
  ])('%s%s is not metered', (id, path) => {
    expect(matchOf(id, path)).toBeNull();
  });

  it('is not metered by another method either', () => {
    for (const [id, path] of [
      ['azure', '/openai/deployments/d/chat/completions'],
      ['vertex', '/v1/publishers/google/models/m:generateContent'],
      ['bedrock', '/model/m/converse'],
      ['ollama', '/api/chat'],
    ] as const)
      expect([id, route(id).match('PUT', path), route(id).match('POST', path)]).toEqual([id, null, expect.anything()]);
  });

  it('tells all that it says of a call', () => {
    const plain = { pathModel: null, pathStream: null };
    expect(matchOf('anthropic', '/v1/messages')).toEqual({ api: 'anthropic-messages', ...plain });
    expect(matchOf('openai', '/v1/chat/completions')).toEqual({ api: 'openai-chat', ...plain });
    expect(matchOf('openai', '/v1/responses')).toEqual({ api: 'openai-responses', ...plain });
    expect(matchOf('codex', '/v1/responses')).toEqual({ api: 'openai-responses', ...plain });
    expect(matchOf('deepseek', '/v1/chat/completions')).toEqual({ api: 'openai-chat', ...plain });
    expect(matchOf('ollama', '/api/chat')).toEqual({ api: 'ollama-native', ...plain });
    expect(matchOf('bedrock', '/openai/v1/chat/completions')).toEqual({ api: 'openai-chat', ...plain });
    expect(matchOf('azure', '/deployments/d/chat/completions')).toEqual({
      api: 'openai-chat',
      ...plain,
      pathModel: 'd',
    });
    expect(matchOf('gemini', '/v1beta/tunedModels/m:generateContent')).toEqual({
      api: 'gemini-generate',
      pathModel: 'm',
      pathStream: false,
    });
    expect(matchOf('vertex', '/v1beta1/projects/p/locations/us-east5/endpoints/openapi/chat/completions')).toEqual({
      api: 'openai-chat',
      ...plain,
      region: 'us-east5',
    });
  });
});

describe('who pays', () => {
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

  it.each<[string, Record<string, string>, string, string]>([
    ['anthropic', { authorization: 'Basic sk-ant-oat' }, '/', 'unknown'],
    ['anthropic', { authorization: 'xBearer sk-x' }, '/', 'unknown'],
    ['anthropic', { authorization: 'Bearersk-x' }, '/', 'unknown'],
    ['anthropic', bearer('  sk-ant-oat01'), '/', 'subscription'],
    ['anthropic', bearer('x-sk-ant-oat01'), '/', 'key'],
    ['anthropic', { ...bearer('x'), 'anthropic-beta': 'a,oauth-2025-04-20,b' }, '/', 'subscription'],
    ['anthropic', { ...bearer('x'), 'anthropic-beta': 'oauth-x' }, '/', 'key'],
    ['anthropic', { ...bearer('x'), 'anthropic-beta': 'noauth-2025' }, '/', 'key'],
    ['anthropic', bearer('xeyJ'), '/', 'key'],
    ['openai', { 'api-key': 'k' }, '/', 'key'],
    ['openai', { authorization: 'Bearer ' }, '/', 'unknown'],
    ['openai', { authorization: 'Basic Bearer x' }, '/', 'unknown'],
    ['codex', { authorization: 'Bearer ' }, '/', 'unknown'],
    ['codex', { authorization: 'Basic Bearer x' }, '/', 'unknown'],
    ['gemini', {}, '/x?key=', 'unknown'],
    ['gemini', {}, '/x?key=&key=', 'unknown'],
    ['gemini', {}, '/x?key=k', 'key'],
    ['gemini', bearer('other'), '/', 'unknown'],
    ['gemini', { authorization: 'x Bearer ya29.x' }, '/', 'unknown'],
    ['bedrock', bearer('  x'), '/', 'key'],
    ['openai', bearer('  x'), '/', 'key'],
    ['codex', bearer('  x'), '/', 'key'],
    ['vertex', bearer('  x'), '/', 'key'],
    ['mistral', bearer('  x'), '/', 'key'],
    ['gemini', bearer('  ya29.x'), '/', 'subscription'],
    ['code-assist', bearer('  x'), '/', 'subscription'],
    ['bedrock', { authorization: 'AWS4-HMAC-SHA256 Credential=x' }, '/', 'key'],
    ['bedrock', { authorization: 'Bearer ' }, '/', 'unknown'],
    ['bedrock', { authorization: 'x Bearer y' }, '/', 'unknown'],
    ['bedrock', {}, '/', 'unknown'],
    ['vertex', {}, '/x?key=k', 'key'],
    ['vertex', {}, '/x?a=b&key=k', 'key'],
    ['vertex', {}, '/x?key=', 'unknown'],
    ['vertex', { authorization: 'Bearer ' }, '/', 'unknown'],
    ['vertex', { authorization: 'x Bearer y' }, '/', 'unknown'],
    ['code-assist', {}, '/', 'unknown'],
    ['code-assist', { authorization: 'Bearer ' }, '/', 'unknown'],
    ['code-assist', { authorization: 'x Bearer y' }, '/', 'unknown'],
    ['azure', { 'api-key': 'k' }, '/', 'key'],
    ['mistral', { authorization: 'x Bearer y' }, '/', 'unknown'],
    ['mistral', { authorization: 'Bearer ' }, '/', 'unknown'],
    ['zai', bearer('k'), '/api/coding/paas/v4x/chat/completions', 'key'],
    ['zai', bearer('k'), '/api/anthropicx/v1/messages', 'key'],
    ['zai', bearer('k'), '/v1/chat/completions', 'key'],
  ])('on %s with %j at %s is %s', (id, headers, path, auth) => {
    expect(route(id).auth(head(headers, path))).toBe(auth);
  });
});

describe('what Outlay says for a provider', () => {
  it('has the provider’s own shape', () => {
    const shared = { type: 'error', error: { type: 'api_error', message: 'No.', param: null, code: null } };
    const openai = { error: { message: 'No.', type: 'server_error', param: null, code: null } };
    const shapes: Record<string, unknown> = {
      anthropic: { type: 'error', error: { type: 'api_error', message: 'No.' } },
      openai,
      codex: openai,
      gemini: { error: { code: 502, message: 'No.', status: 'UNAVAILABLE' } },
      vertex: { error: { code: 502, message: 'No.', status: 'UNAVAILABLE' } },
      'code-assist': { error: { code: 502, message: 'No.', status: 'UNAVAILABLE' } },
      bedrock: { message: 'No.' },
    };
    for (const { id, errorBody } of routes)
      expect([id, JSON.parse(errorBody(502, 'No.'))]).toEqual([id, shapes[id] ?? shared]);
    expect(JSON.parse(route('gemini').errorBody(400, 'No.'))).toEqual({
      error: { code: 400, message: 'No.', status: 'INTERNAL' },
    });
  });

  it('names the way out where a signed request cannot be carried', () => {
    const { impossible, upstream } = route('bedrock');
    const aws = upstream(head());
    if (aws === null || impossible === undefined) throw new Error('The route has no upstream.');
    const sentence =
      'Outlay cannot carry requests that are signed with AWS credentials, because the signature names the address that it was made for. ' +
      'Set AWS_BEARER_TOKEN_BEDROCK to a Bedrock API key, or unset ANTHROPIC_BEDROCK_BASE_URL to go on unmetered.';
    expect(impossible(head({ authorization: 'AWS4-HMAC-SHA256 x' }), aws)).toBe(sentence);
    expect(impossible(head({}, '/model/m/invoke?a=b&x-amz-signature=00'), aws)).toBe(sentence);
    expect(impossible(head({ authorization: 'Bearer aws4-x' }), aws)).toBeNull();
    expect(impossible(head({}, '/model/X-Amz-Signature=/invoke'), aws)).toBeNull();
    expect(impossible(head(), aws)).toBeNull();
  });
});

describe('asking for usage', () => {
  it.each([
    ['openai', '/chat/completions', true],
    ['mistral', '/chat/completions', false],
    ['openrouter', '/chat/completions', false],
    ['google-vertex', '/v1/x/models/m:rawPredict', false],
    ['google-vertex', '/v1/x/models/m:streamRawPredict?alt=sse', false],
    ['google-vertex', '/v1/x/models/m:rawPredictx', true],
    ['google-vertex', '/v1/x/endpoints/openapi/chat/completions?x=:rawPredict', true],
    ['azure', '/x', true],
    ['azure', '/x?api-version=2024-08-31', false],
    ['azure', '/x?api-version=2024-08-01-preview', false],
    ['azure', '/x?api-version=2024-09-01', true],
    ['azure', '/x?a=b&api-version=2025-01-01-preview', true],
    ['azure', '/x?api-version=preview', true],
    ['azure', '/x?api-version=v2024-01-01', true],
    ['azure', '/x?api-version=2024x', true],
    ['openai', '/x?api-version=2020-01-01', true],
  ])('of %s at %s: %s', (provider, target, may) => {
    expect(mayAskForUsage(provider, target)).toBe(may);
  });
});

describe('the shape of a path', () => {
  it.each([
    ['/v1/messages?key=secret', '/v1/messages'],
    ['/ab/a/Ab/a1/_ab/a-b_c', '/ab/*/*/*/*/a-b_c'],
    [`/${'a'.repeat(24)}/${'a'.repeat(25)}`, `/${'a'.repeat(24)}/*`],
    ['/v1/v12/v1234/v1alpha/v1beta2/v1beta22/v1gamma/v', '/v1/v12/*/v1alpha/v1beta2/*/*/*'],
    ['/m9:countTokens/m9:a:b/m9:/m9:a1', '/*:countTokens/*:b/*/*'],
    [`/m9:${'a'.repeat(32)}/m9:${'a'.repeat(33)}`, `/*:${'a'.repeat(32)}/*`],
    ['//', '//'],
    ['', ''],
    ['/ä', '/*'],
  ])('of %s is %s', (path, shape) => {
    expect(pathShape(path)).toBe(shape);
  });
});

describe('joining a base path and a path', () => {
  it.each([
    ['', '/v1/messages', '/v1/messages'],
    ['/corp', '/v1/messages', '/corp/v1/messages'],
    ['/corp/v1', '/v1/messages', '/corp/v1/messages'],
    ['/corp/v1', '/v1', '/corp/v1'],
    ['/corp/v1', '/v1beta/x', '/corp/v1/v1beta/x'],
    ['/corp/v1', '/x', '/corp/v1/x'],
    ['/corp/v10', '/v1/x', '/corp/v10/v1/x'],
  ])('%j and %s is %s', (base, path, joined) => {
    expect(joinPath(base, path)).toBe(joined);
  });
});
