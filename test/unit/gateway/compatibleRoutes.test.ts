import { describe, expect, it } from 'vitest';
import type { RequestHead, Route } from '../../../src/gateway/contract.ts';
import { createRoutes } from '../../../src/gateway/routes.ts';
import { joinPath, publicUpstreams, upstreamTable } from '../../../src/gateway/upstreams.ts';
import { call, readAll, startGateway, startUpstream } from './gatewayRig.ts';

const routes = createRoutes(publicUpstreams);

function route(id: string): Route {
  const found = routes.find((candidate) => candidate.id === id);
  if (found === undefined) throw new Error(`No route ${id}.`);
  return found;
}

const head = (headers: Record<string, string> = {}, path = '/'): RequestHead => ({ method: 'POST', path, headers });

/** Where a client path of a route ends up, and which API it is read as. */
function resolved(id: string, path: string): readonly [string, string | null] {
  const upstream = route(id).upstream(head({}, path));
  if (upstream === null) throw new Error(`Route ${id} has no upstream.`);
  const below = route(id).upstreamPath(path);
  return [upstream.origin + joinPath(upstream.basePath, below), route(id).match('POST', below)?.api ?? null];
}

describe('providers that speak like OpenAI or Anthropic', () => {
  it.each([
    ['openrouter', '/v1/chat/completions', 'https://openrouter.ai/api/v1/chat/completions', 'openai-chat'],
    ['openrouter', '/v1/messages', 'https://openrouter.ai/api/v1/messages', 'anthropic-messages'],
    ['openrouter', '/api/v1/responses', 'https://openrouter.ai/api/v1/responses', 'openai-responses'],
    ['openrouter', '/v1/models', 'https://openrouter.ai/api/v1/models', null],
    ['deepseek', '/v1/chat/completions', 'https://api.deepseek.com/chat/completions', 'openai-chat'],
    ['deepseek', '/v1/responses', 'https://api.deepseek.com/responses', 'openai-responses'],
    ['deepseek', '/anthropic/v1/messages', 'https://api.deepseek.com/anthropic/v1/messages', 'anthropic-messages'],
    ['deepseek', '/anthropic/messages', 'https://api.deepseek.com/anthropic/v1/messages', 'anthropic-messages'],
    ['deepseek', '/anthropics/messages', 'https://api.deepseek.com/anthropics/messages', null],
    ['xai', '/v1/chat/completions', 'https://api.x.ai/v1/chat/completions', 'openai-chat'],
    ['xai', '/v1/messages', 'https://api.x.ai/v1/messages', 'anthropic-messages'],
    ['mistral', '/v1/chat/completions', 'https://api.mistral.ai/v1/chat/completions', 'openai-chat'],
    ['mistral', '/v1/fim/completions', 'https://api.mistral.ai/v1/fim/completions', null],
    ['groq', '/v1/chat/completions', 'https://api.groq.com/openai/v1/chat/completions', 'openai-chat'],
    ['groq', '/openai/v1/responses', 'https://api.groq.com/openai/v1/responses', 'openai-responses'],
    ['moonshot', '/v1/chat/completions', 'https://api.moonshot.ai/v1/chat/completions', 'openai-chat'],
    ['moonshot', '/anthropic/v1/messages', 'https://api.moonshot.ai/anthropic/v1/messages', 'anthropic-messages'],
    ['zai', '/v1/chat/completions', 'https://api.z.ai/api/paas/v4/chat/completions', 'openai-chat'],
    ['zai', '/api/paas/v4/chat/completions', 'https://api.z.ai/api/paas/v4/chat/completions', 'openai-chat'],
    [
      'zai',
      '/api/coding/paas/v4/chat/completions',
      'https://api.z.ai/api/coding/paas/v4/chat/completions',
      'openai-chat',
    ],
    ['zai', '/api/anthropic/v1/messages', 'https://api.z.ai/api/anthropic/v1/messages', 'anthropic-messages'],
    [
      'alibaba',
      '/v1/chat/completions',
      'https://dashscope-intl.aliyuncs.com/compatible-mode/v1/chat/completions',
      'openai-chat',
    ],
    [
      'alibaba',
      '/apps/anthropic/v1/messages',
      'https://dashscope-intl.aliyuncs.com/apps/anthropic/v1/messages',
      'anthropic-messages',
    ],
    ['ollama', '/api/chat', 'http://127.0.0.1:11434/api/chat', 'ollama-native'],
    ['ollama', '/api/generate', 'http://127.0.0.1:11434/api/generate', 'ollama-native'],
    ['ollama', '/api/tags', 'http://127.0.0.1:11434/api/tags', null],
    ['ollama', '/v1/chat/completions', 'http://127.0.0.1:11434/v1/chat/completions', 'openai-chat'],
    ['ollama', '/v1/messages', 'http://127.0.0.1:11434/v1/messages', 'anthropic-messages'],
    ['ollama', '/messages', 'http://127.0.0.1:11434/v1/messages', 'anthropic-messages'],
    ['lmstudio', '/v1/chat/completions', 'http://127.0.0.1:1234/v1/chat/completions', 'openai-chat'],
    ['lmstudio', '/v1/messages', 'http://127.0.0.1:1234/v1/messages', 'anthropic-messages'],
  ])('%s%s goes to %s', (id, path, url, api) => {
    expect(resolved(id, path)).toEqual([url, api]);
  });

  it('never leave their host', () => {
    for (const { id, upstream } of routes) {
      const own = upstream(head())?.origin;
      for (const path of [
        '//evil.example/v1/messages',
        '/http://evil.example',
        '/anthropic/../..//evil.example',
        '/@evil',
      ])
        expect([id, upstream(head({}, path))?.origin]).toEqual([id, own]);
    }
  });

  it('meter only what is posted', () => {
    for (const { id, match, upstreamPath } of routes)
      for (const path of ['/v1/chat/completions', '/v1/messages', '/api/chat', '/v1internal:generateContent'])
        expect([id, match('GET', upstreamPath(path))]).toEqual([id, null]);
  });

  it('tell how a call is paid', () => {
    const key = { authorization: 'Bearer sk-x' };
    for (const id of ['openrouter', 'deepseek', 'xai', 'mistral', 'groq', 'moonshot', 'zai', 'alibaba', 'azure'])
      expect([id, route(id).auth(head(key)), route(id).auth(head())]).toEqual([id, 'key', 'unknown']);
    for (const id of ['ollama', 'lmstudio']) expect(route(id).auth(head())).toBe('key');
    expect(route('deepseek').auth(head({ 'x-api-key': 'k' }))).toBe('key');
    expect(route('zai').auth(head(key, '/api/coding/paas/v4/chat/completions'))).toBe('subscription');
    expect(route('zai').auth(head(key, '/api/anthropic/v1/messages?beta=true'))).toBe('unknown');
  });

  it('answer errors in a shape that both SDKs read', () => {
    const body: unknown = JSON.parse(route('deepseek').errorBody(502, 'No.'));
    expect(body).toMatchObject({ type: 'error', error: { type: 'api_error', message: 'No.' } });
  });
});

