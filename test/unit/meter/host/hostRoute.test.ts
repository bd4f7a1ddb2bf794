import { describe, expect, it } from 'vitest';
import { createRoutes } from '../../../../src/gateway/routes.ts';
import { publicUpstreams } from '../../../../src/gateway/upstreams.ts';
import { type HostRouteOptions, hostRouteOf } from '../../../../src/meter/host/hostRoute.ts';

const options: HostRouteOptions = {
  routes: createRoutes(publicUpstreams),
  upstreams: publicUpstreams,
  ownUpstream: () => null,
};

function routed(url: string, headers: Record<string, string> = {}, change: Partial<HostRouteOptions> = {}) {
  const { origin, pathname, search } = new URL(url);
  const found = hostRouteOf({ origin, method: 'POST', path: pathname + search, headers }, { ...options, ...change });
  return found && [found.routeId, found.provider, found.match.api, found.auth];
}

const key = { authorization: 'Bearer x' };

describe('a call that goes straight to its provider', () => {
  it.each([
    [
      'https://api.anthropic.com/v1/messages?beta=true',
      { 'x-api-key': 'x' },
      ['anthropic', 'anthropic', 'anthropic-messages', 'key'],
    ],
    [
      'https://api.anthropic.com/v1/messages',
      { authorization: 'Bearer sk-ant-oat' },
      ['anthropic', 'anthropic', 'anthropic-messages', 'subscription'],
    ],
    ['https://api.openai.com/v1/chat/completions', key, ['openai', 'openai', 'openai-chat', 'key']],
    ['https://api.openai.com/v1/responses', key, ['openai', 'openai', 'openai-responses', 'key']],
    ['https://eu.api.openai.com/v1/responses', key, ['openai', 'openai', 'openai-responses', 'key']],
    [
      'https://chatgpt.com/backend-api/codex/responses',
      { ...key, 'chatgpt-account-id': 'x' },
      ['codex', 'chatgpt', 'openai-responses', 'subscription'],
    ],
    [
      'https://generativelanguage.googleapis.com/v1beta/models/gemini-3-pro:streamGenerateContent?alt=sse&key=x',
      {},
      ['gemini', 'google', 'gemini-generate', 'key'],
    ],
    ['https://openrouter.ai/api/v1/chat/completions', key, ['openrouter', 'openrouter', 'openai-chat', 'key']],
    ['https://api.deepseek.com/anthropic/v1/messages', key, ['deepseek', 'deepseek', 'anthropic-messages', 'key']],
    ['https://api.groq.com/openai/v1/chat/completions', key, ['groq', 'groq', 'openai-chat', 'key']],
    [
      'https://me.openai.azure.com/openai/deployments/d/chat/completions?api-version=1',
      { 'api-key': 'x' },
      ['azure', 'azure', 'openai-chat', 'key'],
    ],
    [
      'https://bedrock-runtime.eu-west-1.amazonaws.com/model/anthropic.claude/converse-stream',
      { authorization: 'AWS4-HMAC-SHA256 x' },
      ['bedrock', 'aws', 'bedrock-converse', 'key'],
    ],
    [
      'https://us-east5-aiplatform.googleapis.com/v1/projects/p/locations/us-east5/publishers/anthropic/models/c:streamRawPredict',
      key,
      ['vertex', 'google-vertex', 'anthropic-messages', 'key'],
    ],
    ['https://api.cerebras.ai/v1/chat/completions', key, ['cerebras', 'cerebras', 'openai-chat', 'key']],
    [
      'https://api.individual.githubcopilot.com/chat/completions',
      key,
      ['github-copilot', 'github-copilot', 'openai-chat', 'subscription'],
    ],
    [
      'https://api.githubcopilot.com/v1/messages',
      key,
      ['github-copilot', 'github-copilot', 'anthropic-messages', 'subscription'],
    ],
    ['http://localhost:11434/api/chat', {}, ['ollama', 'ollama', 'ollama-native', 'key']],
    ['http://127.0.0.1:11434/v1/chat/completions', {}, ['ollama', 'ollama', 'openai-chat', 'key']],
    ['http://[::1]:1234/v1/chat/completions', {}, ['lmstudio', 'lmstudio', 'openai-chat', 'key']],
  ])('is read by its address: %s', (url, headers, wanted) => {
    expect(routed(url, headers as Record<string, string>)).toEqual(wanted);
  });

  it('is read by the user’s own base URL first', () => {
    const ownUpstream = (id: string) =>
      id === 'anthropic' ? { provider: 'unnamed', origin: 'https://llm.example', basePath: '/proxy' } : null;
    expect(routed('https://llm.example/proxy/v1/messages', {}, { ownUpstream })).toEqual([
      'anthropic',
      'unnamed',
      'anthropic-messages',
      'unknown',
    ]);
  });

  it('is none where nobody knows its path', () => {
    expect(routed('https://api.openai.com/v1/embeddings', key)).toBeNull();
    expect(routed('https://api.anthropic.com/v1/messages/count_tokens', key)).toBeNull();
    expect(hostRouteOf({ origin: 'no origin', method: 'POST', path: '/v1/messages', headers: {} }, options)).toBeNull();
  });
});
