import { describe, expect, it } from 'vitest';
import { createRoutes } from '../../../src/gateway/routes.ts';
import { joinPath, publicUpstreams } from '../../../src/gateway/upstreams.ts';
import { isCallPath, isLlmAuthority } from '../../../src/protocol/llmHosts.ts';

const calls = [
  ...['/v1/messages', '/chat/completions', '/v1/chat/completions', '/responses', '/responses/compact', '/api/chat'],
  ...['/api/generate', '/model/anthropic.claude/converse-stream', '/model/m/converse', '/model/m/invoke'],
  ...['/model/m/invoke-with-response-stream', '/v1beta/models/gemini-3-pro:streamGenerateContent'],
  ...['/v1internal:generateContent', '/deployments/d/chat/completions', '/openai/deployments/d/chat/completions'],
  '/v1/projects/p/locations/us-east5/publishers/anthropic/models/claude:streamRawPredict',
  '/v1/projects/p/locations/global/endpoints/openapi/chat/completions',
];

describe('the hosts that are looked at', () => {
  it('are those of the gateway’s table', () => {
    const upstreams = Object.values(publicUpstreams).filter((upstream) => upstream !== null);
    expect(upstreams.length).toBeGreaterThan(10);
    const hosts = upstreams.map(({ origin }) => origin.replace(/^https?:\/\//, ''));
    expect(hosts.filter((host) => !isLlmAuthority(host))).toEqual([]);
  });

  it('are those that have a name a customer or a region, Copilot’s and the local ones', () => {
    const hosts = [
      ...['me.openai.azure.com', 'me.services.ai.azure.com', 'bedrock-runtime.eu-west-1.amazonaws.com'],
      ...['us-east5-aiplatform.googleapis.com', 'api.individual.githubcopilot.com', 'copilot-api.acme.ghe.com'],
      ...['localhost:11434', '127.0.0.1:1234', '[::1]:11434', 'api.openai.com:443'],
    ];
    expect(hosts.filter((host) => !isLlmAuthority(host))).toEqual([]);
  });

  it('are no others', () => {
    const hosts = [
      ...['example.com', 'api.openai.com.evil.example', 'evilapi.openai.com', 'localhost:8080', 'localhost', ''],
      ...[
        'github.com',
        'api.github.com',
        's3.eu-west-1.amazonaws.com',
        'api.openai.com:8443',
        'storage.googleapis.com',
      ],
      ...['marketplace.visualstudio.com', '10.0.0.1:11434', 'bedrock.us-east-1.amazonaws.com'],
    ];
    expect(hosts.filter(isLlmAuthority)).toEqual([]);
  });
});

describe('the paths that are looked at', () => {
  it('hold every path that a route of the gateway reads, wherever its upstream has it', () => {
    let matched = 0;
    for (const route of createRoutes(publicUpstreams)) {
      for (const path of calls) {
        const upstreamPath = route.upstreamPath(path);
        if (route.match('POST', upstreamPath) === null) continue;
        matched += 1;
        const upstream = route.upstream({ method: 'POST', path, headers: {} });
        expect(isCallPath('POST', joinPath(upstream?.basePath ?? '', upstreamPath)), `${route.id} ${path}`).toBe(true);
      }
    }
    expect(matched).toBeGreaterThan(40);
  });

  it('are no others', () => {
    const others = [
      '/v1/files',
      '/v1/models',
      '/v1/messages/count_tokens',
      '/v1/messages/batches',
      '/',
      '/v1/embeddings',
    ];
    expect(others.filter((path) => isCallPath('POST', path))).toEqual([]);
    expect(isCallPath('GET', '/v1/messages')).toBe(false);
    expect(isCallPath('POST', `/${'a'.repeat(5000)}/v1/messages`)).toBe(false);
    expect(isCallPath('POST', '/v1/messages?beta=true')).toBe(true);
  });
});
