import { describe, expect, it } from 'vitest';
import { providerOfHost } from '../../../src/gateway/providerOfHost.ts';

describe('providerOfHost', () => {
  it.each([
    ['api.anthropic.com', 'anthropic'],
    ['API.Z.AI', 'zai'],
    ['api.moonshot.cn', 'moonshotai'],
    ['my-team.openai.azure.com', 'azure'],
    ['api.openai.com', 'openai'],
    ['cloudcode-pa.googleapis.com', 'google-code-assist'],
    ['bedrock-runtime.eu-west-1.amazonaws.com', 'aws'],
    ['my-team.services.ai.azure.com', 'azure'],
    ['dashscope.aliyuncs.com', 'alibaba'],
  ])('knows the seller behind %s', (host, provider) => {
    expect(providerOfHost(host)).toBe(provider);
  });

  it.each(['localhost', '127.0.0.1', 'llm.corp.example', 'api.anthropic.com.evil.example', 'notopenai.com', 'com', ''])(
    'does not take %s for a seller',
    (host) => {
      expect(providerOfHost(host)).toBe('unnamed');
    },
  );
});
