import { describe, expect, it } from 'vitest';
import type { RequestHead, Route } from '../../../src/gateway/contract.ts';
import { createRoutes } from '../../../src/gateway/routes.ts';
import { joinPath, publicUpstreams, upstreamTable } from '../../../src/gateway/upstreams.ts';
import { call, startGateway, startUpstream } from './gatewayRig.ts';

const routes = createRoutes(publicUpstreams);

function route(id: string, among: readonly Route[] = routes): Route {
  const found = among.find((candidate) => candidate.id === id);
  if (found === undefined) throw new Error(`No route ${id}.`);
  return found;
}

function head(headers: Record<string, string> = {}, path = '/'): RequestHead {
  return { method: 'POST', path, headers };
}

/** Where a client path of a route ends up. */
function urlOf(id: string, path: string, among = routes): string | null {
  const upstream = route(id, among).upstream(head({}, path));
  const [bare = '', query] = path.split('?');
  const joined = upstream && upstream.origin + joinPath(upstream.basePath, route(id, among).upstreamPath(bare));
  return joined === null || query === undefined ? joined : `${joined}?${query}`;
}

const matchOf = (id: string, path: string, method = 'POST') => route(id).match(method, route(id).upstreamPath(path));

describe('the Bedrock route', () => {
  const model = 'us.anthropic.claude-sonnet-4-5-20250929-v1%3A0';

  it('goes to the region of the base URL, and to us-east-1 without one', () => {
    expect(urlOf('bedrock', `/eu-west-1/model/${model}/converse?x=1`)).toBe(
      `https://bedrock-runtime.eu-west-1.amazonaws.com/model/${model}/converse?x=1`,
    );
    expect(urlOf('bedrock', `/us-gov-west-1/model/${model}/invoke`)).toContain(
      '//bedrock-runtime.us-gov-west-1.amazon',
    );
    expect(urlOf('bedrock', `/model/${model}/invoke`)).toBe(
      `https://bedrock-runtime.us-east-1.amazonaws.com/model/${model}/invoke`,
    );
    expect(urlOf('bedrock', '/ap-northeast-1')).toBe('https://bedrock-runtime.ap-northeast-1.amazonaws.com');
  });

  it('asks the control plane for profiles, as Claude Code does', () => {
    expect(urlOf('bedrock', '/eu-west-1/inference-profiles?type=SYSTEM_DEFINED')).toBe(
      'https://bedrock.eu-west-1.amazonaws.com/inference-profiles?type=SYSTEM_DEFINED',
    );
    expect(matchOf('bedrock', '/eu-west-1/inference-profiles', 'GET')).toBeNull();
  });

  it.each([
    'evil.example',
    'us-east-1.evil.example',
    'us-east-1@evil.example',
    'us-east-1%2eevil',
    'us-east-1.',
    'us-east-11',
    'US-EAST-1',
    'us-east-0',
    'xx-east-1',
    '.',
    '..',
    '/us-east-1',
    '#us-west-2',
  ])('never takes %s for a region', (segment) => {
    const url = urlOf('bedrock', `/${segment}/model/m/invoke`);
    expect(url?.startsWith('https://bedrock-runtime.us-east-1.amazonaws.com/')).toBe(true);
  });

  it('goes to the one origin that a user named, whatever the region', () => {
    const { upstreams } = upstreamTable({ bedrock: 'http://127.0.0.1:9' });
    expect(urlOf('bedrock', '/eu-west-1/model/m/invoke', createRoutes(upstreams))).toBe(
      'http://127.0.0.1:9/model/m/invoke',
    );
  });

  it('reads operation, model and stream from the path', () => {
    const plain = { pathModel: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0' };
    const read = (operation: string) => matchOf('bedrock', `/eu-west-1/model/${model}/${operation}`);
    expect(read('converse')).toEqual({ api: 'bedrock-converse', ...plain, pathStream: false });
    expect(read('converse-stream')).toEqual({ api: 'bedrock-converse', ...plain, pathStream: true });
    expect(read('invoke')).toEqual({ api: 'bedrock-invoke', ...plain, pathStream: false });
    expect(read('invoke-with-response-stream')).toEqual({ api: 'bedrock-invoke', ...plain, pathStream: true });
    expect(read('count-tokens')).toBeNull();
    const arn = 'arn:aws:bedrock:us-east-1:1:application-inference-profile/abc';
    expect(matchOf('bedrock', `/model/${arn}/invoke`)?.pathModel).toBe(arn);
    expect(matchOf('bedrock', `/model/${encodeURIComponent(arn)}/invoke`)?.pathModel).toBe(arn);
    expect(matchOf('bedrock', '/openai/v1/chat/completions')?.api).toBe('openai-chat');
    expect(matchOf('bedrock', `/model/${model}/invoke`, 'GET')).toBeNull();
  });

  it('answers a signed request with a sentence, since AWS would refuse its signature', () => {
    const { impossible, upstream } = route('bedrock');
    const aws = upstream(head());
    if (aws === null || impossible === undefined) throw new Error('The route has no upstream.');
    const signed = head({ authorization: 'AWS4-HMAC-SHA256 Credential=AKIAMADEUP/20261120/us-east-1/bedrock' });
    expect(impossible(signed, aws)).toContain('AWS_BEARER_TOKEN_BEDROCK');
    expect(impossible(head({}, '/model/m/invoke?X-Amz-Signature=00'), aws)).not.toBeNull();
    expect(impossible(head({ authorization: 'Bearer made-up' }), aws)).toBeNull();
    // A company's own gateway may sign by itself.
    expect(impossible(signed, { provider: 'aws', origin: 'https://gw.example', basePath: '' })).toBeNull();
  });

  it('passes signed requests on to an upstream of the user, and keeps them unsent otherwise', async () => {
    const upstream = await startUpstream((_, res) => res.end('{}'));
    const rig = await startGateway(1, {
      workspaceUpstream: (workspaceId) =>
        workspaceId === 'own' ? { provider: 'aws', origin: `http://127.0.0.1:${upstream.port}`, basePath: '/b' } : null,
      routes: createRoutes(publicUpstreams),
    });
    const headers = { authorization: 'AWS4-HMAC-SHA256 Credential=x' };
    const path = `${rig.prefix('bedrock')}/eu-west-1/model/m/invoke`;
    const refused = await call(rig.port, { method: 'POST', path, headers }, '{}');
    expect(refused.status).toBe(400);
    expect(JSON.parse(refused.body.toString())).toEqual({ message: expect.stringContaining('AWS credentials') });
    expect(rig.observer.calls).toEqual([]);
    const passed = await call(rig.port, { method: 'POST', path: path.replace('ws-1', 'own'), headers }, '{}');
    expect(passed.status).toBe(200);
    expect(upstream.requests.map(({ url }) => url)).toEqual(['/b/model/m/invoke']);
  });
});

describe('the Vertex route', () => {
  const at = (location: string, rest: string) => `/v1/projects/p-1/locations/${location}/publishers/${rest}`;

  it.each([
    ['us-east5', 'us-east5-aiplatform.googleapis.com'],
    ['northamerica-northeast1', 'northamerica-northeast1-aiplatform.googleapis.com'],
    ['global', 'aiplatform.googleapis.com'],
    ['us', 'aiplatform.us.rep.googleapis.com'],
    ['eu', 'aiplatform.eu.rep.googleapis.com'],
    ['evil.example%2f', 'aiplatform.googleapis.com'],
    ['us-east5.evil.example', 'aiplatform.googleapis.com'],
    ['evil-east5', 'aiplatform.googleapis.com'],
    ['us-east5@evil', 'aiplatform.googleapis.com'],
  ])('goes for location %s to %s', (location, host) => {
    const path = at(location, 'anthropic/models/claude-opus-5-5:streamRawPredict');
    expect(urlOf('vertex', path)).toBe(`https://${host}${path}`);
  });

  it("takes both SDKs' paths below either base URL", () => {
    const path = at('europe-west1', 'google/models/gemini-3-pro:generateContent');
    const host = 'https://europe-west1-aiplatform.googleapis.com';
    expect(urlOf('vertex', path)).toBe(host + path);
    expect(urlOf('vertex', `/v1${path}`)).toBe(host + path);
    expect(urlOf('vertex', path.slice(3))).toBe(host + path);
    const beta = path.replace('/v1/', '/v1beta1/');
    expect(urlOf('vertex', beta)).toBe(host + beta);
    expect(urlOf('vertex', `/v1${beta}?alt=sse`)).toBe(`${host}${beta}?alt=sse`);
  });

  it('reads maker, model, stream and location from the path', () => {
    const match = (rest: string) => matchOf('vertex', at('us-east5', rest));
    const region = 'us-east5';
    expect(match('anthropic/models/claude-opus-5-5@20260801:streamRawPredict')).toEqual({
      api: 'anthropic-messages',
      pathModel: 'claude-opus-5-5@20260801',
      pathStream: true,
      region,
    });
    expect(match('anthropic/models/claude-opus-5-5:rawPredict')).toMatchObject({ pathStream: false });
    expect(match('google/models/gemini-3-pro:streamGenerateContent')).toEqual({
      api: 'gemini-generate',
      pathModel: 'gemini-3-pro',
      pathStream: true,
      region,
    });
    expect(match('mistralai/models/codestral:rawPredict')?.api).toBe('openai-chat');
    const express = matchOf('vertex', '/v1/publishers/google/models/gemini-3-pro:generateContent');
    expect(express).toEqual({ api: 'gemini-generate', pathModel: 'gemini-3-pro', pathStream: false });
    for (const rest of [
      'anthropic/models/count-tokens:rawPredict',
      'google/models/gemini-3-pro:countTokens',
      'nobody/models/m:rawPredict',
      'google/models/m:constructor',
    ])
      expect(match(rest)).toBeNull();
    const openapi = '/v1/projects/p/locations/us-east5/endpoints/openapi/chat/completions';
    expect(matchOf('vertex', openapi)?.api).toBe('openai-chat');
  });

  it('tells the observer the location, which can change the price', async () => {
    const upstream = await startUpstream((_, res) => res.end('{}'));
    const { upstreams } = upstreamTable({ vertex: `http://127.0.0.1:${upstream.port}` });
    const rig = await startGateway(1, { routes: createRoutes(upstreams) });
    const path = at('us-east5', 'anthropic/models/claude-opus-5-5:rawPredict');
    await call(rig.port, { method: 'POST', path: `${rig.prefix('vertex')}${path}` }, '{}');
    expect(rig.observer.calls[0]?.head).toMatchObject({ provider: 'google-vertex', region: 'us-east5' });
  });

  it('goes to the one origin that a user named', () => {
    const { upstreams } = upstreamTable({ vertex: 'http://127.0.0.1:9' });
    const path = at('us-east5', 'google/models/m:generateContent');
    expect(urlOf('vertex', path, createRoutes(upstreams))).toBe(`http://127.0.0.1:9${path}`);
  });

  it('is paid by key or login alike', () => {
    const { auth } = route('vertex');
    expect(auth(head({ authorization: 'Bearer ya29.x' }))).toBe('key');
    expect(auth(head({ 'x-goog-api-key': 'k' }))).toBe('key');
    expect(auth(head())).toBe('unknown');
  });
});

describe('the Code Assist route', () => {
  it('meters what generates and passes the rest through', () => {
    const match = (path: string) => matchOf('code-assist', path);
    expect(urlOf('code-assist', '/v1internal:streamGenerateContent?alt=sse')).toBe(
      'https://cloudcode-pa.googleapis.com/v1internal:streamGenerateContent?alt=sse',
    );
    const plain = { api: 'gemini-generate', pathModel: null };
    expect(match('/v1internal:streamGenerateContent')).toEqual({ ...plain, pathStream: true });
    expect(match('/v1internal:generateContent')).toEqual({ ...plain, pathStream: false });
    for (const method of ['loadCodeAssist', 'countTokens', 'onboardUser'])
      expect(match(`/v1internal:${method}`)).toBeNull();
    expect(route('code-assist').auth(head({ authorization: 'Bearer ya29.x' }))).toBe('subscription');
  });
});

describe('the Azure route', () => {
  const own = createRoutes(upstreamTable({ azure: 'https://team.openai.azure.com' }).upstreams);

  it('has no upstream until the user names one', async () => {
    expect(urlOf('azure', '/openai/v1/responses')).toBeNull();
    const rig = await startGateway(1, { routes });
    const answer = await call(rig.port, { method: 'POST', path: `${rig.prefix('azure')}/openai/v1/responses` }, '{}');
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body.toString()).error.message).toContain('outlay.upstreams');
    expect(rig.observer.calls).toEqual([]);
  });

  it("keeps the resource's own paths", () => {
    const host = 'https://team.openai.azure.com';
    for (const path of ['/openai/deployments/d/chat/completions', '/openai/v1/responses', '/anthropic/v1/messages'])
      expect(urlOf('azure', path, own)).toBe(host + path);
    expect(urlOf('azure', '/anthropic/messages', own)).toBe(`${host}/anthropic/v1/messages`);
  });

  it('reads deployments and the v1 API', () => {
    const api = (path: string) => matchOf('azure', path)?.api ?? null;
    expect(matchOf('azure', '/openai/deployments/my%20gpt/chat/completions')).toEqual({
      api: 'openai-chat',
      pathModel: 'my gpt',
      pathStream: null,
    });
    expect(api('/openai/v1/chat/completions')).toBe('openai-chat');
    expect(api('/openai/v1/responses')).toBe('openai-responses');
    expect(api('/openai/responses')).toBe('openai-responses');
    expect(api('/openai/responses/compact')).toBe('openai-responses');
    expect(api('/openai/v1/responses/compact')).toBe('openai-responses');
    expect(api('/openai/v1/responses/resp_1')).toBeNull();
    expect(api('/models/chat/completions')).toBe('openai-chat');
    expect(api('/anthropic/v1/messages')).toBe('anthropic-messages');
    expect(api('/openai/deployments/d/embeddings')).toBeNull();
  });
});