describe('through the gateway', () => {
  it('usage is asked for where that is safe, and the request is left alone where it is not', async () => {
    const bodies: string[] = [];
    const upstream = await startUpstream((req, res) => {
      void readAll(req).then((body) => {
        bodies.push(`${req.url} ${body}`);
        res.end('{}');
      });
    });
    const origin = `http://127.0.0.1:${upstream.port}`;
    const { upstreams } = upstreamTable({
      groq: origin,
      mistral: origin,
      vertex: origin,
      azure: origin,
      openrouter: origin,
    });
    const rig = await startGateway(1, { routes: createRoutes(upstreams) });
    const post = (path: string) => call(rig.port, { method: 'POST', path }, '{"stream":true}');
    await post(`${rig.prefix('groq')}/v1/chat/completions`);
    await post(`${rig.prefix('mistral')}/v1/chat/completions`);
    await post(`${rig.prefix('vertex')}/v1/projects/p/locations/eu/publishers/mistralai/models/m:streamRawPredict`);
    await post(`${rig.prefix('openrouter')}/v1/chat/completions`);
    for (const version of ['2024-02-01', '2024-10-21', 'preview'])
      await post(`${rig.prefix('azure')}/openai/deployments/d/chat/completions?api-version=${version}`);
    const asking = '{"stream_options":{"include_usage":true},"stream":true}';
    expect(bodies).toEqual([
      `/openai/v1/chat/completions ${asking}`,
      '/v1/chat/completions {"stream":true}',
      '/v1/projects/p/locations/eu/publishers/mistralai/models/m:streamRawPredict {"stream":true}',
      '/api/v1/chat/completions {"stream":true}',
      '/openai/deployments/d/chat/completions?api-version=2024-02-01 {"stream":true}',
      `/openai/deployments/d/chat/completions?api-version=2024-10-21 ${asking}`,
      `/openai/deployments/d/chat/completions?api-version=preview ${asking}`,
    ]);
    expect(rig.observer.calls.map(({ head: { provider, api } }) => `${provider} ${api}`)).toEqual([
      'groq openai-chat',
      'mistral openai-chat',
      'google-vertex openai-chat',
      'openrouter openai-chat',
      ...Array.from({ length: 3 }, () => 'azure openai-chat'),
    ]);
  });

  it("Mistral's usage is not asked for behind another route either, where a request would be refused", async () => {
    const bodies: string[] = [];
    const upstream = await startUpstream((req, res) => {
      void readAll(req).then((body) => {
        bodies.push(body.toString());
        res.end('{}');
      });
    });
    const own = { provider: 'mistral', origin: `http://127.0.0.1:${upstream.port}`, basePath: '/v1' };
    const rig = await startGateway(1, { workspaceUpstream: () => own });
    await call(rig.port, { method: 'POST', path: `${rig.prefix('openai')}/v1/chat/completions` }, '{"stream":true}');
    expect(bodies).toEqual(['{"stream":true}']);
  });

  it("a workspace's own base URL takes the place of a provider's", async () => {
    const urls: (string | undefined)[] = [];
    const upstream = await startUpstream((req, res) => {
      urls.push(req.url);
      res.end('{}');
    });
    const rig = await startGateway(1, {
      routes,
      workspaceUpstream: () => ({
        provider: 'unnamed',
        origin: `http://127.0.0.1:${upstream.port}`,
        basePath: '/corp/v1',
      }),
    });
    for (const path of ['openrouter/v1/chat/completions', 'deepseek/anthropic/v1/messages', 'azure/chat/completions'])
      await call(rig.port, { method: 'POST', path: rig.prefix(path) }, '{}');
    expect(urls).toEqual(['/corp/v1/chat/completions', '/corp/v1/messages', '/corp/v1/chat/completions']);
  });
});
